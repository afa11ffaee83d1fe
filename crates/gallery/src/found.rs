//! What a search found in its share of the references, to be put together with what was found in others.

use crate::{Candidate, Decision, Key, TargetFpir, decision::decide};
use handsel_palm::Score;

/// The best reference of a search, how close the next one came, and among how many.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Found {
    /// The best reference; `None` if no vector lay close enough for its code to be looked at.
    pub best: Option<Candidate>,
    /// The best score of any other reference.
    pub runner_up: Option<Score>,
    /// How many templates the probe was compared with.
    pub comparisons: u64,
}

impl Found {
    /// Takes one more template's score into account.
    pub fn add(&mut self, key: Key, score: Score) {
        let candidate = Candidate { key, score };
        match &mut self.best {
            Some(best) if best.key == key => best.score = higher(best.score, score),
            Some(best) if !ahead(candidate, *best) => self.follow(score),
            best => {
                if let Some(overtaken) = best.replace(candidate) {
                    self.follow(overtaken.score);
                }
            }
        }
    }

    /// Puts together what was found in two shares that have no reference in common.
    pub fn merge(&mut self, other: Found) {
        self.comparisons += other.comparisons;
        if let Some(best) = other.best {
            self.add(best.key, best.score);
        }
        if let Some(score) = other.runner_up {
            self.follow(score);
        }
    }

    /// What may happen in whose name at this risk.
    pub fn decide(&self, risk: TargetFpir) -> Decision {
        decide(self.best, self.runner_up, self.comparisons, risk)
    }

    fn follow(&mut self, score: Score) {
        self.runner_up = Some(self.runner_up.map_or(score, |runner_up| higher(runner_up, score)));
    }
}

fn higher(a: Score, b: Score) -> Score {
    if a.similarity() >= b.similarity() { a } else { b }
}

/// Whether a candidate ranks before another: by score, and at the same score by key, so that a search always gives the
/// same answer.
fn ahead(a: Candidate, b: Candidate) -> bool {
    a.score.similarity().total_cmp(&b.score.similarity()).then(b.key.cmp(&a.key)).is_gt()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    proptest! {
        #[test]
        fn shares_in_any_order_give_what_all_give(
            scores in prop::collection::vec((0u128..12, 0u8..20), 0..60),
            shares in 1u128..5,
        ) {
            let mut parts = vec![Found::default(); shares as usize];
            let mut all: BTreeMap<Key, Score> = BTreeMap::new();
            for (key, score) in scores {
                let score = Score::new(f32::from(score) / 20.0);
                parts[(key % shares) as usize].add(key, score);
                all.entry(key).and_modify(|best| *best = higher(*best, score)).or_insert(score);
            }
            let mut together = Found::default();
            parts.into_iter().for_each(|part| together.merge(part));
            let mut ranked: Vec<Candidate> = all.into_iter().map(|(key, score)| Candidate { key, score }).collect();
            ranked.sort_by(|a, b| if ahead(*a, *b) { std::cmp::Ordering::Less } else { std::cmp::Ordering::Greater });
            prop_assert_eq!(together.best, ranked.first().copied());
            prop_assert_eq!(together.runner_up, ranked.get(1).map(|c| c.score));
        }
    }
}
