//! Why a folder could not be measured.

use std::path::{Path, PathBuf};

/// Why a folder could not be measured; every variant says which path, and what to change.
#[derive(Debug, thiserror::Error)]
pub enum EvalError {
    /// The folder, or something in it, cannot be read.
    #[error("{}: {source}", path.display())]
    Read {
        /// What was being read.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A file cannot be written.
    #[error("{}: {source}", path.display())]
    Write {
        /// What was being written.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The folder is not laid out as it must be.
    #[error("{}: expected {expected}; a folder of palms is laid out as <palm>/<session>/<image>", path.display())]
    Layout {
        /// The first path that does not fit.
        path: PathBuf,
        /// What should have been there.
        expected: &'static str,
    },
    /// A session was asked for that no palm has.
    #[error("{}: no palm has a session named {session:?}; there are: {present}", path.display())]
    NoSuchSession {
        /// The folder.
        path: PathBuf,
        /// The name asked for.
        session: String,
        /// The names there are, separated by commas.
        present: String,
    },
    /// Nothing can be said without at least one mated and one non-mated comparison.
    #[error(
        "{}: {mated} mated and {non_mated} non-mated comparisons, of {captures} captures of which {failed} failed; \
         at least one of each is needed", path.display()
    )]
    TooFew {
        /// The folder.
        path: PathBuf,
        /// Mated comparisons.
        mated: usize,
        /// Non-mated comparisons.
        non_mated: usize,
        /// Captures looked at.
        captures: usize,
        /// Captures that gave no template.
        failed: usize,
    },
}

/// Writes a whole file.
pub(crate) fn write(path: &Path, bytes: &[u8]) -> Result<(), EvalError> {
    std::fs::write(path, bytes).map_err(|source| EvalError::Write { path: path.into(), source })
}
