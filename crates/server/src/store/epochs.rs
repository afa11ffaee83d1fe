//! Epochs: under which transform templates are kept, and the wrapped keys of these transforms.

use super::{Conn, StoreError, changes, references::StoredTemplate, rows};
use crate::{
    clock::rfc3339,
    vault::{Sealed, Wrapped},
};
use handsel_api::{ReferenceId, custody::Epoch};

/// An epoch's number. 0 is before there were epochs: templates of it are bare, and it has no row.
pub(crate) type Number = i64;

/// An epoch whose key is there.
pub(crate) struct StoredEpoch {
    pub(crate) number: Number,
    pub(crate) wrapped: Wrapped<'static>,
}

/// Every epoch that is current or retiring, oldest first.
pub(crate) async fn in_use(conn: &mut Conn) -> Result<Vec<StoredEpoch>, StoreError> {
    let epochs: Vec<(Number, Vec<u8>, i64)> = sqlx::query_as(
        "select number, wrapped_key, wrapped_by from epoch where wrapped_key is not null order by number",
    )
    .fetch_all(conn)
    .await?;
    Ok(epochs
        .into_iter()
        .map(|(number, key, by)| StoredEpoch { number, wrapped: Wrapped { by, sealed: key.into() } })
        .collect())
}

/// The last epoch's number, whatever became of it; 0 when there was none.
pub(crate) async fn last(conn: &mut Conn) -> Result<Number, StoreError> {
    let (number,): (Number,) =
        sqlx::query_as("select cast(coalesce(max(number), 0) as bigint) from epoch").fetch_one(conn).await?;
    Ok(number)
}

/// Makes an epoch current; the one before it retires.
pub(crate) async fn begin(
    conn: &mut Conn,
    number: Number,
    wrapped: &Wrapped<'_>,
    now_ms: i64,
) -> Result<(), StoreError> {
    sqlx::query("update epoch set status = 'retiring' where status = 'current'").execute(&mut *conn).await?;
    sqlx::query(
        "insert into epoch (number, status, wrapped_key, wrapped_by, began_ms) values ($1, 'current', $2, $3, $4)",
    )
    .bind(number)
    .bind(&*wrapped.sealed)
    .bind(wrapped.by)
    .bind(now_ms)
    .execute(conn)
    .await?;
    Ok(())
}

/// Destroys the keys of the epochs that retire, of those before this one. Call it when no template is of them any more.
pub(crate) async fn destroy_retiring(conn: &mut Conn, before: Number, now_ms: i64) -> Result<u64, StoreError> {
    let done = sqlx::query(
        "update epoch set status = 'revoked', wrapped_key = null, ended_ms = $1
         where status = 'retiring' and number < $2",
    )
    .bind(now_ms)
    .bind(before)
    .execute(conn)
    .await?;
    Ok(done.rows_affected())
}

/// The oldest epoch that a template is of; `None` when there is no template.
pub(crate) async fn oldest_used(conn: &mut Conn) -> Result<Option<Number>, StoreError> {
    let (oldest,): (Option<Number>,) = sqlx::query_as("select min(epoch) from template").fetch_one(conn).await?;
    Ok(oldest)
}

/// How many templates are of an epoch before this one.
pub(crate) async fn templates_before(conn: &mut Conn, epoch: Number) -> Result<u64, StoreError> {
    let (count,): (i64,) =
        sqlx::query_as("select count(*) from template where epoch < $1").bind(epoch).fetch_one(conn).await?;
    rows::count("templates", count)
}

/// Moves one stored template into another epoch.
pub(crate) async fn rekey(
    conn: &mut Conn,
    before: &StoredTemplate<'_>,
    epoch: Number,
    sealed: &Sealed,
) -> Result<(), StoreError> {
    let done = sqlx::query(
        "update template set epoch = $1, sealed = $2 where reference_id = $3 and position = $4 and epoch = $5",
    )
    .bind(epoch)
    .bind(sealed.bytes())
    .bind(before.reference.to_string())
    .bind(before.position)
    .bind(before.epoch)
    .execute(conn)
    .await?;
    match done.rows_affected() {
        1 => Ok(()),
        _ => Err(StoreError::Broken("a template changed while it was re-keyed".to_owned())),
    }
}

/// Says that these references' templates are others now.
pub(crate) async fn announce(conn: &mut Conn, references: &[ReferenceId]) -> Result<(), StoreError> {
    for reference in references {
        changes::add(conn, *reference).await?;
    }
    Ok(())
}

/// A wrapped key of a subject.
pub(crate) struct WrappedSubject {
    /// The subject's id.
    pub(crate) subject: String,
    pub(crate) wrapped: Wrapped<'static>,
}

/// The first `most` subjects' keys that are wrapped by a key-encryption key before this one.
pub(crate) async fn subjects_wrapped_before(
    conn: &mut Conn,
    by: i64,
    most: u32,
) -> Result<Vec<WrappedSubject>, StoreError> {
    let found: Vec<(String, Vec<u8>, i64)> = sqlx::query_as(
        "select id, wrapped_key, wrapped_by from subject where wrapped_by < $1 order by wrapped_by, id limit $2",
    )
    .bind(by)
    .bind(i64::from(most))
    .fetch_all(conn)
    .await?;
    Ok(found
        .into_iter()
        .map(|(subject, key, by)| WrappedSubject { subject, wrapped: Wrapped { by, sealed: key.into() } })
        .collect())
}

/// Puts a subject's key in its place, wrapped anew.
pub(crate) async fn rewrap_subject(conn: &mut Conn, subject: &str, wrapped: &Wrapped<'_>) -> Result<(), StoreError> {
    sqlx::query("update subject set wrapped_key = $1, wrapped_by = $2 where id = $3")
        .bind(&*wrapped.sealed)
        .bind(wrapped.by)
        .bind(subject)
        .execute(conn)
        .await?;
    Ok(())
}

/// Puts an epoch's key in its place, wrapped anew.
pub(crate) async fn rewrap_epoch(conn: &mut Conn, epoch: Number, wrapped: &Wrapped<'_>) -> Result<(), StoreError> {
    sqlx::query("update epoch set wrapped_key = $1, wrapped_by = $2 where number = $3 and wrapped_key is not null")
        .bind(&*wrapped.sealed)
        .bind(wrapped.by)
        .bind(epoch)
        .execute(conn)
        .await?;
    Ok(())
}

/// A key-encryption key and how many keys it wraps.
pub(crate) struct Wrapping {
    pub(crate) by: i64,
    pub(crate) keys: u64,
}

/// Every key-encryption key that wraps something.
pub(crate) async fn wrappings(conn: &mut Conn) -> Result<Vec<Wrapping>, StoreError> {
    let found: Vec<(i64, i64)> = sqlx::query_as(
        "select wrapped_by, count(*) from
             (select wrapped_by from subject union all select wrapped_by from epoch where wrapped_key is not null) k
         group by wrapped_by order by wrapped_by",
    )
    .fetch_all(conn)
    .await?;
    found.into_iter().map(|(by, keys)| Ok(Wrapping { by, keys: rows::count("wrapped keys", keys)? })).collect()
}

/// Every epoch there was, newest first.
pub(crate) async fn list(conn: &mut Conn) -> Result<Vec<Epoch>, StoreError> {
    let found: Vec<(Number, String, i64, Option<i64>, i64)> = sqlx::query_as(
        "select number, status, began_ms, ended_ms, (select count(*) from template t where t.epoch = number)
         from epoch order by number desc",
    )
    .fetch_all(conn)
    .await?;
    found
        .into_iter()
        .map(|(number, status, began_ms, ended_ms, templates)| {
            Ok(Epoch {
                number,
                status: rows::from_word("epoch.status", &status)?,
                templates: rows::count("templates", templates)?,
                began_at: rfc3339(began_ms),
                ended_at: ended_ms.map(rfc3339),
            })
        })
        .collect()
}
