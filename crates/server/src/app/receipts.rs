//! Receipts, and "this wasn't me".

use super::{Answer, App, Caller};
use handsel_api::{
    PaymentId, SubjectId,
    payments::{Means, Payment, Refund},
    subjects::Card,
};

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
        let _ = secret;
        todo!()
    }

    /// "This wasn't me": the palm that paid is frozen and the payment marked. Doing it twice changes nothing.
    pub async fn dispute(&self, secret: &str) -> Answer<()> {
        let _ = secret;
        todo!()
    }

    /// Every paid payment of a subject, newest first, at most 200. For themselves only.
    pub async fn subject_payments(&self, caller: &Caller, id: SubjectId) -> Answer<Vec<SubjectPayment>> {
        let _ = (caller, id);
        todo!()
    }
}
