//! What the formats are made of: numbers, Base64 and key names, each with exactly one spelling.

use base64::{Engine, engine::general_purpose::STANDARD};

/// Bytes as Base64: RFC 4648 section 4, with padding.
pub fn base64(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}

/// Reads Base64, and refuses what [`base64`] would have written otherwise, such as bits behind the end.
pub fn from_base64(text: &str) -> Option<Vec<u8>> {
    STANDARD.decode(text).ok()
}

/// An ASCII decimal without leading zeroes.
pub(crate) fn decimal(text: &str) -> Option<u64> {
    let plain = text.bytes().all(|byte| byte.is_ascii_digit()) && (text == "0" || !text.starts_with('0'));
    plain.then(|| text.parse().ok()).flatten()
}
