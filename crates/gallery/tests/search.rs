//! What a search must be: exact, repeatable, and blind to whatever was removed.

use handsel_gallery::{Among, Buckets, Candidate, Decision, Found, Gallery, InsertError, Key, TargetFpir, bucket};
use handsel_palm::{Probe, Roi, Score, Side, Template};
use proptest::prelude::*;
use std::sync::{Arc, LazyLock};

/// A square of wavy lines, drawn from a seed, moved `shift` px to the right, with noise.
fn roi(seed: u64, shift: f32) -> Roi {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut next = move || {
        for _ in 0..3 {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
        }
        (state >> 40) as f32 / (1u64 << 24) as f32
    };
    let lines: Vec<[f32; 3]> = (0..25).map(|_| [next() * 3.2, next() * 160.0 - 80.0, 2.0 + 2.0 * next()]).collect();
    let grey = (0..Roi::SIDE_PX * Roi::SIDE_PX).map(|i| {
        let (x, y) = ((i % Roi::SIDE_PX) as f32 - 63.5 + shift, (i / Roi::SIDE_PX) as f32 - 63.5);
        let depth: f32 = lines
            .iter()
            .map(|[angle, offset, width]| {
                let (s, c) = angle.sin_cos();
                let across = c * x + s * y - offset - 5.0 * ((c * y - s * x) / 15.0).sin();
                (-(across / width).powi(2) / 2.0).exp()
            })
            .sum();
        (170.0 - 40.0 * depth.min(2.5) + 10.0 * next()) as u8
    });
    Roi::from_grey(grey.collect()).unwrap()
}

const PALMS: u64 = 6;

/// Two templates and two probes of each palm, and of one more that is never enrolled.
static TEMPLATES: LazyLock<Vec<[Template; 2]>> =
    LazyLock::new(|| (0..PALMS).map(|p| [0.0, 4.0].map(|s| Template::extract(&roi(p, s)))).collect());
static PROBES: LazyLock<Vec<Arc<Probe>>> =
    LazyLock::new(|| (0..=PALMS).map(|p| Arc::new(Probe::build(&roi(p, 6.0)))).collect());

fn risk() -> TargetFpir {
    TargetFpir::new(1e-3).unwrap()
}

fn candidate(decision: Decision) -> Option<Candidate> {
    match decision {
        Decision::Identified(c) | Decision::StepUp(c) => Some(c),
        Decision::NoMatch => None,
    }
}

/// Every template of the side against the probe, one by one, and what a loop over all of them says.
fn exhaustive(enrolled: &[(Key, Side, usize, usize)], probe: &Probe, side: Side) -> Found {
    let mut found = Found::default();
    for &(key, _, palm, template) in enrolled.iter().filter(|e| e.1 == side) {
        found.comparisons += 1;
        let score = probe.compare(&TEMPLATES[palm][template]);
        if score > Score::new(0.0) {
            found.add(key, score);
        }
    }
    found
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn a_search_finds_what_an_exhaustive_loop_finds(
        wanted in prop::collection::vec((0..8u128, 0..PALMS as usize, 0..2usize), 0..14),
        removed in prop::collection::vec(0..8u128, 0..3),
        probe in 0..=PALMS as usize,
        left_side in any::<bool>(),
        cohort in prop::collection::vec(0..10u128, 0..6),
        buckets in any::<u64>(),
        threads in 1usize..4,
    ) {
        let gallery = Gallery::with_threads(threads);
        let side_of = |key: Key| if key.is_multiple_of(2) { Side::Left } else { Side::Right };
        let enrolled: Vec<_> = wanted.iter().map(|&(key, palm, template)| (key, side_of(key), palm, template)).collect();
        for (capture, &(key, side, palm, template)) in enrolled.iter().enumerate() {
            gallery.insert(key, side, capture as u8, TEMPLATES[palm][template].clone()).unwrap();
        }
        let mut left = enrolled.clone();
        for key in removed {
            prop_assert_eq!(gallery.remove(key), left.iter().any(|e| e.0 == key));
            left.retain(|e| e.0 != key);
        }
        let keys: std::collections::HashSet<Key> = left.iter().map(|e| e.0).collect();
        prop_assert_eq!(gallery.len(), keys.len());

        let (probe, side) = (&PROBES[probe], if left_side { Side::Left } else { Side::Right });
        prop_assert_eq!(gallery.search(probe, side, &Among::EVERYONE), exhaustive(&left, probe, side));
        let some = Buckets(buckets);
        let within: Vec<_> = left.iter().filter(|e| some.contains(bucket(e.0))).copied().collect();
        prop_assert_eq!(gallery.search(probe, side, &Among::Buckets(some)), exhaustive(&within, probe, side));
        let members: Vec<_> = left.iter().filter(|e| cohort.contains(&e.0)).copied().collect();
        let (of_cohort, expected) = (gallery.search(probe, side, &Among::Only(cohort)), exhaustive(&members, probe, side));
        prop_assert_eq!(of_cohort.decide(risk()), expected.decide(risk()));
        prop_assert_eq!(of_cohort.comparisons, expected.comparisons);
    }
}

#[test]
fn the_right_palm_is_identified_and_a_stranger_is_not() {
    let gallery = Gallery::new();
    for (palm, templates) in TEMPLATES.iter().enumerate() {
        for (capture, template) in templates.iter().enumerate() {
            gallery.insert(palm as Key, Side::Left, capture as u8, template.clone()).unwrap();
        }
    }
    for palm in 0..PALMS as usize {
        let decision = gallery.identify(&PROBES[palm], Side::Left, risk());
        assert!(matches!(decision, Decision::Identified(c) if c.key == palm as Key), "{palm}: {decision:?}");
        assert_eq!(gallery.identify(&PROBES[palm], Side::Right, risk()), Decision::NoMatch);
    }
    assert_eq!(gallery.identify(&PROBES[PALMS as usize], Side::Left, risk()), Decision::NoMatch);
}

#[test]
fn one_palm_under_two_names_is_never_identified() {
    let gallery = Gallery::new();
    gallery.insert(1, Side::Left, 0, TEMPLATES[0][0].clone()).unwrap();
    gallery.insert(2, Side::Left, 0, TEMPLATES[0][0].clone()).unwrap();
    assert!(matches!(gallery.identify(&PROBES[0], Side::Left, risk()), Decision::StepUp(_)));
    assert!(gallery.remove(2));
    assert!(matches!(gallery.identify(&PROBES[0], Side::Left, risk()), Decision::Identified(c) if c.key == 1));
}

#[test]
fn verifying_takes_the_best_template_of_the_reference() {
    let gallery = Gallery::new();
    for (capture, template) in TEMPLATES[1].iter().enumerate() {
        gallery.insert(9, Side::Right, capture as u8, template.clone()).unwrap();
    }
    let best = TEMPLATES[1].iter().map(|t| PROBES[1].compare(t).similarity()).fold(0.0, f32::max);
    let score = |key| {
        let found = gallery.search(&PROBES[1], Side::Right, &Among::Only(vec![key]));
        found.best.map(|best| best.score.similarity())
    };
    assert_eq!((score(9), score(8)), (Some(best), None));
}

#[test]
fn searches_run_while_others_enrol_and_erase() {
    let gallery = Gallery::new();
    gallery.insert(1, Side::Left, 0, TEMPLATES[0][0].clone()).unwrap();
    std::thread::scope(|scope| {
        scope.spawn(|| {
            for round in 0..200 {
                gallery.insert(100 + round, Side::Left, 0, TEMPLATES[2][0].clone()).unwrap();
                assert!(gallery.remove(100 + round));
            }
        });
        for _ in 0..2 {
            scope.spawn(|| {
                for _ in 0..20 {
                    let found = candidate(gallery.identify(&PROBES[0], Side::Left, risk()));
                    assert_eq!(found.map(|c| c.key), Some(1));
                }
            });
        }
    });
    assert_eq!(gallery.len(), 1);
}

#[test]
fn what_does_not_belong_is_refused_and_changes_nothing() {
    let gallery = Gallery::new();
    let template = || TEMPLATES[0][0].clone();
    assert_eq!(gallery.insert(1, Side::Left, 0, template()), Ok(()));
    assert_eq!(gallery.insert(1, Side::Left, 0, template()), Err(InsertError::Duplicate));
    assert_eq!(gallery.insert(1, Side::Right, 1, template()), Err(InsertError::OtherHand));
    let blank = Template::extract(&Roi::from_grey(vec![90; Roi::SIDE_PX * Roi::SIDE_PX]).unwrap());
    assert_eq!(gallery.insert(2, Side::Left, 0, blank), Err(InsertError::NoFeatures));
    assert!(!gallery.remove(2));
    assert_eq!(gallery.len(), 1);
    assert_eq!(gallery.search(&PROBES[0], Side::Left, &Among::EVERYONE).comparisons, 1);
}

#[test]
fn searches_that_share_a_pass_each_get_their_own_answer() {
    let gallery = Gallery::with_threads(2);
    for (palm, templates) in TEMPLATES.iter().enumerate() {
        gallery.insert(palm as Key, if palm < 3 { Side::Left } else { Side::Right }, 0, templates[0].clone()).unwrap();
    }
    let alone: Vec<_> = PROBES.iter().map(|p| gallery.search(p, Side::Left, &Among::EVERYONE)).collect();
    std::thread::scope(|scope| {
        for _ in 0..6 {
            scope.spawn(|| {
                for _ in 0..10 {
                    for (probe, alone) in PROBES.iter().zip(&alone) {
                        assert_eq!(gallery.search(probe, Side::Left, &Among::EVERYONE), *alone);
                    }
                }
            });
        }
    });
}
