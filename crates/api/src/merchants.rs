//! Merchants and their sites.

use crate::{MerchantId, SiteId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// `POST /v1/merchants`
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateMerchant {
    /// The name on receipts, 1–60 characters.
    pub name: String,
    /// The currency it sells in, ISO 4217.
    #[schema(example = "EUR")]
    pub currency: String,
}

/// Who sells.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Merchant {
    /// Its id.
    pub id: MerchantId,
    /// The name on receipts.
    pub name: String,
    /// The currency it sells in, ISO 4217.
    pub currency: String,
    /// RFC 3339.
    pub created_at: String,
}

/// `POST /v1/sites`
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateSite {
    /// Whose site it is.
    pub merchant: MerchantId,
    /// Where it is, as it stands on receipts, 1–60 characters.
    pub name: String,
}

/// Where a merchant sells.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Site {
    /// Its id.
    pub id: SiteId,
    /// Whose site it is.
    pub merchant: MerchantId,
    /// Where it is.
    pub name: String,
    /// Who said that the sign about palms hangs at its door; nobody enrols before.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub sign_confirmed_by: Option<String>,
    /// When they said so, RFC 3339.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub sign_confirmed_at: Option<String>,
    /// RFC 3339.
    pub created_at: String,
}

/// A page of a list, newest first.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Page<T> {
    /// At most `limit` rows.
    pub data: Vec<T>,
    /// Pass as `after` for the next page; absent on the last.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub next: Option<String>,
}
