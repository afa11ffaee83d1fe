//! Who signs: a log its checkpoints, a witness what it saw.

use crate::{
    checkpoint::Checkpoint,
    hash::Hash,
    key::{KeyName, Kind, VerifierKey, cosigned},
    note::{Note, Signature},
};
use ed25519_dalek::{Signer, SigningKey};
use std::fmt;

/// A log's secret key. Wiped when it goes, and not shown.
pub struct LogSigner {
    key: SigningKey,
    verifier: VerifierKey,
}

/// A witness's secret key. Wiped when it goes, and not shown.
pub struct Cosigner {
    key: SigningKey,
    verifier: VerifierKey,
}

/// A time that no cosignature can carry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the clock is beyond what a cosignature can say")]
pub struct ClockBeyond;

impl LogSigner {
    /// The log's name is also its checkpoints' origin.
    pub fn new(name: KeyName, secret: &[u8; 32]) -> LogSigner {
        let key = SigningKey::from_bytes(secret);
        LogSigner { verifier: VerifierKey::new(name, Kind::Ed25519, key.verifying_key()), key }
    }

    /// The key that others check by.
    pub fn verifier(&self) -> &VerifierKey {
        &self.verifier
    }

    /// Says that the log has this tree, and signs that: <https://c2sp.org/signed-note#ed25519-signatures>. A log must never say two
    /// things that do not go together; [`Writer`](crate::Writer) sees to it.
    pub fn checkpoint(&self, size: u64, root: Hash) -> Note {
        let text = Checkpoint { origin: self.verifier.name().to_string(), size, root }.to_string();
        let signature = line(&self.verifier, self.key.sign(text.as_bytes()).to_vec());
        Note::new(text, vec![signature])
    }
}

/// A text that a log's key must not sign.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a log signs beside its checkpoints only one line of JSON, an object")]
pub struct NotOneObject;

impl LogSigner {
    /// Signs one line of JSON in the log's name. It begins with a brace, so it is never a checkpoint, which begins with the log's name.
    ///
    /// # Errors
    /// [`NotOneObject`].
    pub fn statement(&self, json: &str) -> Result<Note, NotOneObject> {
        if !json.starts_with('{') || json.bytes().any(|byte| byte < b' ') {
            return Err(NotOneObject);
        }
        let text = format!("{json}\n");
        let signature = line(&self.verifier, self.key.sign(text.as_bytes()).to_vec());
        Ok(Note::new(text, vec![signature]))
    }
}

impl Cosigner {
    /// A witness of this name. Its key must not be another witness's or a log's.
    pub fn new(name: KeyName, secret: &[u8; 32]) -> Cosigner {
        let key = SigningKey::from_bytes(secret);
        Cosigner { verifier: VerifierKey::new(name, Kind::Cosignature, key.verifying_key()), key }
    }

    /// The key that others check by.
    pub fn verifier(&self) -> &VerifierKey {
        &self.verifier
    }

    /// Signs the time and a checkpoint's text: <https://c2sp.org/tlog-cosignature#format>, a `timestamped_signature`.
    pub(crate) fn cosign(&self, text: &str, time_s: u64) -> Result<Signature, ClockBeyond> {
        let message = cosigned(text, time_s).ok_or(ClockBeyond)?;
        let signature = self.key.sign(message.as_bytes());
        Ok(line(&self.verifier, [&time_s.to_be_bytes()[..], &signature.to_bytes()].concat()))
    }
}

fn line(key: &VerifierKey, bytes: Vec<u8>) -> Signature {
    Signature { name: key.name().clone(), key_id: key.id(), bytes }
}

impl fmt::Debug for LogSigner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "LogSigner({})", self.verifier)
    }
}

impl fmt::Debug for Cosigner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Cosigner({})", self.verifier)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_statement_is_never_a_checkpoint() {
        let signer = LogSigner::new(KeyName::parse("corner.example/log").unwrap(), &[7; 32]);
        let note = signer.statement(r#"{"people":"none"}"#).unwrap();
        assert!(signer.verifier().check(&note).is_ok());
        assert!(note.text().parse::<Checkpoint>().is_err());
        let checkpoint = signer.checkpoint(0, Hash([0; 32]));
        for text in ["", "corner.example/log", "[1]", " {}", "{\n}", "{}\n", checkpoint.text()] {
            assert_eq!(signer.statement(text).unwrap_err(), NotOneObject, "{text:?}");
        }
    }
}
