//! What is known here of palms that their owners carry.

use super::{Conn, StoreError, rows};
use handsel_api::{ConsentId, HeldId, SubjectId, held::Carrier};

/// One held palm, as stored.
#[derive(Debug, Clone)]
pub(crate) struct StoredHeld {
    pub(crate) id: HeldId,
    pub(crate) subject: SubjectId,
    pub(crate) carrier: Carrier,
    /// The epoch it was sealed in.
    pub(crate) epoch: i64,
    /// Failures since the last success.
    pub(crate) failures: i64,
    pub(crate) created_ms: i64,
}

impl StoredHeld {
    /// The same after one more failure.
    pub(crate) fn failed_once_more(&self) -> StoredHeld {
        StoredHeld { failures: self.failures + 1, ..self.clone() }
    }
}

#[derive(sqlx::FromRow)]
struct Row {
    id: String,
    subject_id: String,
    carrier: String,
    epoch: i64,
    failures: i64,
    created_ms: i64,
}

impl Row {
    fn read(self) -> Result<StoredHeld, StoreError> {
        Ok(StoredHeld {
            id: rows::parse("held.id", &self.id)?,
            subject: rows::parse("held.subject_id", &self.subject_id)?,
            carrier: rows::parse("held.carrier", &self.carrier)?,
            epoch: self.epoch,
            failures: self.failures,
            created_ms: self.created_ms,
        })
    }
}

pub(crate) async fn insert(conn: &mut Conn, new: &StoredHeld, consent: ConsentId) -> Result<(), StoreError> {
    sqlx::query(
        "insert into held (id, subject_id, consent_id, carrier, epoch, failures, created_ms) values ($1, $2, $3, $4, $5, 0, $6)",
    )
    .bind(new.id.to_string())
    .bind(new.subject.to_string())
    .bind(consent.to_string())
    .bind(new.carrier.word())
    .bind(new.epoch)
    .bind(new.created_ms)
    .execute(conn)
    .await?;
    Ok(())
}

pub(crate) async fn held(conn: &mut Conn, id: HeldId) -> Result<Option<StoredHeld>, StoreError> {
    let row: Option<Row> =
        sqlx::query_as("select id, subject_id, carrier, epoch, failures, created_ms from held where id = $1")
            .bind(id.to_string())
            .fetch_optional(conn)
            .await?;
    row.map(Row::read).transpose()
}

/// Every one of a subject, newest first.
pub(crate) async fn of_subject(conn: &mut Conn, subject: SubjectId) -> Result<Vec<StoredHeld>, StoreError> {
    let rows: Vec<Row> = sqlx::query_as(
        "select id, subject_id, carrier, epoch, failures, created_ms from held where subject_id = $1 order by id desc",
    )
    .bind(subject.to_string())
    .fetch_all(conn)
    .await?;
    rows.into_iter().map(Row::read).collect()
}

/// Counts one more failure.
pub(crate) async fn fail(conn: &mut Conn, id: HeldId) -> Result<(), StoreError> {
    sqlx::query("update held set failures = failures + 1 where id = $1").bind(id.to_string()).execute(conn).await?;
    Ok(())
}

/// Takes one failure back.
pub(crate) async fn take_back_failure(conn: &mut Conn, id: HeldId) -> Result<(), StoreError> {
    sqlx::query("update held set failures = failures - 1 where id = $1 and failures > 0")
        .bind(id.to_string())
        .execute(conn)
        .await?;
    Ok(())
}

/// Starts counting again, without its having been used.
pub(crate) async fn unlock(conn: &mut Conn, id: HeldId) -> Result<(), StoreError> {
    sqlx::query("update held set failures = 0 where id = $1").bind(id.to_string()).execute(conn).await?;
    Ok(())
}

/// It was used by its owner.
pub(crate) async fn succeed(conn: &mut Conn, id: HeldId, now_ms: i64) -> Result<(), StoreError> {
    sqlx::query("update held set failures = 0, last_used_ms = $2 where id = $1")
        .bind(id.to_string())
        .bind(now_ms)
        .execute(conn)
        .await?;
    Ok(())
}

pub(crate) async fn delete(conn: &mut Conn, id: HeldId) -> Result<(), StoreError> {
    sqlx::query("delete from held where id = $1").bind(id.to_string()).execute(conn).await?;
    Ok(())
}

/// Deletes every one that rests on a consent.
pub(crate) async fn delete_resting_on(conn: &mut Conn, consent: ConsentId) -> Result<(), StoreError> {
    sqlx::query("delete from held where consent_id = $1").bind(consent.to_string()).execute(conn).await?;
    Ok(())
}

/// Notes that a code was used; false when it was before. Those from before `young_ms` are too old to be used, and forgotten.
pub(crate) async fn note_shown(
    conn: &mut Conn,
    hash: &[u8; 32],
    now_ms: i64,
    young_ms: i64,
) -> Result<bool, StoreError> {
    sqlx::query("delete from held_shown where at_ms < $1").bind(young_ms).execute(&mut *conn).await?;
    let done = sqlx::query("insert into held_shown (hash, at_ms) values ($1, $2) on conflict (hash) do nothing")
        .bind(hash.as_slice())
        .bind(now_ms)
        .execute(conn)
        .await?;
    Ok(done.rows_affected() == 1)
}

/// Whether a code was used.
pub(crate) async fn was_shown(conn: &mut Conn, hash: &[u8; 32]) -> Result<bool, StoreError> {
    let (count,): (i64,) =
        sqlx::query_as("select count(*) from held_shown where hash = $1").bind(hash.as_slice()).fetch_one(conn).await?;
    Ok(count > 0)
}
