//! For the agent of a shop that may be cut off from its server.

use crate::{PaymentId, SiteId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// `POST /v1/offline_subsets`
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AskForSubset {
    /// Where the agent is. A key is for one agent at one site: what it is used with first.
    pub site: SiteId,
    /// The agent's X25519 public key, 32 bytes in base64, which the palms are sealed to.
    pub public_key: String,
}

/// Who may pay at a site while it is cut off, sealed to its agent.
#[derive(Clone, Serialize, Deserialize, ToSchema)]
pub struct SealedSubset {
    /// When it was made, by the server's clock. RFC 3339.
    pub issued_at: String,
    /// When it is worth nothing any more: a day later. RFC 3339.
    pub expires_at: String,
    /// How many people are in it.
    pub people: u32,
    /// HPKE (RFC 9180; X25519, HKDF-SHA256, ChaCha20-Poly1305, with a pre-shared key) in base64.
    pub sealed: String,
}

/// `POST /v1/offline_payments` (needs `Idempotency-Key`): what was taken while the shop was cut off.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OfflinePayment {
    /// The payment's id, which the agent made.
    pub id: PaymentId,
    /// Who paid: what came with them in the subset.
    pub pass: String,
    /// How much, in minor units.
    pub amount_minor: i64,
    /// The tip on top of it.
    #[serde(default)]
    pub tip_minor: i64,
    /// The merchant's currency, ISO 4217.
    pub currency: String,
    /// The till's own number for this sale.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub client_reference: Option<String>,
    /// When the shopper said yes. RFC 3339.
    pub taken_at: String,
}
