//! Sealed custody: under which keys an operator's vault keeps palms.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// An installation's epochs and key-encryption keys. Says nothing about any key itself.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Custody {
    /// Every epoch there was, newest first.
    pub epochs: Vec<Epoch>,
    /// How many templates are of an older epoch than the current one.
    pub templates_to_rekey: u64,
    /// Every key-encryption key that wraps something, oldest first.
    pub wrapping_keys: Vec<WrappingKey>,
    /// The number of the key-encryption key that wraps what is new.
    pub newest_wrapping_key: i64,
}

/// A time in which all templates were kept under one transform, whose key is destroyed at its end.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Epoch {
    /// Its number.
    pub number: i64,
    /// Where it stands.
    pub status: EpochStatus,
    /// How many templates are of it.
    pub templates: u64,
    /// When it began. RFC 3339.
    pub began_at: String,
    /// When its key was destroyed. RFC 3339.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub ended_at: Option<String>,
}

/// Where an epoch stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum EpochStatus {
    /// New templates are of it.
    Current,
    /// Its templates are re-keyed.
    Retiring,
    /// No template is of it, and its key is destroyed.
    Revoked,
}

/// What subjects' and epochs' keys are wrapped by.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct WrappingKey {
    /// Its number.
    pub number: i64,
    /// How many keys it wraps.
    pub wraps: u64,
}
