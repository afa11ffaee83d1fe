//! What was done with a subject's palms and records.

use super::Shown;
use crate::{
    app::{Answer, App, Caller},
    http::{
        list::{List, ListParams},
        path::Id,
    },
};
use axum::{
    extract::State,
    http::header,
    response::{IntoResponse, Response},
};
use handsel_api::{SubjectId, merchants::Page, uses::Use};

/// List what was done with a subject's palms and records, newest first
///
/// Each with the proof that it stands in the transparency log. Only the subject can ask: nobody else can open it.
#[utoipa::path(
    get, path = "/v1/subjects/{id}/uses", operation_id = "list_uses", tag = "log", security(("wallet" = [])),
    params(("id" = SubjectId, Path, description = "The subject"), ListParams),
    responses((status = 200, body = Page<Use>), (status = 404, description = "`not_found`")),
)]
pub async fn list(
    State(app): State<App>,
    caller: Caller,
    Id(subject): Id<SubjectId>,
    list: List<u64>,
) -> Shown<Page<Use>> {
    app.uses(&caller, subject, list.limit, list.after).await.map(axum::Json)
}

/// Download the proofs of all of it
///
/// Proof files (c2sp.org/tlog-proof), one behind the other, each with what its entry opens to, and behind them the proof that there are
/// no others (ADR 0025): `handsel log verify --subject` checks them on any machine.
#[utoipa::path(
    get, path = "/v1/subjects/{id}/uses.tlog", operation_id = "download_uses", tag = "log", security(("wallet" = [])),
    params(("id" = SubjectId, Path, description = "The subject")),
    responses(
        (status = 200, description = "The proofs", body = String, content_type = "text/plain"),
        (status = 404, description = "`not_found`"),
    ),
)]
pub async fn download(State(app): State<App>, caller: Caller, Id(subject): Id<SubjectId>) -> Answer<Response> {
    Ok(proofs(app.proofs_of_uses(&caller, subject).await?))
}

/// Proofs as a file to keep.
pub(crate) fn proofs(text: String) -> Response {
    let headers = [
        (header::CONTENT_TYPE, "text/plain; charset=utf-8"),
        (header::CONTENT_DISPOSITION, "attachment; filename=\"uses.tlog\""),
    ];
    (headers, text).into_response()
}
