//! How fast a till's key may ask: told on every answer, and kept to.

use crate::{
    app::{App, Pace, Refusal},
    http::caller,
};
use axum::{
    extract::{Request, State},
    http::{HeaderName, HeaderValue, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use handsel_api::{Code, KeyId};

/// What is allowed, <https://datatracker.ietf.org/doc/draft-ietf-httpapi-ratelimit-headers/>.
const POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");
/// What is left of it.
const LEFT: HeaderName = HeaderName::from_static("ratelimit");

/// Which key an answer was given to.
#[derive(Clone)]
pub struct Paced {
    /// Its id.
    pub key: KeyId,
    /// How it begins and ends.
    pub hint: String,
}

/// Counts a request by a key, and refuses what is too much at once. Whoever asks without a key is not counted: sessions are
/// this server's own pages.
pub async fn keep(State(app): State<App>, request: Request, next: Next) -> Response {
    let counted = caller::token(request.headers()).and_then(|token| app.pace(token));
    let Some((key, pace)) = counted else { return next.run(request).await };
    let mut response = match pace.wait {
        None => next.run(request).await,
        Some(_) => too_fast(&pace),
    };
    let headers = response.headers_mut();
    for (name, value) in
        [(POLICY, format!("\"key\";q={};w=1", pace.per_s)), (LEFT, format!("\"key\";r={};t=1", pace.left))]
    {
        if let Ok(value) = HeaderValue::from_str(&value) {
            headers.insert(name, value);
        }
    }
    if let Some(wait) = pace.wait {
        // Whole seconds, and never none.
        headers.insert(header::RETRY_AFTER, HeaderValue::from(wait.as_secs() + 1));
    }
    response.extensions_mut().insert(Paced { key: key.id, hint: key.hint.clone() });
    response
}

fn too_fast(pace: &Pace) -> Response {
    Refusal::new(Code::TooManyRequests, format!("At most {} requests a second by one key.", pace.per_s)).into_response()
}
