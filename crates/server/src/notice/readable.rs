//! Whether a twelve-year-old follows: two known measures, on every text that any policy makes.
//!
//! English: the Flesch–Kincaid grade, a school year; at twelve that is the sixth or seventh. Spanish: the Szigriszt–Pazos
//! value on the INFLESZ scale, where 65 and more is "fairly easy", and Fernández Huerta's, where 70 and more is the sixth grade.

use super::*;
use crate::{config::Config, policy};
use handsel_api::policy::{Jurisdiction, KeptIn, Retention, SearchedBy};

/// What was counted in a text.
#[derive(Debug, Default, Clone, Copy)]
struct Counted {
    sentences: f64,
    words: f64,
    syllables: f64,
}

fn count(text: &str, syllables: fn(&str) -> usize) -> Counted {
    let mut counted = Counted::default();
    for token in text.split_whitespace() {
        let word: String = token.chars().filter(|c| c.is_alphabetic()).flat_map(char::to_lowercase).collect();
        if !word.is_empty() {
            counted.words += 1.0;
            counted.syllables += syllables(&word) as f64;
        }
        if token.trim_end_matches(['”', ')']).ends_with(['.', '!', '?']) {
            counted.sentences += 1.0;
        }
    }
    counted
}

/// Groups of vowels, without an e that is not spoken.
fn english_syllables(word: &str) -> usize {
    let letters: Vec<char> = word.chars().collect();
    let vowel = |c: char| "aeiouy".contains(c);
    let groups = (0..letters.len()).filter(|&i| vowel(letters[i]) && (i == 0 || !vowel(letters[i - 1]))).count();
    let ends = |end: &str| word.ends_with(end);
    let before = |n: usize| letters.len().checked_sub(n).and_then(|i| letters.get(i)).copied().unwrap_or('a');
    let silent = (ends("e") && !ends("le") && !vowel(before(2)))
        || (ends("ed") && !"td".contains(before(3)) && !vowel(before(3)))
        || (ends("es")
            && !"sxzc".contains(before(3))
            && !ends("ches")
            && !ends("shes")
            && !ends("ges")
            && !vowel(before(3)));
    (groups - usize::from(silent && groups > 1)).max(1)
}

/// Each strong or stressed vowel is one, and weak ones go with their neighbours.
fn spanish_syllables(word: &str) -> usize {
    let word = word.replace("que", "ke").replace("qui", "ki").replace("gue", "ge").replace("gui", "gi");
    let strong = |c: char| "aeoáéíóú".contains(c);
    let weak = |c: char| "iuü".contains(c);
    let (mut total, mut nuclei, mut inside) = (0, 0, false);
    let letters: Vec<char> = word.chars().collect();
    for (i, &letter) in letters.iter().enumerate() {
        let last_y = letter == 'y' && i + 1 == letters.len();
        if strong(letter) || weak(letter) || last_y {
            inside = true;
            nuclei += usize::from(strong(letter));
        } else if inside {
            total += nuclei.max(1);
            (nuclei, inside) = (0, false);
        }
    }
    if inside {
        total += nuclei.max(1);
    }
    total.max(1)
}

fn flesch_kincaid(text: &str) -> f64 {
    let Counted { sentences, words, syllables } = count(text, english_syllables);
    0.39 * words / sentences + 11.8 * syllables / words - 15.59
}

/// (Szigriszt–Pazos, Fernández Huerta)
fn spanish_measures(text: &str) -> (f64, f64) {
    let Counted { sentences, words, syllables } = count(text, spanish_syllables);
    (
        206.835 - 62.3 * syllables / words - words / sentences,
        206.84 - 60.0 * syllables / words - 1.02 * words / sentences,
    )
}

fn text(told: &[Paragraph]) -> String {
    told.iter().map(|one| format!("{} {}\n", one.question, one.answer)).collect()
}

/// Every policy whose texts differ.
fn policies() -> Vec<Policy> {
    let mut all = Vec::new();
    for jurisdiction in Jurisdiction::ALL {
        let plain = policy::of(&Config { jurisdiction, ..Config::default() }).unwrap();
        for kept_in in [KeptIn::File, KeptIn::Database] {
            for searched_by in [SearchedBy::Server, SearchedBy::Matchers, SearchedBy::Nobody] {
                for processor in ["sim", "stripe", "hyperswitch"] {
                    let processor = processor.to_owned();
                    all.push(Policy { kept_in, searched_by, processor, ..plain.clone() });
                }
            }
        }
        all.push(Policy {
            operator: Some("Corner Store Limited".to_owned()),
            contact: Some("palms@corner.example".to_owned()),
            ..plain
        });
    }
    all
}

#[test]
fn a_twelve_year_old_follows_every_text() {
    let mut worst = (f64::MIN, f64::MAX, f64::MAX);
    for policy in policies() {
        let mut texts: Vec<_> = Purpose::ALL
            .iter()
            .flat_map(|purpose| Language::ALL.map(|language| in_force(*purpose, language, &policy)))
            .map(|notice| (notice.language, notice.title, text(&notice.paragraphs)))
            .collect();
        for language in Language::ALL {
            for told in [sign(language, &policy, Some("https://corner.example/policy")), rules(language, &policy)] {
                texts.push((language, told.title, text(&told.paragraphs)));
            }
        }
        for (language, title, text) in texts {
            let place = format!("{title}, {:?}:\n{text}", policy.jurisdiction);
            match language {
                Language::En => {
                    let grade = flesch_kincaid(&text);
                    assert!(grade <= 6.9, "grade {grade:.1}: {place}");
                    worst.0 = worst.0.max(grade);
                }
                Language::Es => {
                    let (szigriszt, huerta) = spanish_measures(&text);
                    assert!(szigriszt >= 65.0 && huerta >= 70.0, "{szigriszt:.0}, {huerta:.0}: {place}");
                    worst = (worst.0, worst.1.min(szigriszt), worst.2.min(huerta));
                }
            }
        }
    }
    println!("worst: grade {:.1}; Szigriszt-Pazos {:.0}, Fernández Huerta {:.0}", worst.0, worst.1, worst.2);
}

#[test]
fn the_measures_tell_hard_texts_from_easy_ones() {
    let syllables =
        [("cat", 1), ("table", 2), ("wiped", 1), ("purposes", 3), ("biometric", 4), ("machine", 2), ("erased", 2)];
    for (word, expected) in syllables {
        let counted = english_syllables(word);
        assert!(counted.abs_diff(expected) <= 1, "{word}: {counted}");
    }
    for (word, expected) in
        [("palma", 2), ("guardamos", 3), ("que", 1), ("tienda", 2), ("día", 2), ("hoy", 1), ("máquinas", 3)]
    {
        assert_eq!(spanish_syllables(word), expected, "{word}");
    }
    let counted = "A camera takes a picture of your open hand. The picture is wiped at once, and we never keep it.";
    let Counted { sentences, words, syllables } = count(counted, english_syllables);
    assert_eq!((sentences, words), (2.0, 20.0));
    assert!((syllables - 26.0).abs() <= 1.0, "26 by ear, {syllables} by rule");
    let lawyers = "Notwithstanding any other provision, the aforementioned biometric identifiers constitute information whose \
                   retention, dissemination and destruction are governed by applicable statutory obligations.";
    assert!(flesch_kincaid(lawyers) > 15.0);
    let abogados = "No obstante cualquier otra disposición, los mencionados identificadores biométricos constituyen información cuya \
                    conservación, diseminación y destrucción se rigen por obligaciones legales aplicables.";
    assert!(spanish_measures(abogados).0 < 40.0);
}

#[test]
fn every_policy_tells_what_it_does_and_every_text_has_a_hash_of_its_own() {
    let plain = policy::of(&Config::default()).unwrap();
    let told = |policy: &Policy, language| {
        let notice = in_force(Purpose::Payment, language, policy);
        (text(&notice.paragraphs), notice.sha256)
    };
    let mut hashes = std::collections::HashSet::new();
    for language in Language::ALL {
        let (text, hash) = told(&plain, language);
        assert!(hashes.insert(hash));
        assert!(text.contains(if language == Language::En { "12 months" } else { "12 meses" }), "{text}");
        let longer = Retention { unused_days: 90, ..plain.retention };
        for (changed, says) in [
            (Policy { retention: longer, ..plain.clone() }, "90 "),
            (Policy { operator: Some("Corner Store".to_owned()), ..plain.clone() }, "Corner Store"),
            (Policy { contact: Some("palms@corner.example".to_owned()), ..plain.clone() }, "palms@corner.example"),
            (Policy { processor: "stripe".to_owned(), ..plain.clone() }, "Stripe"),
            (Policy { minimum_age: 21, ..plain.clone() }, "21"),
            (Policy { offline: true, ..plain.clone() }, "25.00"),
            (
                Policy { kept_in: KeptIn::Database, ..plain.clone() },
                if language == Language::En { "database" } else { "base de datos" },
            ),
            (Policy { jurisdiction: Jurisdiction::UsIl, ..plain.clone() }, "Illinois"),
        ] {
            let (text, hash) = told(&changed, language);
            assert!(text.contains(says), "{says}: {text}");
            assert!(hashes.insert(hash), "{says} in {language:?}: the hash says nothing of it");
        }
    }
    for purpose in Purpose::ALL {
        assert_ne!(in_force(purpose, Language::En, &plain).sha256, in_force(purpose, Language::Es, &plain).sha256);
    }
}
