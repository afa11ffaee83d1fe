//! Notices and consents: what a subject is told, and their signed yes to it.

use crate::ConsentId;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Why a reference may be read. There is no other purpose to name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Purpose {
    /// To pay.
    Payment,
    /// To give a merchant one's number in its programme with the payment.
    Loyalty,
}

/// `GET /v1/notices/{purpose}`: what a subject is told before signing.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Notice {
    /// What it is about.
    pub purpose: Purpose,
    /// Counts up with every change of the text.
    pub version: u32,
    /// BCP 47.
    pub language: String,
    /// Its heading.
    pub title: String,
    /// Its paragraphs, each a question and the answer.
    pub paragraphs: Vec<Paragraph>,
    /// SHA-256 of the text, lower-case hexadecimal; the signature is bound to it.
    pub sha256: String,
}

/// One question a notice answers.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Paragraph {
    /// The question.
    pub question: String,
    /// The answer.
    pub answer: String,
}

/// `POST /v1/subjects/{id}/consents`
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct GiveConsent {
    /// The purpose said yes to.
    pub purpose: Purpose,
    /// The version of the notice that was shown.
    pub notice_version: u32,
    /// The hash of the notice that was shown; must be the current one.
    pub notice_sha256: String,
    /// The name the subject typed to sign, 1–80 characters.
    pub signature: String,
}

/// A subject's signed, versioned, revocable yes to one purpose.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Consent {
    /// Its id.
    pub id: ConsentId,
    /// The purpose.
    pub purpose: Purpose,
    /// The notice's version.
    pub notice_version: u32,
    /// The notice's hash.
    pub notice_sha256: String,
    /// RFC 3339.
    pub signed_at: String,
    /// RFC 3339; absent while it holds.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub revoked_at: Option<String>,
}
