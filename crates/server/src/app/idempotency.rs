//! A repeated request gets the first answer, also across a crash.

use super::{Answer, App, Caller};
use crate::{
    clock::now_ms,
    secret,
    store::{Conn, idempotency},
};

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
        RequestKey(secret::random())
    }

    pub(crate) fn bytes(&self) -> &[u8; 16] {
        &self.0
    }
}

impl App {
    /// Looks up `key` of this caller; `request_hash` is the SHA-256 of method, path and body.
    pub async fn idempotency_begin(&self, caller: &Caller, key: &str, request_hash: [u8; 32]) -> Answer<Begun> {
        let caller = caller.name();
        let mut tx = self.0.store.write().await?;
        let Some(known) = idempotency::get(&mut tx, &caller, key).await? else {
            let request = RequestKey::unique();
            idempotency::insert(&mut tx, &caller, key, &request_hash, request.bytes(), now_ms()).await?;
            tx.commit().await?;
            return Ok(Begun::Fresh(request));
        };
        if known.request_hash != request_hash {
            return Ok(Begun::Mismatch);
        }
        if known.running {
            return Ok(Begun::InFlight);
        }
        if let Some((status, sealed)) = known.answer {
            let body = self.0.vault.open_answer(&caller, key, &sealed)?.to_vec();
            return Ok(Begun::Replay { status, body });
        }
        idempotency::set_running(&mut tx, &caller, key, true).await?;
        tx.commit().await?;
        Ok(Begun::Fresh(RequestKey(known.request)))
    }

    /// Keeps the answer for 24 hours, sealed: it may hold a receipt's secret and a shopper's name at a merchant.
    pub async fn idempotency_finish(&self, caller: &Caller, key: &str, status: u16, body: &[u8]) -> Answer<()> {
        let caller = caller.name();
        let sealed = self.0.vault.seal_answer(&caller, key, body);
        let mut tx = self.0.store.write().await?;
        idempotency::finish(&mut tx, &caller, key, status, &sealed).await?;
        Ok(tx.commit().await?)
    }

    /// Lets the same request run again under the same request key: after a 5xx, which is no answer to keep.
    pub async fn idempotency_forget(&self, caller: &Caller, key: &str) -> Answer<()> {
        let mut tx = self.0.store.write().await?;
        idempotency::set_running(&mut tx, &caller.name(), key, false).await?;
        Ok(tx.commit().await?)
    }

    /// Forgets the answers that hold one of `names`. It opens each answer of the last 24 hours, which are as many as
    /// requests moved money.
    pub(super) async fn forget_answers_with(&self, conn: &mut Conn, names: &[String]) -> Answer<()> {
        for (caller, key, sealed) in idempotency::answers(conn).await? {
            // One that does not open is forgotten too: nothing may stand in the way of an erasure.
            let holds = self.0.vault.open_answer(&caller, &key, &sealed).map_or(true, |body| {
                names.iter().any(|name| body.windows(name.len()).any(|part| part == name.as_bytes()))
            });
            if holds {
                idempotency::forget_answer(conn, &caller, &key).await?;
            }
        }
        Ok(())
    }
}
