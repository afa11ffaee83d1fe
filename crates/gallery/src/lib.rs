//! References in memory, exact 1:N search, and the decision.
//!
//! A search compares the probe with every template of one side, takes each reference's best score, and decides: one
//! reference at the accepted risk, one that needs another proof, or nobody. It never guesses between two.

mod decision;
mod gallery;
mod risk;

pub use decision::{Candidate, Decision};
pub use gallery::Gallery;
pub use risk::TargetFpir;

/// Names one reference in the gallery; what it stands for is the caller's business.
pub type Key = u128;
