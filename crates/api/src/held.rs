//! Palms that their owners carry: on a phone, or on a printed card. The operator keeps no template of them, and no key that opens one.

use crate::{HeldId, Private, references::Quality};
use serde::{Deserialize, Serialize};
use std::str::FromStr;
use utoipa::ToSchema;

/// What a palm is carried on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Carrier {
    /// A phone: it keeps the blob and its key, and shows both in a code that can be used once.
    Phone,
    /// A printed card: the blob alone, opened with a PIN.
    Card,
}

impl Carrier {
    /// The word for it in JSON, headers and the store.
    pub fn word(self) -> &'static str {
        match self {
            Carrier::Phone => "phone",
            Carrier::Card => "card",
        }
    }
}

impl FromStr for Carrier {
    type Err = ();

    fn from_str(word: &str) -> Result<Carrier, ()> {
        [Carrier::Phone, Carrier::Card].into_iter().find(|one| one.word() == word).ok_or(())
    }
}

/// What the operator knows of a palm that its owner carries.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Held {
    /// Its id.
    pub id: HeldId,
    /// What it is carried on.
    pub carrier: Carrier,
    /// What it takes to pay with it now.
    pub opens_with: OpensWith,
    /// RFC 3339.
    pub created_at: String,
}

/// What it takes to pay with a held palm.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum OpensWith {
    /// The hand.
    Palm,
    /// The hand and the PIN.
    PalmAndPin,
    /// Nothing: too many failures. Its owner unlocks it in their wallet.
    Locked,
    /// Nothing any more: it is of an epoch that was revoked. Enrol again.
    Revoked,
}

/// The answer to `POST /v1/subjects/{id}/held`: everything there is, for its owner alone. The operator keeps none of it but `held`.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct NewHeld {
    /// What the operator knows of it.
    pub held: Held,
    /// The sealed and signed palm, at most 700 bytes, base64url.
    pub blob: Private,
    /// For a phone: the key that only the phone keeps, 32 bytes, base64url.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub key: Option<Private>,
    /// For a phone: the public key, X25519, that what it shows is sealed to, base64url.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub shown_to: Option<String>,
    /// The capture's quality.
    pub quality: Quality,
}

/// The answer to `POST /v1/held/read`: a code that was seen in a frame.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct SeenCarrier {
    /// What the code holds, for the header `handsel-held` of `verify`; base64url.
    pub carried: Private,
    /// What was shown.
    pub carrier: Carrier,
    /// What it takes to pay with it now.
    pub opens_with: OpensWith,
}
