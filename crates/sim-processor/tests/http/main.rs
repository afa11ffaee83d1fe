//! The simulated processor as its merchants meet it: over HTTP, on a loopback port.

mod charges;
mod faults;
mod once;
mod pages;
mod webhooks;

use handsel_sim_processor::{Running, SimProcessor};
use serde_json::{Value, json};
use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

/// A processor with books of its own, and somebody who talks to it.
struct Sim {
    running: Running,
    agent: ureq::Agent,
    folder: tempfile::TempDir,
}

/// A status and a body; `None` when the connection broke.
type Answer = Option<(u16, Value)>;

impl Sim {
    fn open() -> Sim {
        let folder = tempfile::tempdir().unwrap();
        let running = SimProcessor::open(&folder.path().join("books.db")).unwrap().start().unwrap();
        let agent = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .timeout_global(Some(Duration::from_secs(10)))
            .build()
            .into();
        Sim { running, agent, folder }
    }

    /// Stops it and starts another one on the same books.
    fn restart(self) -> Sim {
        drop(self.running);
        let running = SimProcessor::open(&self.folder.path().join("books.db")).unwrap().start().unwrap();
        Sim { running, ..self }
    }

    fn post(&self, path: &str, key: &str, body: &Value) -> Answer {
        let request = self.agent.post(format!("{}{path}", self.running.url())).header("idempotency-key", key);
        let mut answer = request.send_json(body).ok()?;
        Some((answer.status().as_u16(), answer.body_mut().read_json().unwrap()))
    }

    fn put(&self, path: &str, body: &Value) -> Answer {
        let mut answer = self.agent.put(format!("{}{path}", self.running.url())).send_json(body).ok()?;
        Some((answer.status().as_u16(), answer.body_mut().read_json().unwrap()))
    }

    fn get(&self, path: &str) -> Answer {
        let mut answer = self.agent.get(format!("{}{path}", self.running.url())).call().ok()?;
        Some((answer.status().as_u16(), answer.body_mut().read_json().unwrap()))
    }

    fn charge(&self, payment: &str, amount_minor: i64, capture: bool) -> Answer {
        self.post("/v1/charges", &fresh(), &visa(payment, amount_minor, capture))
    }

    fn charges(&self, payment: &str) -> Vec<Value> {
        let (status, known) = self.get(&format!("/v1/payments/{payment}")).unwrap();
        assert_eq!(status, 200);
        known["charges"].as_array().unwrap().clone()
    }

    fn totals(&self) -> Value {
        self.get("/audit/totals").unwrap().1
    }
}

fn visa(payment: &str, amount_minor: i64, capture: bool) -> Value {
    json!({
        "payment": payment, "amount_minor": amount_minor, "currency": "EUR", "card": "card_visa_approved",
        "capture": capture,
    })
}

/// A key that nobody used.
fn fresh() -> String {
    static KEYS: AtomicU64 = AtomicU64::new(0);
    format!("key-{}", KEYS.fetch_add(1, Ordering::Relaxed))
}
