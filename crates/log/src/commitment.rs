//! What is written into the log of an event: that it happened, not what it was.
//!
//! A [`Leaf`] is the event's kind, its epoch and a commitment: the SHA-256 of 32 random bytes and the event. Its [`Opening`], the random
//! bytes and the event, is kept elsewhere, for whom it concerns. With the opening anybody can check what was committed to; without
//! the random bytes nobody can find out, even by trying every event there could be. Destroying the opening leaves the commitment.

use crate::hash::Hash;
use sha2::{Digest, Sha256};
use std::fmt;
use zeroize::Zeroizing;

/// The first byte of a leaf and of an opening: how the rest is laid out.
const VERSION: u8 = 1;
/// The longest name of a kind.
const LONGEST_KIND: usize = 32;

/// What sort of event: lower-case letters, digits and underscores, at most 32. Anybody can read it in the log.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct EventKind(String);

/// An entry of the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Leaf {
    /// What sort of event.
    pub kind: EventKind,
    /// In which epoch of keys it happened.
    pub epoch: u64,
    /// The SHA-256 of the opening's random bytes and the event.
    pub commitment: Hash,
}

/// What a leaf commits to. Wiped when it goes, and not shown.
#[derive(Clone, PartialEq, Eq)]
pub struct Opening {
    kind: EventKind,
    epoch: u64,
    random: Zeroizing<[u8; 32]>,
    event: Zeroizing<Vec<u8>>,
}

/// Bytes that are not a leaf or an opening, or a name that is not a kind's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("it is not laid out as an event of the log")]
pub struct Malformed;

impl EventKind {
    /// # Errors
    ///
    /// When no kind can be called so.
    pub fn parse(name: &str) -> Result<EventKind, Malformed> {
        let plain = name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_');
        if plain && (1..=LONGEST_KIND).contains(&name.len()) { Ok(EventKind(name.to_owned())) } else { Err(Malformed) }
    }

    /// As it is written.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Opening {
    /// Commits to an event, with random bytes of its own.
    pub fn new(kind: EventKind, epoch: u64, event: Vec<u8>) -> Opening {
        Opening { kind, epoch, random: Zeroizing::new(rand::random()), event: Zeroizing::new(event) }
    }

    /// Commits to an event that everybody may know: whoever has the event can compute the entry.
    pub fn for_everybody(kind: EventKind, epoch: u64, event: Vec<u8>) -> Opening {
        Opening { kind, epoch, random: Zeroizing::new([0; 32]), event: Zeroizing::new(event) }
    }

    /// What sort of event.
    pub fn kind(&self) -> &EventKind {
        &self.kind
    }

    /// What was committed to.
    pub fn event(&self) -> &[u8] {
        &self.event
    }

    /// What keeps an entry from being opened by guessing its event.
    pub fn random(&self) -> &[u8; 32] {
        &self.random
    }

    /// The entry to log.
    pub fn leaf(&self) -> Leaf {
        let commitment = Sha256::new().chain_update(*self.random).chain_update(&*self.event).finalize();
        Leaf { kind: self.kind.clone(), epoch: self.epoch, commitment: Hash(commitment.into()) }
    }

    /// Whether this is what the leaf commits to.
    pub fn verify(&self, leaf: &Leaf) -> bool {
        self.leaf() == *leaf
    }

    /// Laid out as a leaf is, with the random bytes and the event in place of the commitment.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = head(&self.kind, self.epoch);
        bytes.extend(*self.random);
        bytes.extend(&*self.event);
        bytes
    }

    /// Reads what [`Opening::to_bytes`] wrote.
    ///
    /// # Errors
    ///
    /// When it is not that.
    pub fn parse(bytes: &[u8]) -> Result<Opening, Malformed> {
        let (kind, epoch, rest) = split(bytes)?;
        let (random, event) = rest.split_first_chunk().ok_or(Malformed)?;
        Ok(Opening { kind, epoch, random: Zeroizing::new(*random), event: Zeroizing::new(event.to_vec()) })
    }
}

impl Leaf {
    /// One way to write each leaf: a version, the kind behind its length, the epoch in eight bytes, the commitment.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = head(&self.kind, self.epoch);
        bytes.extend(self.commitment.0);
        bytes
    }

    /// Reads what [`Leaf::to_bytes`] wrote.
    ///
    /// # Errors
    ///
    /// When it is not that.
    pub fn parse(bytes: &[u8]) -> Result<Leaf, Malformed> {
        let (kind, epoch, rest) = split(bytes)?;
        Ok(Leaf { kind, epoch, commitment: Hash(rest.try_into().map_err(|_| Malformed)?) })
    }
}

fn head(kind: &EventKind, epoch: u64) -> Vec<u8> {
    let mut bytes = vec![VERSION, kind.0.len() as u8];
    bytes.extend(kind.0.as_bytes());
    bytes.extend(epoch.to_be_bytes());
    bytes
}

fn split(bytes: &[u8]) -> Result<(EventKind, u64, &[u8]), Malformed> {
    let [VERSION, length, rest @ ..] = bytes else { return Err(Malformed) };
    let (kind, rest) = rest.split_at_checked(usize::from(*length)).ok_or(Malformed)?;
    let (epoch, rest) = rest.split_first_chunk().ok_or(Malformed)?;
    let kind = EventKind::parse(std::str::from_utf8(kind).map_err(|_| Malformed)?)?;
    Ok((kind, u64::from_be_bytes(*epoch), rest))
}

impl fmt::Display for EventKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Opening {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Opening({} of epoch {})", self.kind, self.epoch)
    }
}
