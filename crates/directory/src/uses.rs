//! Somebody's uses, and their sum.

use akd::{AkdLabel, AkdValue};
use handsel_log::Hash;
use sha2::{Digest, Sha256};
use std::fmt;
use zeroize::Zeroizing;

/// What somebody's place in the directory is found by, and what keeps their sums from being guessed. Wiped when it goes, and not shown.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Zeroizing<[u8; 32]>);

/// One use: an entry of the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Use {
    /// Which entry.
    pub index: u64,
    /// What it commits by.
    pub commitment: Hash,
}

/// Over somebody's uses up to one of them, in order. A version of what stands in their place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Sum {
    /// How many.
    pub(crate) count: u64,
    /// Which entry of the log the last one is.
    pub(crate) last: u64,
    /// The SHA-256 of the sum before and the last one.
    digest: [u8; 32],
}

impl Secret {
    /// From 32 bytes that nobody can guess.
    pub fn new(bytes: [u8; 32]) -> Secret {
        Secret(Zeroizing::new(bytes))
    }

    /// To give to whom it concerns.
    pub fn exposed(&self) -> &[u8; 32] {
        &self.0
    }

    /// Whose place it is, as the directory knows it: says nothing about the secret.
    pub(crate) fn label(&self) -> AkdLabel {
        AkdLabel(self.hashed(b"handsel/directory/1/label\n").to_vec())
    }

    fn hashed(&self, what: &[u8]) -> [u8; 32] {
        Sha256::new().chain_update(what).chain_update(*self.0).finalize().into()
    }
}

impl Sum {
    /// How long it is, written down.
    const BYTES: usize = 8 + 8 + 32;

    /// Of nothing yet.
    pub(crate) fn begin(secret: &Secret) -> Sum {
        Sum { count: 0, last: 0, digest: secret.hashed(b"handsel/directory/1/sum\n") }
    }

    /// With one use more.
    pub(crate) fn with(&self, one: &Use) -> Sum {
        let digest = Sha256::new()
            .chain_update(self.digest)
            .chain_update(one.index.to_be_bytes())
            .chain_update(one.commitment.0)
            .finalize();
        Sum { count: self.count + 1, last: one.index, digest: digest.into() }
    }

    pub(crate) fn value(&self) -> AkdValue {
        let mut bytes = Vec::with_capacity(Sum::BYTES);
        bytes.extend(self.count.to_be_bytes());
        bytes.extend(self.last.to_be_bytes());
        bytes.extend(self.digest);
        AkdValue(bytes)
    }

    /// Reads what [`Sum::value`] wrote.
    pub(crate) fn of(value: &AkdValue) -> Option<Sum> {
        let (count, rest) = value.0.split_first_chunk()?;
        let (last, digest) = rest.split_first_chunk()?;
        let digest = digest.try_into().ok()?;
        Some(Sum { count: u64::from_be_bytes(*count), last: u64::from_be_bytes(*last), digest })
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret")
    }
}
