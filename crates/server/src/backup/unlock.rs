//! To whom a backup is encrypted, and how it is opened.

use age::{
    Encryptor, Identity, scrypt,
    secrecy::{ExposeSecret, SecretString},
    x25519,
};
use std::{fs, path::Path, str::FromStr};
use zeroize::Zeroizing;

/// The shortest passphrase: a backup lies where others may try as long as they like.
const SHORTEST: usize = 12;

/// To whom a backup is encrypted.
pub struct Lock(Key);

enum Key {
    Recipient(x25519::Recipient),
    Passphrase(SecretString),
}

/// What opens a backup.
pub struct Unlock(Box<dyn Identity + Send + Sync>);

/// Why it cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum UnlockError {
    /// Not a recipient of age.
    #[error("this is no recipient of age, which begins with age1: {0}")]
    Recipient(&'static str),
    /// No secret key.
    #[error("there is no secret key of age in {0}, which begins with AGE-SECRET-KEY-1")]
    Identity(String),
    /// Too short.
    #[error("a passphrase has twelve characters or more")]
    Short,
    /// The file cannot be read.
    #[error("{0} cannot be read: {1}")]
    File(String, std::io::Error),
}

impl Lock {
    /// Encrypts to whoever has the secret key of this recipient.
    ///
    /// # Errors
    /// [`UnlockError::Recipient`].
    pub fn recipient(text: &str) -> Result<Lock, UnlockError> {
        x25519::Recipient::from_str(text.trim()).map(|to| Lock(Key::Recipient(to))).map_err(UnlockError::Recipient)
    }

    /// Encrypts to whoever knows this passphrase.
    ///
    /// # Errors
    /// [`UnlockError::Short`].
    pub fn passphrase(text: &str) -> Result<Lock, UnlockError> {
        Ok(Lock(Key::Passphrase(passphrase(text)?)))
    }

    /// By what somebody typed: a recipient where it looks like one, else a passphrase.
    ///
    /// # Errors
    /// [`UnlockError`].
    pub fn typed(text: &str) -> Result<Lock, UnlockError> {
        if text.trim().starts_with("age1") { Lock::recipient(text) } else { Lock::passphrase(text) }
    }

    pub(super) fn encryptor(self) -> Encryptor {
        match self.0 {
            #[expect(clippy::expect_used, reason = "one recipient always goes with itself")]
            Key::Recipient(to) => Encryptor::with_recipients(std::iter::once(&to as _)).expect("one recipient"),
            Key::Passphrase(passphrase) => Encryptor::with_user_passphrase(passphrase),
        }
    }
}

impl Unlock {
    /// By a passphrase.
    ///
    /// # Errors
    /// [`UnlockError::Short`].
    pub fn passphrase(text: &str) -> Result<Unlock, UnlockError> {
        Ok(Unlock(Box::new(scrypt::Identity::new(passphrase(text)?))))
    }

    /// By the secret key in a file, as `age-keygen` writes it.
    ///
    /// # Errors
    /// [`UnlockError`].
    pub fn identity_file(path: &Path) -> Result<Unlock, UnlockError> {
        let name = path.display().to_string();
        let text = fs::read_to_string(path).map(Zeroizing::new).map_err(|why| UnlockError::File(name.clone(), why))?;
        let key = text.lines().map(str::trim).find(|line| !line.is_empty() && !line.starts_with('#'));
        key.and_then(Unlock::identity_of).ok_or(UnlockError::Identity(name))
    }

    /// By what somebody typed: a secret key of age where it looks like one, else a passphrase.
    ///
    /// # Errors
    /// [`UnlockError`].
    pub fn typed(text: &str) -> Result<Unlock, UnlockError> {
        let text = text.trim();
        if text.starts_with("AGE-SECRET-KEY-1") {
            return Unlock::identity_of(text).ok_or_else(|| UnlockError::Identity("what was typed".to_owned()));
        }
        Unlock::passphrase(text)
    }

    fn identity_of(text: &str) -> Option<Unlock> {
        x25519::Identity::from_str(text).ok().map(|key| Unlock(Box::new(key)))
    }

    pub(super) fn identity(&self) -> &dyn Identity {
        &*self.0
    }
}

/// The first line of a file is a passphrase.
///
/// # Errors
/// [`UnlockError::File`].
pub fn passphrase_file(path: &Path) -> Result<Zeroizing<String>, UnlockError> {
    let text = fs::read_to_string(path).map(Zeroizing::new);
    let text = text.map_err(|why| UnlockError::File(path.display().to_string(), why))?;
    Ok(Zeroizing::new(text.lines().next().unwrap_or_default().to_owned()))
}

fn passphrase(text: &str) -> Result<SecretString, UnlockError> {
    let text = SecretString::from(text.to_owned());
    if text.expose_secret().chars().count() < SHORTEST { Err(UnlockError::Short) } else { Ok(text) }
}
