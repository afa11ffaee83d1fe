//! Who sees that the transparency log only grows.

use handsel_log::VerifierKey;
use serde::{Deserialize, Deserializer, de::Error};
use std::fmt;

/// A witness (c2sp.org/tlog-witness): where it is asked, and by which key its signature is checked.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WitnessConfig {
    /// Its address, below which is `/add-checkpoint`.
    pub url: String,
    /// Its key, as it says it when it starts: `name+id+key`.
    #[serde(deserialize_with = "key")]
    pub key: VerifierKey,
}

impl fmt::Debug for WitnessConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "WitnessConfig({})", self.key.name())
    }
}

fn key<'de, D: Deserializer<'de>>(deserializer: D) -> Result<VerifierKey, D::Error> {
    String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
}
