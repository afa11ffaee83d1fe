//! A PKCS#11 token: AES-256 keys that are made in it and never leave it, used by AES-GCM.

use super::key_file::check_mode;
use crate::{config::TokenConfig, secret};
use cryptoki::{
    context::{CInitializeArgs, CInitializeFlags, Pkcs11},
    error::{Error, RvError},
    mechanism::{Mechanism, aead::GcmParams},
    object::{Attribute, KeyType, ObjectClass, ObjectHandle},
    session::{Session, UserType},
    types::AuthPin,
};
use std::{
    collections::HashMap,
    fs,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};
use zeroize::Zeroizing;

/// Bytes of a nonce, random for each key that is wrapped.
const NONCE_BYTES: usize = 12;
/// Bits of an authentication tag.
const TAG_BITS: u64 = 128;

/// Why a token does not do what it is asked; each says what to do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// It cannot be used at all.
    #[error(
        "the PKCS#11 token {token} cannot be used: {why}. Check `pkcs11` in the configuration, and that the token is there"
    )]
    Unusable {
        /// Its label.
        token: String,
        /// What its library, or the system, said.
        why: String,
    },
    /// There is no such key in it.
    #[error("the PKCS#11 token {0} does not hold the key that the key file names. Put back the token that does")]
    NoSuchKey(String),
    /// Keys are in a token, and no token is configured.
    #[error(
        "key-encryption key {0} lives in a PKCS#11 token, and none is configured. Name it: pkcs11 = {{ module, token, pin_file }}"
    )]
    NotConfigured(i64),
}

/// A token that the user has logged in to.
pub(super) struct Token {
    label: String,
    session: Mutex<Open>,
}

/// A session, and the handles of the keys that it has found.
struct Open {
    session: Session,
    keys: HashMap<[u8; 16], ObjectHandle>,
}

/// Every token of this process, with its library: neither can be opened twice, nor be let go while the other is used.
static OPENED: Mutex<Vec<(TokenConfig, Arc<Token>)>> = Mutex::new(Vec::new());
/// The libraries that were initialised.
static MODULES: Mutex<Vec<(std::path::PathBuf, Pkcs11)>> = Mutex::new(Vec::new());

impl Token {
    /// Logs in, or gives the token that this process has logged in to.
    pub(super) fn open(config: &TokenConfig) -> Result<Arc<Token>, TokenError> {
        let mut opened = OPENED.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, token)) = opened.iter().find(|(known, _)| known == config) {
            return Ok(Arc::clone(token));
        }
        let token = Arc::new(Token::log_in(config)?);
        opened.push((config.clone(), Arc::clone(&token)));
        Ok(token)
    }

    fn log_in(config: &TokenConfig) -> Result<Token, TokenError> {
        let unusable = |why: String| TokenError::Unusable { token: config.token.clone(), why };
        let said = |error: Error| unusable(error.to_string());
        check_mode(&config.pin_file).map_err(|error| unusable(error.to_string()))?;
        let pin = Zeroizing::new(fs::read_to_string(&config.pin_file).map_err(|why| unusable(why.to_string()))?);
        let module = module(config).map_err(said)?;
        let is_it = |slot: &_| module.get_token_info(*slot).is_ok_and(|info| info.label().trim_end() == config.token);
        let slot = module.get_slots_with_initialized_token().map_err(said)?.into_iter().find(is_it);
        let slot = slot.ok_or_else(|| unusable("there is none of this label".to_owned()))?;
        let session = module.open_rw_session(slot).map_err(said)?;
        let pin = AuthPin::new(pin.trim_end().to_owned().into_boxed_str());
        match session.login(UserType::User, Some(&pin)) {
            Ok(()) | Err(Error::Pkcs11(RvError::UserAlreadyLoggedIn, _)) => {}
            Err(error) => return Err(said(error)),
        }
        Ok(Token { label: config.token.clone(), session: Mutex::new(Open { session, keys: HashMap::new() }) })
    }

    /// Makes a key in the token, which cannot be read out of it; its id.
    pub(super) fn make(&self) -> Result<[u8; 16], TokenError> {
        let id = secret::random::<16>();
        let attributes = [
            Attribute::Class(ObjectClass::SECRET_KEY),
            Attribute::KeyType(KeyType::AES),
            Attribute::ValueLen(32.into()),
            Attribute::Id(id.to_vec()),
            Attribute::Label(b"handsel key-encryption key".to_vec()),
            Attribute::Token(true),
            Attribute::Private(true),
            Attribute::Sensitive(true),
            Attribute::Extractable(false),
            Attribute::Encrypt(true),
            Attribute::Decrypt(true),
        ];
        let mut open = self.open_session();
        let key = open.session.generate_key(&Mechanism::AesKeyGen, &attributes).map_err(|error| self.said(&error))?;
        open.keys.insert(id, key);
        Ok(id)
    }

    /// The nonce, then what was encrypted and its tag.
    pub(super) fn encrypt(&self, id: &[u8; 16], data: &[u8], plain: &[u8]) -> Result<Vec<u8>, TokenError> {
        let mut open = self.open_session();
        let key = self.find(&mut open, id)?;
        let mut nonce = secret::random::<NONCE_BYTES>();
        let mut sealed = nonce.to_vec();
        let parameters = GcmParams::new(&mut nonce, data, TAG_BITS.into()).map_err(|error| self.said(&error))?;
        let encrypted = open.session.encrypt(&Mechanism::AesGcm(parameters), key, plain);
        sealed.extend(encrypted.map_err(|error| self.said(&error))?);
        Ok(sealed)
    }

    pub(super) fn decrypt(&self, id: &[u8; 16], data: &[u8], sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, TokenError> {
        let mut open = self.open_session();
        let key = self.find(&mut open, id)?;
        let (nonce, encrypted) = sealed
            .split_first_chunk::<NONCE_BYTES>()
            .ok_or_else(|| TokenError::Unusable { token: self.label.clone(), why: "too few bytes".to_owned() })?;
        let mut nonce = *nonce;
        let parameters = GcmParams::new(&mut nonce, data, TAG_BITS.into()).map_err(|error| self.said(&error))?;
        let plain = open.session.decrypt(&Mechanism::AesGcm(parameters), key, encrypted);
        plain.map(Zeroizing::new).map_err(|error| self.said(&error))
    }

    /// Destroys a key; one that is gone already is no error.
    pub(super) fn destroy(&self, id: &[u8; 16]) -> Result<(), TokenError> {
        let mut open = self.open_session();
        let key = match self.find(&mut open, id) {
            Err(TokenError::NoSuchKey(_)) => return Ok(()),
            found => found?,
        };
        open.keys.remove(id);
        open.session.destroy_object(key).map_err(|error| self.said(&error))
    }

    fn find(&self, open: &mut Open, id: &[u8; 16]) -> Result<ObjectHandle, TokenError> {
        if let Some(key) = open.keys.get(id) {
            return Ok(*key);
        }
        let of = [Attribute::Class(ObjectClass::SECRET_KEY), Attribute::Id(id.to_vec())];
        let found = open.session.find_objects(&of).map_err(|error| self.said(&error))?;
        let key = *found.first().ok_or_else(|| TokenError::NoSuchKey(self.label.clone()))?;
        open.keys.insert(*id, key);
        Ok(key)
    }

    fn open_session(&self) -> MutexGuard<'_, Open> {
        self.session.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn said(&self, error: &Error) -> TokenError {
        TokenError::Unusable { token: self.label.clone(), why: error.to_string() }
    }
}

/// A token's library, initialised once.
fn module(config: &TokenConfig) -> Result<Pkcs11, Error> {
    let mut modules = MODULES.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some((_, module)) = modules.iter().find(|(path, _)| *path == config.module) {
        return Ok(module.clone());
    }
    let module = Pkcs11::new(&config.module)?;
    module.initialize(CInitializeArgs::new(CInitializeFlags::OS_LOCKING_OK))?;
    modules.push((config.module.clone(), module.clone()));
    Ok(module)
}

#[cfg(test)]
mod tests;
