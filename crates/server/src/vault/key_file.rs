//! The installation's key file: one line of hexadecimal, readable by its owner alone, outside the database.

use super::token::TokenError;
use crate::secret;
use std::{
    fs,
    io::{self, Write},
    path::{Path, PathBuf},
};
use zeroize::Zeroizing;

const FILE_NAME: &str = "installation.key";

/// Why the key file cannot be used; each says what to do.
#[derive(Debug, thiserror::Error)]
pub enum KeyFileError {
    /// The store holds sealed data, but the file that opens it is not there.
    #[error(
        "the key file {0} is missing, and the store holds data that only it opens. Put the file back from your backup; \
         without it nothing that is sealed can be read again"
    )]
    Missing(PathBuf),
    /// Others than the owner may read it.
    #[error("the key file {0} can be read by other users. Run: chmod 600 {0}")]
    TooOpen(PathBuf),
    /// It does not hold one key.
    #[error("the key file {0} does not hold 64 hexadecimal digits. Put it back from your backup")]
    Damaged(PathBuf),
    /// It holds something else than numbered keys.
    #[error("the key file {0} does not hold a number and a key in each line. Put it back from your backup")]
    DamagedRing(PathBuf),
    /// Keys are wrapped by one that is not there.
    #[error(
        "the store holds keys that only key-encryption key {number} opens, and {path} does not hold it, or another one. Put the \
         file back from your backup; without it nothing that is sealed can be read again"
    )]
    MissingFromRing {
        /// The key's number.
        number: i64,
        /// The file.
        path: PathBuf,
    },
    /// The token that a key-encryption key lives in.
    #[error(transparent)]
    Token(#[from] TokenError),
    /// The system refused.
    #[error("the key file {path} cannot be used: {why}")]
    Io {
        /// The file or its folder.
        path: PathBuf,
        /// What the system said.
        why: io::Error,
    },
}

/// Reads the key, or makes one when there is none and `may_create`.
pub(crate) fn read_or_create(dir: &Path, may_create: bool) -> Result<Zeroizing<[u8; 32]>, KeyFileError> {
    let path = dir.join(FILE_NAME);
    match fs::read_to_string(&path) {
        Ok(text) => {
            let text = Zeroizing::new(text);
            check_mode(&path)?;
            secret::unhex(text.trim_end()).ok_or(KeyFileError::Damaged(path))
        }
        Err(why) if why.kind() == io::ErrorKind::NotFound && may_create => create(dir, &path),
        Err(why) if why.kind() == io::ErrorKind::NotFound => Err(KeyFileError::Missing(path)),
        Err(why) => Err(KeyFileError::Io { path, why }),
    }
}

/// Makes the key, and its file unless there is one by now.
fn create(dir: &Path, path: &Path) -> Result<Zeroizing<[u8; 32]>, KeyFileError> {
    let failed = |why| KeyFileError::Io { path: path.to_owned(), why };
    let key = Zeroizing::new(secret::random::<32>());
    let text = Zeroizing::new(format!("{}\n", secret::hex(key.as_slice())));
    make_private_dir(dir).map_err(failed)?;
    let new = new_private(dir, text.as_bytes()).map_err(failed)?;
    new.persist_noclobber(path).map_err(|error| failed(error.error))?;
    sync_dir(dir).map_err(failed)?;
    Ok(key)
}

/// Writes a file for its owner alone, in place of the one that is there.
pub(crate) fn write_private(path: &Path, bytes: &[u8]) -> Result<(), KeyFileError> {
    let failed = |why| KeyFileError::Io { path: path.to_owned(), why };
    let dir = path.parent().unwrap_or(Path::new("."));
    let new = new_private(dir, bytes).map_err(failed)?;
    new.persist(path).map_err(|error| failed(error.error))?;
    sync_dir(dir).map_err(failed)
}

/// A file under another name first: a stopped process leaves a whole one or none.
fn new_private(dir: &Path, bytes: &[u8]) -> io::Result<tempfile::NamedTempFile> {
    let mut new = tempfile::Builder::new().prefix(".new-").tempfile_in(dir)?; // 0600 on Unix
    new.write_all(bytes)?;
    new.as_file().sync_all()?;
    Ok(new)
}

#[cfg(unix)]
fn make_private_dir(dir: &Path) -> io::Result<()> {
    use std::os::unix::fs::DirBuilderExt;
    fs::DirBuilder::new().recursive(true).mode(0o700).create(dir)
}

#[cfg(not(unix))]
fn make_private_dir(dir: &Path) -> io::Result<()> {
    fs::create_dir_all(dir)
}

#[cfg(unix)]
fn sync_dir(dir: &Path) -> io::Result<()> {
    fs::File::open(dir)?.sync_all()
}

#[cfg(not(unix))]
fn sync_dir(_: &Path) -> io::Result<()> {
    Ok(())
}

#[cfg(unix)]
pub(super) fn check_mode(path: &Path) -> Result<(), KeyFileError> {
    use std::os::unix::fs::PermissionsExt;
    let mode = fs::metadata(path).map_err(|why| KeyFileError::Io { path: path.to_owned(), why })?.permissions().mode();
    if mode & 0o077 == 0 { Ok(()) } else { Err(KeyFileError::TooOpen(path.to_owned())) }
}

#[cfg(not(unix))]
pub(super) fn check_mode(_: &Path) -> Result<(), KeyFileError> {
    Ok(())
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn a_key_is_made_once_for_its_owner_alone() {
        let dir = tempfile::tempdir().unwrap();
        let keys = dir.path().join("keys");
        assert!(matches!(read_or_create(&keys, false), Err(KeyFileError::Missing(_))));
        let made = read_or_create(&keys, true).unwrap();
        assert_eq!(*read_or_create(&keys, true).unwrap(), *made);
        assert_eq!(*read_or_create(&keys, false).unwrap(), *made);
        let file = keys.join(FILE_NAME);
        assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(fs::metadata(&keys).unwrap().permissions().mode() & 0o777, 0o700);

        fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).unwrap();
        assert!(matches!(read_or_create(&keys, true), Err(KeyFileError::TooOpen(_))));
        fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
        fs::write(&file, "12").unwrap();
        assert!(matches!(read_or_create(&keys, true), Err(KeyFileError::Damaged(_))));
    }
}
