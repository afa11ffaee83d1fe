//! A payment as the till sees it.

use super::{Answer, App, tender::credits_for};
use crate::{
    clock::rfc3339,
    pairwise::{pairwise_id, receipt_secret},
    payment_state::{Event, next},
    store::{Conn, payment_methods, payments::StoredPayment},
};
use handsel_api::payments::{Payment, PaymentStatus};
use std::sync::PoisonError;

/// How long a payment waits for somebody: 10 minutes.
pub(crate) const OPEN_MS: i64 = 10 * 60 * 1000;

impl App {
    /// Shows a payment. Who it is about is shown once it is sure, and never after it came to nothing.
    pub(super) async fn view(&self, conn: &mut Conn, stored: &StoredPayment, now_ms: i64) -> Answer<Payment> {
        let status = standing(stored, now_ms);
        let known =
            !matches!(status, PaymentStatus::RequiresPalm | PaymentStatus::RequiresStepUp) && !is_over_unpaid(status);
        let subject = stored.subject.filter(|_| known);
        let (mut initials, mut card, mut credit_minor) = (None, stored.card.clone(), stored.credit_minor);
        if let (PaymentStatus::RequiresConfirmation, Some(subject)) = (status, subject) {
            initials = Some(self.person(conn, subject).await?.initials()?);
            let cards = payment_methods::list(conn, subject).await?;
            card = payment_methods::paying(&cards, self.0.processor.name()).map(|stored| stored.card.face.clone());
            credit_minor = credits_for(conn, stored, subject).await?;
        }
        let loyalty_number = self.loyalty_number(conn, stored, subject).await?;
        let paid = status == PaymentStatus::Captured;
        let open = matches!(
            status,
            PaymentStatus::RequiresPalm | PaymentStatus::RequiresStepUp | PaymentStatus::RequiresConfirmation
        );
        let looks = open && self.0.identifying.lock().unwrap_or_else(PoisonError::into_inner).contains(&stored.id);
        Ok(Payment {
            id: stored.id,
            site: stored.site,
            merchant: stored.merchant,
            status: if looks { PaymentStatus::Identifying } else { status },
            amount_minor: stored.amount_minor,
            listed_minor: stored.listed_minor,
            tip_minor: stored.tip_minor,
            credit_minor,
            captured_minor: stored.captured_minor,
            refunded_minor: stored.refunded_minor,
            currency: stored.currency.clone(),
            capture: stored.take,
            client_reference: stored.client_reference.clone(),
            means: stored.means,
            shopper: subject.map(|subject| pairwise_id(&self.0.vault, stored.merchant, subject)),
            loyalty_number,
            initials,
            card,
            decline: stored.decline,
            capture_before: stored.hold_until_ms.filter(|_| status == PaymentStatus::Authorized).map(rfc3339),
            resolved_at: stored.resolved_ms.map(rfc3339),
            receipt_path: paid.then(|| format!("/receipts/{}", receipt_secret(&self.0.vault, stored.id))),
            offline_at: stored.offline_ms.map(rfc3339),
            created_at: rfc3339(stored.created_ms),
        })
    }
}

fn is_over_unpaid(status: PaymentStatus) -> bool {
    matches!(status, PaymentStatus::Declined | PaymentStatus::Cancelled | PaymentStatus::Expired)
}

/// Where a payment stands now: what has run out is expired, whether or not the store says so yet.
pub(super) fn standing(stored: &StoredPayment, now_ms: i64) -> PaymentStatus {
    standing_of(stored.status, stored.created_ms, now_ms)
}

/// [`standing`], of a payment of which only this is known.
pub(super) fn standing_of(status: PaymentStatus, created_ms: i64, now_ms: i64) -> PaymentStatus {
    let over = now_ms >= created_ms.saturating_add(OPEN_MS);
    if over { next(status, Event::TimeOut).unwrap_or(status) } else { status }
}
