//! `/problems/{code}`: what a problem's `type` points at.

use crate::{
    app::Refusal,
    http::{Shared, path::Id},
};
use axum::{
    Json, Router,
    http::{HeaderMap, header},
    response::{Html, IntoResponse, Response},
    routing::get,
};
use handsel_api::Code;
use serde::Serialize;

/// Everything there is to say about one code.
#[derive(Serialize)]
struct Explained {
    code: Code,
    status: u16,
    title: &'static str,
    advice: &'static str,
}

/// The page.
pub fn routes() -> Router<Shared> {
    Router::new().route("/problems/{code}", get(show))
}

/// As a page for somebody at a browser, as JSON for programs.
async fn show(headers: HeaderMap, Id(name): Id<String>) -> Result<Response, Refusal> {
    let known = Code::ALL.iter().find(|code| code.name() == name);
    let code = *known.ok_or_else(|| Refusal::new(Code::NotFound, "no problem has that code"))?;
    let accept = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok());
    if accept.is_some_and(|accept| accept.contains("text/html")) {
        return Ok(Html(crate::pages::explained(code)).into_response());
    }
    let explained = Explained { code, status: code.status(), title: code.title(), advice: code.advice() };
    Ok(Json(explained).into_response())
}
