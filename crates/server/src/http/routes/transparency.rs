//! What this installation answers to anybody.

use super::Shown;
use crate::app::App;
use axum::extract::State;
use handsel_api::transparency::Transparency;

/// What this installation answers
///
/// Everything from live data, at most ten seconds old; in words at `/transparency`.
#[utoipa::path(
    get, path = "/transparency.json", operation_id = "show_transparency", tag = "transparency",
    responses((status = 200, body = Transparency)),
)]
pub async fn show(State(app): State<App>) -> Shown<Transparency> {
    Ok(axum::Json((*app.transparency().await?).clone()))
}
