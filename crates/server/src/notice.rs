//! What people are told: the notice before they sign, and the sign at the door. Made from the policy in force, so that nothing
//! else can be told than what is done; in words a twelve-year-old follows, which a test measures.

mod english;
#[cfg(test)]
mod readable;
mod spanish;

use crate::secret;
use handsel_api::{
    consents::{Language, Notice, Paragraph, Purpose},
    policy::Policy,
};
use sha2::{Digest, Sha256};

/// A text with a heading.
pub(crate) struct Told {
    pub(crate) title: String,
    pub(crate) paragraphs: Vec<Paragraph>,
}

/// Words on pages that stand in the language of the notice.
pub(crate) struct Words {
    pub(crate) language: &'static str,
    /// The way to the other language: its tag and its name.
    pub(crate) other: (&'static str, &'static str),
    pub(crate) read_aloud: &'static str,
    pub(crate) stop_reading: &'static str,
    pub(crate) old_enough: &'static str,
    pub(crate) yes: &'static str,
    pub(crate) no: &'static str,
    pub(crate) sign: &'static str,
    pub(crate) phone: &'static str,
    pub(crate) phone_hint: &'static str,
    pub(crate) agree: &'static str,
    pub(crate) decline: &'static str,
    pub(crate) dark: &'static str,
    pub(crate) rules: &'static str,
    pub(crate) holds: &'static str,
    pub(crate) enforced: &'static str,
    pub(crate) never: &'static str,
    pub(crate) machine: &'static str,
}

/// Counts up with every change of the texts, whatever the policy makes of them.
fn version(purpose: Purpose) -> u32 {
    match purpose {
        Purpose::Payment => 3,
        Purpose::Loyalty => 2,
        Purpose::Entry | Purpose::AgeCheck => 1,
    }
}

/// Every notice in force: each purpose in each language.
pub(crate) fn all_in_force(policy: &Policy) -> Vec<Notice> {
    let of = |purpose| Language::ALL.map(|language| in_force(purpose, language, policy));
    Purpose::ALL.into_iter().flat_map(of).collect()
}

/// The notice in force for a purpose.
pub(crate) fn in_force(purpose: Purpose, language: Language, policy: &Policy) -> Notice {
    let told = match language {
        Language::En => english::notice(purpose, policy),
        Language::Es => spanish::notice(purpose, policy),
    };
    let version = version(purpose);
    let mut hash = Sha256::new();
    hash.update(format!("{version}\n{}\n{}\n{}\n", purpose.word(), language.tag(), told.title));
    for Paragraph { question, answer } in &told.paragraphs {
        hash.update(format!("{question}\n{answer}\n"));
    }
    let sha256 = secret::hex(&hash.finalize());
    Notice { purpose, version, language, title: told.title, paragraphs: told.paragraphs, sha256 }
}

/// What the sign at a door says.
pub(crate) fn sign(language: Language, policy: &Policy, rules_at: Option<&str>) -> Told {
    match language {
        Language::En => english::sign(policy, rules_at),
        Language::Es => spanish::sign(policy, rules_at),
    }
}

/// The rules, as the page `/policy` puts them.
pub(crate) fn rules(language: Language, policy: &Policy) -> Told {
    match language {
        Language::En => english::rules(policy),
        Language::Es => spanish::rules(policy),
    }
}

/// The words of pages in a language.
pub(crate) fn words(language: Language) -> &'static Words {
    match language {
        Language::En => &english::WORDS,
        Language::Es => &spanish::WORDS,
    }
}

/// One question with its answer.
fn says(question: &str, answer: impl Into<String>) -> Paragraph {
    Paragraph { question: question.to_owned(), answer: answer.into() }
}
