//! The references in memory, and the search over all of them.

use crate::decision::decide;
use crate::{Candidate, Decision, Key, TargetFpir};
use handsel_palm::{Probe, Score, Side, Template};
use std::collections::HashMap;
use std::sync::{PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

/// References held in memory. Searches run concurrently; enrolling and erasing wait for them only briefly.
#[derive(Default)]
pub struct Gallery(RwLock<References>);

/// The templates of each reference, by side. A template's memory is overwritten when it is dropped.
#[derive(Default)]
struct References(HashMap<Key, Vec<(Side, Template)>>);

impl Gallery {
    /// An empty gallery.
    pub fn new() -> Gallery {
        Gallery::default()
    }

    /// Adds a template to the reference `key`, making it if it is new.
    ///
    /// One that is not [usable](Template::is_usable) matches nobody, here as elsewhere.
    pub fn insert(&self, key: Key, side: Side, template: Template) {
        self.write().0.entry(key).or_default().push((side, template));
    }

    /// Forgets a reference; its bytes are overwritten before this returns. False if it was not there.
    pub fn remove(&self, key: Key) -> bool {
        let removed = self.write().0.remove(&key);
        removed.is_some()
    }

    /// How many references there are.
    pub fn len(&self) -> usize {
        self.read().0.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Searches all references of one side, exactly, and decides.
    ///
    /// Cost: one comparison per template of that side, on the calling thread.
    pub fn identify(&self, probe: &Probe, side: Side, risk: TargetFpir) -> Decision {
        let references = self.read();
        let (mut best, mut runner_up, mut comparisons) = (None::<Candidate>, None::<Score>, 0);
        for (&key, templates) in &references.0 {
            let Some((score, compared)) = best_score(probe, templates, Some(side)) else { continue };
            comparisons += compared;
            let candidate = Candidate { key, score };
            let overtaken = match best {
                Some(leader) if !ahead(candidate, leader) => Some(score),
                leader => {
                    best = Some(candidate);
                    leader.map(|l| l.score)
                }
            };
            runner_up = overtaken.into_iter().chain(runner_up).max_by(|a, b| a.similarity().total_cmp(&b.similarity()));
        }
        decide(best, runner_up, comparisons, risk)
    }

    /// The reference's best score, whichever its side, or `None` if it is not there.
    pub fn verify(&self, key: Key, probe: &Probe) -> Option<Score> {
        let references = self.read();
        best_score(probe, references.0.get(&key)?, None).map(|(score, _)| score)
    }

    // A panic while the lock is held cannot leave a reference half written: a poisoned lock is as good as a sound one.
    fn read(&self) -> RwLockReadGuard<'_, References> {
        self.0.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, References> {
        self.0.write().unwrap_or_else(PoisonError::into_inner)
    }
}

impl std::fmt::Debug for Gallery {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Gallery(..)")
    }
}

/// The best score over a reference's templates of `side` (of both, if `None`) and how many were compared.
fn best_score(probe: &Probe, templates: &[(Side, Template)], side: Option<Side>) -> Option<(Score, usize)> {
    let of_side = templates.iter().filter(|(s, _)| side.is_none_or(|wanted| *s == wanted));
    let scores = of_side.map(|(_, template)| probe.compare(template));
    scores.fold(None, |best: Option<(Score, usize)>, score| match best {
        Some((b, n)) if b.similarity() >= score.similarity() => Some((b, n + 1)),
        best => Some((score, best.map_or(0, |(_, n)| n) + 1)),
    })
}

/// Whether a candidate ranks before another: by score, and at the same score by key, so that a search always gives the
/// same answer.
fn ahead(a: Candidate, b: Candidate) -> bool {
    a.score.similarity().total_cmp(&b.score.similarity()).then(b.key.cmp(&a.key)).is_gt()
}
