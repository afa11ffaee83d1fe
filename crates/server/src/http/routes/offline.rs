//! For the agent of a shop that may be cut off from this server.

use crate::{
    app::{App, Caller},
    http::{
        json::Json,
        once::{IdempotencyKey, Once},
    },
};
use axum::{extract::State, http::StatusCode, response::Response};
use handsel_api::{
    keys::Scope,
    offline::{AskForSubset, OfflinePayment, SealedSubset},
    payments::Payment,
};

/// Get who may pay at a site while it is cut off
///
/// Whoever paid there with their palm within 30 days, agreed to this and gave a phone; the last 500. Good for 24 hours. Off unless the
/// operator sets `offline`.
#[utoipa::path(
    post, path = "/v1/offline_subsets", operation_id = "get_offline_subset", tag = "offline",
    security(("key" = [])),
    request_body = AskForSubset,
    responses(
        (status = 200, body = SealedSubset),
        (status = 403, description = "`forbidden`: also where `offline` is not set, and for a key that another agent uses"),
        (status = 404, description = "`not_found`"),
        (status = 422, description = "`invalid_field`"),
    ),
)]
pub async fn subset(
    State(app): State<App>,
    caller: Caller,
    Json(ask): Json<AskForSubset>,
) -> super::Shown<SealedSubset> {
    app.offline_subset(&caller, ask).await.map(axum::Json)
}

/// Hand in what was taken while the shop was cut off
///
/// Charged once, however often it is sent. The limits hold here as well. What cannot be charged – who paid has left since, or has no card –
/// is an answer, `"status": "declined"` with `offline_at`: the shop's loss.
#[utoipa::path(
    post, path = "/v1/offline_payments", operation_id = "hand_in_offline_payment", tag = "offline",
    security(("key" = [])),
    params(IdempotencyKey),
    request_body = OfflinePayment,
    responses(
        (status = 201, body = Payment),
        (status = 409, description = "`idempotency_conflict`"),
        (
            status = 422,
            description = "`invalid_field`, `amount_out_of_range`, `currency_mismatch`, `idempotency_mismatch`",
        ),
        (status = 503, description = "`processor_unavailable`"),
    ),
)]
pub async fn take(once: Once<OfflinePayment>) -> Response {
    once.answer(StatusCode::CREATED, Scope::Offline, async |app, caller, _, taken| {
        app.take_offline(&caller, taken).await
    })
    .await
}
