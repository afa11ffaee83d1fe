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
    #[error("{}: does not fit the layout; expected {expected} (see --layout)", path.display())]
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
    /// A line of a file cannot be read as what it should be.
    #[error("{}:{line}: {problem}", path.display())]
    Line {
        /// The file.
        path: PathBuf,
        /// Which line, from 1.
        line: usize,
        /// What is wrong with it.
        problem: String,
    },
    /// The files given are not as many as the format has.
    #[error("--format {format} takes {wanted} score file(s), not {given}")]
    Files {
        /// The format.
        format: String,
        /// How many it has.
        wanted: usize,
        /// How many were given.
        given: usize,
    },
    /// A protocol asks for what the data does not say.
    #[error("{0}")]
    Protocol(&'static str),
    /// Nothing can be said without at least one mated and one non-mated comparison.
    #[error(
        "{from}: {mated} mated and {non_mated} non-mated comparisons, of {samples} samples of which {failed} failed; \
         at least one of each is needed: two captures of one palm, and palms of two subjects"
    )]
    TooFew {
        /// What was measured.
        from: String,
        /// Mated comparisons.
        mated: usize,
        /// Non-mated comparisons.
        non_mated: usize,
        /// Samples looked at.
        samples: usize,
        /// Samples without a template.
        failed: usize,
    },
    /// A file is not the report of a run.
    #[error("{}: not a report that `handsel eval --json` wrote: {source}", path.display())]
    Report {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: serde_json::Error,
    },
}

/// Reads a whole file.
pub(crate) fn read(path: &Path) -> Result<Vec<u8>, EvalError> {
    std::fs::read(path).map_err(|source| EvalError::Read { path: path.into(), source })
}

/// Writes a whole file.
pub(crate) fn write(path: &Path, bytes: &[u8]) -> Result<(), EvalError> {
    std::fs::write(path, bytes).map_err(|source| EvalError::Write { path: path.into(), source })
}

/// Writes plain numbers and names as JSON.
pub(crate) fn write_json(path: &Path, value: &impl serde::Serialize) -> Result<(), EvalError> {
    let mut text = serde_json::to_string_pretty(value).expect("plain numbers and names");
    text.push('\n');
    write(path, text.as_bytes())
}
