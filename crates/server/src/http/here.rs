//! This server as a browser reaches it.

use super::{Shared, layers::host};
use crate::app::Refusal;
use axum::{extract::FromRequestParts, http::request::Parts};
use handsel_api::Code;

/// `http://host` of the request, or `https://host` behind a proxy that says so: where a browser that leaves comes back to.
pub struct Here(pub String);

impl FromRequestParts<Shared> for Here {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, _: &Shared) -> Result<Here, Refusal> {
        let host = host::host(&parts.headers, &parts.uri);
        let host = host.ok_or_else(|| Refusal::header(Code::InvalidField, "host", "send the host that was asked"))?;
        let secure = parts.headers.get("x-forwarded-proto").is_some_and(|scheme| scheme == "https");
        Ok(Here(format!("{}://{host}", if secure { "https" } else { "http" })))
    }
}
