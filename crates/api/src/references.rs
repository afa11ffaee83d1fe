//! Enrolled palms, without anything biometric.

use crate::ReferenceId;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Which hand. A reference is of one of these two, here and in the store's own check.
///
/// ```
/// let enrolled = handsel_api::references::Hand::Left;
/// assert_eq!(serde_json::to_value(enrolled).unwrap(), "left");
/// ```
///
/// A face is none of them, so no reference to one can be named or stored:
///
/// ```compile_fail
/// let enrolled = handsel_api::references::Hand::Face;
/// assert_eq!(serde_json::to_value(enrolled).unwrap(), "face");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Hand {
    /// The left one.
    Left,
    /// The right one.
    Right,
}

/// One enrolled palm of a subject.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Reference {
    /// Its id.
    pub id: ReferenceId,
    /// Which hand.
    pub hand: Hand,
    /// How many captures it is made of, 1–3.
    pub captures: u32,
    /// RFC 3339.
    pub created_at: String,
}

/// The answer to `POST /v1/subjects/{id}/references`.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Enrolled {
    /// The palm this capture went to.
    pub reference: Reference,
    /// The capture's quality.
    pub quality: Quality,
}

/// How fit a capture is for comparison.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Quality {
    /// 0–100.
    pub score: u8,
    /// What lowers it, worst first.
    #[schema(example = json!(["too_dark"]))]
    pub reasons: Vec<String>,
}
