//! A repeated request gets the first answer, also across a crash.
//!
//! A request's own key follows from its caller and its Idempotency-Key, and whatever it does is written under that key: a
//! repeat finds it there, whatever happened to the answer. So the answer itself can be written after it was sent.

use super::{Answer, App, Caller, Parts};
use crate::{
    clock::now_ms,
    failpoint::hit,
    store::{Conn, idempotency, idempotency::NewAnswer},
};
use sha2::{Digest, Sha256};
use std::{
    collections::{HashMap, HashSet, hash_map::Entry},
    sync::{Mutex, MutexGuard, PoisonError, Weak},
};
use tokio::sync::mpsc;

/// Names one request of one caller for good: whoever repeats it names the same one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct RequestKey([u8; 16]);

/// What is known of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Begun {
    /// Not answered before: run it under this key, then call [`App::idempotency_finish`] or [`App::idempotency_forget`].
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

/// The requests that run in this process, or whose answers are being written.
pub(crate) struct Requests {
    all: Mutex<HashMap<(String, String), Running>>,
    answers: mpsc::UnboundedSender<Answered>,
}

/// An answer on its way to the store.
pub(super) struct Answered {
    named: (String, String),
    request_hash: [u8; 32],
    status: u16,
    body: Vec<u8>,
}

/// How many answers are written at once.
const AT_ONCE: usize = 64;

struct Running {
    request_hash: [u8; 32],
    answer: Option<(u16, Vec<u8>)>,
}

impl Requests {
    /// None, and where their answers come out to be written.
    pub(super) fn none() -> (Requests, mpsc::UnboundedReceiver<Answered>) {
        let (answers, to_write) = mpsc::unbounded_channel();
        (Requests { all: Mutex::default(), answers }, to_write)
    }

    fn all(&self) -> MutexGuard<'_, HashMap<(String, String), Running>> {
        self.all.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl RequestKey {
    /// A key for a request that nobody will repeat.
    pub fn unique() -> RequestKey {
        RequestKey(crate::secret::random())
    }

    /// The key of a caller's request.
    pub(super) fn of(caller: &str, key: &str) -> RequestKey {
        let mut hash = Sha256::new();
        for part in [caller, key] {
            hash.update((part.len() as u64).to_be_bytes());
            hash.update(part);
        }
        let digest: [u8; 32] = hash.finalize().into();
        RequestKey(std::array::from_fn(|i| digest[i]))
    }

    pub(crate) fn bytes(&self) -> &[u8; 16] {
        &self.0
    }
}

impl App {
    /// Looks up `key` of this caller; `request_hash` is the SHA-256 of method, path and body.
    pub async fn idempotency_begin(&self, caller: &Caller, key: &str, request_hash: [u8; 32]) -> Answer<Begun> {
        let named = (caller.name(), key.to_owned());
        match self.0.requests.all().entry(named.clone()) {
            Entry::Occupied(known) => {
                return Ok(match &known.get().answer {
                    _ if known.get().request_hash != request_hash => Begun::Mismatch,
                    Some((status, body)) => Begun::Replay { status: *status, body: body.clone() },
                    None => Begun::InFlight,
                });
            }
            Entry::Vacant(free) => drop(free.insert(Running { request_hash, answer: None })),
        }
        let begun = self.answered(&named, request_hash).await;
        if !matches!(begun, Ok(Begun::Fresh(_))) {
            self.0.requests.all().remove(&named);
        }
        begun
    }

    async fn answered(&self, named: &(String, String), request_hash: [u8; 32]) -> Answer<Begun> {
        let (caller, key) = named;
        let mut conn = self.0.store.read().await?;
        let Some(known) = idempotency::get(&mut conn, caller, key).await? else {
            return Ok(Begun::Fresh(RequestKey::of(caller, key)));
        };
        if known.request_hash != request_hash {
            return Ok(Begun::Mismatch);
        }
        let body = self.0.vault.open_answer(caller, key, &known.body)?.to_vec();
        Ok(Begun::Replay { status: known.status, body })
    }

    /// Keeps the answer for 24 hours, sealed: it may hold a receipt's secret and a shopper's name at a merchant.
    pub fn idempotency_finish(&self, caller: &Caller, key: &str, status: u16, body: &[u8]) {
        let named = (caller.name(), key.to_owned());
        let request_hash = {
            let mut all = self.0.requests.all();
            let Some(running) = all.get_mut(&named) else { return };
            running.answer = Some((status, body.to_vec()));
            running.request_hash
        };
        // It fails only when the installation is being closed; then a repeat runs again, and finds what was done.
        let _ = self.0.requests.answers.send(Answered { named, request_hash, status, body: body.to_vec() });
    }

    async fn keep_answers(&self, answers: &[Answered]) -> Answer<()> {
        let now_ms = now_ms();
        let mut tx = self.0.store.write_light().await?;
        let sealed: Vec<_> = answers
            .iter()
            .map(|Answered { named: (caller, key), request_hash, status, body }| {
                let sealed = self.0.vault.seal_answer(caller, key, body);
                NewAnswer::new(caller, key, request_hash, *status, &sealed)
            })
            .collect();
        idempotency::insert_all(tx.last(), &sealed, now_ms).await?;
        hit("before_keeping_the_answer");
        tx.commit().await?;
        hit("after_keeping_the_answer");
        Ok(())
    }

    /// Lets the same request run again under the same request key: after a 5xx, which is no answer to keep.
    pub fn idempotency_forget(&self, caller: &Caller, key: &str) {
        self.0.requests.all().remove(&(caller.name(), key.to_owned()));
    }

    /// Forgets the answers that hold one of `names`. It opens each answer of the last 24 hours, which are as many as
    /// requests moved money.
    pub(super) async fn forget_answers_with(&self, conn: &mut Conn, names: &HashSet<String>) -> Answer<()> {
        for (caller, key, sealed) in idempotency::answers(conn).await? {
            // One that does not open is forgotten too: nothing may stand in the way of an erasure.
            let holds = self.0.vault.open_answer(&caller, &key, &sealed).map_or(true, |body| holds(&body, names));
            if holds {
                idempotency::forget(conn, &caller, &key).await?;
            }
        }
        Ok(())
    }

    /// Waits until no answer that holds one of `names`, or no answer at all, is on its way to the store; whether there was one.
    pub(super) async fn answers_are_kept(&self, names: Option<&HashSet<String>>) -> bool {
        let on_its_way = |running: &Running| {
            running.answer.as_ref().is_some_and(|(_, body)| names.is_none_or(|names| holds(body, names)))
        };
        let mut any = false;
        while self.0.requests.all().values().any(on_its_way) {
            any = true;
            tokio::time::sleep(std::time::Duration::from_millis(2)).await;
        }
        any
    }
}

/// Whether one of `names` stands in an answer, which is JSON: as a text of its own.
fn holds(body: &[u8], names: &HashSet<String>) -> bool {
    body.split(|&byte| byte == b'"').any(|text| std::str::from_utf8(text).is_ok_and(|text| names.contains(text)))
}

/// Writes answers, as many as have come at once, until the last [`App`] is gone.
pub(super) async fn keep_answers(parts: Weak<Parts>, mut answers: mpsc::UnboundedReceiver<Answered>) {
    let mut some = Vec::with_capacity(AT_ONCE);
    while answers.recv_many(&mut some, AT_ONCE).await > 0 {
        let Some(app) = parts.upgrade().map(App) else { return };
        if let Err(refusal) = app.keep_answers(&some).await {
            // What was done is done and recorded under the request's key; a repeat finds it there.
            tracing::error!(code = refusal.code.name(), "answers to requests could not be kept");
        }
        let mut all = app.0.requests.all();
        for answer in some.drain(..) {
            all.remove(&answer.named);
        }
    }
}
