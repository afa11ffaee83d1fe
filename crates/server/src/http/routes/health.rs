//! Whether the process runs, and whether it can take a payment.

use crate::app::{App, Refusal};
use axum::{Json, extract::State};
use serde::Serialize;
use utoipa::ToSchema;

/// What a probe is told.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
pub struct Health {
    /// `ok`.
    #[schema(example = "ok")]
    status: &'static str,
}

/// Whether the process runs
#[utoipa::path(get, path = "/healthz", operation_id = "live", tag = "health", responses((status = 200, body = Health)))]
pub async fn live() -> Json<Health> {
    Json(Health { status: "ok" })
}

/// Whether the server can take a payment
#[utoipa::path(
    get, path = "/readyz", operation_id = "ready", tag = "health",
    responses((status = 200, body = Health), (status = 503, description = "`store_unavailable`, `log_unavailable` or `gallery_unavailable`, with the reason")),
)]
pub async fn ready(State(app): State<App>) -> Result<Json<Health>, Refusal> {
    app.ready().await.map(|()| Json(Health { status: "ok" }))
}
