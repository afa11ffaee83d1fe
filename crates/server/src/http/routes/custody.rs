//! The keys of sealed custody.

use super::Shown;
use crate::{
    app::{App, Caller},
    http::json::Nothing,
};
use axum::extract::State;
use handsel_api::custody::Custody;

/// Show the epochs and key-encryption keys
#[utoipa::path(
    get, path = "/v1/custody", operation_id = "get_custody", tag = "custody", security(("operator" = [])),
    responses((status = 200, body = Custody)),
)]
pub async fn show(State(app): State<App>, caller: Caller) -> Shown<Custody> {
    app.custody(&caller).await.map(axum::Json)
}

/// Revoke the current epoch, after a breach
///
/// A new one begins. Every palm is re-keyed in the background, while everything goes on and nobody has to come back; then the revoked
/// epoch's key is destroyed. Templates copied before match nothing here any more.
#[utoipa::path(
    post, path = "/v1/custody/revoke_epoch", operation_id = "revoke_epoch", tag = "custody", security(("operator" = [])),
    responses((status = 200, body = Custody), (status = 409, description = "`wrong_state`: palms are re-keyed still")),
)]
pub async fn revoke_epoch(State(app): State<App>, caller: Caller, _: Nothing) -> Shown<Custody> {
    app.revoke_epoch(&caller).await.map(axum::Json)
}

/// Make a new key-encryption key
///
/// Subjects' and epochs' keys are wrapped by it in the background; the one before is deleted when it wraps nothing.
#[utoipa::path(
    post, path = "/v1/custody/rotate_keys", operation_id = "rotate_keys", tag = "custody", security(("operator" = [])),
    responses((status = 200, body = Custody), (status = 409, description = "`wrong_state`: the last rotation goes on still")),
)]
pub async fn rotate_keys(State(app): State<App>, caller: Caller, _: Nothing) -> Shown<Custody> {
    app.rotate_keys(&caller).await.map(axum::Json)
}
