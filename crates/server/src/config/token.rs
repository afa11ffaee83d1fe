//! A PKCS#11 token that key-encryption keys are made in and never leave.

use serde::Deserialize;
use std::path::PathBuf;

/// Where the token is. Its PIN is in a file of its own, readable by its owner alone.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TokenConfig {
    /// The library that speaks to it, as its maker names it.
    pub module: PathBuf,
    /// The token's label.
    pub token: String,
    /// A file with the user's PIN.
    pub pin_file: PathBuf,
}
