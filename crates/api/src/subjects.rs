//! Subjects and the cards they pay with.

use crate::{
    CardSetupId, PaymentMethodId, SiteId, SubjectId, consents::Consent, erasure::ErasureReceipt, references::Reference,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// `POST /v1/subjects`
#[derive(Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateSubject {
    /// Where they enrol.
    pub site: SiteId,
    /// What they want to be called, 1–40 characters. Only its initials are ever shown at a till.
    pub display_name: String,
    /// They said that they are as old as the policy asks (`minimum_age`). Nobody younger is signed up.
    pub of_age: bool,
    /// The last four digits of their phone, asked for when a palm alone is not sure enough. Optional: without it such a
    /// payment goes by card.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub phone_last4: Option<String>,
}

/// The answer to `POST /v1/subjects`: the only time the wallet link is shown.
#[derive(Clone, Serialize, Deserialize, ToSchema)]
pub struct CreatedSubject {
    /// The subject.
    pub subject: Subject,
    /// The path of their wallet; whoever has it can see receipts, freeze and delete. Only its hash is kept.
    #[schema(example = "/wallet/hsw_…")]
    pub wallet_path: String,
    /// The path of a page that erases them and does nothing else, for whoever has no wallet; shown only now as well.
    #[schema(example = "/leave/hsl_…")]
    pub leave_path: String,
}

/// Whether palms of a subject are looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum SubjectStatus {
    /// Palms work.
    Active,
    /// Palms are out of use until the subject says otherwise.
    Frozen,
}

/// The person references belong to, as they and the operator may see them. No biometric data.
#[derive(Clone, Serialize, Deserialize, ToSchema)]
pub struct Subject {
    /// Their id at this operator.
    pub id: SubjectId,
    /// What they want to be called.
    pub display_name: String,
    /// Whether palms work.
    pub status: SubjectStatus,
    /// Every consent, newest first.
    pub consents: Vec<Consent>,
    /// Every enrolled palm.
    pub references: Vec<Reference>,
    /// Every card, the one that pays first.
    pub payment_methods: Vec<PaymentMethod>,
    /// RFC 3339.
    pub created_at: String,
}

/// `POST /v1/subjects/{id}/payment_methods`
#[derive(Debug, Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AddPaymentMethod {
    /// Which simulated card. No card number ever enters this process.
    pub sandbox_card: SandboxCard,
}

/// `POST /v1/subjects/{id}/card_setups`
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateCardSetup {
    /// Where the browser goes once the card is linked, an `http` or `https` URL; the wallet, if left out.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub return_url: Option<String>,
}

/// A page of the processor's own where a subject names a card: no card number ever enters this process.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct CardSetup {
    /// Its id.
    pub id: CardSetupId,
    /// Where the subject's browser goes now. It comes back here, and then to `return_url`.
    pub redirect_url: String,
}

/// The cards the simulated processor knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum SandboxCard {
    /// Visa •• 4242: every charge is approved.
    VisaApproved,
    /// Mastercard •• 4444: every charge is approved.
    MastercardApproved,
    /// Visa •• 0002: every charge is declined.
    VisaDeclined,
}

/// A card a subject pays with, as far as anyone here knows it.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct PaymentMethod {
    /// Its id.
    pub id: PaymentMethodId,
    /// Its face.
    pub card: Card,
}

/// What may stand on a receipt of a card.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Card {
    /// The scheme.
    #[schema(example = "visa")]
    pub brand: String,
    /// The last four digits.
    #[schema(example = "4242")]
    pub last4: String,
}

/// The answer to `DELETE /v1/subjects/{id}`.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Erased {
    /// Who is gone.
    pub id: SubjectId,
    /// How many palms were erased from memory and store.
    pub references: u32,
    /// How many receipts the law wants kept remain, without any link to a person.
    pub unlinked_payments: u32,
    /// RFC 3339.
    pub erased_at: String,
    /// Only under a legal hold, RFC 3339: until then the sealed records are kept where nothing can search or use them, and
    /// then they are erased. Everything else is gone already.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub held_until: Option<String>,
    /// Signed, and for whoever left to keep. It is a page at `/erasures/{id}`.
    pub receipt: ErasureReceipt,
}
