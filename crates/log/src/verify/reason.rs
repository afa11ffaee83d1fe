//! Why a log is not what it says.

use crate::{hash::Hash, key::NotSigned, note::NotANote};
use std::io;

/// Something does not hold.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{file}: {reason}")]
pub struct Fault {
    /// In which file, or which older checkpoint.
    pub file: String,
    /// Why.
    pub reason: Reason,
}

/// Why a log is not what it says.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Reason {
    /// A file that the checkpoint's size needs is not there.
    #[error("it is missing")]
    Missing,
    /// A file cannot be read.
    #[error("it cannot be read: {0}")]
    Unreadable(String),
    /// The checkpoint is not a signed note.
    #[error("it is not a signed note: {0}")]
    NotANote(#[from] NotANote),
    /// The note is not a checkpoint.
    #[error("it is not a checkpoint")]
    NotACheckpoint,
    /// The checkpoint is another log's.
    #[error("it is of the log {0:?}")]
    OtherOrigin(String),
    /// A signature is missing or wrong.
    #[error(transparent)]
    NotSigned(#[from] NotSigned),
    /// A tile does not have as many bytes as it must.
    #[error("it has {bytes} bytes where {hashes} hashes are due")]
    TileLength {
        /// How many there are.
        bytes: usize,
        /// How many hashes of 32 bytes are due.
        hashes: u64,
    },
    /// A bundle does not have as many entries as it must, or ends within one.
    #[error("it is not made of as many entries as are due")]
    BundleLength,
    /// A tile's hash is not that of what is below it.
    #[error("hash {0} is not that of what is below it")]
    OtherHash(u64),
    /// An older tile or bundle is not the beginning of the newer one.
    #[error("it is not the beginning of {0}")]
    NotTheBeginning(String),
    /// A name below `tile/` that no tile or bundle has.
    #[error("no tile or bundle has this name")]
    Name,
    /// The root over all entries is not the one that was signed.
    #[error("it says that the root is {said}, and the entries have {have}")]
    OtherRoot {
        /// The signed one.
        said: Hash,
        /// The computed one.
        have: Hash,
    },
    /// The log had more entries before.
    #[error("the log was rolled back: it had {before} entries and has {now}")]
    RolledBack {
        /// In the older checkpoint.
        before: u64,
        /// In this one.
        now: u64,
    },
    /// The log had other entries before.
    #[error("the log was forked: its first {size} entries were others, with the root {was}, and now have {is}")]
    Forked {
        /// The older checkpoint's.
        size: u64,
        /// The older root.
        was: Hash,
        /// The root of as many entries now.
        is: Hash,
    },
}

impl Reason {
    pub(super) fn unreadable(why: io::Error) -> Reason {
        Reason::Unreadable(why.to_string())
    }

    pub(super) fn at(self, file: impl Into<String>) -> Fault {
        Fault { file: file.into(), reason: self }
    }
}
