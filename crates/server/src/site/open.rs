//! A payment at an agent until its shopper says yes: the same places and steps as at a server, with the second proof always.

use super::held::{Held, Known};
use crate::{
    app::{Answer, Refusal, view::OPEN_MS},
    clock::rfc3339,
    payment_state::{Event, next},
};
use handsel_api::{
    Code, PaymentId,
    payments::{CaptureWhen, CreatePayment, Payment, PaymentStatus},
};
use std::sync::Arc;

/// One payment that nobody has said yes to.
#[derive(Clone)]
pub(super) struct Open {
    /// The key it was asked for with.
    pub(super) request: String,
    pub(super) asked: CreatePayment,
    pub(super) status: PaymentStatus,
    /// Whom it is about, once a hand was found.
    pub(super) person: Option<Arc<Known>>,
    pub(super) attempts: i64,
    pub(super) wrong_proofs: i64,
    /// By the server's clock.
    pub(super) created_ms: i64,
}

impl Open {
    /// Where it stands now.
    pub(super) fn standing(&self, now_ms: i64) -> PaymentStatus {
        let over = now_ms >= self.created_ms.saturating_add(OPEN_MS);
        if over { next(self.status, Event::TimeOut).unwrap_or(self.status) } else { self.status }
    }

    /// Where an event takes it, or `wrong_state`.
    pub(super) fn step(&self, event: Event, now_ms: i64) -> Answer<PaymentStatus> {
        let from = self.standing(now_ms);
        next(from, event).ok_or_else(|| {
            let status = crate::store::rows::word(&from).unwrap_or_default();
            Refusal::new(Code::WrongState, format!("The payment is {status}."))
        })
    }

    /// Whether it moved on since `before`.
    pub(super) fn moved_since(&self, before: &Open) -> bool {
        let place = |open: &Open| (open.status, open.attempts, open.wrong_proofs);
        place(self) != place(before)
    }

    /// As the till sees it: nothing of whoever it is about before the second proof.
    pub(super) fn shown(&self, id: PaymentId, held: &Held, now_ms: i64) -> Payment {
        let status = self.standing(now_ms);
        let known = self.person.as_ref().filter(|_| status == PaymentStatus::RequiresConfirmation);
        Payment {
            id,
            site: self.asked.site,
            merchant: held.merchant,
            status,
            amount_minor: self.asked.amount_minor,
            listed_minor: None,
            tip_minor: 0,
            credit_minor: 0,
            captured_minor: None,
            refunded_minor: 0,
            currency: self.asked.currency.clone(),
            capture: CaptureWhen::Now,
            client_reference: self.asked.client_reference.clone(),
            means: None,
            shopper: known.map(|known| known.shopper.clone()),
            loyalty_number: None,
            initials: known.map(|known| known.initials.clone()),
            card: known.map(|known| known.card.clone()),
            decline: None,
            capture_before: None,
            resolved_at: None,
            receipt_path: None,
            offline_at: None,
            created_at: rfc3339(self.created_ms),
        }
    }
}
