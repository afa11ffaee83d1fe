//! Receipts, and what a wallet lists.

use super::{
    Answer, App, Caller, Refusal,
    access::{Right, allow},
    disputes::said_by_shopper,
};
use crate::{
    clock::{now_ms, rfc3339},
    secret,
    store::{
        Conn,
        disputes::{self, StoredDispute},
        merchants, payments,
        payments::StoredPayment,
        refunds,
    },
};
use handsel_api::{
    SubjectId,
    payments::{Means, Payment, Refund, RefundStatus},
    receipts::{Receipt, ReceiptDispute, ReceiptRefund},
};

/// The most payments a wallet shows.
pub(super) const MOST_PAYMENTS: u32 = 200;

/// One payment as a wallet lists it.
#[derive(Debug, Clone)]
pub struct SubjectPayment {
    /// The payment, with its receipt's path.
    pub payment: Payment,
    /// Who sold.
    pub merchant: String,
    /// Where.
    pub site: String,
    /// The newest dispute about it.
    pub dispute: Option<ReceiptDispute>,
    /// Whether "this wasn't me" can still freeze the palm that paid.
    pub can_dispute: bool,
}

impl App {
    /// The receipt behind a secret; whoever holds it may see it.
    pub async fn receipt(&self, secret: &str) -> Answer<Receipt> {
        let mut conn = self.0.store.read().await?;
        let stored = self.paid(&mut conn, secret).await?;
        let (site, merchant) = names(&mut conn, &stored).await?;
        let (Some(means), Some(auth_code), Some(captured_ms), Some(captured_minor)) =
            (stored.means, stored.auth_code, stored.captured_ms, stored.captured_minor)
        else {
            return Err(Refusal::internal("a captured payment without its receipt"));
        };
        let refunds = refunds::of_payment(&mut conn, stored.id).await?.into_iter().rev();
        let disputes = disputes::of_payment(&mut conn, stored.id).await?;
        // Where a part was taken, the amount comes before the tip, and credits before the card.
        let tip_minor = (captured_minor - stored.amount_minor).max(0);
        let credit_minor = captured_minor.min(stored.credit_minor);
        Ok(Receipt {
            payment: stored.id,
            merchant,
            site,
            paid_at: rfc3339(captured_ms),
            amount_minor: captured_minor - tip_minor,
            tip_minor: (tip_minor > 0).then_some(tip_minor),
            credit_minor: (credit_minor > 0).then_some(credit_minor),
            refunded_minor: stored.refunded_minor,
            currency: stored.currency,
            refunds: refunds.filter_map(on_receipt_as_given).collect(),
            means,
            card: stored.card,
            auth_code,
            client_reference: stored.client_reference,
            can_dispute: means == Means::Palm && stored.subject.is_some() && !said_by_shopper(&disputes),
            dispute: disputes.first().map(on_receipt),
        })
    }

    /// Every paid payment of a subject, newest first, at most 200. For themselves only.
    pub async fn subject_payments(&self, caller: &Caller, id: SubjectId) -> Answer<Vec<SubjectPayment>> {
        allow(caller, Right::OwnWallet { subject: id })?;
        let mut conn = self.0.store.read().await?;
        let now_ms = now_ms();
        let mut shown = Vec::new();
        for stored in payments::captured_of_subject(&mut conn, id, MOST_PAYMENTS).await? {
            let (site, merchant) = names(&mut conn, &stored).await?;
            let payment = self.view(&mut conn, &stored, now_ms).await?;
            let disputes = disputes::of_payment(&mut conn, stored.id).await?;
            let can_dispute = stored.means == Some(Means::Palm) && !said_by_shopper(&disputes);
            shown.push(SubjectPayment {
                payment,
                merchant,
                site,
                dispute: disputes.first().map(on_receipt),
                can_dispute,
            });
        }
        Ok(shown)
    }

    /// The paid payment behind a receipt's secret.
    pub(super) async fn paid(&self, conn: &mut Conn, secret: &str) -> Answer<StoredPayment> {
        let stored = payments::by_receipt(conn, &secret::hash(secret)).await?;
        stored.ok_or_else(|| Refusal::not_found("receipt"))
    }
}

fn on_receipt(stored: &StoredDispute) -> ReceiptDispute {
    ReceiptDispute {
        status: stored.status,
        opened_by: stored.opened_by,
        opened_at: rfc3339(stored.opened_ms),
        closed_at: stored.closed_ms.map(rfc3339),
    }
}

/// The names of a payment's site and merchant.
pub(super) async fn names(conn: &mut Conn, stored: &StoredPayment) -> Answer<(String, String)> {
    let site = merchants::site(conn, stored.site).await?.ok_or_else(|| Refusal::internal("site"))?;
    let merchant = merchants::merchant(conn, stored.merchant).await?.ok_or_else(|| Refusal::internal("merchant"))?;
    Ok((site.name, merchant.name))
}

/// A refund as it stands on the receipt: what was given back or is promised, without what the processor refused.
fn on_receipt_as_given(refund: Refund) -> Option<ReceiptRefund> {
    let refused = refund.status == RefundStatus::Refused;
    let amount_minor = if refused { refund.credit_minor } else { refund.amount_minor };
    (amount_minor > 0).then_some(ReceiptRefund { amount_minor, created_at: refund.created_at })
}
