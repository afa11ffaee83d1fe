//! Requests of authorities, and the moratorium.

use super::{Conn, StoreError, rows};
use crate::vault::Sealed;
use handsel_api::{LegalRequestId, SubjectId, transparency::RequestKind};

/// A request as stored: its texts are sealed.
pub(crate) struct StoredRequest {
    pub(crate) id: LegalRequestId,
    pub(crate) kind: RequestKind,
    pub(crate) subject: Option<SubjectId>,
    pub(crate) texts_sealed: Option<Vec<u8>>,
    pub(crate) received_ms: i64,
    pub(crate) deadline_ms: Option<i64>,
    pub(crate) told_ms: i64,
    pub(crate) decision: Option<String>,
    pub(crate) reason_sealed: Option<Vec<u8>>,
    pub(crate) disclosed: i64,
    pub(crate) decided_ms: Option<i64>,
}

/// A request as it is noted.
pub(crate) struct NewRequest<'a> {
    pub(crate) id: LegalRequestId,
    pub(crate) kind: RequestKind,
    pub(crate) subject: Option<SubjectId>,
    pub(crate) texts: &'a Sealed,
    pub(crate) received_ms: i64,
    pub(crate) deadline_ms: Option<i64>,
    pub(crate) told_ms: i64,
}

/// What was decided about a request.
pub(crate) struct StoredDecision<'a> {
    pub(crate) decision: &'a str,
    pub(crate) reason: &'a Sealed,
    pub(crate) disclosed: i64,
    pub(crate) decided_ms: i64,
}

/// A time in which only judges are answered.
pub(crate) struct StoredMoratorium {
    pub(crate) began_ms: i64,
    pub(crate) ends_ms: Option<i64>,
}

#[derive(sqlx::FromRow)]
struct RequestRow {
    id: String,
    kind: String,
    subject_id: Option<String>,
    texts_sealed: Option<Vec<u8>>,
    received_ms: i64,
    deadline_ms: Option<i64>,
    told_ms: i64,
    decision: Option<String>,
    reason_sealed: Option<Vec<u8>>,
    disclosed: i64,
    decided_ms: Option<i64>,
}

impl RequestRow {
    fn read(self) -> Result<StoredRequest, StoreError> {
        Ok(StoredRequest {
            id: rows::parse("legal_request.id", &self.id)?,
            kind: rows::from_word("legal_request.kind", &self.kind)?,
            subject: self.subject_id.map(|id| rows::parse("legal_request.subject_id", &id)).transpose()?,
            texts_sealed: self.texts_sealed,
            received_ms: self.received_ms,
            deadline_ms: self.deadline_ms,
            told_ms: self.told_ms,
            decision: self.decision,
            reason_sealed: self.reason_sealed,
            disclosed: self.disclosed,
            decided_ms: self.decided_ms,
        })
    }
}

pub(crate) async fn insert(conn: &mut Conn, new: &NewRequest<'_>) -> Result<(), StoreError> {
    sqlx::query(
        "insert into legal_request (id, kind, subject_id, texts_sealed, received_ms, deadline_ms, told_ms)
         values ($1, $2, $3, $4, $5, $6, $7)",
    )
    .bind(new.id.to_string())
    .bind(new.kind.word())
    .bind(new.subject.map(|id| id.to_string()))
    .bind(new.texts.bytes())
    .bind(new.received_ms)
    .bind(new.deadline_ms)
    .bind(new.told_ms)
    .execute(conn)
    .await?;
    Ok(())
}

pub(crate) async fn get(conn: &mut Conn, id: LegalRequestId) -> Result<Option<StoredRequest>, StoreError> {
    let row: Option<RequestRow> = sqlx::query_as(
        "select id, kind, subject_id, texts_sealed, received_ms, deadline_ms, told_ms, decision, reason_sealed, disclosed,
             decided_ms from legal_request where id = $1",
    )
    .bind(id.to_string())
    .fetch_optional(conn)
    .await?;
    row.map(RequestRow::read).transpose()
}

/// Newest first.
pub(crate) async fn list(
    conn: &mut Conn,
    limit: u32,
    after: Option<LegalRequestId>,
) -> Result<Vec<StoredRequest>, StoreError> {
    let rows: Vec<RequestRow> = sqlx::query_as(
        "select id, kind, subject_id, texts_sealed, received_ms, deadline_ms, told_ms, decision, reason_sealed, disclosed,
             decided_ms from legal_request where cast($1 as text) is null or id < $1 order by id desc limit $2",
    )
    .bind(after.map(|id| id.to_string()))
    .bind(i64::from(limit))
    .fetch_all(conn)
    .await?;
    rows.into_iter().map(RequestRow::read).collect()
}

/// Those about a subject that they may know of at this moment, newest first.
pub(crate) async fn told(
    conn: &mut Conn,
    subject: SubjectId,
    now_ms: i64,
    limit: u32,
) -> Result<Vec<StoredRequest>, StoreError> {
    let rows: Vec<RequestRow> = sqlx::query_as(
        "select id, kind, subject_id, texts_sealed, received_ms, deadline_ms, told_ms, decision, reason_sealed, disclosed,
             decided_ms from legal_request where subject_id = $1 and told_ms <= $2 order by id desc limit $3",
    )
    .bind(subject.to_string())
    .bind(now_ms)
    .bind(i64::from(limit))
    .fetch_all(conn)
    .await?;
    rows.into_iter().map(RequestRow::read).collect()
}

/// False when it is decided already, or not there.
pub(crate) async fn decide(
    conn: &mut Conn,
    id: LegalRequestId,
    decision: &StoredDecision<'_>,
) -> Result<bool, StoreError> {
    let done = sqlx::query(
        "update legal_request set decision = $2, reason_sealed = $3, disclosed = $4, decided_ms = $5
         where id = $1 and decision is null",
    )
    .bind(id.to_string())
    .bind(decision.decision)
    .bind(decision.reason.bytes())
    .bind(decision.disclosed)
    .bind(decision.decided_ms)
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// (kind, decision or the empty word, what was given, how many).
pub(crate) async fn counted(conn: &mut Conn) -> Result<Vec<(RequestKind, String, i64, u64)>, StoreError> {
    let rows: Vec<(String, String, i64, i64)> = sqlx::query_as(
        "select kind, coalesce(decision, ''), disclosed, count(*) from legal_request
         group by kind, coalesce(decision, ''), disclosed",
    )
    .fetch_all(conn)
    .await?;
    rows.into_iter()
        .map(|(kind, decision, disclosed, count)| {
            let kind = rows::from_word("legal_request.kind", &kind)?;
            Ok((kind, decision, disclosed, rows::count("legal requests", count)?))
        })
        .collect()
}

/// The requests stay, counted; what was written about them goes with whom it concerns.
pub(crate) async fn forget_subject(conn: &mut Conn, subject: SubjectId) -> Result<(), StoreError> {
    sqlx::query(
        "update legal_request set subject_id = null, texts_sealed = null, reason_sealed = null where subject_id = $1",
    )
    .bind(subject.to_string())
    .execute(conn)
    .await?;
    Ok(())
}

/// Every moratorium there was, newest first.
pub(crate) async fn moratoria(conn: &mut Conn) -> Result<Vec<StoredMoratorium>, StoreError> {
    let rows: Vec<(i64, Option<i64>)> =
        sqlx::query_as("select began_ms, ends_ms from moratorium order by began_ms desc").fetch_all(conn).await?;
    Ok(rows.into_iter().map(|(began_ms, ends_ms)| StoredMoratorium { began_ms, ends_ms }).collect())
}

pub(crate) async fn begin_moratorium(conn: &mut Conn, now_ms: i64) -> Result<(), StoreError> {
    sqlx::query("insert into moratorium (began_ms) values ($1)").bind(now_ms).execute(conn).await?;
    Ok(())
}

/// Announces the end of the one whose end is open.
pub(crate) async fn end_moratorium(conn: &mut Conn, now_ms: i64, ends_ms: i64) -> Result<bool, StoreError> {
    let done = sqlx::query("update moratorium set announced_ms = $1, ends_ms = $2 where ends_ms is null")
        .bind(now_ms)
        .bind(ends_ms)
        .execute(conn)
        .await?;
    Ok(done.rows_affected() == 1)
}
