//! A repeated request gets the first answer, also across a crash.

use super::{Answer, App, Caller};

/// Names one request of one caller for good: whoever repeats it names the same one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct RequestKey([u8; 16]);

/// What is known of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Begun {
    /// Not seen before (or the process that ran it died): run it under this key, then call
    /// [`App::idempotency_finish`] or [`App::idempotency_forget`].
    Fresh(RequestKey),
    /// Answered before: answer the same.
    Replay {
        /// The HTTP status of the first answer.
        status: u16,
        /// Its body.
        body: Vec<u8>,
    },
    /// Still running.
    InFlight,
    /// The same key came with another request before.
    Mismatch,
}

impl RequestKey {
    /// A key for a request that nobody will repeat.
    pub fn unique() -> RequestKey {
        todo!()
    }
}

impl App {
    /// Looks up `key` of this caller; `request_hash` is the SHA-256 of method, path and body.
    pub async fn idempotency_begin(&self, caller: &Caller, key: &str, request_hash: [u8; 32]) -> Answer<Begun> {
        let _ = (caller, key, request_hash);
        todo!()
    }

    /// Keeps the answer for 24 hours.
    pub async fn idempotency_finish(&self, caller: &Caller, key: &str, status: u16, body: &[u8]) -> Answer<()> {
        let _ = (caller, key, status, body);
        todo!()
    }

    /// Lets the key be used again: after a 5xx, which is no answer to keep.
    pub async fn idempotency_forget(&self, caller: &Caller, key: &str) -> Answer<()> {
        let _ = (caller, key);
        todo!()
    }
}
