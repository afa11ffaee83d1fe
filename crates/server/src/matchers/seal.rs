//! Messages closed to everybody without the key file, and what is refused of those that come.

use super::wire::{Malformed, Reader, Writer};
use crate::{clock::now_ms, store::changes::Seq, vault::Vault};
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};
use zeroize::Zeroizing;

/// How old a message may be, and how far the clocks of two machines may differ.
pub(crate) const FRESH: Duration = Duration::from_secs(30);
/// How often what was refused is logged.
const LOGGED: Duration = Duration::from_secs(60);

/// What a message is. It is a part of what seals it, so that none can pass for another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// [`super::message::Announcement`], in any protocol.
    Announcement,
    /// The number of the store's last change.
    Hint,
    /// [`super::message::Request`].
    Request,
    /// [`super::message::Answer`] to the request of this id.
    Answer(u128),
}

/// Seals and opens messages.
pub(crate) struct Seal {
    vault: Arc<Vault>,
    refused: Mutex<Refused>,
}

#[derive(Default)]
struct Refused {
    count: u64,
    logged: Option<Instant>,
}

impl Seal {
    pub(crate) fn new(vault: Arc<Vault>) -> Seal {
        Seal { vault, refused: Mutex::default() }
    }

    /// A subject of this installation: others may use the same NATS servers.
    pub(crate) fn subject(&self, of: &str) -> String {
        format!("handsel.{}.{of}", crate::secret::hex(&self.vault.message_name()))
    }

    pub(crate) fn seal(&self, kind: Kind, plain: &[u8]) -> Vec<u8> {
        self.vault.seal_message(&kind.data(), plain).into_bytes()
    }

    /// Opens a message and reads it. `None`: it was not written for here; that is counted.
    pub(crate) fn open<T>(
        &self,
        kind: Kind,
        sealed: &[u8],
        read: impl FnOnce(&[u8]) -> Result<T, Malformed>,
    ) -> Option<T> {
        let opened = self.vault.open_message(&kind.data(), sealed).ok();
        let read = opened.and_then(|plain| read(&plain).ok());
        if read.is_none() {
            self.refuse("it was not sealed here");
        }
        read
    }

    /// Counts a message that is ignored, and says so once a minute, without anything of it.
    pub(crate) fn refuse(&self, why: &'static str) {
        let mut refused = self.refused.lock().unwrap_or_else(PoisonError::into_inner);
        refused.count += 1;
        if refused.logged.is_none_or(|logged| logged.elapsed() >= LOGGED) {
            tracing::warn!(count = refused.count, last = why, "messages on NATS were refused");
            *refused = Refused { count: 0, logged: Some(Instant::now()) };
        }
    }
}

impl Kind {
    fn data(self) -> String {
        let protocol = super::message::PROTOCOL;
        match self {
            Kind::Announcement => "handsel/1/matchers/announcement".to_owned(),
            Kind::Hint => format!("handsel/1/matchers/{protocol}/hint"),
            Kind::Request => format!("handsel/1/matchers/{protocol}/request"),
            Kind::Answer(id) => format!("handsel/1/matchers/{protocol}/answer/{id:032x}"),
        }
    }
}

/// A hint's bytes. An old one repeated tells nothing new.
pub(crate) fn write_hint(seq: Seq) -> Zeroizing<Vec<u8>> {
    let mut to = Writer::new(8);
    to.i64(seq);
    to.finish()
}

/// The number of a hint.
pub(crate) fn read_hint(bytes: &[u8]) -> Result<Seq, Malformed> {
    let mut from = Reader(bytes);
    let seq = from.i64()?;
    from.end().map(|()| seq)
}

/// Whether a message's time is near enough to now.
pub(crate) fn is_fresh(time_ms: i64) -> bool {
    now_ms().abs_diff(time_ms) <= FRESH.as_millis() as u64
}

/// The requests of the last while, so that none is answered twice.
#[derive(Default)]
pub(crate) struct Answered(HashMap<u128, i64>);

impl Answered {
    /// Whether a request is new and of now; it is remembered.
    pub(crate) fn is_new(&mut self, id: u128, time_ms: i64) -> bool {
        if !is_fresh(time_ms) {
            return false;
        }
        // Forgotten only once its own time is out of date.
        if self.0.len() >= 1024 && self.0.len().is_power_of_two() {
            self.0.retain(|_, time_ms| is_fresh(*time_ms));
        }
        self.0.insert(id, time_ms).is_none()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seal() -> Seal {
        let dir = tempfile::tempdir().unwrap();
        Seal::new(Arc::new(Vault::open(&dir.path().join("keys"), true).unwrap()))
    }

    #[test]
    fn a_message_opens_as_what_it_is_and_under_its_own_key_only() {
        let (ours, other) = (seal(), seal());
        let kinds = [Kind::Announcement, Kind::Hint, Kind::Request, Kind::Answer(1), Kind::Answer(2)];
        for kind in kinds {
            let sealed = ours.seal(kind, b"12345678");
            for as_kind in kinds {
                let opened = ours.open(as_kind, &sealed, read_hint);
                assert_eq!(opened.is_some(), as_kind == kind, "{kind:?} as {as_kind:?}");
            }
            assert!(other.open(kind, &sealed, read_hint).is_none());
            for at in 0..sealed.len() {
                let mut changed = sealed.clone();
                changed[at] ^= 1;
                assert!(ours.open(kind, &changed, read_hint).is_none());
            }
        }
        assert_ne!(ours.subject("change"), other.subject("change"));
    }

    #[test]
    fn a_request_is_answered_once_and_only_in_its_time() {
        let mut answered = Answered::default();
        let (now, fresh) = (now_ms(), FRESH.as_millis() as i64);
        assert!(answered.is_new(1, now));
        assert!(!answered.is_new(1, now), "replayed");
        assert!(!answered.is_new(2, now - fresh - 1_000), "old");
        assert!(!answered.is_new(2, now + fresh + 1_000), "from a clock far ahead");
        for id in 10..5_000 {
            assert!(answered.is_new(id, now));
        }
        assert!(!answered.is_new(1, now), "still remembered");
    }
}
