//! Subjects: making, showing, freezing, leaving.

use super::{Made, Shown, made};
use crate::{
    app::{App, Caller},
    http::{
        json::{Json, Nothing},
        path::Id,
    },
};
use axum::extract::State;
use handsel_api::{
    SubjectId,
    export::SubjectExport,
    subjects::{CreateSubject, CreatedSubject, Erased, Subject},
};

/// Make a subject
///
/// The only time the wallet's path is shown; only its hash is kept.
#[utoipa::path(
    post, path = "/v1/subjects", operation_id = "create_subject", tag = "subjects",
    security(("operator" = []), ("key" = []), ("kiosk" = [])),
    request_body = CreateSubject,
    responses(
        (status = 201, body = CreatedSubject),
        (status = 403, description = "`minor`, `forbidden`"),
        (status = 409, description = "`sign_missing`"),
        (status = 422, description = "`invalid_field`"),
    ),
)]
pub async fn create(
    State(app): State<App>,
    caller: Caller,
    Json(request): Json<CreateSubject>,
) -> Made<CreatedSubject> {
    app.create_subject(&caller, request).await.map(made)
}

/// Show a subject
///
/// To themselves, the operator, and whoever enrols them, until an hour after.
#[utoipa::path(
    get, path = "/v1/subjects/{id}", operation_id = "show_subject", tag = "subjects",
    security(("operator" = []), ("key" = []), ("kiosk" = []), ("wallet" = [])),
    params(("id" = SubjectId, Path, description = "The subject")),
    responses((status = 200, body = Subject), (status = 404, description = "`not_found`")),
)]
pub async fn show(State(app): State<App>, caller: Caller, Id(subject): Id<SubjectId>) -> Shown<Subject> {
    app.subject(&caller, subject).await.map(axum::Json)
}

/// Erase a subject and everything of theirs
///
/// Receipts the law wants kept remain, without any link to a person. Under a legal hold (`held_until`) the sealed records are kept
/// where nothing can search or use them, and erased when it ends.
#[utoipa::path(
    delete, path = "/v1/subjects/{id}", operation_id = "erase_subject", tag = "subjects",
    security(("operator" = []), ("wallet" = [])),
    params(("id" = SubjectId, Path, description = "The subject")),
    responses((status = 200, body = Erased), (status = 404, description = "`not_found`")),
)]
pub async fn erase(State(app): State<App>, caller: Caller, Id(subject): Id<SubjectId>, _: Nothing) -> Shown<Erased> {
    app.erase_subject(&caller, subject).await.map(axum::Json)
}

/// Write out everything that is kept about a subject
///
/// Machine-readable, for them to take away; never a template. When the operator asks it is noted and shown to them, without their
/// customer numbers and without the links of their receipts.
#[utoipa::path(
    get, path = "/v1/subjects/{id}/export", operation_id = "export_subject", tag = "subjects",
    security(("operator" = []), ("wallet" = [])),
    params(("id" = SubjectId, Path, description = "The subject")),
    responses((status = 200, body = SubjectExport), (status = 404, description = "`not_found`")),
)]
pub async fn export(State(app): State<App>, caller: Caller, Id(subject): Id<SubjectId>) -> Shown<SubjectExport> {
    app.export_subject(&caller, subject).await.map(axum::Json)
}

/// Take every palm of a subject out of use
#[utoipa::path(
    post, path = "/v1/subjects/{id}/freeze", operation_id = "freeze_subject", tag = "subjects",
    security(("operator" = []), ("wallet" = [])),
    params(("id" = SubjectId, Path, description = "The subject")),
    responses((status = 200, body = Subject), (status = 404, description = "`not_found`")),
)]
pub async fn freeze(State(app): State<App>, caller: Caller, Id(subject): Id<SubjectId>, _: Nothing) -> Shown<Subject> {
    app.freeze(&caller, subject).await.map(axum::Json)
}

/// Put the palms of a subject back into use
#[utoipa::path(
    post, path = "/v1/subjects/{id}/unfreeze", operation_id = "unfreeze_subject", tag = "subjects",
    security(("operator" = []), ("wallet" = [])),
    params(("id" = SubjectId, Path, description = "The subject")),
    responses((status = 200, body = Subject), (status = 404, description = "`not_found`")),
)]
pub async fn unfreeze(
    State(app): State<App>,
    caller: Caller,
    Id(subject): Id<SubjectId>,
    _: Nothing,
) -> Shown<Subject> {
    app.unfreeze(&caller, subject).await.map(axum::Json)
}
