//! Tills' keys: what each may do.

use crate::{KeyId, MerchantId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Whether a key moves real money.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum KeyMode {
    /// `hsk_test_…`: at the simulated processor only.
    #[default]
    Test,
    /// `hsk_live_…`: at a real processor only.
    Live,
}

/// One thing a key may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
pub enum Scope {
    /// Take payments: make, identify, confirm, cancel.
    #[serde(rename = "payments:write")]
    PaymentsWrite,
    /// See payments, refunds, sites and events.
    #[serde(rename = "payments:read")]
    PaymentsRead,
    /// Give money back.
    #[serde(rename = "refunds:write")]
    RefundsWrite,
    /// Enrol subjects.
    #[serde(rename = "subjects:write")]
    SubjectsWrite,
    /// Make scanners, and ask them to collect payments.
    #[serde(rename = "scanners:write")]
    ScannersWrite,
    /// Say where events are sent.
    #[serde(rename = "webhooks:write")]
    WebhooksWrite,
    /// Read settlements and other reports.
    #[serde(rename = "reports:read")]
    ReportsRead,
    /// Be the agent of a shop that may be cut off: get the palms of who pays there, and hand in what was taken meanwhile.
    #[serde(rename = "offline")]
    Offline,
}

impl Scope {
    /// Every scope.
    pub const ALL: [Scope; 8] = [
        Scope::PaymentsWrite,
        Scope::PaymentsRead,
        Scope::RefundsWrite,
        Scope::SubjectsWrite,
        Scope::ScannersWrite,
        Scope::WebhooksWrite,
        Scope::ReportsRead,
        Scope::Offline,
    ];

    /// What a key may do that was made without naming scopes: all that a till does.
    pub const TILL: [Scope; 7] = [
        Scope::PaymentsWrite,
        Scope::PaymentsRead,
        Scope::RefundsWrite,
        Scope::SubjectsWrite,
        Scope::ScannersWrite,
        Scope::WebhooksWrite,
        Scope::ReportsRead,
    ];

    /// Its word, as it stands in JSON.
    pub fn word(self) -> &'static str {
        match self {
            Scope::PaymentsWrite => "payments:write",
            Scope::PaymentsRead => "payments:read",
            Scope::RefundsWrite => "refunds:write",
            Scope::SubjectsWrite => "subjects:write",
            Scope::ScannersWrite => "scanners:write",
            Scope::WebhooksWrite => "webhooks:write",
            Scope::ReportsRead => "reports:read",
            Scope::Offline => "offline",
        }
    }
}

/// `POST /v1/merchants/{id}/keys`. The body may be left out: a test key that may do everything.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateKey {
    /// Whether it moves real money.
    #[serde(default)]
    pub mode: KeyMode,
    /// What it may do; when left out, every scope but `offline`.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub scopes: Option<Vec<Scope>>,
}

/// The answer to `POST /v1/merchants/{id}/keys`: the only time the key is shown.
#[derive(Clone, Serialize, Deserialize, ToSchema)]
pub struct NewKey {
    /// Its id, to revoke it by.
    pub id: KeyId,
    /// `Authorization: Bearer <key>`; only its hash is kept.
    #[schema(example = "hsk_test_…")]
    pub key: String,
}

/// A till's key, without the key.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Key {
    /// Its id.
    pub id: KeyId,
    /// Whose it is.
    pub merchant: MerchantId,
    /// Whether it moves real money.
    pub mode: KeyMode,
    /// How it begins and ends: `hsk_test_…9f3c`. Of a key that is older than this list, only how it begins.
    pub hint: String,
    /// What it may do.
    pub scopes: Vec<Scope>,
    /// RFC 3339.
    pub created_at: String,
    /// The day it was last used, `YYYY-MM-DD`.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub last_used_on: Option<String>,
    /// When it was revoked, RFC 3339.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub revoked_at: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_scope_is_spelt_as_serde_spells_it() {
        for scope in Scope::ALL {
            assert_eq!(serde_json::to_value(scope).unwrap(), scope.word());
        }
    }
}
