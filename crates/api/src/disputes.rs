//! Disputes: somebody says that a payment is not theirs or not right. A recorded state; nothing here moves money.

use crate::{DisputeId, MerchantId, PaymentId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Who disputes a payment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum DisputeParty {
    /// Whoever holds the receipt: "this wasn't me".
    Shopper,
    /// The processor, for whoever issued the card.
    Processor,
    /// Whoever runs this installation.
    Operator,
}

/// Where a dispute stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum DisputeStatus {
    /// Not decided yet.
    Open,
    /// The merchant keeps the money.
    Won,
    /// The money is taken back from the merchant.
    Lost,
    /// Whoever disputed took it back.
    Withdrawn,
}

/// How a dispute ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum DisputeOutcome {
    /// The merchant keeps the money.
    Won,
    /// The money is taken back from the merchant.
    Lost,
    /// Whoever disputed took it back.
    Withdrawn,
}

/// Who may open a dispute by `POST /v1/payments/{id}/disputes`; a shopper does it with their receipt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum OpenedBy {
    /// The processor, for whoever issued the card.
    Processor,
    /// Whoever runs this installation.
    Operator,
}

/// `POST /v1/payments/{id}/disputes`
#[derive(Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OpenDispute {
    /// Who disputes.
    pub opened_by: OpenedBy,
    /// What the operator wants to remember, up to 500 characters. Nobody else sees it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    #[schema(max_length = 500)]
    pub note: Option<String>,
}

/// `POST /v1/disputes/{id}/close`
#[derive(Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CloseDispute {
    /// How it ends.
    pub outcome: DisputeOutcome,
    /// What the operator wants to remember, instead of what they noted before; up to 500 characters.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    #[schema(max_length = 500)]
    pub note: Option<String>,
}

/// One dispute. Its note may name a person, so it cannot be printed.
#[derive(Clone, Serialize, Deserialize, ToSchema)]
pub struct Dispute {
    /// Its id.
    pub id: DisputeId,
    /// About which payment.
    pub payment: PaymentId,
    /// Who sold.
    pub merchant: MerchantId,
    /// Who disputes.
    pub opened_by: DisputeParty,
    /// Where it stands.
    pub status: DisputeStatus,
    /// How much is disputed, in minor units: what remained paid when it was opened.
    pub amount_minor: i64,
    /// ISO 4217.
    pub currency: String,
    /// RFC 3339, UTC.
    pub opened_at: String,
    /// RFC 3339, UTC.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub closed_at: Option<String>,
    /// The operator's note; for the operator only.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub note: Option<String>,
}

impl From<DisputeOutcome> for DisputeStatus {
    fn from(outcome: DisputeOutcome) -> DisputeStatus {
        match outcome {
            DisputeOutcome::Won => DisputeStatus::Won,
            DisputeOutcome::Lost => DisputeStatus::Lost,
            DisputeOutcome::Withdrawn => DisputeStatus::Withdrawn,
        }
    }
}

impl From<OpenedBy> for DisputeParty {
    fn from(by: OpenedBy) -> DisputeParty {
        match by {
            OpenedBy::Processor => DisputeParty::Processor,
            OpenedBy::Operator => DisputeParty::Operator,
        }
    }
}
