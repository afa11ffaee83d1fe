//! A shopper's number in a merchant's programme, given with the payment.

use crate::{MerchantId, Private};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// `POST /v1/subjects/{id}/loyalty`: needs a consent to the purpose `loyalty`.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LinkLoyalty {
    /// Whose programme. No other merchant gets the number.
    pub merchant: MerchantId,
    /// The number, 1–64 characters. Takes the place of the one that was linked before.
    #[schema(example = "M-004471")]
    pub number: Private,
}

/// A linked number.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Loyalty {
    /// Whose programme.
    pub merchant: MerchantId,
    /// What that merchant is called.
    pub name: String,
    /// The number.
    pub number: Private,
    /// RFC 3339.
    pub linked_at: String,
}
