//! Promotions and the credits they give: money of the operator's that a shopper spends without a card.

use crate::PromotionId;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// `POST /v1/promotions`: what everybody gets who enrols a palm and links a card while it runs.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CreatePromotion {
    /// What it is called in wallets, 1–60 characters.
    #[schema(example = "Welcome")]
    pub name: String,
    /// How much each gets, in minor units.
    #[schema(example = 1000, minimum = 1, maximum = 10_000_000)]
    pub amount_minor: i64,
    /// ISO 4217. The credits pay at every merchant here that takes this currency.
    #[schema(example = "EUR")]
    pub currency: String,
    /// From when on, RFC 3339; now, if left out.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub from: Option<String>,
    /// Until when, RFC 3339; until it is ended, if left out.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub until: Option<String>,
    /// For how many days its credits can be spent, 1–3650.
    #[schema(example = 90, minimum = 1, maximum = 3650)]
    pub days: u32,
}

/// A promotion of this installation.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Promotion {
    /// Its id.
    pub id: PromotionId,
    /// What it is called.
    pub name: String,
    /// How much each gets, in minor units.
    pub amount_minor: i64,
    /// ISO 4217.
    pub currency: String,
    /// From when on. RFC 3339.
    pub from: String,
    /// Until when. RFC 3339.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub until: Option<String>,
    /// For how many days its credits can be spent.
    pub days: u32,
    /// When it was ended. What was given stays. RFC 3339.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub ended_at: Option<String>,
    /// To how many it was given, vouchers included.
    pub given_count: u64,
    /// RFC 3339.
    pub created_at: String,
}

/// Credits of a subject, from one promotion.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Credit {
    /// Where they came from.
    pub promotion: PromotionId,
    /// What that is called.
    pub name: String,
    /// How much was given, in minor units.
    pub amount_minor: i64,
    /// How much of it can be spent now. What expires first is spent first.
    pub left_minor: i64,
    /// ISO 4217.
    pub currency: String,
    /// RFC 3339.
    pub granted_at: String,
    /// When what is left goes back to the operator. RFC 3339.
    pub expires_at: String,
    /// Whether the operator took back what was left.
    #[serde(default)]
    pub taken_back: bool,
}

/// `POST /v1/promotions/{id}/vouchers` (needs `Idempotency-Key`)
#[derive(Debug, Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateVouchers {
    /// How many, 1–100.
    #[schema(example = 10, minimum = 1, maximum = 100)]
    pub count: u32,
}

/// Codes that are worth a promotion's credit to whoever pays by card. Shown only now.
#[derive(Clone, Serialize, Deserialize, ToSchema)]
pub struct Vouchers {
    /// Of which promotion.
    pub promotion: PromotionId,
    /// How much each is worth, in minor units.
    pub amount_minor: i64,
    /// ISO 4217.
    pub currency: String,
    /// Until when they can be used. RFC 3339.
    pub expires_at: String,
    /// The codes: `credit_code` of a card payment.
    #[schema(example = json!(["K7QP-2MXD-9VHT"]))]
    pub codes: Vec<String>,
}
