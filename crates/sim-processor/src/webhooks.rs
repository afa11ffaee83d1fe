//! Webhooks: every change, sent to whoever asked, and wrong on demand. They are sent from memory: a processor that stops
//! forgets what it had not sent, as networks do, and nobody may rely on hearing of everything.

use crate::{clock, faults::Faults, signature};
use rand::Rng;
use serde::Serialize;
use std::{
    sync::{Arc, Mutex, PoisonError, mpsc},
    thread,
    time::{Duration, Instant},
};

/// How often one that was not taken is sent again, and after how long.
const AGAIN: [Duration; 4] =
    [Duration::from_millis(200), Duration::from_secs(1), Duration::from_secs(5), Duration::from_secs(30)];
/// How long whoever is told may take.
const PATIENCE: Duration = Duration::from_secs(5);
/// How long one that is reordered waits for another to go first.
const OVERTAKEN: Duration = Duration::from_millis(300);

/// Who is told of changes.
#[derive(Clone)]
pub struct Webhooks {
    url: String,
    key: Vec<u8>,
}

/// A secret that is not `whsec_` and at least 16 bytes in Base64.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the webhook secret is not whsec_ and 16 or more bytes in Base64")]
pub struct BadSecret;

impl Webhooks {
    /// To `url`, signed with `secret`.
    ///
    /// # Errors
    /// When the secret is none.
    pub fn new(url: impl Into<String>, secret: &str) -> Result<Webhooks, BadSecret> {
        Ok(Webhooks { url: url.into(), key: signature::key(secret).ok_or(BadSecret)? })
    }
}

/// What happened.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Event {
    /// `charge.captured` and so on.
    #[serde(rename = "type")]
    pub(crate) kind: String,
    pub(crate) timestamp: String,
    pub(crate) data: Data,
}

/// About which payment.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Data {
    pub(crate) payment: String,
    pub(crate) charge: Option<String>,
    pub(crate) amount_minor: i64,
}

/// Where events are posted.
#[derive(Default)]
pub(crate) struct Post(Mutex<Option<(Webhooks, mpsc::Sender<Letter>)>>);

struct Letter {
    to: Webhooks,
    id: String,
    body: String,
    signed: bool,
    due: Instant,
    tries: usize,
}

impl Post {
    /// Tells this one from now on, or nobody.
    pub(crate) fn send_to(&self, webhooks: Option<Webhooks>) {
        let post = webhooks.map(|webhooks| {
            let (letters, waiting) = mpsc::channel();
            let started = thread::Builder::new().name("sim-webhooks".to_owned()).spawn(move || deliver(&waiting));
            if let Err(error) = started {
                tracing::error!(%error, "webhooks cannot be sent");
            }
            (webhooks, letters)
        });
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = post;
    }

    /// Posts what happened to a charge.
    pub(crate) fn tell(&self, faults: &Arc<Faults>, kind: &str, data: Data) {
        let post = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Some((to, letters)) = &*post else { return };
        let fate = faults.of_webhook(data.amount_minor);
        let mut event = Event { kind: kind.to_owned(), timestamp: clock::rfc3339(clock::now_ms()), data };
        let body = |event: &Event| serde_json::to_string(event).unwrap_or_default();
        let now = Instant::now();
        let wait = Duration::from_millis(fate.late_ms) + if fate.reorder { OVERTAKEN } else { Duration::ZERO };
        let id = format!("evt_{:016x}", rand::rng().random::<u64>());
        let letter = |id: &str, body, signed| Letter {
            to: to.clone(),
            id: id.to_owned(),
            body,
            signed,
            due: now + wait,
            tries: 0,
        };
        for _ in 0..if fate.duplicate { 2 } else { 1 } {
            let _ = letters.send(letter(&id, body(&event), true));
        }
        if fate.forge {
            event.kind = "charge.captured".to_owned();
            event.data.amount_minor = event.data.amount_minor.saturating_mul(100);
            let _ = letters.send(letter(&format!("{id}_forged"), body(&event), false));
        }
    }
}

/// Until nobody can post any more.
fn deliver(waiting: &mpsc::Receiver<Letter>) {
    let agent: ureq::Agent = ureq::Agent::config_builder().timeout_global(Some(PATIENCE)).build().into();
    let mut letters: Vec<Letter> = Vec::new();
    let mut posting = true;
    while posting || !letters.is_empty() {
        let first_due = letters.iter().map(|letter| letter.due).min();
        let wait = first_due.map_or(PATIENCE, |due| due.saturating_duration_since(Instant::now()));
        match waiting.recv_timeout(wait) {
            Ok(letter) => letters.push(letter),
            Err(mpsc::RecvTimeoutError::Timeout) => {}
            Err(mpsc::RecvTimeoutError::Disconnected) => {
                // Nothing is waited for at the end.
                posting = false;
                letters.retain(|letter| letter.due <= Instant::now());
            }
        }
        let now = Instant::now();
        for letter in letters.extract_if(.., |letter| letter.due <= now).collect::<Vec<_>>() {
            if !taken(&agent, &letter)
                && let Some(wait) = AGAIN.get(letter.tries).filter(|_| posting)
            {
                letters.push(Letter { due: now + *wait, tries: letter.tries + 1, ..letter });
            }
        }
    }
}

fn taken(agent: &ureq::Agent, letter: &Letter) -> bool {
    let timestamp_s = clock::now_ms() / 1000;
    let key = if letter.signed { &letter.to.key[..] } else { b"not the key" };
    let sent = agent
        .post(&letter.to.url)
        .header("content-type", "application/json")
        .header("webhook-id", &letter.id)
        .header("webhook-timestamp", timestamp_s.to_string())
        .header("webhook-signature", signature::sign(key, &letter.id, timestamp_s, &letter.body))
        .send(&letter.body);
    // Who is told and refuses for good is not told again.
    match sent {
        Ok(_) | Err(ureq::Error::StatusCode(400..500)) => true,
        Err(error) => {
            tracing::warn!(%error, event = letter.id, "a webhook was not taken");
            false
        }
    }
}
