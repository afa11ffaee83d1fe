//! Receipts, and "this wasn't me".

use super::{
    Answer, App, Caller, Refusal,
    access::{Right, allow},
};
use crate::{
    clock::{now_ms, rfc3339},
    secret,
    store::{Conn, events, merchants, payments, payments::StoredPayment, refunds, subjects},
};
use handsel_api::{
    Code, PaymentId, SubjectId,
    events::EventKind,
    payments::{Means, Payment, Refund},
    subjects::{Card, SubjectStatus},
};

/// The most payments a wallet shows.
const MOST_PAYMENTS: u32 = 200;

/// What stands on a receipt.
#[derive(Debug, Clone)]
pub struct Receipt {
    /// Of which payment.
    pub payment: PaymentId,
    /// Who sold.
    pub merchant: String,
    /// Where.
    pub site: String,
    /// RFC 3339.
    pub paid_at: String,
    /// How much, in minor units.
    pub amount_minor: i64,
    /// How much of it was given back.
    pub refunded_minor: i64,
    /// ISO 4217.
    pub currency: String,
    /// Every refund, newest first.
    pub refunds: Vec<Refund>,
    /// How it was paid.
    pub means: Means,
    /// The card that paid.
    pub card: Card,
    /// The processor's authorisation code.
    pub auth_code: String,
    /// The till's own number.
    pub client_reference: Option<String>,
    /// Whether somebody said it wasn't them.
    pub disputed: bool,
    /// Whether "this wasn't me" can still freeze a palm: paid by palm, not disputed, and the subject is still here.
    pub can_dispute: bool,
}

/// One payment as a wallet lists it.
#[derive(Debug, Clone)]
pub struct SubjectPayment {
    /// The payment, with its receipt's path.
    pub payment: Payment,
    /// Who sold.
    pub merchant: String,
    /// Where.
    pub site: String,
    /// Whether somebody said it wasn't them.
    pub disputed: bool,
}

impl App {
    /// The receipt behind a secret; whoever holds it may see it.
    pub async fn receipt(&self, secret: &str) -> Answer<Receipt> {
        let mut conn = self.0.store.read().await?;
        let stored = self.paid(&mut conn, secret).await?;
        let (site, merchant) = names(&mut conn, &stored).await?;
        let (Some(means), Some(card), Some(auth_code), Some(captured_ms)) =
            (stored.means, stored.card, stored.auth_code, stored.captured_ms)
        else {
            return Err(Refusal::internal("a captured payment without its receipt"));
        };
        Ok(Receipt {
            payment: stored.id,
            merchant,
            site,
            paid_at: rfc3339(captured_ms),
            amount_minor: stored.amount_minor,
            refunded_minor: stored.refunded_minor,
            currency: stored.currency,
            refunds: refunds::of_payment(&mut conn, stored.id).await?,
            means,
            card,
            auth_code,
            client_reference: stored.client_reference,
            disputed: stored.disputed_ms.is_some(),
            can_dispute: means == Means::Palm && stored.disputed_ms.is_none() && stored.subject.is_some(),
        })
    }

    /// "This wasn't me": the palm that paid is frozen and the payment marked. Doing it twice changes nothing.
    pub async fn dispute(&self, secret: &str) -> Answer<()> {
        let mut tx = self.0.store.write().await?;
        let stored = self.paid(&mut tx, secret).await?;
        if stored.means != Some(Means::Palm) {
            return Err(Refusal::new(Code::WrongState, "This was paid by card; ask the card's issuer."));
        }
        let now_ms = now_ms();
        let new = payments::set_disputed(&mut tx, stored.id, now_ms).await?;
        if new {
            events::emit(&mut tx, stored.merchant, stored.id, EventKind::PaymentDisputed, now_ms).await?;
        }
        if let (true, Some(subject)) = (new, stored.subject) {
            subjects::set_status(&mut tx, subject, SubjectStatus::Frozen).await?;
        }
        tx.commit().await?;
        tracing::warn!(payment = %stored.id, new, "disputed: the palm is frozen");
        Ok(())
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
            shown.push(SubjectPayment { payment, merchant, site, disputed: stored.disputed_ms.is_some() });
        }
        Ok(shown)
    }

    async fn paid(&self, conn: &mut Conn, secret: &str) -> Answer<StoredPayment> {
        let stored = payments::by_receipt(conn, &secret::hash(secret)).await?;
        stored.ok_or_else(|| Refusal::not_found("receipt"))
    }
}

/// The names of a payment's site and merchant.
async fn names(conn: &mut Conn, stored: &StoredPayment) -> Answer<(String, String)> {
    let site = merchants::site(conn, stored.site).await?.ok_or_else(|| Refusal::internal("site"))?;
    let merchant = merchants::merchant(conn, stored.merchant).await?.ok_or_else(|| Refusal::internal("merchant"))?;
    Ok((site.name, merchant.name))
}
