//! What a log asks a witness.

use crate::{
    hash::Hash,
    note::{NotANote, Note},
    text,
};
use std::fmt;

/// "The client MUST NOT send more than 63 consistency proof lines."
const MAX_HASHES: usize = 63;

/// A checkpoint, and that it continues the one the witness knows: <https://c2sp.org/tlog-witness#add-checkpoint>.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AddCheckpoint {
    /// The size that the log believes the witness knows.
    pub old: u64,
    /// From that size to the checkpoint's.
    pub proof: Vec<Hash>,
    /// The checkpoint, signed by the log.
    pub checkpoint: Note,
}

/// Why bytes are not such a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotARequest {
    /// Not laid out as one.
    #[error("it is not an old size, at most {MAX_HASHES} hashes, an empty line and a checkpoint")]
    Format,
    /// What should be its checkpoint is not a signed note.
    #[error("what should be its checkpoint is not a signed note: {0}")]
    Note(#[from] NotANote),
}

impl AddCheckpoint {
    /// Reads a request's body.
    ///
    /// # Errors
    ///
    /// When it is none.
    pub fn parse(body: &[u8]) -> Result<AddCheckpoint, NotARequest> {
        let body = std::str::from_utf8(body).map_err(|_| NotARequest::Format)?;
        let (head, note) = body.split_once("\n\n").ok_or(NotARequest::Format)?;
        let mut lines = head.split('\n');
        let old = lines.next().and_then(|line| text::decimal(line.strip_prefix("old ")?)).ok_or(NotARequest::Format)?;
        let proof: Vec<Hash> =
            lines.take(MAX_HASHES + 1).map(str::parse).collect::<Result<_, _>>().map_err(|_| NotARequest::Format)?;
        if proof.len() > MAX_HASHES {
            return Err(NotARequest::Format);
        }
        Ok(AddCheckpoint { old, proof, checkpoint: Note::parse(note.as_bytes())? })
    }
}

impl fmt::Display for AddCheckpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "old {}", self.old)?;
        self.proof.iter().try_for_each(|hash| writeln!(f, "{hash}"))?;
        write!(f, "\n{}", self.checkpoint)
    }
}
