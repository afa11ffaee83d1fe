//! Receipts for whoever holds their secret, and "this wasn't me."

use super::{Done, Shown};
use crate::{
    app::App,
    http::{json::Nothing, path::Id},
};
use axum::{extract::State, http::StatusCode};
use handsel_api::receipts::Receipt;

/// Show a receipt
///
/// The secret is the last part of the payment's `receipt_path`; whoever has it may see the receipt. The same path with
/// `.txt` (plain text for a till's printer, `?columns=32` or `42`), `.pdf` or `.json` at its end, and without `/v1`, is the receipt
/// in that form.
#[utoipa::path(
    get, path = "/v1/receipts/{secret}", operation_id = "show_receipt", tag = "receipts",
    params(("secret" = String, Path, description = "The last part of `receipt_path`")),
    responses((status = 200, body = Receipt), (status = 404, description = "`not_found`")),
)]
pub async fn show(State(app): State<App>, Id(secret): Id<String>) -> Shown<Receipt> {
    app.receipt(&secret).await.map(axum::Json)
}

/// Say "this wasn't me"
///
/// The palm that paid is frozen and a dispute opened. The secret is the last part of the receipt's path; whoever has
/// it may say so. Doing it twice changes nothing.
#[utoipa::path(
    post, path = "/v1/receipts/{secret}/dispute", operation_id = "dispute", tag = "receipts",
    params(("secret" = String, Path, description = "The last part of `receipt_path`")),
    responses(
        (status = 204, description = "Frozen"),
        (status = 404, description = "`not_found`"),
        (status = 409, description = "`wrong_state`: paid by card"),
    ),
)]
pub async fn dispute(State(app): State<App>, Id(secret): Id<String>, _: Nothing) -> Done {
    app.dispute(&secret).await.map(|()| StatusCode::NO_CONTENT)
}
