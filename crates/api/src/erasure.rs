//! Leaving, and the proof of it.

use crate::Private;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// `POST /v1/erasures`: who is to be erased, said by what they hold. Never a palm.
#[derive(Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, tag = "by", rename_all = "snake_case")]
pub enum EraseRequest {
    /// The link that was given at enrolment, or its last part.
    Link {
        /// `hsl_…`
        #[schema(value_type = String, example = "hsl_…")]
        link: Private,
    },
    /// A receipt of a payment by palm at this merchant, and the last four digits of the phone that was given at enrolment.
    Receipt {
        /// The last part of the receipt's path.
        #[schema(value_type = String)]
        receipt: Private,
        /// Three wrong answers end it, as at a step-up.
        #[schema(value_type = String, example = "1815")]
        phone_last4: Private,
    },
}

/// What is given to whoever left. It names nobody: keep it, and show it to whoever says that something was kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ErasureReceipt {
    /// What the erased subject is remembered by, so that no backup brings them back. It says nothing without the installation's key.
    pub id: String,
    /// When it was asked for, RFC 3339.
    pub asked_at: String,
    /// When everything was erased, RFC 3339; none yet while a legal hold stands.
    pub erased_at: Option<String>,
    /// Only under a legal hold: when it ends, RFC 3339. Until then sealed records lie where nothing can search or use them.
    pub held_until: Option<String>,
    /// How many palms were erased.
    pub references: u32,
    /// How many receipts the law wants kept remain, without any link to a person.
    pub unlinked_payments: u32,
    /// Whether the key is destroyed under which everything was sealed, so that no copy of it opens.
    pub key_destroyed: bool,
    /// The installation's key for signatures, as `GET /v1/webhook_keys` shows it.
    pub public_key: String,
    /// ed25519 in base64, over [`ErasureReceipt::signed_text`].
    pub signature: String,
}

impl ErasureReceipt {
    /// What is signed: a line for each thing it says.
    pub fn signed_text(&self) -> String {
        let time = |at: &Option<String>| at.clone().unwrap_or_else(|| "never".to_owned());
        format!(
            "handsel/1/erasure\nid: {}\nasked_at: {}\nerased_at: {}\nheld_until: {}\nreferences: {}\nunlinked_payments: {}\nkey_destroyed: {}\n",
            self.id,
            self.asked_at,
            time(&self.erased_at),
            time(&self.held_until),
            self.references,
            self.unlinked_payments,
            self.key_destroyed,
        )
    }
}
