//! Keys by which notes are checked, and what they are called: <https://c2sp.org/signed-note#signatures>.

use crate::{
    note::{Note, Signature},
    text,
};
use sha2::{Digest, Sha256};
use std::{fmt, str::FromStr};

/// What a key is called: not empty, without spaces, control characters and plus signs.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct KeyName(String);

/// How a key signs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// Ed25519 over the text, as logs do.
    Ed25519,
    /// Ed25519 over the time and the text, as witnesses do: `cosignature/v1`.
    Cosignature,
}

/// A key by which a log's or a witness's signature is checked, written as `name+id+key`.
#[derive(Clone, PartialEq, Eq)]
pub struct VerifierKey {
    name: KeyName,
    kind: Kind,
    key: ed25519_dalek::VerifyingKey,
}

/// Why a text is not a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotAKey {
    /// Not three parts, or one that cannot be read.
    #[error("a key is written as name+id+key")]
    Format,
    /// The name cannot be one.
    #[error("a key's name is not empty and has no spaces, control characters or plus signs")]
    Name,
    /// The id is not that of this name and key.
    #[error("the key's id is not that of its name and key")]
    Id,
    /// A kind of signature that is not known here.
    #[error("signatures of kind {0:#04x} cannot be checked here")]
    Kind(u8),
}

/// Why a key does not stand behind a note.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotSigned {
    /// No line is said to be this key's.
    #[error("it is not signed by {0}")]
    Missing(KeyName),
    /// A line is said to be this key's and is not.
    #[error("the signature of {0} is wrong")]
    Wrong(KeyName),
}

/// A signature that was checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Signed {
    /// When it was made, in seconds since 1970, if that is part of it.
    pub time_s: Option<u64>,
}

impl KeyName {
    /// # Errors
    ///
    /// When it cannot be one.
    pub fn parse(name: &str) -> Result<KeyName, NotAKey> {
        let bad = |c: char| c.is_whitespace() || c.is_control() || c == '+';
        if name.is_empty() || name.contains(bad) { Err(NotAKey::Name) } else { Ok(KeyName(name.to_owned())) }
    }

    /// As it is written.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for KeyName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Kind {
    /// <https://c2sp.org/signed-note#signature-types>
    fn byte(self) -> u8 {
        match self {
            Kind::Ed25519 => 0x01,
            Kind::Cosignature => 0x04,
        }
    }
}

impl VerifierKey {
    pub(crate) fn new(name: KeyName, kind: Kind, key: ed25519_dalek::VerifyingKey) -> VerifierKey {
        VerifierKey { name, kind, key }
    }

    /// What it is called.
    pub fn name(&self) -> &KeyName {
        &self.name
    }

    /// How it signs.
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// Which key and kind a signature is said to be of.
    pub(crate) fn id(&self) -> [u8; 4] {
        // "key ID = SHA-256(key name || 0x0A || signature type || public key)[:4]"
        // https://c2sp.org/signed-note#signatures, and for cosignatures https://c2sp.org/tlog-cosignature#format
        let digest = Sha256::new()
            .chain_update(self.name.as_str())
            .chain_update(b"\n")
            .chain_update([self.kind.byte()])
            .chain_update(self.key.as_bytes())
            .finalize();
        [digest[0], digest[1], digest[2], digest[3]]
    }

    /// Whether this key signed the note. Lines of other keys are ignored; one that is said to be this key's and is not
    /// spoils the note.
    ///
    /// # Errors
    ///
    /// When it did not.
    pub fn check(&self, note: &Note) -> Result<Signed, NotSigned> {
        let id = self.id();
        let mut found = Err(NotSigned::Missing(self.name.clone()));
        for signature in note.signatures().iter().filter(|line| line.key_id == id && line.name == self.name) {
            found = Ok(self.made(note.text(), signature).ok_or_else(|| NotSigned::Wrong(self.name.clone()))?);
        }
        found
    }

    fn made(&self, text: &str, signature: &Signature) -> Option<Signed> {
        let (time_s, message, bytes) = match self.kind {
            Kind::Ed25519 => (None, text.to_owned(), &signature.bytes[..]),
            Kind::Cosignature => {
                let (time, bytes) = signature.bytes.split_first_chunk()?;
                let time_s = u64::from_be_bytes(*time);
                (Some(time_s), cosigned(text, time_s)?, bytes)
            }
        };
        let bytes = ed25519_dalek::Signature::from_slice(bytes).ok()?;
        self.key.verify_strict(message.as_bytes(), &bytes).ok()?;
        Some(Signed { time_s })
    }
}

/// What a witness signs: <https://c2sp.org/tlog-cosignature#ed25519-signed-message>. The time "MUST NOT exceed 2^63 - 1".
pub(crate) fn cosigned(text: &str, time_s: u64) -> Option<String> {
    (time_s <= i64::MAX as u64).then(|| format!("cosignature/v1\ntime {time_s}\n{text}"))
}

impl FromStr for VerifierKey {
    type Err = NotAKey;

    fn from_str(text: &str) -> Result<VerifierKey, NotAKey> {
        let (name, rest) = text.split_once('+').ok_or(NotAKey::Format)?;
        let (id, key) = rest.split_once('+').ok_or(NotAKey::Format)?;
        let name = KeyName::parse(name)?;
        let key = text::from_base64(key).ok_or(NotAKey::Format)?;
        let (&kind, key) = key.split_first().ok_or(NotAKey::Format)?;
        let kind = match kind {
            0x01 => Kind::Ed25519,
            0x04 => Kind::Cosignature,
            other => return Err(NotAKey::Kind(other)),
        };
        let key = key.try_into().map_err(|_| NotAKey::Format)?;
        let key = ed25519_dalek::VerifyingKey::from_bytes(key).map_err(|_| NotAKey::Format)?;
        let key = VerifierKey { name, kind, key };
        if hex(key.id()) == id { Ok(key) } else { Err(NotAKey::Id) }
    }
}

impl fmt::Display for VerifierKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let key = [&[self.kind.byte()], &self.key.as_bytes()[..]].concat();
        write!(f, "{}+{}+{}", self.name, hex(self.id()), text::base64(&key))
    }
}

impl fmt::Debug for VerifierKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

fn hex(id: [u8; 4]) -> String {
    format!("{:08x}", u32::from_be_bytes(id))
}
