//! A name for every request, and its line in the log.
//!
//! Paths hold secrets (a wallet's, a receipt's, the administrator's link), so the log has the route's pattern and never
//! the path, the query, a header or a body.

use crate::app::Refusal;
use axum::{
    extract::{MatchedPath, Request},
    http::{HeaderName, HeaderValue},
    middleware::Next,
    response::Response,
};
use std::{fmt, time::Instant};
use tracing::Instrument;
use ulid::Ulid;

/// The header every answer has.
pub const HEADER: HeaderName = HeaderName::from_static("x-request-id");

/// A request's name. Made here and never taken from the client, so that nobody can write into the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RequestId(Ulid);

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "req_{}", self.0)
    }
}

/// Names the request, logs it with its outcome, and puts the name on the answer.
pub async fn name(mut request: Request, next: Next) -> Response {
    let id = RequestId(Ulid::from_parts(now_ms(), rand::random()));
    request.extensions_mut().insert(id);
    let route = request.extensions().get::<MatchedPath>().map_or("none", MatchedPath::as_str).to_owned();
    let span = tracing::info_span!("request", id = %id, method = %request.method(), route);
    async move {
        let started = Instant::now();
        let mut response = next.run(request).await;
        if let Ok(value) = HeaderValue::from_str(&id.to_string()) {
            // An answer that an agent passes on keeps the name it was given.
            response.headers_mut().entry(HEADER).or_insert(value);
        }
        let ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
        let status = response.status().as_u16();
        match response.extensions().get::<Refusal>().map(|refusal| refusal.code.name()) {
            Some(code) if status >= 500 => tracing::error!(status, ms, code, "failed"),
            Some(code) => tracing::info!(status, ms, code, "refused"),
            None => tracing::info!(status, ms, "answered"),
        }
        response
    }
    .instrument(span)
    .await
}

fn now_ms() -> u64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}
