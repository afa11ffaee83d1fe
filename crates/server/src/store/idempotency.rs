//! Requests by their Idempotency-Key, and their answers.

use super::{Conn, StoreError, rows};
use crate::vault::Sealed;

/// A request seen before.
pub(crate) struct StoredRequest {
    pub(crate) request_hash: [u8; 32],
    pub(crate) request: [u8; 16],
    pub(crate) running: bool,
    /// Its HTTP status and its sealed body.
    pub(crate) answer: Option<(u16, Vec<u8>)>,
}

#[derive(sqlx::FromRow)]
struct Row {
    request_hash: Vec<u8>,
    request: Vec<u8>,
    running: i64,
    status: Option<i64>,
    body: Option<Vec<u8>>,
}

pub(crate) async fn get(conn: &mut Conn, caller: &str, key: &str) -> Result<Option<StoredRequest>, StoreError> {
    let row: Option<Row> = sqlx::query_as(
        "select request_hash, request, running, status, body from idempotency where caller = $1 and key = $2",
    )
    .bind(caller)
    .bind(key)
    .fetch_optional(conn)
    .await?;
    row.map(|row| {
        let status = row.status.map(|status| rows::count("idempotency.status", status)).transpose()?;
        Ok(StoredRequest {
            request_hash: rows::bytes("request_hash", &row.request_hash)?,
            request: rows::bytes("request", &row.request)?,
            running: row.running != 0,
            answer: status.zip(row.body),
        })
    })
    .transpose()
}

pub(crate) async fn insert(
    conn: &mut Conn,
    caller: &str,
    key: &str,
    request_hash: &[u8; 32],
    request: &[u8; 16],
    now_ms: i64,
) -> Result<(), StoreError> {
    sqlx::query(
        "insert into idempotency (caller, key, request_hash, request, running, created_ms) values ($1, $2, $3, $4, 1, $5)",
    )
    .bind(caller)
    .bind(key)
    .bind(request_hash.as_slice())
    .bind(request.as_slice())
    .bind(now_ms)
    .execute(conn)
    .await?;
    Ok(())
}

pub(crate) async fn set_running(conn: &mut Conn, caller: &str, key: &str, running: bool) -> Result<(), StoreError> {
    sqlx::query("update idempotency set running = $3 where caller = $1 and key = $2")
        .bind(caller)
        .bind(key)
        .bind(i64::from(running))
        .execute(conn)
        .await?;
    Ok(())
}

pub(crate) async fn finish(
    conn: &mut Conn,
    caller: &str,
    key: &str,
    status: u16,
    body: &Sealed,
) -> Result<(), StoreError> {
    sqlx::query("update idempotency set running = 0, status = $3, body = $4 where caller = $1 and key = $2")
        .bind(caller)
        .bind(key)
        .bind(i64::from(status))
        .bind(body.bytes())
        .execute(conn)
        .await?;
    Ok(())
}

/// Forgets requests of more than a day ago.
pub(crate) async fn delete_before(conn: &mut Conn, created_before_ms: i64) -> Result<(), StoreError> {
    sqlx::query("delete from idempotency where created_ms < $1").bind(created_before_ms).execute(conn).await?;
    Ok(())
}

/// A process that starts runs nothing yet: what ran in the one before is open to a retry.
pub(crate) async fn stop_all(conn: &mut Conn) -> Result<(), StoreError> {
    sqlx::query("update idempotency set running = 0 where running = 1").execute(conn).await?;
    Ok(())
}

/// Every kept answer: its caller, its key and its sealed body.
pub(crate) async fn answers(conn: &mut Conn) -> Result<Vec<(String, String, Vec<u8>)>, StoreError> {
    Ok(sqlx::query_as("select caller, key, body from idempotency where body is not null").fetch_all(conn).await?)
}

/// Forgets an answer. A retry runs again under its old request key, and so finds what it did before.
pub(crate) async fn forget_answer(conn: &mut Conn, caller: &str, key: &str) -> Result<(), StoreError> {
    sqlx::query("update idempotency set status = null, body = null where caller = $1 and key = $2")
        .bind(caller)
        .bind(key)
        .execute(conn)
        .await?;
    Ok(())
}
