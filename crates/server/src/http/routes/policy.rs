//! What this installation does with palms.

use super::Shown;
use crate::app::App;
use axum::extract::State;
use handsel_api::policy::PublishedPolicy;

/// The policy
///
/// The very value that the notices are made of and that the job which erases obeys; as a page at `/policy`.
#[utoipa::path(
    get, path = "/policy.json", operation_id = "show_policy", tag = "consents",
    responses((status = 200, body = PublishedPolicy)),
)]
pub async fn show(State(app): State<App>) -> Shown<PublishedPolicy> {
    app.published_policy().await.map(axum::Json)
}
