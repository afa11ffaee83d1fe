//! Settlements: one merchant's day, as the ledger has it and as the payments have it.

use crate::{DisputeId, MerchantId, PaymentId, RefundId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The answer to `GET /v1/merchants/{id}/settlements/{day}`. A day is one of UTC. No fees are taken here; the processor's own are on
/// its bill.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Settlement {
    /// Whose.
    pub merchant: MerchantId,
    /// Which day, in UTC.
    #[schema(example = "2026-11-24", format = "date")]
    pub day: String,
    /// ISO 4217.
    pub currency: String,
    /// What was captured, as the payments have it.
    pub captured: Figure,
    /// What was promised back, as the refunds have it.
    pub refunded: Figure,
    /// What of it the processor refused to give on this day, whenever it was promised.
    #[serde(default)]
    pub refunds_refused: Figure,
    /// What disputes lost on this day took back.
    pub taken_back: Figure,
    /// Of `captured`, what was tips. Left out when there were none.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub tips: Option<Figure>,
    /// Of `captured`, what was paid with credit. Left out when there was none.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub credits: Option<Figure>,
    /// Captured and refused refunds, less refunded, less taken back.
    pub net_minor: i64,
    /// The same day by the ledger's transfers alone.
    pub ledger: LedgerDay,
    /// Whether every payment, refund and lost dispute of the day has its transfers in the ledger, with their amounts, and the other
    /// way round.
    pub reconciled: bool,
    /// How many do not.
    pub difference_count: u64,
    /// The first 100 of them.
    pub differences: Vec<Difference>,
}

/// How many, and how much together.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Figure {
    /// How many.
    pub count: u64,
    /// In minor units.
    pub sum_minor: i64,
}

/// What the ledger's transfers say of a merchant's account on one day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct LedgerDay {
    /// What the operator owed the merchant when the day began, in minor units.
    pub opening_minor: i64,
    /// Holds that were posted: one for each way a payment was paid.
    pub captured: Figure,
    /// Refunds, again one for each way.
    pub refunded: Figure,
    /// Moved back to the merchant for refunds that were refused.
    #[serde(default)]
    pub refunds_refused: Figure,
    /// Moved from the merchant for lost disputes, one for each way.
    #[serde(default)]
    pub taken_back: Figure,
    /// What the operator owed the merchant when the day ended, or owes now.
    pub closing_minor: i64,
}

/// One thing that payments and ledger do not agree on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Difference {
    /// What does not agree.
    pub kind: DifferenceKind,
    /// Which payment. Missing where only the ledger knows of it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub payment: Option<PaymentId>,
    /// Which refund of it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub refund: Option<RefundId>,
    /// Which dispute about it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub dispute: Option<DisputeId>,
    /// The ledger's transfer, 32 hexadecimal digits.
    pub transfer: String,
    /// How much by the payment or refund, in minor units.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub payment_minor: Option<i64>,
    /// How much by the ledger, in minor units.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub ledger_minor: Option<i64>,
}

/// In which way payments and ledger differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum DifferenceKind {
    /// A payment or refund of this day has no transfer on this day.
    NotInLedger,
    /// A transfer of this day belongs to no payment or refund of this day.
    OnlyInLedger,
    /// Both are there, with other amounts.
    AmountDiffers,
}
