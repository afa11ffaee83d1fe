//! Who carries one-time codes.

use super::BaseUrl;
use serde::Deserialize;

/// Who carries one-time codes to people's mail or phone.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum CodesConfig {
    /// Nobody: they are written into `codes.txt` in the data folder, for trying.
    File,
    /// A service of the operator's: it gets a POST for each, signed like webhooks, and sends the mail or the message.
    Http {
        /// Where it listens: https, or http at loopback.
        url: BaseUrl,
    },
}
