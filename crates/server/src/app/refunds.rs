//! Money given back.

use super::{
    Answer, App, Caller, Refusal, RequestKey,
    access::{Right, allow},
    charge::BUSY_MS,
    payments::{another_request_had_this_key, parse_amount, reload},
    settle::{at, wait_ms},
    tender,
};
use crate::{
    clock::now_ms,
    failpoint::hit,
    ids,
    processor::{RefundState, Silent},
    store::{credits, disputes, events, refunds, refunds::NewRefund},
};
use handsel_api::{
    Code, PaymentId, RefundId,
    events::EventKind,
    keys::Scope,
    payments::{CreateRefund, PaymentStatus, Refund, RefundStatus},
};

impl App {
    /// Gives back a part or all of what was captured. The same `request` again gets the same refund.
    ///
    /// The refund is promised in the ledger first and sent to the processor then, again and again until it says yes.
    pub async fn refund(
        &self,
        caller: &Caller,
        request: &RequestKey,
        id: PaymentId,
        create: CreateRefund,
    ) -> Answer<Refund> {
        let now_ms = now_ms();
        let mut tx = self.0.store.write().await?;
        let stored = reload(&mut tx, id).await?;
        allow(caller, Right::Manage { merchant: stored.merchant, scope: Scope::RefundsWrite })?;
        if let Some(before) = refunds::by_request(&mut tx, request.bytes()).await? {
            if (before.payment, before.amount_minor) != (id, create.amount_minor) {
                return Err(another_request_had_this_key());
            }
            tx.commit().await?;
            return Ok(before);
        }
        if stored.status != PaymentStatus::Captured {
            return Err(Refusal::new(Code::WrongState, "Only a captured payment can be given back."));
        }
        let amount = parse_amount(create.amount_minor, &create.currency, &stored.currency)?;
        let taken_back = disputes::taken_back(&mut tx, id).await?;
        let refused = stored.refused_minor;
        let left_minor = stored.captured_minor.unwrap_or(0) - stored.refunded_minor - refused - taken_back;
        if amount.minor() > left_minor {
            let mut detail = format!("{} is left to give back.", left_minor.max(0));
            if refused > 0 {
                detail += &format!(
                    " The processor refuses to give back {refused} to the card for good: give that another way."
                );
            }
            return Err(Refusal::field(Code::RefundTooLarge, "/amount_minor", detail));
        }
        let refund_id = RefundId(ids::next());
        let of = refund_id.0.into();
        let (transfers, credit_minor) = tender::gives_back(&mut tx, &stored, of, amount.minor()).await?;
        self.book(&mut tx, &transfers, now_ms).await?;
        if credit_minor > 0 {
            credits::came_back(&mut tx, &transfers).await?;
        }
        let by_card = amount.minor() > credit_minor;
        let new = NewRefund {
            id: refund_id,
            request: request.bytes(),
            payment: id,
            amount,
            credit_minor,
            status: if by_card { RefundStatus::Pending } else { RefundStatus::Given },
            now_ms,
            ask_again_ms: now_ms.saturating_add(BUSY_MS),
        };
        refunds::insert(&mut tx, &new).await?;
        let refunded = EventKind::RefundCreated;
        events::emit_about(&mut tx, stored.merchant, id, refunded, refund_id.to_string(), now_ms).await?;
        tx.commit().await?;
        hit("refund_promised");
        tracing::info!(payment = %id, refund = %refund_id, "refund promised");
        if by_card && let Err(refusal) = self.send_refund(refund_id).await {
            // Promised and kept: the worker sends it.
            tracing::warn!(refund = %refund_id, code = refusal.code.name(), "refund not sent yet");
        }
        let sent = refunds::get(&mut *self.0.store.read().await?, refund_id).await?;
        sent.ok_or_else(|| Refusal::internal("a refund that was just promised"))
    }

    /// Has the processor give a promised refund. Silence leaves it promised; the worker asks again, under the same id.
    pub(super) async fn send_refund(&self, id: RefundId) -> Answer<()> {
        let (refund, stored, tries) = {
            let mut conn = self.0.store.read().await?;
            let refund = refunds::get(&mut conn, id).await?.ok_or_else(|| Refusal::not_found("refund"))?;
            let stored = reload(&mut conn, refund.payment).await?;
            (refund, stored, refunds::tries(&mut conn, id).await?)
        };
        if refund.status != RefundStatus::Pending {
            return Ok(());
        }
        let by_card = refund.amount_minor - refund.credit_minor;
        let amount = parse_amount(by_card, &refund.currency, &refund.currency)?;
        hit("before_sending_refund");
        let at = at(&stored, stored.captured_ms.unwrap_or(stored.created_ms));
        let answer = self.0.processor.ask(|processor| processor.refund(id, at, amount)).await;
        hit("after_sending_refund");
        let now_ms = now_ms();
        let mut tx = self.0.store.write().await?;
        match answer {
            Ok(RefundState::Given) => {
                refunds::set_answered(&mut tx, id, RefundStatus::Given, now_ms).await?;
            }
            Ok(RefundState::Refused) => {
                if refunds::set_answered(&mut tx, id, RefundStatus::Refused, now_ms).await? {
                    let back = tender::takes_back(&stored, id.0.into(), by_card)?;
                    self.book(&mut tx, &[back], now_ms).await?;
                    tracing::error!(refund = %id, payment = %stored.id, "the processor refuses a refund for good");
                }
            }
            Ok(RefundState::Pending) | Err(Silent) => {
                refunds::ask_again(&mut tx, id, now_ms.saturating_add(wait_ms(tries))).await?;
                tracing::warn!(refund = %id, "the processor has not confirmed a refund; it will be asked again");
            }
        }
        Ok(tx.commit().await?)
    }

    /// Puts a refund off that could not be dealt with.
    pub(super) async fn put_off_refund(&self, id: RefundId) -> Answer<()> {
        let mut tx = self.0.store.write().await?;
        let tries = refunds::tries(&mut tx, id).await?;
        refunds::ask_again(&mut tx, id, now_ms().saturating_add(wait_ms(tries))).await?;
        Ok(tx.commit().await?)
    }

    /// Every refund of a payment, newest first.
    pub async fn list_refunds(&self, caller: &Caller, id: PaymentId) -> Answer<Vec<Refund>> {
        let mut conn = self.0.store.read().await?;
        let stored = reload(&mut conn, id).await?;
        allow(caller, Right::Manage { merchant: stored.merchant, scope: Scope::PaymentsRead })?;
        Ok(refunds::of_payment(&mut conn, id).await?)
    }
}
