//! A refusal's way onto the wire: handlers return it, one layer writes it as `application/problem+json`.

use super::layers::request_id::RequestId;
use crate::app::Refusal;
use axum::{
    body::Body,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use handsel_api::Problem;

/// The media type of RFC 9457.
pub const PROBLEM_JSON: &str = "application/problem+json";

impl Refusal {
    /// A refusal that names a header.
    pub fn header(code: handsel_api::Code, header: &'static str, detail: impl Into<String>) -> Refusal {
        Refusal::field(code, header, detail)
    }
}

/// An empty answer with the refusal in its extensions; the layer writes the body, because only it knows the request id.
impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let mut response = StatusCode::INTERNAL_SERVER_ERROR.into_response();
        *response.status_mut() = status(&self);
        response.extensions_mut().insert(self);
        response
    }
}

/// The HTTP status of a refusal.
pub fn status(refusal: &Refusal) -> StatusCode {
    StatusCode::from_u16(refusal.code.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}

/// A refusal as the API words it.
pub fn problem(refusal: &Refusal, id: &RequestId) -> Problem {
    Problem {
        kind: format!("/problems/{}", refusal.code.name()),
        title: refusal.code.title().to_owned(),
        status: refusal.code.status(),
        code: refusal.code,
        detail: refusal.detail.clone(),
        field: refusal.field.clone(),
        quality: refusal.quality.clone(),
        request_id: id.to_string(),
    }
}

/// A problem's bytes.
pub fn bytes(problem: &Problem) -> Vec<u8> {
    serde_json::to_vec(problem).unwrap_or_else(|_| b"{}".to_vec())
}

/// Writes the body of an answer that carries a refusal, keeping the headers it has (such as `allow`).
pub fn write(mut response: Response, body: Vec<u8>, media_type: &'static str) -> Response {
    response.headers_mut().remove(header::CONTENT_LENGTH);
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type));
    *response.body_mut() = Body::from(body);
    response
}
