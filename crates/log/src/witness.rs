//! Witnesses, <https://c2sp.org/tlog-witness>: others who sign a checkpoint once they saw that the log only grew. A log that shows
//! different people different trees then needs every witness to join in.

mod ask;
mod judge;
mod request;

pub use ask::{Answered, Refused, ask};
pub use judge::{Answer, OpenError, Witness};
pub use request::{AddCheckpoint, NotARequest};

/// The path that requests are posted to, below a witness's address.
pub const ADD_CHECKPOINT: &str = "/add-checkpoint";
/// The type of an answer that says how far the witness is.
pub const SIZE_TYPE: &str = "text/x.tlog.size";
/// No request is longer.
pub const LONGEST_REQUEST: u64 = 512 * 1024;
