//! This installation's transparency log: where its files are, and who signs it. What is written into it is in [`event`].
//!
//! Entries come from the store's writer, which lets no step be acknowledged whose entries are not on the disk: see
//! `store/writer.rs`. Anybody may read the files, below `/log/`.

pub(crate) mod event;
pub(crate) mod held;

use crate::vault::Vault;
use handsel_directory::audit as directory;
use handsel_log::{
    Folder, KeyName, LogSigner, Note, Prover, Signature, VerifierKey, Writer,
    commitment::Opening,
    layout::{CHECKPOINT, Place},
    write::Error,
};
use std::{
    io::Write,
    ops::Range,
    path::{Path, PathBuf},
    sync::{PoisonError, RwLock},
};
use zeroize::Zeroizing;

/// The folder's name in the data folder.
pub(crate) const FOLDER: &str = "log";

/// The log. All of it may wait for the disk, so it is called off the server's threads.
pub(crate) struct Log {
    folder: PathBuf,
    name: KeyName,
    seed: Zeroizing<[u8; 32]>,
    key: VerifierKey,
    state: RwLock<State>,
}

/// Whether it is written.
enum State {
    Open(Box<Writer>),
    /// The disk failed: what is there is found out by opening it again.
    Failed,
    Closed,
}

/// The log cannot be written or read now.
#[derive(Debug, Clone, thiserror::Error)]
pub(crate) enum LogError {
    /// Somebody else writes it.
    #[error("another process writes this log")]
    Locked,
    /// Anything else.
    #[error("{0}")]
    Failed(String),
}

impl From<Error> for LogError {
    fn from(error: Error) -> LogError {
        match error {
            Error::Locked => LogError::Locked,
            other => LogError::Failed(other.to_string()),
        }
    }
}

impl Log {
    /// Opens the log of an installation, or begins one.
    pub(crate) fn open(data_dir: &Path, vault: &Vault) -> Result<Log, LogError> {
        let (name, seed) = (vault.log_name(), vault.log_seed());
        let key = LogSigner::new(name.clone(), &seed).verifier().clone();
        let mut builder = std::fs::DirBuilder::new();
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.recursive(true).create(data_dir.join(FOLDER)).map_err(|why| LogError::Failed(why.to_string()))?;
        let log = Log { folder: data_dir.join(FOLDER), name, seed, key, state: RwLock::new(State::Failed) };
        log.len()?;
        Ok(log)
    }

    /// The key by which anybody can check who signed it.
    pub(crate) fn key(&self) -> &VerifierKey {
        &self.key
    }

    /// The files that anybody may read.
    pub(crate) fn public(&self) -> Folder {
        Folder::new(public(&self.folder))
    }

    /// Signs one line of JSON with the log's key.
    pub(crate) fn statement(&self, json: &str) -> Result<Note, LogError> {
        let signer = LogSigner::new(self.name.clone(), &self.seed);
        signer.statement(json).map_err(|why| LogError::Failed(why.to_string()))
    }

    /// How many entries there are, published or not.
    pub(crate) fn len(&self) -> Result<u64, LogError> {
        self.with(|writer| Ok(writer.len()))
    }

    /// Appends entries, which are on the disk when this returns, all of them or none. Which ones they are.
    pub(crate) fn append(&self, entries: &[Vec<u8>]) -> Result<Range<u64>, LogError> {
        let appended = self.with(|writer| writer.append(entries));
        if appended.is_err() {
            let mut state = self.state.write().unwrap_or_else(PoisonError::into_inner);
            if matches!(*state, State::Open(_)) {
                *state = State::Failed;
            }
        }
        appended
    }

    /// Publishes what was appended, signed also by whoever `cosign` asks.
    pub(crate) fn publish(
        &self,
        cosign: impl FnOnce(&Note, &Prover<Folder>) -> Vec<Signature>,
    ) -> Result<Note, LogError> {
        self.with(|writer| writer.publish_with(cosign))
    }

    /// Waits for what is being written, and lets go of the files for good.
    pub(crate) fn close(&self) {
        *self.state.write().unwrap_or_else(PoisonError::into_inner) = State::Closed;
    }

    /// Does something with the writer, which is opened again where the disk failed before.
    fn with<T>(&self, what: impl FnOnce(&Writer) -> Result<T, Error>) -> Result<T, LogError> {
        loop {
            match &*self.state.read().unwrap_or_else(PoisonError::into_inner) {
                State::Open(writer) => return Ok(what(writer)?),
                State::Closed => return Err(LogError::Failed("the log was closed".to_owned())),
                State::Failed => {}
            }
            let state = &mut *self.state.write().unwrap_or_else(PoisonError::into_inner);
            if matches!(state, State::Failed) {
                let signer = LogSigner::new(self.name.clone(), &self.seed);
                *state = State::Open(Box::new(Writer::open(&self.folder, signer)?));
            }
        }
    }

    /// Writes what everybody may read of the directory, before the log says it.
    pub(crate) fn put_statement(&self, opening: &Opening, growth: &[u8]) -> std::io::Result<()> {
        let place = public(&self.folder).join(directory::path(&opening.leaf().commitment));
        std::fs::create_dir_all(public(&self.folder).join(directory::FOLDER))?;
        let draft = place.with_added_extension("draft");
        let mut file = std::fs::File::create(&draft)?;
        file.write_all(&directory::file(opening, growth))?;
        file.sync_all()?;
        std::fs::rename(draft, place)
    }

    /// Where a file of the log is, if there can be one of this name.
    pub(crate) fn file(&self, path: &str) -> Option<PathBuf> {
        let known = path == CHECKPOINT || Place::parse(path).is_some() || directory::is_path(path);
        known.then(|| public(&self.folder).join(path))
    }
}

/// The files that anybody may read, of a log in this folder.
fn public(folder: &Path) -> PathBuf {
    folder.join("public")
}

/// The log's files of an installation that is only looked at, and the key it is signed by.
pub(crate) fn to_look_at(data_dir: &Path, vault: &Vault) -> (Folder, VerifierKey) {
    let key = LogSigner::new(vault.log_name(), &vault.log_seed()).verifier().clone();
    (Folder::new(public(&data_dir.join(FOLDER))), key)
}
