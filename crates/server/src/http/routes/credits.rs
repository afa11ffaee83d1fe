//! A subject's credits.

use super::Shown;
use crate::{
    app::{App, Caller},
    http::{json::Nothing, path::Id},
};
use axum::extract::State;
use handsel_api::{SubjectId, credits::Credit};

/// List a subject's credits, newest first
#[utoipa::path(
    get, path = "/v1/subjects/{id}/credits", operation_id = "list_credits", tag = "credits",
    security(("operator" = []), ("wallet" = [])),
    params(("id" = SubjectId, Path, description = "The subject")),
    responses((status = 200, body = Vec<Credit>), (status = 404, description = "`not_found`")),
)]
pub async fn list(State(app): State<App>, caller: Caller, Id(subject): Id<SubjectId>) -> Shown<Vec<Credit>> {
    app.credits(&caller, subject).await.map(axum::Json)
}

/// Take back what is left of a subject's credits
///
/// For the operator, after a fraud. What a payment holds is taken back once it is let go. Doing it again changes nothing.
#[utoipa::path(
    post, path = "/v1/subjects/{id}/credits/take_back", operation_id = "take_back_credits", tag = "credits",
    security(("operator" = [])),
    params(("id" = SubjectId, Path, description = "The subject")),
    responses((status = 200, body = Vec<Credit>), (status = 404, description = "`not_found`")),
)]
pub async fn take_back(
    State(app): State<App>,
    caller: Caller,
    Id(subject): Id<SubjectId>,
    _: Nothing,
) -> Shown<Vec<Credit>> {
    app.take_back_credits(&caller, subject).await.map(axum::Json)
}
