//! One request's turn: its key, its fate, its work.

use super::{say, unsaid};
use crate::{
    Office,
    books::{Books, Key, Said, keyed},
    clock::now_ms,
    faults::{Fate, Fault, On},
    webhooks::Data,
};
use axum::{
    http::{HeaderMap, HeaderValue},
    response::Response,
};
use rusqlite::Connection;
use sha2::{Digest, Sha256};
use std::{
    collections::HashSet,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

/// The longest key.
const LONGEST_KEY: usize = 255;

/// A request that changes something.
pub(super) struct Turn<'a> {
    pub(super) office: Office,
    pub(super) headers: &'a HeaderMap,
    pub(super) on: On,
    /// Method and path, which belong to what a key stands for.
    pub(super) path: String,
    pub(super) body: &'a [u8],
    /// Of a charge.
    pub(super) amount_minor: Option<i64>,
}

/// Holds a key while its request runs.
struct Held {
    keys: Arc<Mutex<HashSet<String>>>,
    key: String,
}

impl Turn<'_> {
    /// Runs `work` once for its key and answers as fate has it, on a task of its own: whoever hangs up does not stop it.
    /// `news` is what to tell of an answer that is new.
    pub(super) async fn take(
        self,
        work: impl FnOnce(&Connection) -> rusqlite::Result<Said> + Send + 'static,
        news: impl FnOnce(&Said) -> Option<(String, Data)> + Send + 'static,
    ) -> Response {
        let key = match self.headers.get("idempotency-key").and_then(|key| key.to_str().ok()) {
            Some(key) if (1..=LONGEST_KEY).contains(&key.len()) => key.to_owned(),
            _ => return refuse(400, "idempotency_key_missing", "Send an Idempotency-Key of 1 to 255 characters."),
        };
        let Some(held) = Held::hold(&self.office.running, &key) else {
            return refuse(409, "idempotency_conflict", "A request with this Idempotency-Key is still running.");
        };
        let mut hash = Sha256::new();
        hash.update(self.path.as_bytes());
        hash.update([0]);
        hash.update(self.body);
        let plan = self.office.faults.plan();
        let key = Key {
            text: key,
            request_hash: hash.finalize().into(),
            remembered_since_ms: now_ms().saturating_sub(plan.keys_live_ms),
        };
        let fate = self.office.faults.fate(self.on, &key.text, self.amount_minor);
        let office = self.office;
        let running = tokio::spawn(async move {
            let _held = held;
            fate.before().await?;
            let (said, replayed) = done(&office.books, key, work).await?;
            if !replayed && let Some((kind, data)) = news(&said) {
                office.webhooks.tell(&office.faults, &kind, data);
            }
            fate.after().await?;
            Ok(answer(said, replayed))
        });
        match running.await {
            Ok(Ok(response) | Err(response)) => response,
            Err(_) => unsaid(), // it panicked
        }
    }
}

async fn done(
    books: &Books,
    key: Key,
    work: impl FnOnce(&Connection) -> rusqlite::Result<Said> + Send + 'static,
) -> Result<(Said, bool), Response> {
    books.run(move |conn| keyed(conn, &key, now_ms(), work)).await.map_err(|_| broken())
}

fn answer(said: Said, replayed: bool) -> Response {
    let mut response = say(said);
    if replayed {
        response.headers_mut().insert("idempotent-replayed", HeaderValue::from_static("true"));
    }
    response
}

/// A refusal before anything was begun.
pub(super) fn refuse(status: u16, code: &'static str, detail: impl Into<String>) -> Response {
    say(Said::refused(status, code, detail, None))
}

/// The books cannot be written.
pub(super) fn broken() -> Response {
    refuse(503, "books_unavailable", "Nothing was done; try again.")
}

impl Fate {
    /// What happens instead of the work, or before it.
    pub(super) async fn before(self) -> Result<(), Response> {
        match self.fault {
            Some(Fault::DropBefore) => Err(unsaid()),
            Some(Fault::ErrorBefore) => Err(refuse(503, "unavailable", "On demand: nothing was done.")),
            Some(Fault::SlowBefore) => self.wait().await,
            _ => Ok(()),
        }
    }

    /// What happens instead of the answer, or before it.
    pub(super) async fn after(self) -> Result<(), Response> {
        match self.fault {
            Some(Fault::DropAfter) => Err(unsaid()),
            Some(Fault::ErrorAfter) => Err(refuse(500, "internal", "On demand: it may have been done.")),
            Some(Fault::SlowAfter) => self.wait().await,
            _ => Ok(()),
        }
    }

    async fn wait(self) -> Result<(), Response> {
        tokio::time::sleep(Duration::from_millis(self.slow_ms)).await;
        Ok(())
    }
}

impl Held {
    /// `None` while somebody else has it.
    fn hold(keys: &Arc<Mutex<HashSet<String>>>, key: &str) -> Option<Held> {
        let new = keys.lock().unwrap_or_else(PoisonError::into_inner).insert(key.to_owned());
        new.then(|| Held { keys: Arc::clone(keys), key: key.to_owned() })
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.keys.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.key);
    }
}
