//! Checkpoints, <https://c2sp.org/tlog-checkpoint>: which tree a log says it has.

use crate::{hash::Hash, text};
use std::{fmt, str::FromStr};

/// What a log's checkpoint says. A log that signs two of one size, or two of which one is not the beginning of the other,
/// has shown different things to different people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkpoint {
    /// Which log.
    pub origin: String,
    /// How many entries it has.
    pub size: u64,
    /// The root of the Merkle tree over them.
    pub root: Hash,
}

/// The text is not a checkpoint's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a checkpoint is an origin, a size and a root hash, each on a line")]
pub struct NotACheckpoint;

/// Reads a note's text: <https://c2sp.org/tlog-checkpoint#note-text>. Lines after the third are passed over; they are signed too.
impl FromStr for Checkpoint {
    type Err = NotACheckpoint;

    fn from_str(text: &str) -> Result<Checkpoint, NotACheckpoint> {
        let mut lines = text.strip_suffix('\n').ok_or(NotACheckpoint)?.split('\n');
        let origin = lines.next().filter(|origin| !origin.is_empty()).ok_or(NotACheckpoint)?.to_owned();
        let size = lines.next().and_then(text::decimal).ok_or(NotACheckpoint)?;
        let root = lines.next().and_then(|line| line.parse().ok()).ok_or(NotACheckpoint)?;
        if lines.any(str::is_empty) { Err(NotACheckpoint) } else { Ok(Checkpoint { origin, size, root }) }
    }
}

impl fmt::Display for Checkpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}\n{}\n{}\n", self.origin, self.size, self.root)
    }
}
