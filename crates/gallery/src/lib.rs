//! References in memory, exact 1:N search, and the decision.

use handsel_palm::{Probe, Score, Side, Template};

/// Names one reference in the gallery; what it stands for is the caller's business.
pub type Key = u128;

/// References held in memory. Searches run concurrently; enrolling and erasing wait for them only briefly.
pub struct Gallery(());

/// A reference that a search returned.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Candidate {
    /// The reference.
    pub key: Key,
    /// Its comparison score.
    pub score: Score,
}

/// The risk a caller accepts: how many searches of people who are not enrolled may end in an identity.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TargetFpir(f64);

/// What a search decided.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Decision {
    /// This one, at the accepted risk.
    Identified(Candidate),
    /// Probably this one: one more proof is needed before anything happens in its name.
    StepUp(Candidate),
    /// Nobody.
    NoMatch,
}

impl TargetFpir {
    /// `None` unless 0 < `rate` ≤ 0.01.
    pub fn new(rate: f64) -> Option<TargetFpir> {
        (rate > 0.0 && rate <= 0.01).then_some(TargetFpir(rate))
    }
}

impl Gallery {
    /// An empty gallery.
    pub fn new() -> Gallery {
        todo!()
    }

    /// Adds a template to the reference `key`, making it if it is new.
    pub fn insert(&self, key: Key, side: Side, template: Template) {
        let _ = (key, side, template);
        todo!()
    }

    /// Forgets a reference; its bytes are overwritten before this returns. False if it was not there.
    pub fn remove(&self, key: Key) -> bool {
        let _ = key;
        todo!()
    }

    /// How many references there are.
    pub fn len(&self) -> usize {
        todo!()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Searches all references of one side, exactly, and decides.
    pub fn identify(&self, probe: &Probe, side: Side, risk: TargetFpir) -> Decision {
        let _ = (probe, side, risk);
        todo!()
    }

    /// The reference's best score, or `None` if it is not there.
    pub fn verify(&self, key: Key, probe: &Probe) -> Option<Score> {
        let _ = (key, probe);
        todo!()
    }
}

impl Default for Gallery {
    fn default() -> Self {
        Self::new()
    }
}
