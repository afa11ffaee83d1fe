//! Webhooks: where events are sent, and how a receiver knows that they come from here
//! (<https://www.standardwebhooks.com>).

use crate::{MerchantId, WebhookEndpointId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// `POST /v1/webhook_endpoints`
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateWebhookEndpoint {
    /// Whose events; a till may leave it out.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub merchant: Option<MerchantId>,
    /// Where to: https, or http at this machine's loopback.
    #[schema(example = "https://till.example/hooks")]
    pub url: String,
}

/// Where a merchant's events are sent.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct WebhookEndpoint {
    /// Its id.
    pub id: WebhookEndpointId,
    /// Whose events.
    pub merchant: MerchantId,
    /// Where to.
    pub url: String,
    /// Whether events are still sent there.
    pub status: EndpointStatus,
    /// Since when nothing has arrived there, RFC 3339; absent while all is well.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub failing_since: Option<String>,
    /// RFC 3339.
    pub created_at: String,
}

/// Whether events are sent to an endpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum EndpointStatus {
    /// They are.
    Enabled,
    /// Nothing arrived for five days, or it answered that it is gone. Make it again to go on.
    Disabled,
}

/// The answer to making an endpoint, and to a new secret for it: the only times a secret is shown.
#[derive(Clone, Serialize, Deserialize, ToSchema)]
pub struct WebhookSecret {
    /// The endpoint.
    pub endpoint: WebhookEndpoint,
    /// Checks the signatures `v1,…` (HMAC-SHA256). After a new one, both are sent for 24 hours.
    #[schema(example = "whsec_…")]
    pub secret: String,
    /// Checks the signatures `v1a,…` (ed25519): this installation's public key, the same for every endpoint.
    #[schema(example = "whpk_…")]
    pub public_key: String,
}

/// `GET /v1/webhook_keys`
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct WebhookKeys {
    /// This installation's public keys; a signature `v1a,…` of any of them is good.
    pub public_keys: Vec<String>,
}
