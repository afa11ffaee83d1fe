//! The processor, as it tells of what happened there.

use super::{Answer, Server, WEBHOOK_SECRET};
use base64::{Engine, engine::general_purpose::STANDARD};
use hmac::{Hmac, Mac};
use serde_json::json;
use std::time::{SystemTime, UNIX_EPOCH};

/// Where events are told.
pub const PATH: &str = "/v1/processor_events";

/// Sends an event as the processor would, signed this many seconds ago; or by somebody else.
pub fn tell(server: &Server, id: &str, age_s: i64, body: &str, signed: bool) -> Answer {
    let now_s = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs() as i64;
    let time = (now_s - age_s).to_string();
    let key = STANDARD.decode(&WEBHOOK_SECRET[6..]).unwrap();
    let mut mac = Hmac::<sha2::Sha256>::new_from_slice(if signed { &key } else { b"another key" }).unwrap();
    mac.update(format!("{id}.{time}.{body}").as_bytes());
    let signature = format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()));
    let processor = server.anyone().header("webhook-id", id).header("webhook-timestamp", &time);
    processor.header("webhook-signature", &signature).post_text(PATH, body)
}

/// An event that says that a payment was captured.
pub fn about(payment: impl std::fmt::Display) -> String {
    json!({"type": "charge.captured", "data": {"payment": payment.to_string(), "amount_minor": 1}}).to_string()
}
