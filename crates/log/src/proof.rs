//! Proof files, <https://c2sp.org/tlog-proof>: that an entry is in a log, checked offline.

use crate::{
    checkpoint::Checkpoint,
    hash::Hash,
    key::{NotSigned, VerifierKey},
    note::{NotANote, Note},
    text,
    verify::{self, BadProof},
};
use std::fmt;

/// The first line.
const HEADER: &str = "c2sp.org/tlog-proof@v1";
/// No tree is deeper.
const MAX_HASHES: usize = 64;
/// Longer ones are not read.
const MAX_BYTES: usize = 1024 * 1024;

/// That an entry is in a log: where, the way to the root, and a checkpoint that says the root.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proof {
    /// What else is needed, such as the entry's opening. Nothing vouches for it.
    pub extra: Option<Vec<u8>>,
    /// Which entry, from 0.
    pub index: u64,
    /// From the leaf's sibling to the root's child.
    pub hashes: Vec<Hash>,
    /// The checkpoint, signed by the log and maybe witnesses.
    pub checkpoint: Note,
}

/// Why bytes are not a proof file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotAProof {
    /// Not laid out as one.
    #[error("it is not a proof file of the first version (c2sp.org/tlog-proof@v1)")]
    Format,
    /// What should be its checkpoint is not a signed note.
    #[error("what should be its checkpoint is not a signed note: {0}")]
    Note(#[from] NotANote),
}

/// Why a proof does not show that an entry is in a log.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unproven {
    /// The signed note is not a checkpoint.
    #[error("what is signed is not a checkpoint")]
    NotACheckpoint,
    /// The checkpoint is another log's.
    #[error("it is of the log {0:?}")]
    OtherOrigin(String),
    /// A signature is missing or wrong.
    #[error("the checkpoint: {0}")]
    NotSigned(#[from] NotSigned),
    /// The hashes do not lead from the entry to the checkpoint's root.
    #[error("the proof of inclusion: {0}")]
    BadProof(#[from] BadProof),
}

impl Proof {
    /// Reads a proof file.
    ///
    /// # Errors
    ///
    /// When it is none.
    pub fn parse(bytes: &[u8]) -> Result<Proof, NotAProof> {
        let text = std::str::from_utf8(bytes).ok().filter(|_| bytes.len() <= MAX_BYTES).ok_or(NotAProof::Format)?;
        let (head, note) = text.split_once("\n\n").ok_or(NotAProof::Format)?;
        let mut lines = head.split('\n').peekable();
        if lines.next() != Some(HEADER) {
            return Err(NotAProof::Format);
        }
        let extra = lines.next_if(|line| line.starts_with("extra "));
        let extra = extra.map(|line| text::from_base64(&line[6..]).ok_or(NotAProof::Format)).transpose()?;
        let index =
            lines.next().and_then(|line| text::decimal(line.strip_prefix("index ")?)).ok_or(NotAProof::Format)?;
        let hashes: Vec<Hash> =
            lines.take(MAX_HASHES + 1).map(str::parse).collect::<Result<_, _>>().map_err(|_| NotAProof::Format)?;
        if hashes.len() > MAX_HASHES {
            return Err(NotAProof::Format);
        }
        Ok(Proof { extra, index, hashes, checkpoint: Note::parse(note.as_bytes())? })
    }

    /// Checks that the entry is in the log of this name and key, and that each of the witnesses saw it there.
    ///
    /// # Errors
    ///
    /// When the proof does not show it.
    pub fn check(
        &self,
        entry: &[u8],
        origin: &str,
        key: &VerifierKey,
        witnesses: &[VerifierKey],
    ) -> Result<Checkpoint, Unproven> {
        let checkpoint: Checkpoint = self.checkpoint.text().parse().map_err(|_| Unproven::NotACheckpoint)?;
        if checkpoint.origin != origin {
            return Err(Unproven::OtherOrigin(checkpoint.origin));
        }
        key.check(&self.checkpoint)?;
        for witness in witnesses {
            witness.check(&self.checkpoint)?;
        }
        let leaf = verify::leaf_hash(entry);
        verify::inclusion(leaf, self.index, checkpoint.size, &self.hashes, checkpoint.root)?;
        Ok(checkpoint)
    }
}

impl fmt::Display for Proof {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{HEADER}")?;
        if let Some(extra) = &self.extra {
            writeln!(f, "extra {}", text::base64(extra))?;
        }
        writeln!(f, "index {}", self.index)?;
        self.hashes.iter().try_for_each(|hash| writeln!(f, "{hash}"))?;
        write!(f, "\n{}", self.checkpoint)
    }
}
