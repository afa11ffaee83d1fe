//! What was done with a subject's palms and records, as the transparency log has it.

use crate::{PaymentId, ScannerId, SiteId, consents::Purpose};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Something that was done with a subject's palms or records.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Use {
    /// Which entry of the log it is, from 0.
    pub entry: u64,
    /// What was done: `enrol`, `match`, `step_up`, `held_palm`, `staff_access`, `consent_given`, `consent_withdrawn`, `erasure`.
    pub kind: String,
    /// When. RFC 3339.
    pub at: String,
    /// What for.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub purpose: Option<Purpose>,
    /// Where.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub site: Option<SiteId>,
    /// What that site is called.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub site_name: Option<String>,
    /// Which scanner, where a till asked one.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub scanner: Option<ScannerId>,
    /// For which payment.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub payment: Option<PaymentId>,
    /// What came of it: `found`, `probably`, `no_consent`, `taken`, `verified`, `different` or `carried` for a `match`, `passed` or `failed`
    /// for a `step_up`, `given`, `wrong_pin`, `locked`, `unlocked` or `given_up` for a `held_palm`.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub outcome: Option<String>,
    /// The proof that the entry is in the log and says this (c2sp.org/tlog-proof), checked before it is given; absent for the second or
    /// two until it is published.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub proof: Option<String>,
}
