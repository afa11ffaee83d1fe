//! Backups of the store: encrypted with age, made beside a running server, and put back where no store is.
//!
//! A backup holds no key: what it holds is sealed, and opens only beside the keys folder, of which a copy is kept elsewhere. That folder
//! also remembers who was erased, so a backup from before brings nobody back; see docs/adr/0023. Nor does it hold the transparency log,
//! which is public and only grows: its folder is copied elsewhere as well, and must be at least as new as the store.

mod note;
mod unlock;

pub use note::{Notes, notes};
pub use unlock::{Lock, Unlock, UnlockError, passphrase_file};

use crate::{
    app::start,
    clock::{now_ms, rfc3339},
    config::Config,
    erased, load,
    log::{self, Log},
    store::{Place, StoreError, backup as copies},
    vault::{KeyFileError, Vault},
};
use age::{DecryptError, Decryptor};
use serde::{Deserialize, Serialize};
use std::{
    fs::File,
    io::{self, BufRead, BufReader, BufWriter, Read, Write},
    path::{Path, PathBuf},
};
use tempfile::{NamedTempFile, TempPath};

/// The version of what is inside.
const FORMAT: u32 = 1;
/// The longest first line.
const LONGEST_HEADER: u64 = 4096;

/// The first line inside a backup.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Header {
    handsel_backup: u32,
    release: String,
    schema: i64,
    made_at: String,
    bytes: u64,
}

/// What a backup holds.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Summary {
    /// When it was made, RFC 3339.
    pub made_at: String,
    /// The store in it, in bytes.
    pub bytes: u64,
    /// How many subjects are in it whom nobody erased since.
    pub subjects: usize,
    /// How many templates of theirs opened.
    pub templates: usize,
    /// How many it held who were erased since: their keys are not put back.
    pub erased_since: usize,
}

/// Why a backup is not made or not put back. Nothing was changed then.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// The store is a database.
    #[error(
        "the store is a PostgreSQL database: back it up with pg_dump, and the keys folder beside it; a start forgets whom the keys folder \
         says was erased, whatever was put back"
    )]
    Database,
    /// There is nothing to back up.
    #[error("there is no store in {0}. Name the data folder of an installation")]
    NoStore(PathBuf),
    /// There is a store already.
    #[error("there is a store in {0} already. Name another data folder, or move that file away first")]
    StoreThere(PathBuf),
    /// It is not to be opened with this.
    #[error("{0}")]
    Locked(String),
    /// It is not whole.
    #[error("the backup breaks off or was changed: {0}. Take another copy of it; nothing was put back")]
    Broken(String),
    /// It is none.
    #[error("this is no backup of Handsel")]
    NoBackup,
    /// A newer release made it.
    #[error(
        "release {release} made this backup, with the schema {schema}; this one reads up to {known}. Use that release"
    )]
    Newer {
        /// Which one.
        release: String,
        /// Its schema.
        schema: i64,
        /// What is known here.
        known: i64,
    },
    /// The key file is missing or another one.
    #[error(
        "{0}. A backup holds no keys: put the keys folder of that installation into the data folder first, from the copy you keep elsewhere"
    )]
    Keys(String),
    /// The list of who was erased is older than the backup.
    #[error(
        "the keys folder knows of {known} erasures and the backup of {needed}: it is an older copy. Use the newest copy of the keys folder, \
         or people who left would come back"
    )]
    OldKeys {
        /// In the keys folder.
        known: usize,
        /// In the backup.
        needed: i64,
    },
    /// The log is not there, or older than the backup.
    #[error(
        "the log folder has {known} entries and the backup knows of {needed}: put the newest copy of that installation's log folder into the data \
         folder first, or what was written down would be lost"
    )]
    OldLog {
        /// In the log folder.
        known: u64,
        /// In the backup.
        needed: i64,
    },
    /// Some templates do not open.
    #[error("{0} templates in the backup do not open with these keys")]
    DoesNotOpen(usize),
    /// Another process uses the data folder, or it cannot be made.
    #[error(transparent)]
    Folder(#[from] crate::app::StartError),
    /// The store.
    #[error("the store: {0}")]
    Store(String),
    /// The system.
    #[error("{0}")]
    Io(#[from] io::Error),
}

impl From<StoreError> for BackupError {
    fn from(error: StoreError) -> BackupError {
        BackupError::Store(error.to_string())
    }
}

/// Writes a backup of the configured store, encrypted to whom `lock` says. The server may be running.
///
/// # Errors
/// [`BackupError`].
pub fn make(config: &Config, lock: Lock, out: impl Write) -> Result<Summary, BackupError> {
    let file = store_file(config)?;
    if file.metadata().map_or(0, |file| file.len()) == 0 {
        return Err(BackupError::NoStore(config.data_dir.clone()));
    }
    let copy = empty_file(&config.data_dir)?;
    copies::snapshot(&file, &copy)?;
    let opened = copies::Copy::open(&copy)?;
    let (schema, subjects) = (opened.schema()?, opened.subjects()?.len());
    drop(opened);
    let mut plain = File::open(&copy)?;
    let bytes = plain.metadata()?.len();
    let made_at = rfc3339(now_ms());
    let release = env!("CARGO_PKG_VERSION").to_owned();
    let header = Header { handsel_backup: FORMAT, release, schema, made_at: made_at.clone(), bytes };
    let header = serde_json::to_string(&header).map_err(io::Error::other)?;
    let mut sealed = lock.encryptor().wrap_output(BufWriter::new(out))?;
    writeln!(sealed, "{header}")?;
    io::copy(&mut plain, &mut sealed)?;
    sealed.finish()?.into_inner().map_err(io::IntoInnerError::into_error)?.flush()?;
    let made = Summary { made_at, bytes, subjects, templates: 0, erased_since: 0 };
    note::backed_up(&config.data_dir, &made);
    Ok(made)
}

/// Puts a backup back where no store is, beside the keys folder that is there. Whom the keys folder says was erased stays erased.
///
/// # Errors
/// [`BackupError`]; then the folder is as it was.
pub fn restore(config: &Config, unlock: &Unlock, from: impl Read) -> Result<Summary, BackupError> {
    let file = store_file(config)?;
    let there = || BackupError::StoreThere(config.data_dir.clone());
    if file.metadata().is_ok_and(|file| file.len() > 0) {
        return Err(there());
    }
    let vault = keys(config)?;
    let _lock = start::lock(&config.data_dir)?;
    let (copy, summary) = judged(config, &vault, unlock, from)?;
    continues(config, &vault, copies::Copy::open(&copy)?.log_entries()?)?;
    File::open(&copy)?.sync_all()?;
    if file.metadata().is_ok_and(|file| file.len() > 0) {
        return Err(there());
    }
    copy.persist(&file).map_err(|error| error.error)?;
    File::open(&config.data_dir)?.sync_all()?;
    note::restored(&config.data_dir, &summary);
    Ok(summary)
}

/// A drill: everything that [`restore`] does, but the store stays where it is, also while the server runs.
///
/// # Errors
/// [`BackupError`].
pub fn drill(config: &Config, unlock: &Unlock, from: impl Read) -> Result<Summary, BackupError> {
    store_file(config)?;
    let (_copy, summary) = judged(config, &keys(config)?, unlock, from)?;
    note::drilled(&config.data_dir, &summary);
    Ok(summary)
}

fn keys(config: &Config) -> Result<Vault, BackupError> {
    Vault::of(config, false).map_err(|error: KeyFileError| BackupError::Keys(error.to_string()))
}

/// Refuses a log that does not have every entry which the store in the backup knows of: it is public, and only grows.
fn continues(config: &Config, vault: &Vault, needed: i64) -> Result<(), BackupError> {
    let known = match config.data_dir.join(log::FOLDER).is_dir() {
        true => Log::open(&config.data_dir, vault).and_then(|log| log.len()),
        false => Ok(0),
    };
    let known = known.map_err(io::Error::other)?;
    if i64::try_from(known).unwrap_or(i64::MAX) < needed {
        return Err(BackupError::OldLog { known, needed });
    }
    Ok(())
}

/// Decrypts a backup into a file beside the store, destroys in it what was erased since, and opens everything that is left.
fn judged(
    config: &Config,
    vault: &Vault,
    unlock: &Unlock,
    from: impl Read,
) -> Result<(TempPath, Summary), BackupError> {
    let broken = |why: io::Error| BackupError::Broken(why.to_string());
    let decryptor = Decryptor::new_buffered(BufReader::new(from)).map_err(unreadable)?;
    let mut plain = BufReader::new(decryptor.decrypt(std::iter::once(unlock.identity())).map_err(unreadable)?);
    let mut line = Vec::new();
    plain.by_ref().take(LONGEST_HEADER).read_until(b'\n', &mut line).map_err(broken)?;
    let header: Header = serde_json::from_slice(&line).map_err(|_| BackupError::NoBackup)?;
    let known = copies::newest_schema();
    if header.handsel_backup > FORMAT || header.schema > known {
        return Err(BackupError::Newer { release: header.release, schema: header.schema, known });
    }
    let mut copy = NamedTempFile::with_prefix_in(".restore-", &config.data_dir)?; // 0600 on Unix
    let written = io::copy(&mut plain, copy.as_file_mut()).map_err(broken)?;
    if written != header.bytes {
        return Err(BackupError::Broken(format!("{written} of {} bytes are in it", header.bytes)));
    }
    let copy = copy.into_temp_path();
    let opened = copies::Copy::open(&copy)?;
    if !opened.is_sound()? {
        return Err(BackupError::Broken("the store in it is damaged".to_owned()));
    }
    if opened.key_check()?.is_none_or(|check| check != vault.check()) {
        return Err(BackupError::Keys("the key file is not the one this backup was sealed with".to_owned()));
    }
    let erased = erased::read(&config.keys_dir())?;
    let needed = opened.erasures()?;
    if i64::try_from(erased.len()).unwrap_or(i64::MAX) < needed {
        return Err(BackupError::OldKeys { known: erased.len(), needed });
    }
    let everybody = opened.subjects()?;
    let mut erased_since = 0;
    for subject in &everybody {
        if erased.contains_key(&vault.erasure_mark(&subject.to_string())) {
            opened.destroy(*subject)?;
            erased_since += 1;
        }
    }
    let (mut templates, mut shut) = (0, 0);
    opened.each_template(&mut |stored| {
        let key = vault.subject_key(stored.subject, &stored.wrapped_key);
        match key.map(|key| load::open(&key, &stored)) {
            Ok(Ok(_)) => templates += 1,
            _ => shut += 1,
        }
    })?;
    if shut > 0 {
        return Err(BackupError::DoesNotOpen(shut));
    }
    let (made_at, bytes) = (header.made_at, header.bytes);
    Ok((copy, Summary { made_at, bytes, subjects: everybody.len() - erased_since, templates, erased_since }))
}

/// What age says, in words for whoever holds the file.
fn unreadable(error: DecryptError) -> BackupError {
    match error {
        DecryptError::NoMatchingKeys | DecryptError::KeyDecryptionFailed | DecryptError::DecryptionFailed => {
            BackupError::Locked("the passphrase or the identity does not open this backup".to_owned())
        }
        DecryptError::InvalidHeader | DecryptError::UnknownFormat => BackupError::NoBackup,
        DecryptError::InvalidMac => BackupError::Broken("its beginning was changed".to_owned()),
        DecryptError::Io(why) => BackupError::Broken(why.to_string()),
        other => BackupError::Locked(other.to_string()),
    }
}

/// How many bytes the store has now.
pub(crate) fn store_bytes(config: &Config) -> Result<u64, BackupError> {
    Ok(store_file(config)?.metadata()?.len())
}

fn store_file(config: &Config) -> Result<PathBuf, BackupError> {
    match Place::of(config) {
        Place::File(file) => Ok(file),
        Place::Postgres(_) => Err(BackupError::Database),
    }
}

/// An empty file beside the store, gone when it is dropped.
fn empty_file(data_dir: &Path) -> io::Result<TempPath> {
    // SQLite takes an empty file as none, so this one's mode, 0600, stays.
    Ok(NamedTempFile::with_prefix_in(".backup-", data_dir)?.into_temp_path())
}
