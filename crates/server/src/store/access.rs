//! What an export of everything about a subject reads that nothing else does.

use super::{Conn, StoreError, rows};
use handsel_api::{ReferenceId, SubjectId, references::Hand};

/// One capture of a palm, as it is kept.
pub(crate) struct Kept {
    pub(crate) reference: ReferenceId,
    pub(crate) hand: Hand,
    pub(crate) created_ms: i64,
    pub(crate) last_used_ms: Option<i64>,
    pub(crate) epoch: i64,
}

/// Every capture of a subject, those of one palm together.
pub(crate) async fn captures(conn: &mut Conn, subject: SubjectId) -> Result<Vec<Kept>, StoreError> {
    let rows: Vec<(String, String, i64, Option<i64>, i64)> = sqlx::query_as(
        "select r.id, r.side, r.created_ms, r.last_used_ms, t.epoch
         from reference r join template t on t.reference_id = r.id where r.subject_id = $1 order by r.id, t.position",
    )
    .bind(subject.to_string())
    .fetch_all(conn)
    .await?;
    rows.into_iter()
        .map(|(id, side, created_ms, last_used_ms, epoch)| {
            let (reference, hand) = (rows::parse("reference.id", &id)?, rows::from_word("reference.side", &side)?);
            Ok(Kept { reference, hand, created_ms, last_used_ms, epoch })
        })
        .collect()
}

/// Notes that somebody else had everything about a subject written out.
pub(crate) async fn note_export(
    conn: &mut Conn,
    subject: SubjectId,
    by_whom: &str,
    at_ms: i64,
) -> Result<(), StoreError> {
    sqlx::query("insert into subject_export (subject_id, by_whom, at_ms) values ($1, $2, $3)")
        .bind(subject.to_string())
        .bind(by_whom)
        .bind(at_ms)
        .execute(conn)
        .await?;
    Ok(())
}

/// Who else had it written out and when, newest first.
pub(crate) async fn exports(conn: &mut Conn, subject: SubjectId) -> Result<Vec<(String, i64)>, StoreError> {
    Ok(sqlx::query_as("select by_whom, at_ms from subject_export where subject_id = $1 order by at_ms desc")
        .bind(subject.to_string())
        .fetch_all(conn)
        .await?)
}
