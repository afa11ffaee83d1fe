//! Where subjects get one-time codes: sealed, and found by a keyed hash.

use super::{Conn, StoreError, rows};
use crate::vault::Sealed;
use handsel_api::SubjectId;

/// An address of a subject, as stored.
pub(crate) struct StoredContact {
    pub(crate) index: [u8; 16],
    pub(crate) sealed: Vec<u8>,
}

/// Adds an address; false when somebody has it already.
pub(crate) async fn insert(
    conn: &mut Conn,
    subject: SubjectId,
    index: &[u8; 16],
    sealed: &Sealed,
    now_ms: i64,
) -> Result<bool, StoreError> {
    let done = sqlx::query(
        "insert into contact (subject_id, index_hash, sealed, confirmed_ms) values ($1, $2, $3, $4)
         on conflict (index_hash) do nothing",
    )
    .bind(subject.to_string())
    .bind(index.as_slice())
    .bind(sealed.bytes())
    .bind(now_ms)
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Whose address this is.
pub(crate) async fn subject_of(conn: &mut Conn, index: &[u8; 16]) -> Result<Option<SubjectId>, StoreError> {
    let row: Option<(String,)> = sqlx::query_as("select subject_id from contact where index_hash = $1")
        .bind(index.as_slice())
        .fetch_optional(conn)
        .await?;
    row.map(|(id,)| rows::parse("contact.subject_id", &id)).transpose()
}

/// A subject's addresses, in the order they were confirmed.
pub(crate) async fn of(conn: &mut Conn, subject: SubjectId) -> Result<Vec<StoredContact>, StoreError> {
    let rows: Vec<(Vec<u8>, Vec<u8>)> = sqlx::query_as(
        "select index_hash, sealed from contact where subject_id = $1 order by confirmed_ms, index_hash",
    )
    .bind(subject.to_string())
    .fetch_all(conn)
    .await?;
    rows.into_iter()
        .map(|(index, sealed)| Ok(StoredContact { index: rows::bytes("contact.index_hash", &index)?, sealed }))
        .collect()
}

/// Takes an address from a subject; false when it is not theirs.
pub(crate) async fn delete(conn: &mut Conn, subject: SubjectId, index: &[u8; 16]) -> Result<bool, StoreError> {
    let done = sqlx::query("delete from contact where subject_id = $1 and index_hash = $2")
        .bind(subject.to_string())
        .bind(index.as_slice())
        .execute(conn)
        .await?;
    Ok(done.rows_affected() == 1)
}
