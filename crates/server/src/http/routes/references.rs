//! Enrolled palms.

use super::{Done, Made, made};
use crate::{
    app::{App, Caller},
    http::{
        frame::Upload,
        json::Nothing,
        path::{Id, Ids},
    },
};
use axum::{extract::State, http::StatusCode};
use handsel_api::{ReferenceId, SubjectId, references::Enrolled};

/// Enrol a palm, or add a capture to it
///
/// The body is one frame. It is not looked at unless a consent is signed. A second frame of a palm adds a capture.
#[utoipa::path(
    post, path = "/v1/subjects/{id}/references", operation_id = "add_reference", tag = "references",
    security(("operator" = []), ("key" = []), ("kiosk" = []), ("wallet" = [])),
    params(("id" = SubjectId, Path, description = "The subject")),
    request_body(content(
        (String = "image/jpeg"),
        (String = "image/png"),
        (String = "image/webp"),
    ), description = "One frame, at most 20 MB and 20 megapixels"),
    responses(
        (status = 201, body = Enrolled),
        (status = 403, description = "`consent_required`, `custody_forbidden`, `forbidden`"),
        (status = 404, description = "`not_found`"),
        (status = 409, description = "`already_enrolled`, `palms_differ`"),
        (status = 413, description = "`frame_too_large`"),
        (status = 422, description = "`invalid_frame`, `capture_rejected` with `quality.reasons`"),
    ),
)]
pub async fn add(State(app): State<App>, Id(subject): Id<SubjectId>, upload: Upload) -> Made<Enrolled> {
    app.add_reference(&upload.caller, subject, upload.frame).await.map(made)
}

/// Erase a palm
#[utoipa::path(
    delete, path = "/v1/subjects/{id}/references/{reference}", operation_id = "remove_reference", tag = "references",
    security(("operator" = []), ("wallet" = [])),
    params(
        ("id" = SubjectId, Path, description = "The subject"),
        ("reference" = ReferenceId, Path, description = "The palm"),
    ),
    responses((status = 204, description = "Gone"), (status = 404, description = "`not_found`")),
)]
pub async fn remove(
    State(app): State<App>,
    caller: Caller,
    Ids(subject, reference): Ids<SubjectId, ReferenceId>,
    _: Nothing,
) -> Done {
    app.remove_reference(&caller, subject, reference).await.map(|()| StatusCode::NO_CONTENT)
}
