//! Where one key-encryption key lives: in the key file, or in a PKCS#11 token.

use super::{
    DoesNotOpen, open, seal,
    token::{Token, TokenError},
};
use crate::secret;
use std::sync::Arc;
use zeroize::Zeroizing;

/// A key-encryption key, where it lives.
pub(super) trait KeyHome: Send + Sync {
    /// Wraps a key; `data` says whose it is.
    fn wrap(&self, data: &str, plain: &[u8]) -> Result<Vec<u8>, TokenError>;
    /// Unwraps what was wrapped with the same `data`.
    fn unwrap(&self, data: &str, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, DoesNotOpen>;
    /// What the key file says of it, after its number.
    fn line(&self) -> Zeroizing<String>;
    /// Destroys it where it is not in the key file itself.
    fn destroy(&self) -> Result<(), TokenError>;
}

/// In the key file, or made from the installation's key.
pub(super) struct InFile(pub(super) Zeroizing<[u8; 32]>);

impl KeyHome for InFile {
    fn wrap(&self, data: &str, plain: &[u8]) -> Result<Vec<u8>, TokenError> {
        Ok(seal(&self.0, data, plain).into_bytes())
    }

    fn unwrap(&self, data: &str, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, DoesNotOpen> {
        open(&self.0, data, sealed)
    }

    fn line(&self) -> Zeroizing<String> {
        Zeroizing::new(secret::hex(self.0.as_slice()))
    }

    fn destroy(&self) -> Result<(), TokenError> {
        Ok(())
    }
}

/// In a token, under an id of its own; the key file holds only the id.
pub(super) struct InToken {
    pub(super) token: Arc<Token>,
    pub(super) id: [u8; 16],
}

/// What a line of the key file begins with whose key is in a token.
pub(super) const IN_TOKEN: &str = "pkcs11 ";

impl KeyHome for InToken {
    fn wrap(&self, data: &str, plain: &[u8]) -> Result<Vec<u8>, TokenError> {
        self.token.encrypt(&self.id, data.as_bytes(), plain)
    }

    fn unwrap(&self, data: &str, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, DoesNotOpen> {
        self.token.decrypt(&self.id, data.as_bytes(), sealed).map_err(|error| {
            tracing::error!(%error, "a key does not unwrap");
            DoesNotOpen
        })
    }

    fn line(&self) -> Zeroizing<String> {
        Zeroizing::new(format!("{IN_TOKEN}{}", secret::hex(&self.id)))
    }

    fn destroy(&self) -> Result<(), TokenError> {
        self.token.destroy(&self.id)
    }
}
