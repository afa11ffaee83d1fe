//! Answers to requests, by their Idempotency-Key.

use super::{Conn, StoreError, rows};
use crate::{secret::hex, vault::Sealed};

/// The answer to a request.
pub(crate) struct StoredAnswer {
    pub(crate) request_hash: [u8; 32],
    /// Its HTTP status.
    pub(crate) status: u16,
    /// Its sealed body.
    pub(crate) body: Vec<u8>,
}

pub(crate) async fn get(conn: &mut Conn, caller: &str, key: &str) -> Result<Option<StoredAnswer>, StoreError> {
    let row: Option<(Vec<u8>, i64, Vec<u8>)> =
        sqlx::query_as("select request_hash, status, body from idempotency where caller = $1 and key = $2")
            .bind(caller)
            .bind(key)
            .fetch_optional(conn)
            .await?;
    row.map(|(hash, status, body)| {
        let request_hash = rows::bytes("request_hash", &hash)?;
        Ok(StoredAnswer { request_hash, status: rows::count("idempotency.status", status)?, body })
    })
    .transpose()
}

/// An answer to be kept; its bytes in hexadecimal digits.
#[derive(serde::Serialize)]
pub(crate) struct NewAnswer<'a> {
    caller: &'a str,
    key: &'a str,
    request_hash: String,
    status: u16,
    body: String,
}

impl<'a> NewAnswer<'a> {
    pub(crate) fn new(
        caller: &'a str,
        key: &'a str,
        request_hash: &[u8; 32],
        status: u16,
        body: &Sealed,
    ) -> NewAnswer<'a> {
        NewAnswer { caller, key, request_hash: hex(request_hash), status, body: hex(body.bytes()) }
    }
}

/// Keeps answers, unless there is one to the same request.
pub(crate) async fn insert_all(conn: &mut Conn, answers: &[NewAnswer<'_>], now_ms: i64) -> Result<(), StoreError> {
    sqlx::query(
        "insert into idempotency (caller, key, request_hash, status, body, created_ms)
         select a.value ->> 'caller', a.value ->> 'key', unhex(a.value ->> 'request_hash'),
             cast(a.value ->> 'status' as bigint), unhex(a.value ->> 'body'), cast($2 as bigint)
         from json_each($1) a where true on conflict (caller, key) do nothing",
    )
    .bind(rows::list(answers)?)
    .bind(now_ms)
    .execute(conn)
    .await?;
    Ok(())
}

/// Forgets answers of more than a day ago.
pub(crate) async fn delete_before(conn: &mut Conn, created_before_ms: i64) -> Result<(), StoreError> {
    sqlx::query("delete from idempotency where created_ms < $1").bind(created_before_ms).execute(conn).await?;
    Ok(())
}

/// Every kept answer: its caller, its key and its sealed body.
pub(crate) async fn answers(conn: &mut Conn) -> Result<Vec<(String, String, Vec<u8>)>, StoreError> {
    Ok(sqlx::query_as("select caller, key, body from idempotency").fetch_all(conn).await?)
}

/// Forgets an answer. A retry runs again under its old request key, and so finds what it did before.
pub(crate) async fn forget(conn: &mut Conn, caller: &str, key: &str) -> Result<(), StoreError> {
    sqlx::query("delete from idempotency where caller = $1 and key = $2").bind(caller).bind(key).execute(conn).await?;
    Ok(())
}
