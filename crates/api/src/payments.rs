//! Payments: from an amount to a receipt.

use crate::{MerchantId, PaymentId, Private, RefundId, SiteId, references::Quality, subjects::Card};
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
    /// Whether the money is taken with the shopper's yes, or set aside and taken by `…/capture` within seven days.
    #[serde(default)]
    pub capture: CaptureWhen,
}

/// When the money is taken.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum CaptureWhen {
    /// With the shopper's yes.
    #[default]
    Now,
    /// By `…/capture`, all or a part of it.
    Later,
}

/// Where a payment stands. Only `captured` moved money.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum PaymentStatus {
    /// Waiting for a hand, or for a card at the same till.
    RequiresPalm,
    /// Probably recognised: the last four digits of the phone decide.
    RequiresStepUp,
    /// A hand is being looked for right now.
    Identifying,
    /// Recognised: waiting for the shopper's yes to amount and card.
    RequiresConfirmation,
    /// With the processor.
    Processing,
    /// The processor did not answer: nobody knows yet whether the card was charged. Do not take the money another way before this
    /// is resolved, which happens by itself.
    Unknown,
    /// The money is set aside, until it is captured or let go.
    Authorized,
    /// Accepted while the shop was cut off from the server: the goods may be handed over, at the shop's risk. The card is charged once the
    /// line is back; then it is `captured` or, at the shop's loss, `declined`.
    Accepted,
    /// Paid.
    Captured,
    /// The card was refused; nothing was charged.
    Declined,
    /// Given up; nothing was charged.
    Cancelled,
    /// Nobody came within ten minutes, or what was set aside was not captured in time; nothing was charged.
    Expired,
}

/// Why a card was refused, as far as a shopper may know.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum DeclineReason {
    /// No reason was given.
    Refused,
    /// There is not enough money.
    InsufficientFunds,
    /// The card is too old.
    Expired,
    /// The bank wants the shopper to confirm it on their phone.
    AuthenticationRequired,
    /// Taken while the shop was cut off, from somebody who has left or stopped it since, or has no card here any more.
    Unavailable,
    /// Taken while the shop was cut off, above what may be taken then.
    OfflineLimit,
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
    /// How much it was before the till lowered it, for a member's price.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub listed_minor: Option<i64>,
    /// The tip on top of it.
    #[serde(default)]
    pub tip_minor: i64,
    /// How much of both is paid by the shopper's credits; a card pays the rest.
    #[serde(default)]
    pub credit_minor: i64,
    /// How much was taken, once it was.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub captured_minor: Option<i64>,
    /// How much of that was given back.
    pub refunded_minor: i64,
    /// ISO 4217.
    pub currency: String,
    /// When the money is taken.
    #[serde(default)]
    pub capture: CaptureWhen,
    /// The till's own number.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub client_reference: Option<String>,
    /// How it was paid, once it is known.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub means: Option<Means>,
    /// The shopper's pairwise id: the same at every visit to this merchant, another at any other merchant.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub shopper: Option<String>,
    /// The shopper's number in this merchant's programme, if they linked one. For this merchant's tills only, and not in events.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub loyalty_number: Option<Private>,
    /// The shopper's initials, while they confirm.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub initials: Option<String>,
    /// The card that pays.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub card: Option<Card>,
    /// Why the card was refused, when it was.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub decline: Option<DeclineReason>,
    /// Until when an authorised payment can be captured. RFC 3339.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub capture_before: Option<String>,
    /// When it was found out what became of a payment that was `unknown`. RFC 3339.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub resolved_at: Option<String>,
    /// The receipt's page, once paid; its last part is a secret for whoever holds the receipt.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub receipt_path: Option<String>,
    /// When it was taken, if the shop was cut off from the server then. RFC 3339. If such a payment is `declined`, the goods are gone: the
    /// shop's loss.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub offline_at: Option<String>,
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
    /// Which amount was shown, in minor units, without a tip. If the till has lowered it since, the answer is `wrong_state` and nothing
    /// is charged. Without it, the yes counts for the amount as it is now.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub amount_minor: Option<i64>,
    /// A tip on top of the amount, in minor units; at most the amount.
    #[serde(default)]
    pub tip_minor: i64,
}

/// `POST /v1/payments/{id}/amount`
#[derive(Debug, Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LowerAmount {
    /// How much is due now, in minor units: 1 to what was due before.
    #[schema(example = 1_116, minimum = 1)]
    pub amount_minor: i64,
}

/// `POST /v1/payments/{id}/capture` (needs `Idempotency-Key`). The body may be left out.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CapturePayment {
    /// How much to take, in minor units: everything without it. What is not taken is let go.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub amount_minor: Option<i64>,
}

/// `POST /v1/payments/{id}/card` (needs `Idempotency-Key`): the card path beside the palm path.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PayByCard {
    /// Which simulated card was held to the terminal.
    pub sandbox_card: crate::subjects::SandboxCard,
    /// A tip on top of the amount, in minor units; at most the amount.
    #[serde(default)]
    pub tip_minor: i64,
    /// A voucher's code: what it is worth pays first, and the card the rest. What is left of it can be spent another time.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub credit_code: Option<Private>,
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
    /// How much of it went back to the shopper's credits; the rest to the card.
    #[serde(default)]
    pub credit_minor: i64,
    /// Where it stands.
    pub status: RefundStatus,
    /// ISO 4217.
    pub currency: String,
    /// RFC 3339.
    pub created_at: String,
}

/// Where a refund stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum RefundStatus {
    /// Promised; the processor has not confirmed it yet and is asked again by itself.
    Pending,
    /// The processor confirmed it.
    Given,
    /// The processor will not do it; the merchant has to give the money back another way.
    Refused,
}
