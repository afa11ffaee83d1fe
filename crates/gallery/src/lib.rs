//! References in memory, exact 1:N search, and the decision.
//!
//! A search compares the probe with every template of one side, takes each reference's best score, and decides: one
//! reference at the accepted risk, one that needs another proof, or nobody. It never guesses between two.

mod bucket;
mod decision;
mod found;
mod gallery;
mod queue;
mod residue;
mod risk;
mod shelf;
pub mod vectors;

pub use bucket::{BUCKETS, Buckets, bucket};
pub use decision::{Candidate, Decision};
pub use found::Found;
pub use gallery::{Among, Gallery, InsertError};
pub use residue::wipe_stack;
pub use risk::TargetFpir;

/// Names one reference in the gallery; what it stands for is the caller's business.
pub type Key = u128;
