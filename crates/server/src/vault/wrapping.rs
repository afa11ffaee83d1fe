//! Key-encryption keys: what subjects' and epochs' keys are wrapped by. Two may live at once, while one replaces the other.
//!
//! The first is made from the installation's key and has no line of its own. Each further one is a line of the file beside it,
//! its number and the key; the last one wraps what is new.

use super::{
    DoesNotOpen,
    key_file::{KeyFileError, check_mode, write_private},
    open, seal,
};
use crate::secret;
use std::{
    borrow::Cow,
    collections::BTreeMap,
    fs, io,
    path::{Path, PathBuf},
    sync::{PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard},
};
use zeroize::Zeroizing;

const FILE_NAME: &str = "wrapping.keys";

/// The number of the key that is made from the installation's.
pub(crate) const FIRST: i64 = 1;

/// A key that another one wraps, and which.
#[derive(Clone)]
pub(crate) struct Wrapped<'a> {
    /// The number of the key-encryption key.
    pub(crate) by: i64,
    /// Nonce and ciphertext.
    pub(crate) sealed: Cow<'a, [u8]>,
}

type Key = Zeroizing<[u8; 32]>;

/// The key-encryption keys of this process.
pub(super) struct Ring {
    path: PathBuf,
    keys: RwLock<BTreeMap<i64, Key>>,
}

impl Ring {
    /// Reads the file beside the installation's key; there need not be one.
    pub(super) fn open(dir: &Path, first: Key) -> Result<Ring, KeyFileError> {
        let path = dir.join(FILE_NAME);
        let mut keys = read(&path)?;
        keys.insert(FIRST, first);
        Ok(Ring { path, keys: RwLock::new(keys) })
    }

    /// The number of the key that wraps what is new.
    pub(super) fn newest(&self) -> i64 {
        self.keys().last_key_value().map_or(FIRST, |(&number, _)| number)
    }

    /// The key of this number is there.
    pub(super) fn check(&self, number: i64) -> Result<(), KeyFileError> {
        if !self.keys().contains_key(&number) {
            return Err(KeyFileError::MissingFromRing { number, path: self.path.clone() });
        }
        Ok(())
    }

    pub(super) fn wrap(&self, data: &str, plain: &[u8]) -> Wrapped<'static> {
        let keys = self.keys();
        #[expect(clippy::expect_used, reason = "the first key is never taken out")]
        let (&by, key) = keys.last_key_value().expect("a key");
        Wrapped { by, sealed: seal(key, data, plain).into_bytes().into() }
    }

    /// A key that is not known may have been made since by another process: then the file is read again.
    pub(super) fn unwrap(&self, data: &str, wrapped: &Wrapped<'_>) -> Result<Zeroizing<Vec<u8>>, DoesNotOpen> {
        if !self.keys().contains_key(&wrapped.by) {
            self.reread().map_err(|_| DoesNotOpen)?;
        }
        open(self.keys().get(&wrapped.by).ok_or(DoesNotOpen)?, data, &wrapped.sealed)
    }

    /// Takes in what another process wrote. What is gone from the file is kept: rows that were read before may need it.
    pub(super) fn reread(&self) -> Result<(), KeyFileError> {
        let new = read(&self.path)?;
        let mut keys = self.keys_mut();
        for (number, key) in new {
            keys.entry(number).or_insert(key);
        }
        Ok(())
    }

    /// Forgets every key before this one, in the file and here. Call it when they wrap nothing.
    pub(super) fn forget_before(&self, number: i64) -> Result<(), KeyFileError> {
        let mut kept = read(&self.path)?;
        if kept.keys().any(|&other| other < number) {
            kept.retain(|&other, _| other >= number);
            write(&self.path, &kept)?;
        }
        // The first one is made from the installation's key, so forgetting it here would hide it only.
        self.keys_mut().retain(|&other, _| other >= number || other == FIRST);
        Ok(())
    }

    fn keys(&self) -> RwLockReadGuard<'_, BTreeMap<i64, Key>> {
        self.keys.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn keys_mut(&self) -> RwLockWriteGuard<'_, BTreeMap<i64, Key>> {
        self.keys.write().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Adds a key to the file in `dir`, which the server finds there and wraps everything by; its number.
///
/// # Errors
/// [`KeyFileError`]; the file is as it was then.
pub(crate) fn make(dir: &Path) -> Result<i64, KeyFileError> {
    let path = dir.join(FILE_NAME);
    let mut keys = read(&path)?;
    let number = keys.last_key_value().map_or(FIRST, |(&number, _)| number) + 1;
    keys.insert(number, Zeroizing::new(secret::random()));
    write(&path, &keys)?;
    Ok(number)
}

/// The keys of a file; none when there is no file.
fn read(path: &Path) -> Result<BTreeMap<i64, Key>, KeyFileError> {
    let text = match fs::read_to_string(path) {
        Ok(text) => Zeroizing::new(text),
        Err(why) if why.kind() == io::ErrorKind::NotFound => return Ok(BTreeMap::new()),
        Err(why) => return Err(KeyFileError::Io { path: path.to_owned(), why }),
    };
    check_mode(path)?;
    let line = |line: &str| {
        let (number, key) = line.split_once(' ')?;
        let number = number.parse().ok().filter(|&number: &i64| number > FIRST)?;
        Some((number, secret::unhex(key.trim_end())?))
    };
    let keys = text.lines().map(line).collect::<Option<BTreeMap<_, _>>>();
    keys.ok_or_else(|| KeyFileError::DamagedRing(path.to_owned()))
}

fn write(path: &Path, keys: &BTreeMap<i64, Key>) -> Result<(), KeyFileError> {
    let mut text = Zeroizing::new(String::with_capacity(keys.len() * 90));
    for (number, key) in keys {
        let digits = Zeroizing::new(secret::hex(key.as_slice()));
        text.push_str(&format!("{number} "));
        text.push_str(&digits);
        text.push('\n');
    }
    write_private(path, text.as_bytes())
}
