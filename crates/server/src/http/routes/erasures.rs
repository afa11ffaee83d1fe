//! Leaving at a till, and receipts of having left.

use super::Shown;
use crate::{
    app::{App, Caller},
    http::{json::Json, path::Id},
};
use axum::extract::State;
use handsel_api::{
    erasure::{EraseRequest, ErasureReceipt},
    subjects::Erased,
};

/// Erase somebody at a till, by what they hold
///
/// The link from their enrolment, or a receipt of theirs from this merchant with the last digits of their phone. No palm is asked for.
/// A key needs the scope `subjects:write`.
#[utoipa::path(
    post, path = "/v1/erasures", operation_id = "erase_at_till", tag = "subjects",
    security(("operator" = []), ("key" = []), ("kiosk" = [])),
    request_body = EraseRequest,
    responses(
        (status = 200, body = Erased),
        (status = 403, description = "`forbidden`, `step_up_failed`"),
        (status = 404, description = "`not_found`"),
        (status = 409, description = "`wrong_state`: nobody who is still here paid that by palm"),
        (status = 422, description = "`invalid_field`"),
        (status = 429, description = "`too_many_attempts`"),
    ),
)]
pub async fn at_till(State(app): State<App>, caller: Caller, Json(request): Json<EraseRequest>) -> Shown<Erased> {
    app.erase_at_till(&caller, request).await.map(axum::Json)
}

/// Show the receipt of an erasure
///
/// Signed; `handsel verify-erasure` checks it. The same path without `/v1` is a page to print.
#[utoipa::path(
    get, path = "/v1/erasures/{id}", operation_id = "show_erasure", tag = "subjects",
    params(("id" = String, Path, description = "What stands on the receipt")),
    responses((status = 200, body = ErasureReceipt), (status = 404, description = "`not_found`")),
)]
pub async fn show(State(app): State<App>, Id(id): Id<String>) -> Shown<ErasureReceipt> {
    app.erasure_receipt(&id).await.map(axum::Json)
}
