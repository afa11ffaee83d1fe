//! Payments: from an amount to a receipt.

use crate::{MerchantId, PaymentId, RefundId, SiteId, references::Quality, subjects::Card};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// `POST /v1/payments` (needs `Idempotency-Key`)
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CreatePayment {
    /// Where.
    pub site: SiteId,
    /// How much, in minor units: 1 to 10,000,000.
    #[schema(example = 1240, minimum = 1, maximum = 10_000_000)]
    pub amount_minor: i64,
    /// The merchant's currency, ISO 4217.
    #[schema(example = "EUR")]
    pub currency: String,
    /// The till's own number for this sale, up to 64 characters; stands on the receipt.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub client_reference: Option<String>,
}

/// Where a payment stands. Only `captured` moved money.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum PaymentStatus {
    /// Waiting for a hand, or for a card at the same till.
    RequiresPalm,
    /// Probably recognised: the last four digits of the phone decide.
    RequiresStepUp,
    /// Recognised: waiting for the shopper's yes to amount and card.
    RequiresConfirmation,
    /// With the processor.
    Processing,
    /// Paid.
    Captured,
    /// The card was refused; nothing was charged.
    Declined,
    /// Given up; nothing was charged.
    Cancelled,
    /// Nobody came within ten minutes; nothing was charged.
    Expired,
}

/// How a payment was paid.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Means {
    /// By an open hand.
    Palm,
    /// By a card at the same till, at the same price.
    Card,
}

/// One payment, as the till sees it.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Payment {
    /// Its id.
    pub id: PaymentId,
    /// Where.
    pub site: SiteId,
    /// Who sells.
    pub merchant: MerchantId,
    /// Where it stands.
    pub status: PaymentStatus,
    /// How much, in minor units.
    pub amount_minor: i64,
    /// How much of it was given back.
    pub refunded_minor: i64,
    /// ISO 4217.
    pub currency: String,
    /// The till's own number.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub client_reference: Option<String>,
    /// How it was paid, once it is known.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub means: Option<Means>,
    /// The shopper's pairwise id: the same at every visit to this merchant, another at any other merchant.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub shopper: Option<String>,
    /// The shopper's initials, while they confirm.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub initials: Option<String>,
    /// The card that pays.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub card: Option<Card>,
    /// The receipt's page, once paid; its last part is a secret for whoever holds the receipt.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub receipt_path: Option<String>,
    /// RFC 3339.
    pub created_at: String,
}

/// What a search decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Decision {
    /// One person, at the accepted risk.
    Identified,
    /// Probably one person: one more proof is needed.
    StepUp,
    /// Nobody. Nothing was charged.
    NoMatch,
}

/// The answer to `POST /v1/payments/{id}/identify`, whose body is one frame (JPEG, PNG or WebP).
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Identification {
    /// What was decided.
    pub decision: Decision,
    /// The payment as it now stands.
    pub payment: Payment,
    /// The capture's quality.
    pub quality: Quality,
    /// How long each step took.
    pub timings_ms: Timings,
}

/// How long each step of an identification took, in milliseconds.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, ToSchema)]
pub struct Timings {
    /// Bytes to frame.
    pub decode: f64,
    /// Frame to aligned palm.
    pub capture: f64,
    /// Palm to probe.
    pub extract: f64,
    /// Probe to decision.
    pub search: f64,
}

/// `POST /v1/payments/{id}/step_up`
#[derive(Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct StepUp {
    /// The last four digits of the shopper's phone.
    pub phone_last4: String,
}

/// `POST /v1/payments/{id}/confirm` (needs `Idempotency-Key`): the shopper's yes. The body may be left out.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ConfirmPayment {
    /// Who was shown: the payment's `shopper` as the screen had it. If somebody else has been recognised since, the answer
    /// is `wrong_state` and nothing is charged. Without it, the yes counts for whoever is recognised now.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub shopper: Option<String>,
}

/// `POST /v1/payments/{id}/card` (needs `Idempotency-Key`): the card path beside the palm path.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PayByCard {
    /// Which simulated card was held to the terminal.
    pub sandbox_card: crate::subjects::SandboxCard,
}

/// `POST /v1/payments/{id}/refunds` (needs `Idempotency-Key`)
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateRefund {
    /// How much, in minor units; at most what is left of the captured amount.
    #[schema(example = 1240, minimum = 1)]
    pub amount_minor: i64,
    /// The payment's currency, ISO 4217.
    #[schema(example = "EUR")]
    pub currency: String,
}

/// Money given back.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Refund {
    /// Its id.
    pub id: RefundId,
    /// Of which payment.
    pub payment: PaymentId,
    /// How much, in minor units.
    pub amount_minor: i64,
    /// ISO 4217.
    pub currency: String,
    /// RFC 3339.
    pub created_at: String,
}
