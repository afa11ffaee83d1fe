//! "This wasn't me."

use super::Done;
use crate::{
    app::App,
    http::{json::Nothing, path::Id},
};
use axum::{extract::State, http::StatusCode};

/// Say "this wasn't me"
///
/// The palm that paid is frozen and the payment marked. The secret is the last part of the receipt's path; whoever has
/// it may say so. Doing it twice changes nothing.
#[utoipa::path(
    post, path = "/v1/receipts/{secret}/dispute", operation_id = "dispute", tag = "receipts",
    params(("secret" = String, Path, description = "The last part of `receipt_path`")),
    responses((status = 204, description = "Frozen"), (status = 404, description = "`not_found`")),
)]
pub async fn dispute(State(app): State<App>, Id(secret): Id<String>, _: Nothing) -> Done {
    app.dispute(&secret).await.map(|()| StatusCode::NO_CONTENT)
}
