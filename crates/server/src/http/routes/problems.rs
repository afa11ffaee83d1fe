//! `/problems/{code}`: what a problem's `type` points at.

use crate::{
    app::Refusal,
    http::{Shared, path::Id},
};
use axum::{Json, Router, routing::get};
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

async fn show(Id(name): Id<String>) -> Result<Json<Explained>, Refusal> {
    let known = Code::ALL.iter().find(|code| code.name() == name);
    let code = *known.ok_or_else(|| Refusal::new(Code::NotFound, "no problem has that code"))?;
    Ok(Json(Explained { code, status: code.status(), title: code.title(), advice: code.advice() }))
}
