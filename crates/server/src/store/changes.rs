//! The list of changes that matchers follow: one row for each change of a reference's templates.

use super::{Conn, StoreError, rows};
use crate::clock::now_ms;
use handsel_api::ReferenceId;

/// A change's number. Each is one more than the one before.
pub(crate) type Seq = i64;

/// One change: this reference's templates came, or all of it went.
pub(crate) struct StoredChange {
    pub(crate) seq: Seq,
    /// `None`: nothing changed; where the list begins.
    pub(crate) reference: Option<ReferenceId>,
}

/// Adds a change, in the transaction that makes it.
pub(crate) async fn add(conn: &mut Conn, reference: ReferenceId) -> Result<(), StoreError> {
    sqlx::query(
        "insert into gallery_change (seq, reference_id, created_ms)
         select max(seq) + 1, $1, cast($2 as bigint) from gallery_change",
    )
    .bind(reference.to_string())
    .bind(now_ms())
    .execute(conn)
    .await?;
    Ok(())
}

/// The number of the last change.
pub(crate) async fn last(conn: &mut Conn) -> Result<Seq, StoreError> {
    let (seq,): (Seq,) =
        sqlx::query_as("select seq from gallery_change order by seq desc limit 1").fetch_one(conn).await?;
    Ok(seq)
}

/// The changes from `first` on, in their order, at most `most`.
pub(crate) async fn from(conn: &mut Conn, first: Seq, most: u32) -> Result<Vec<StoredChange>, StoreError> {
    let changes: Vec<(Seq, Option<String>)> =
        sqlx::query_as("select seq, reference_id from gallery_change where seq >= $1 order by seq limit $2")
            .bind(first)
            .bind(i64::from(most))
            .fetch_all(conn)
            .await?;
    changes
        .into_iter()
        .map(|(seq, id)| {
            let reference = id.map(|id| rows::parse("gallery_change.reference_id", &id)).transpose()?;
            Ok(StoredChange { seq, reference })
        })
        .collect()
}

/// Forgets changes of before a time, but never the last one. Who has not followed that far has to load everything again.
pub(crate) async fn delete_before(conn: &mut Conn, created_before_ms: i64) -> Result<(), StoreError> {
    sqlx::query(
        "delete from gallery_change
         where created_ms < $1 and seq < (select max(seq) from gallery_change)",
    )
    .bind(created_before_ms)
    .execute(conn)
    .await?;
    Ok(())
}

/// Moves the whole list on, so that its numbers no longer follow what was read of it before. For rehearsals.
pub(crate) async fn leave_a_gap(conn: &mut Conn) -> Result<(), StoreError> {
    let last = last(conn).await?;
    sqlx::query("delete from gallery_change where seq < $1").bind(last).execute(&mut *conn).await?;
    sqlx::query("update gallery_change set seq = seq + 1000").execute(conn).await?;
    Ok(())
}
