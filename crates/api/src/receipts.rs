//! Receipts: what a shopper takes home.

use crate::{
    PaymentId,
    disputes::{DisputeParty, DisputeStatus},
    payments::Means,
    subjects::Card,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The receipt of a captured payment, for whoever holds its secret.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Receipt {
    /// Of which payment: the reference to quote.
    pub payment: PaymentId,
    /// Who sold.
    pub merchant: String,
    /// Where.
    pub site: String,
    /// When it was paid. RFC 3339, UTC.
    pub paid_at: String,
    /// What was sold, in minor units.
    pub amount_minor: i64,
    /// A tip on top of it, in minor units.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub tip_minor: Option<i64>,
    /// How much of it was paid with credit and not by the card, in minor units.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub credit_minor: Option<i64>,
    /// How much was given back, in minor units.
    pub refunded_minor: i64,
    /// ISO 4217.
    pub currency: String,
    /// What was given back and when, oldest first.
    pub refunds: Vec<ReceiptRefund>,
    /// How it was paid.
    pub means: Means,
    /// The card that paid. Left out where credit paid all of it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub card: Option<Card>,
    /// The processor's authorisation code.
    pub auth_code: String,
    /// The till's own number.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub client_reference: Option<String>,
    /// The newest dispute about it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub dispute: Option<ReceiptDispute>,
    /// Whether "this wasn't me" can still freeze the palm that paid.
    pub can_dispute: bool,
}

/// Money given back, as it stands on a receipt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ReceiptRefund {
    /// How much, in minor units.
    pub amount_minor: i64,
    /// RFC 3339, UTC.
    pub created_at: String,
}

/// A dispute, as it stands on a receipt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ReceiptDispute {
    /// Where it stands.
    pub status: DisputeStatus,
    /// Who disputes.
    pub opened_by: DisputeParty,
    /// RFC 3339, UTC.
    pub opened_at: String,
    /// When it was closed. RFC 3339, UTC.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub closed_at: Option<String>,
}

impl Receipt {
    /// What was paid in all: the sale and the tip.
    pub fn paid_minor(&self) -> i64 {
        self.amount_minor + self.tip_minor.unwrap_or(0)
    }

    /// What remains paid after every refund.
    pub fn remains_minor(&self) -> i64 {
        self.paid_minor() - self.refunded_minor
    }
}
