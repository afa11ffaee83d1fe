//! What the log's auditor found.

use super::Shown;
use crate::{
    app::{App, Caller},
    http::list::{List, ListParams},
};
use axum::extract::State;
use handsel_api::{IncidentId, incidents::Incident, merchants::Page};

/// List what the transparency log's auditor found, newest first
///
/// A log that was changed or forked, a witness that knows it otherwise, an entry that was promised and is not there, a search that
/// nobody wrote down. An incident ends when it is not found any more.
#[utoipa::path(
    get, path = "/v1/incidents", operation_id = "list_incidents", tag = "log", security(("operator" = [])),
    params(ListParams), responses((status = 200, body = Page<Incident>)),
)]
pub async fn list(State(app): State<App>, caller: Caller, list: List<IncidentId>) -> Shown<Page<Incident>> {
    app.list_incidents(&caller, list.limit, list.after).await.map(axum::Json)
}
