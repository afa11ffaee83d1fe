//! From `processing` to an end, whatever happens on the way: the processor is asked under the payment's own id, and what
//! it says is written in one transaction. A payment that a stopped process left behind is looked up, never charged again.

use super::{
    Answer, App, Parts, Refusal,
    charge::{post, void},
    payments::{parse_amount, reload},
};
use crate::{
    clock::now_ms,
    pairwise::receipt_secret,
    payment_state::{Event, next},
    processor::{self, Charge, ChargeState, Silent},
    secret,
    store::{changes, events, idempotency, money, payments, payments::StoredPayment, refunds},
};
use handsel_api::{
    PaymentId,
    payments::{PaymentStatus, Refund},
};
use handsel_ledger::Outcome;
use std::sync::PoisonError;

/// How long the answer to a request is kept: 24 hours.
const KEEP_ANSWERS_MS: i64 = 24 * 60 * 60 * 1000;
/// How long a change of the gallery is listed: a matcher that was away for longer loads everything again.
const KEEP_CHANGES_MS: i64 = 24 * 60 * 60 * 1000;

/// Marks a payment as being settled by this process; dropping it lets the housekeeper have it.
struct Settling<'a> {
    parts: &'a Parts,
    id: PaymentId,
}

impl App {
    /// Authorises and captures, then writes the end. A processor that does not answer leaves the payment `processing`: the
    /// housekeeper looks it up.
    pub(super) async fn settle(&self, stored: StoredPayment) -> Answer<()> {
        let Some(_settling) = Settling::begin(&self.0, stored.id) else { return Ok(()) };
        let card = stored.card.as_ref().and_then(processor::card_with_face);
        let card = card.ok_or_else(|| Refusal::internal("a charge without a card"))?;
        let amount = parse_amount(stored.amount_minor, &stored.currency, &stored.currency)?;
        let charge = Charge { payment: stored.id, amount, card };
        match self.take(charge).await {
            Ok(state) => self.write_end(stored.id, state).await,
            Err(Silent) => {
                tracing::warn!(payment = %stored.id, "the processor did not answer; it will be looked up");
                Ok(())
            }
        }
    }

    /// Does what is due: expires payments, looks up what was left with the processor, sends refunds that were promised.
    pub(super) async fn housekeep(&self) {
        if let Err(refusal) = self.try_housekeep().await {
            tracing::error!(code = refusal.code.name(), "housekeeping was cut short; it goes on in a while");
        }
    }

    async fn try_housekeep(&self) -> Answer<()> {
        let now_ms = now_ms();
        let mut tx = self.0.store.write().await?;
        events::emit_expired(&mut tx, now_ms - super::view::OPEN_MS, now_ms).await?;
        payments::expire_before(&mut tx, now_ms - super::view::OPEN_MS).await?;
        idempotency::delete_before(&mut tx, now_ms - KEEP_ANSWERS_MS).await?;
        changes::delete_before(&mut tx, now_ms - KEEP_CHANGES_MS).await?;
        let left = payments::processing(&mut tx).await?;
        let promised = refunds::to_send(&mut tx).await?;
        tx.commit().await?;
        for stored in left {
            self.resolve(stored.id).await?;
        }
        for refund in promised {
            self.send_refund(&refund).await?;
        }
        Ok(())
    }

    /// Looks a left-over charge up. What was taken is written as taken; what was not is let go, because nobody stands at
    /// the till any more.
    async fn resolve(&self, id: PaymentId) -> Answer<()> {
        let Some(_settling) = Settling::begin(&self.0, id) else { return Ok(()) };
        let state = match self.0.processor.look_up(id).await {
            Ok(Some(state @ (ChargeState::Captured { .. } | ChargeState::Declined | ChargeState::Voided))) => Ok(state),
            Ok(Some(ChargeState::Authorized { .. }) | None) => self.0.processor.void(id).await,
            Err(Silent) => Err(Silent),
        };
        match state {
            Ok(state) => {
                tracing::warn!(payment = %id, "a payment left with the processor was resolved");
                self.write_end(id, state).await
            }
            Err(Silent) => Ok(()),
        }
    }

    async fn take(&self, charge: Charge) -> Result<ChargeState, Silent> {
        match self.0.processor.authorize(charge).await? {
            ChargeState::Authorized { .. } => self.0.processor.capture(charge.payment).await,
            end => Ok(end),
        }
    }

    /// Writes how a charge ended: ledger, status and receipt in one transaction. Writing it twice changes nothing.
    async fn write_end(&self, id: PaymentId, state: ChargeState) -> Answer<()> {
        let now_ms = now_ms();
        let mut tx = self.0.store.write().await?;
        let stored = reload(&mut tx, id).await?;
        if stored.status != PaymentStatus::Processing {
            return Ok(());
        }
        let (event, transfer) = match &state {
            ChargeState::Captured { .. } => (Event::Taken, post(&stored)?),
            ChargeState::Declined => (Event::Refused, void(&stored)?),
            ChargeState::Voided => (Event::LetGo, void(&stored)?),
            ChargeState::Authorized { .. } => return Err(Refusal::internal("a charge that was not captured")),
        };
        let outcome = money::apply(&mut tx, &transfer, now_ms).await?;
        if outcome != Outcome::Created {
            tracing::error!(payment = %id, ?outcome, "the hold could not be resolved");
            return Err(Refusal::internal("hold"));
        }
        let to = next(stored.status, event).ok_or_else(|| Refusal::internal("payment state"))?;
        if let ChargeState::Captured { auth_code } = &state {
            let receipt = secret::hash(&receipt_secret(&self.0.vault, id));
            payments::set_captured(&mut tx, id, auth_code, &receipt, now_ms).await?;
        } else {
            payments::set_status(&mut tx, id, to, None).await?;
        }
        events::emit_status(&mut tx, stored.merchant, id, to, now_ms).await?;
        tx.commit().await?;
        tracing::info!(payment = %id, status = ?to, "settled");
        Ok(())
    }

    /// Has the processor give a promised refund. Silence leaves it promised; the housekeeper asks again, under the same id.
    pub(super) async fn send_refund(&self, refund: &Refund) -> Answer<()> {
        let amount = parse_amount(refund.amount_minor, &refund.currency, &refund.currency)?;
        match self.0.processor.refund(refund.id, refund.payment, amount).await {
            Ok(()) => {
                let mut tx = self.0.store.write().await?;
                refunds::mark_sent(&mut tx, refund.id).await?;
                Ok(tx.commit().await?)
            }
            Err(Silent) => {
                tracing::warn!(refund = %refund.id, "the processor did not answer; it will be asked again");
                Ok(())
            }
        }
    }
}

impl<'a> Settling<'a> {
    /// `None` when somebody is at it already.
    fn begin(parts: &'a Parts, id: PaymentId) -> Option<Settling<'a>> {
        let new = parts.settling.lock().unwrap_or_else(PoisonError::into_inner).insert(id);
        new.then_some(Settling { parts, id })
    }
}

impl Drop for Settling<'_> {
    fn drop(&mut self) {
        self.parts.settling.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.id);
    }
}
