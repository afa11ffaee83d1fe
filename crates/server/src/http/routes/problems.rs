//! `/problems/{code}`: what a problem's `type` points at.

use crate::{
    app::Refusal,
    http::{Shared, layers::problems::wants_html, path::Id},
};
use axum::{
    Json, Router,
    http::HeaderMap,
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
    if wants_html(&headers) {
        return Ok(Html(crate::pages::explained(code)).into_response());
    }
    let explained = Explained { code, status: code.status(), title: code.title(), advice: code.advice() };
    Ok(Json(explained).into_response())
}
