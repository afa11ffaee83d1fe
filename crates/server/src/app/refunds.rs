//! Money given back.

use super::{
    Answer, App, Caller, Refusal, RequestKey,
    access::{Right, allow},
    charge::post,
    payments::{parse_amount, reload},
};
use crate::{
    clock::{now_ms, rfc3339},
    ids,
    store::{events, money, refunds},
};
use handsel_api::{
    Code, PaymentId, RefundId,
    events::EventKind,
    keys::Scope,
    payments::{CreateRefund, PaymentStatus, Refund},
};
use handsel_ledger::{Outcome, Step, Transfer, TransferId};

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
            return Ok(before);
        }
        if stored.status != PaymentStatus::Captured {
            return Err(Refusal::new(Code::WrongState, "Only a captured payment can be given back."));
        }
        let amount = parse_amount(create.amount_minor, &create.currency, &stored.currency)?;
        let refund_id = RefundId(ids::next());
        let post = post(&stored)?;
        let transfer = Transfer {
            id: TransferId::of(refund_id.0.into(), "refund"),
            step: Step::Refund { post: post.id },
            debit: post.credit,
            credit: post.debit,
            amount,
        };
        match money::apply(&mut tx, &transfer, now_ms).await? {
            Outcome::Created => {}
            Outcome::ExceedsCaptured { left_minor } => {
                return Err(Refusal::field(
                    Code::RefundTooLarge,
                    "/amount_minor",
                    format!("{left_minor} is left to give back."),
                ));
            }
            outcome => {
                tracing::error!(payment = %id, ?outcome, "a refund was refused by the ledger");
                return Err(Refusal::internal("refund"));
            }
        }
        refunds::insert(&mut tx, refund_id, request.bytes(), id, amount, now_ms).await?;
        let refunded = EventKind::RefundCreated;
        events::emit_about(&mut tx, stored.merchant, id, refunded, refund_id.to_string(), now_ms).await?;
        tx.commit().await?;
        tracing::info!(payment = %id, refund = %refund_id, "refund promised");
        let refund = Refund {
            id: refund_id,
            payment: id,
            amount_minor: amount.minor(),
            currency: amount.currency().code().to_owned(),
            created_at: rfc3339(now_ms),
        };
        if let Err(refusal) = self.send_refund(&refund).await {
            // Promised and kept: the housekeeper sends it.
            tracing::warn!(refund = %refund_id, code = refusal.code.name(), "refund not sent yet");
        }
        Ok(refund)
    }

    /// Every refund of a payment, newest first.
    pub async fn list_refunds(&self, caller: &Caller, id: PaymentId) -> Answer<Vec<Refund>> {
        let mut conn = self.0.store.read().await?;
        let stored = reload(&mut conn, id).await?;
        allow(caller, Right::Manage { merchant: stored.merchant, scope: Scope::PaymentsRead })?;
        Ok(refunds::of_payment(&mut conn, id).await?)
    }
}
