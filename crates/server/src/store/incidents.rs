//! What the log's auditor found.

use super::{Conn, StoreError, rows};
use handsel_api::{IncidentId, incidents::IncidentKind};

/// An incident, as it is kept.
pub(crate) struct StoredIncident {
    pub(crate) id: IncidentId,
    pub(crate) kind: IncidentKind,
    pub(crate) detail: String,
    pub(crate) found_ms: i64,
    pub(crate) ended_ms: Option<i64>,
}

/// Notes an incident, unless one of its kind goes on; whether it is a new one.
pub(crate) async fn begin(
    conn: &mut Conn,
    id: IncidentId,
    kind: IncidentKind,
    detail: &str,
    now_ms: i64,
) -> Result<bool, StoreError> {
    let done = sqlx::query(
        "insert into incident (id, kind, detail, found_ms) values ($1, $2, $3, $4)
         on conflict (kind) where ended_ms is null do nothing",
    )
    .bind(id.to_string())
    .bind(rows::word(&kind)?)
    .bind(detail)
    .bind(now_ms)
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Notes that incidents of a kind are not found any more; whether one went on.
pub(crate) async fn end(conn: &mut Conn, kind: IncidentKind, now_ms: i64) -> Result<bool, StoreError> {
    let done = sqlx::query("update incident set ended_ms = $2 where kind = $1 and ended_ms is null")
        .bind(rows::word(&kind)?)
        .bind(now_ms)
        .execute(conn)
        .await?;
    Ok(done.rows_affected() > 0)
}

/// Newest first.
pub(crate) async fn list(
    conn: &mut Conn,
    limit: u32,
    after: Option<IncidentId>,
) -> Result<Vec<StoredIncident>, StoreError> {
    let found: Vec<(String, String, String, i64, Option<i64>)> = sqlx::query_as(
        "select id, kind, detail, found_ms, ended_ms from incident
         where cast($1 as text) is null or id < $1 order by id desc limit $2",
    )
    .bind(after.map(|id| id.to_string()))
    .bind(i64::from(limit))
    .fetch_all(conn)
    .await?;
    found
        .into_iter()
        .map(|(id, kind, detail, found_ms, ended_ms)| {
            Ok(StoredIncident {
                id: rows::parse("incident.id", &id)?,
                kind: rows::from_word("incident.kind", &kind)?,
                detail,
                found_ms,
                ended_ms,
            })
        })
        .collect()
}

/// What goes on.
pub(crate) async fn open(conn: &mut Conn) -> Result<Vec<(String, String)>, StoreError> {
    Ok(sqlx::query_as("select kind, detail from incident where ended_ms is null order by id").fetch_all(conn).await?)
}
