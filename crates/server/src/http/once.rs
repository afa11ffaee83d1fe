//! Requests that move money: each is done once, however often it is sent.

use super::{
    Shared, body,
    caller::caller,
    json,
    layers::{request_id::RequestId, to_the_end::broken},
    problem,
};
use crate::app::{Answer, App, Begun, Caller, Refusal, RequestKey};
use axum::{
    body::Bytes,
    extract::{FromRequest, Request},
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header, request::Parts},
    response::{IntoResponse, Response},
};
use handsel_api::{Code, keys::Scope};
use serde::{Serialize, de::DeserializeOwned};
use sha2::{Digest, Sha256};
use tracing::{Instrument, Span};

/// The header that names a request for its caller.
pub const KEY: HeaderName = HeaderName::from_static("idempotency-key");

/// The header of an answer that was given before.
pub const REPLAYED: HeaderName = HeaderName::from_static("idempotent-replayed");

/// The longest key in bytes.
const MAX_KEY_BYTES: usize = 255;

/// A request that is done once: who asks, the key they named it by, and its body.
pub struct Once<T> {
    app: App,
    id: RequestId,
    caller: Caller,
    key: String,
    hash: [u8; 32],
    body: T,
}

impl<T: DeserializeOwned> FromRequest<Shared> for Once<T> {
    type Rejection = Refusal;

    async fn from_request(request: Request, shared: &Shared) -> Result<Once<T>, Refusal> {
        let (parts, body) = request.into_parts();
        let caller = caller(&shared.app, &parts.headers).await?;
        let key = key(&parts.headers)?;
        let bytes = body::read(&parts.headers, body, json::MAX_BYTES, json::too_large).await?;
        let id = *parts.extensions.get::<RequestId>().ok_or_else(broken)?;
        let hash = hash(&parts, &bytes);
        let body = if bytes.is_empty() { json::empty()? } else { json::parse(&parts.headers, &bytes)? };
        Ok(Once { app: shared.app.clone(), id, caller, key, hash, body })
    }
}

impl<T> Once<T> {
    /// Does `act` and answers with `success`, unless this request was answered before or is still running, or its key lacks
    /// `scope`. What it answers below 500 is kept for its repeats.
    pub async fn answer<A, F, R>(self, success: StatusCode, scope: Scope, act: A) -> Response
    where
        A: FnOnce(App, Caller, RequestKey, T) -> F,
        F: Future<Output = Answer<R>> + Send + 'static,
        R: Serialize + Send + 'static,
    {
        let Once { app, id, caller, key, hash, body } = self;
        // Answers are kept for a merchant, whichever of its keys asks; so whoever may not ask does not get one either.
        if let Err(refusal) = caller.needs(scope) {
            return refusal.into_response();
        }
        let request = match app.idempotency_begin(&caller, &key, hash).await {
            Ok(Begun::Fresh(request)) => request,
            Ok(Begun::Replay { status, body }) => return replay(status, body),
            Ok(Begun::InFlight) => return refuse(Code::IdempotencyConflict, "the first request is still running"),
            Ok(Begun::Mismatch) => {
                return refuse(Code::IdempotencyMismatch, "this key came with another path or body before");
            }
            Err(refusal) => return refusal.into_response(),
        };
        // A task of its own, so that a panic in it still lets go of the key.
        let task = tokio::spawn(act(app.clone(), caller, request, body).instrument(Span::current()));
        let outcome = task.await.unwrap_or_else(|_| Err(broken()));
        let (status, bytes) = match &outcome {
            Ok(value) => (success, serde_json::to_vec(value).unwrap_or_default()),
            Err(refusal) => (problem::status(refusal), problem::bytes(&problem::problem(refusal, &id))),
        };
        // A 403 is about who asks, not about what is asked.
        if status.is_server_error() || status == StatusCode::FORBIDDEN {
            app.idempotency_forget(&caller, &key);
        } else {
            app.idempotency_finish(&caller, &key, status.as_u16(), &bytes);
        }
        match outcome {
            Ok(_) => json_answer(status, bytes),
            Err(refusal) => refusal.into_response(),
        }
    }
}

/// Why a key is needed, as the API's description words it.
#[derive(utoipa::IntoParams)]
#[into_params(parameter_in = Header)]
#[expect(dead_code, reason = "only describes")]
pub struct IdempotencyKey {
    /// A fresh random text per sale, 1–255 visible ASCII characters, and the same one again on a retry.
    #[param(rename = "Idempotency-Key", min_length = 1, max_length = 255, example = "till4-000981")]
    idempotency_key: String,
}

pub(crate) fn key(headers: &HeaderMap) -> Result<String, Refusal> {
    let missing =
        || Refusal::header(Code::IdempotencyKeyMissing, "idempotency-key", "send a fresh random key per sale");
    let mut sent = headers.get_all(KEY).iter();
    let key = sent.next().ok_or_else(missing)?.as_bytes();
    let fits = (1..=MAX_KEY_BYTES).contains(&key.len()) && key.iter().all(u8::is_ascii_graphic);
    let text = std::str::from_utf8(key).ok().filter(|_| fits && sent.next().is_none());
    text.map(str::to_owned).ok_or_else(|| {
        let detail = "one key of 1 to 255 visible ASCII characters without spaces";
        Refusal::header(Code::InvalidField, "idempotency-key", detail)
    })
}

fn hash(parts: &Parts, body: &Bytes) -> [u8; 32] {
    let mut hash = Sha256::new();
    for part in [parts.method.as_str().as_bytes(), parts.uri.path().as_bytes(), body] {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    hash.finalize().into()
}

fn replay(status: u16, body: Vec<u8>) -> Response {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = json_answer(status, body);
    response.headers_mut().insert(REPLAYED, HeaderValue::from_static("true"));
    response
}

fn json_answer(status: StatusCode, body: Vec<u8>) -> Response {
    let media_type = if status.as_u16() < 400 { "application/json" } else { problem::PROBLEM_JSON };
    (status, [(header::CONTENT_TYPE, HeaderValue::from_static(media_type))], body).into_response()
}

fn refuse(code: Code, detail: &str) -> Response {
    Refusal::header(code, "idempotency-key", detail).into_response()
}
