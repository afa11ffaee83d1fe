//! Notices and consents: what a subject is told, and their signed yes to it.

use crate::ConsentId;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Why a reference may be read. There is no other purpose to name: what is not here cannot be asked for, signed or logged.
///
/// ```
/// let known = handsel_api::consents::Purpose::Payment;
/// assert_eq!(known.word(), "payment");
/// ```
///
/// Advertising is not a purpose that is switched off. It does not compile:
///
/// ```compile_fail
/// let wanted = handsel_api::consents::Purpose::Advertising;
/// assert_eq!(wanted.word(), "advertising");
/// ```
///
/// Nor is making the product better one:
///
/// ```compile_fail
/// let wanted = handsel_api::consents::Purpose::Improvement;
/// assert_eq!(wanted.word(), "improvement");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Purpose {
    /// To pay.
    Payment,
    /// To be let through a door.
    Entry,
    /// To give a merchant one's number in its programme with the payment.
    Loyalty,
    /// To say that one is old enough.
    AgeCheck,
}

impl Purpose {
    /// Every purpose.
    pub const ALL: [Purpose; 4] = [Purpose::Payment, Purpose::Entry, Purpose::Loyalty, Purpose::AgeCheck];

    /// The word as it stands in JSON and in logs.
    pub fn word(self) -> &'static str {
        match self {
            Purpose::Payment => "payment",
            Purpose::Entry => "entry",
            Purpose::Loyalty => "loyalty",
            Purpose::AgeCheck => "age_check",
        }
    }

    /// Whether a palm is kept for it. A number in a programme comes with the payment, and no palm is read for it.
    pub fn keeps_a_palm(self) -> bool {
        !matches!(self, Purpose::Loyalty)
    }
}

/// A language that notices are written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Language {
    /// English.
    #[default]
    En,
    /// Spanish.
    Es,
}

impl Language {
    /// Every language.
    pub const ALL: [Language; 2] = [Language::En, Language::Es];

    /// Its BCP 47 tag.
    pub fn tag(self) -> &'static str {
        match self {
            Language::En => "en",
            Language::Es => "es",
        }
    }
}

/// `GET /v1/notices/{purpose}`: what a subject is told before signing.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Notice {
    /// What it is about.
    pub purpose: Purpose,
    /// Counts up with every change of the text.
    pub version: u32,
    /// Its language.
    pub language: Language,
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
    /// The hash of the notice that was shown, in the language it was shown in; must be the current one.
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
    /// The language it was read in; absent where an earlier version did not note it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub language: Option<Language>,
    /// What it was signed on: `kiosk:` with the site, `till:` with the merchant, `wallet`, or `operator`.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub device: Option<String>,
    /// RFC 3339.
    pub signed_at: String,
    /// RFC 3339; absent while it holds.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub revoked_at: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_spelt_as_serde_spells_them() {
        for purpose in Purpose::ALL {
            assert_eq!(serde_json::to_value(purpose).unwrap(), purpose.word());
        }
        for language in Language::ALL {
            assert_eq!(serde_json::to_value(language).unwrap(), language.tag());
        }
    }
}
