//! What the processor tells by itself. It is only ever a reason to look the payment up: neither what an event says nor the
//! order they come in is believed.

use super::{Answer, App, Refusal};
use crate::{
    clock::now_ms,
    processor::BadEvent,
    store::{payments, processor_events},
};
use axum::http::HeaderMap;
use handsel_api::Code;

/// For how long an event is known again: processors repeat them for three days.
const KEEP_MS: i64 = 7 * 24 * 60 * 60 * 1000;

impl App {
    /// Verifies an event and looks up the payment it is about.
    ///
    /// It is written down once it has had its effect, so that one that was cut short is acted on when it is told again.
    pub async fn processor_event(&self, headers: &HeaderMap, body: &[u8]) -> Answer<()> {
        let now_ms = now_ms();
        let processor = self.0.processor.name();
        let event = self.0.processor.read_event(headers, body, now_ms).map_err(refuse)?;
        let mut conn = self.0.store.read().await?;
        if processor_events::is_known(&mut conn, processor, &event.id).await? {
            return Ok(());
        }
        let payment = match event.payment {
            Some(id) => payments::payment(&mut conn, id).await?,
            None => None,
        };
        drop(conn);
        match payment {
            // Only what the processor was asked, and whose answer is missing, is looked up.
            Some(stored) => self.resolve(stored.id).await?,
            None => tracing::info!(processor, "an event about no payment of ours was ignored"),
        }
        let mut tx = self.0.store.write().await?;
        processor_events::add(&mut tx, processor, &event.id, now_ms, now_ms - KEEP_MS).await?;
        Ok(tx.commit().await?)
    }
}

fn refuse(bad: BadEvent) -> Refusal {
    tracing::warn!(?bad, "an event was refused");
    match bad {
        BadEvent::NotExpected => {
            Refusal::new(Code::NotFound, "No events are taken here: the processor's webhook_secret is not configured.")
        }
        BadEvent::Signature => Refusal::new(Code::BadSignature, "The signature is not the processor's."),
        BadEvent::TooOld => Refusal::new(Code::EventTooOld, "It was signed more than 300 seconds ago."),
        BadEvent::FromTheFuture => Refusal::new(Code::EventFromTheFuture, "It was signed more than 300 seconds ahead."),
        BadEvent::NotAnEvent => Refusal::new(Code::InvalidJson, "It is signed, but not an event of this processor."),
    }
}
