//! Requests as they were answered, for whoever writes a till.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// One request. Nothing of what was sent or answered: no body, no query, no id in the path.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct RequestLine {
    /// When it was answered, RFC 3339.
    pub at: String,
    /// Also in the answer's `x-request-id`.
    pub request_id: String,
    /// The HTTP method.
    pub method: String,
    /// The path with the names of its parts instead of them: `/v1/payments/{id}`.
    pub route: String,
    /// The HTTP status.
    pub status: u16,
    /// How long it took, in milliseconds.
    pub ms: u64,
    /// The problem's code, when it was refused.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub code: Option<String>,
    /// How the key it came with begins and ends.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub key: Option<String>,
}
