//! What a search must be: exact, repeatable, and blind to whatever was removed.

use handsel_gallery::{Candidate, Decision, Gallery, Key, TargetFpir};
use handsel_palm::{Probe, Roi, Score, Side, Template};
use proptest::prelude::*;
use std::sync::LazyLock;

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
static PROBES: LazyLock<Vec<Probe>> = LazyLock::new(|| (0..=PALMS).map(|p| Probe::build(&roi(p, 6.0))).collect());

fn risk() -> TargetFpir {
    TargetFpir::new(1e-3).unwrap()
}

fn candidate(decision: Decision) -> Option<Candidate> {
    match decision {
        Decision::Identified(c) | Decision::StepUp(c) => Some(c),
        Decision::NoMatch => None,
    }
}

/// Every template of the side against the probe, one by one.
fn exhaustive(enrolled: &[(Key, Side, usize, usize)], probe: &Probe, side: Side) -> Option<(Key, Score)> {
    let mut best: Option<(Key, Score)> = None;
    for &(key, s, palm, template) in enrolled {
        let score = probe.compare(&TEMPLATES[palm][template]);
        let better = best.is_none_or(|(k, b)| score > b || (score == b && key < k));
        if s == side && better {
            best = Some((key, score));
        }
    }
    best
}

fn side() -> impl Strategy<Value = Side> {
    prop_oneof![Just(Side::Left), Just(Side::Right)]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn a_search_finds_what_an_exhaustive_loop_finds(
        enrolled in prop::collection::vec((0..8u128, side(), 0..PALMS as usize, 0..2usize), 0..14),
        removed in prop::collection::vec(0..8u128, 0..3),
        probe in 0..=PALMS as usize,
        searched in side(),
    ) {
        let gallery = Gallery::new();
        for &(key, side, palm, template) in &enrolled {
            gallery.insert(key, side, TEMPLATES[palm][template].clone());
        }
        let mut left = enrolled.clone();
        for key in removed {
            prop_assert_eq!(gallery.remove(key), left.iter().any(|e| e.0 == key));
            left.retain(|e| e.0 != key);
        }
        let keys: std::collections::HashSet<Key> = left.iter().map(|e| e.0).collect();
        prop_assert_eq!(gallery.len(), keys.len());

        let decision = gallery.identify(&PROBES[probe], searched, risk());
        prop_assert_eq!(decision, gallery.identify(&PROBES[probe], searched, risk()));
        let expected = exhaustive(&left, &PROBES[probe], searched);
        if let Some(found) = candidate(decision) {
            prop_assert_eq!(Some((found.key, found.score)), expected);
        }
        if let Decision::Identified(found) = decision {
            let comparisons = left.iter().filter(|e| e.1 == searched).count() as f64;
            prop_assert!(comparisons * found.score.fmr() <= risk().rate());
            let others: Vec<_> = left.iter().filter(|e| e.0 != found.key).copied().collect();
            if let Some((_, other)) = exhaustive(&others, &PROBES[probe], searched) {
                prop_assert!(found.score.similarity() > other.similarity());
            }
        }
    }
}

#[test]
fn the_right_palm_is_identified_and_a_stranger_is_not() {
    let gallery = Gallery::new();
    for (palm, templates) in TEMPLATES.iter().enumerate() {
        templates.iter().for_each(|t| gallery.insert(palm as Key, Side::Left, t.clone()));
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
    gallery.insert(1, Side::Left, TEMPLATES[0][0].clone());
    gallery.insert(2, Side::Left, TEMPLATES[0][0].clone());
    assert!(matches!(gallery.identify(&PROBES[0], Side::Left, risk()), Decision::StepUp(_)));
    assert!(gallery.remove(2));
    assert!(matches!(gallery.identify(&PROBES[0], Side::Left, risk()), Decision::Identified(c) if c.key == 1));
}

#[test]
fn verifying_takes_the_best_template_of_the_reference() {
    let gallery = Gallery::new();
    TEMPLATES[1].iter().for_each(|t| gallery.insert(9, Side::Right, t.clone()));
    let best = TEMPLATES[1].iter().map(|t| PROBES[1].compare(t).similarity()).fold(0.0, f32::max);
    assert_eq!(gallery.verify(9, &PROBES[1]).map(Score::similarity), Some(best));
    assert_eq!(gallery.verify(8, &PROBES[1]), None);
}

#[test]
fn searches_run_while_others_enrol_and_erase() {
    let gallery = Gallery::new();
    gallery.insert(1, Side::Left, TEMPLATES[0][0].clone());
    std::thread::scope(|scope| {
        scope.spawn(|| {
            for round in 0..200 {
                gallery.insert(100 + round, Side::Left, TEMPLATES[2][0].clone());
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
