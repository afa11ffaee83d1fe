//! Key-encryption keys: what subjects' and epochs' keys are wrapped by. Two may live at once, while one replaces the other.
//!
//! The first is made from the installation's key and has no line of its own. Each further one is a line of the file beside it,
//! its number and the key, or where in a PKCS#11 token it is; the last one wraps what is new.

use super::{
    DoesNotOpen,
    key_file::{KeyFileError, check_mode, write_private},
    key_home::{IN_TOKEN, InFile, InToken, KeyHome},
    token::{Token, TokenError},
};
use crate::{config::TokenConfig, secret};
use std::{
    borrow::Cow,
    collections::BTreeMap,
    fs, io,
    path::{Path, PathBuf},
    sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard},
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

type Keys = BTreeMap<i64, Arc<dyn KeyHome>>;

/// The key-encryption keys of this process.
pub(super) struct Ring {
    path: PathBuf,
    token: Option<TokenConfig>,
    keys: RwLock<Keys>,
}

impl Ring {
    /// Reads the file beside the installation's key; there need not be one.
    pub(super) fn open(
        dir: &Path,
        first: Zeroizing<[u8; 32]>,
        token: Option<&TokenConfig>,
    ) -> Result<Ring, KeyFileError> {
        let path = dir.join(FILE_NAME);
        let mut keys = read(&path, token)?;
        keys.insert(FIRST, Arc::new(InFile(first)));
        Ok(Ring { path, token: token.cloned(), keys: RwLock::new(keys) })
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

    pub(super) fn wrap(&self, data: &str, plain: &[u8]) -> Result<Wrapped<'static>, TokenError> {
        let keys = self.keys();
        #[expect(clippy::expect_used, reason = "the first key is never taken out")]
        let (&by, key) = keys.last_key_value().expect("a key");
        Ok(Wrapped { by, sealed: key.wrap(data, plain)?.into() })
    }

    /// A key that is not known may have been made since by another process: then the file is read again.
    pub(super) fn unwrap(&self, data: &str, wrapped: &Wrapped<'_>) -> Result<Zeroizing<Vec<u8>>, DoesNotOpen> {
        if !self.keys().contains_key(&wrapped.by) {
            self.reread().map_err(|_| DoesNotOpen)?;
        }
        self.keys().get(&wrapped.by).ok_or(DoesNotOpen)?.unwrap(data, &wrapped.sealed)
    }

    /// Takes in what another process wrote. What is gone from the file is kept: rows that were read before may need it.
    pub(super) fn reread(&self) -> Result<(), KeyFileError> {
        let new = read(&self.path, self.token.as_ref())?;
        let mut keys = self.keys_mut();
        for (number, key) in new {
            keys.entry(number).or_insert(key);
        }
        Ok(())
    }

    /// Forgets every key before this one, in the file and here. Call it when they wrap nothing.
    pub(super) fn forget_before(&self, number: i64) -> Result<(), KeyFileError> {
        let mut kept = read(&self.path, self.token.as_ref())?;
        let old = kept.range(..number).map(|(_, key)| Arc::clone(key)).collect::<Vec<_>>();
        if !old.is_empty() {
            kept.retain(|&other, _| other >= number);
            write(&self.path, &kept)?;
        }
        for key in old {
            key.destroy()?;
        }
        // The first one is made from the installation's key, so forgetting it here would hide it only.
        self.keys_mut().retain(|&other, _| other >= number || other == FIRST);
        Ok(())
    }

    fn keys(&self) -> RwLockReadGuard<'_, Keys> {
        self.keys.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn keys_mut(&self) -> RwLockWriteGuard<'_, Keys> {
        self.keys.write().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Makes a key, in the token if one is named and else in the file in `dir`, and adds its line there. The server finds it and wraps
/// everything by it; its number.
///
/// # Errors
/// [`KeyFileError`]; the file is as it was then.
pub(crate) fn make(dir: &Path, token: Option<&TokenConfig>) -> Result<i64, KeyFileError> {
    let path = dir.join(FILE_NAME);
    let mut keys = read(&path, token)?;
    let number = keys.last_key_value().map_or(FIRST, |(&number, _)| number) + 1;
    let key: Arc<dyn KeyHome> = match token {
        None => Arc::new(InFile(Zeroizing::new(secret::random()))),
        Some(config) => {
            let token = Token::open(config)?;
            let id = token.make()?;
            Arc::new(InToken { token, id })
        }
    };
    keys.insert(number, key);
    write(&path, &keys)?;
    Ok(number)
}

/// The keys of a file; none when there is no file.
fn read(path: &Path, token: Option<&TokenConfig>) -> Result<Keys, KeyFileError> {
    let text = match fs::read_to_string(path) {
        Ok(text) => Zeroizing::new(text),
        Err(why) if why.kind() == io::ErrorKind::NotFound => return Ok(Keys::new()),
        Err(why) => return Err(KeyFileError::Io { path: path.to_owned(), why }),
    };
    check_mode(path)?;
    let damaged = || KeyFileError::DamagedRing(path.to_owned());
    let mut keys = Keys::new();
    for line in text.lines() {
        let (number, key) = line.split_once(' ').ok_or_else(damaged)?;
        let number = number.parse().ok().filter(|&number: &i64| number > FIRST).ok_or_else(damaged)?;
        let key: Arc<dyn KeyHome> = match key.strip_prefix(IN_TOKEN) {
            None => Arc::new(InFile(secret::unhex(key.trim_end()).ok_or_else(damaged)?)),
            Some(id) => {
                let id = *secret::unhex(id.trim_end()).ok_or_else(damaged)?;
                let token = Token::open(token.ok_or(TokenError::NotConfigured(number))?)?;
                Arc::new(InToken { token, id })
            }
        };
        keys.insert(number, key);
    }
    Ok(keys)
}

fn write(path: &Path, keys: &Keys) -> Result<(), KeyFileError> {
    let mut text = Zeroizing::new(String::with_capacity(keys.len() * 90));
    for (number, key) in keys {
        text.push_str(&format!("{number} "));
        text.push_str(&key.line());
        text.push('\n');
    }
    write_private(path, text.as_bytes())
}
