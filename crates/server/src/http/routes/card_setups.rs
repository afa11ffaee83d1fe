//! Linking a card on the processor's own page.

use super::{Made, made};
use crate::{
    app::{App, Caller},
    http::{here::Here, json::Json, path::Id},
};
use axum::extract::State;
use handsel_api::{
    SubjectId,
    subjects::{CardSetup, CreateCardSetup},
};

/// Link a card on the processor's page
///
/// Send the subject's browser to `redirect_url`. No card number ever enters this process.
#[utoipa::path(
    post, path = "/v1/subjects/{id}/card_setups", operation_id = "start_card_setup", tag = "payment methods",
    security(("operator" = []), ("key" = []), ("kiosk" = []), ("wallet" = [])),
    params(("id" = SubjectId, Path, description = "The subject")),
    request_body = CreateCardSetup,
    responses(
        (status = 201, body = CardSetup),
        (status = 404, description = "`not_found`"),
        (status = 422, description = "`invalid_field`"),
        (status = 429, description = "`too_many_attempts`: there are ten cards already"),
        (status = 503, description = "`processor_unavailable`"),
    ),
)]
pub async fn start(
    State(app): State<App>,
    caller: Caller,
    Id(subject): Id<SubjectId>,
    here: Here,
    Json(request): Json<CreateCardSetup>,
) -> Made<CardSetup> {
    app.start_card_setup(&caller, subject, &here.0, request).await.map(made)
}
