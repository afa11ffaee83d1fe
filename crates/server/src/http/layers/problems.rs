//! Writes every refusal: `application/problem+json` for programs, a page for somebody at a browser.

use super::request_id::RequestId;
use crate::{app::Refusal, http::problem};
use axum::{
    Extension,
    extract::Request,
    http::{HeaderMap, header},
    middleware::Next,
    response::Response,
};

/// Writes the body of an answer that carries a refusal.
pub async fn write(Extension(id): Extension<RequestId>, request: Request, next: Next) -> Response {
    let page = !request.uri().path().starts_with("/v1/") && wants_html(request.headers());
    let response = next.run(request).await;
    let Some(refusal) = response.extensions().get::<Refusal>() else { return response };
    let problem = problem::problem(refusal, &id);
    if page {
        let body = crate::pages::problem(&problem).into_bytes();
        return problem::write(response, body, "text/html; charset=utf-8");
    }
    problem::write(response, problem::bytes(&problem), problem::PROBLEM_JSON)
}

/// Whether a browser asks.
pub fn wants_html(headers: &HeaderMap) -> bool {
    headers.get(header::ACCEPT).and_then(|v| v.to_str().ok()).is_some_and(|accept| accept.contains("text/html"))
}
