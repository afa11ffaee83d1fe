//! What this installation answers to anybody.

use super::Answer;
use crate::app::App;
use axum::{
    extract::State,
    http::header,
    response::{IntoResponse, Response},
};
use handsel_api::transparency::Transparency;

/// What this installation answers
///
/// Everything from live data, at most ten seconds old; in words at `/transparency`.
#[utoipa::path(
    get, path = "/transparency.json", operation_id = "show_transparency", tag = "transparency",
    responses((status = 200, body = Transparency)),
)]
pub async fn show(State(app): State<App>) -> Answer<Response> {
    let told = app.transparency().await?;
    Ok(([(header::CONTENT_TYPE, "application/json")], told.json().to_owned()).into_response())
}

/// What this installation answers, signed
///
/// A signed note (c2sp.org/signed-note): `/transparency.json` on one line, an empty one, and a signature by the key at `/log/key`. The answers
/// name the log's newest checkpoint. `handsel log verify --answers` checks it.
#[utoipa::path(
    get, path = "/transparency.note", operation_id = "show_transparency_note", tag = "transparency",
    responses((status = 200, body = String, content_type = "text/plain")),
)]
pub async fn show_note(State(app): State<App>) -> Answer<Response> {
    let told = app.transparency().await?;
    Ok(([(header::CONTENT_TYPE, "text/plain; charset=utf-8")], told.note.clone()).into_response())
}
