//! Passkeys: what each is called and its public key, sealed.

use super::{Conn, StoreError, rows};
use crate::{app::access::Account, vault::Sealed};
use handsel_api::{PasskeyId, SubjectId};

/// A passkey as stored.
pub(crate) struct StoredPasskey {
    pub(crate) id: PasskeyId,
    pub(crate) sealed: Vec<u8>,
    pub(crate) created_ms: i64,
    pub(crate) last_used_on: Option<String>,
}

/// Adds a passkey to an account.
pub(crate) async fn insert(
    conn: &mut Conn,
    account: Account,
    id: PasskeyId,
    sealed: &Sealed,
    now_ms: i64,
) -> Result<(), StoreError> {
    let (subject, staff) = account.columns();
    sqlx::query("insert into passkey (id, subject_id, staff_id, sealed, created_ms) values ($1, $2, $3, $4, $5)")
        .bind(id.to_string())
        .bind(subject)
        .bind(staff)
        .bind(sealed.bytes())
        .bind(now_ms)
        .execute(conn)
        .await?;
    Ok(())
}

/// An account's passkeys, the oldest first.
pub(crate) async fn of(conn: &mut Conn, account: Account) -> Result<Vec<StoredPasskey>, StoreError> {
    let (subject, staff) = account.columns();
    let rows: Vec<(String, Vec<u8>, i64, Option<String>)> = sqlx::query_as(
        "select id, sealed, created_ms, last_used_on from passkey where subject_id = $1 or staff_id = $2 order by id",
    )
    .bind(subject)
    .bind(staff)
    .fetch_all(conn)
    .await?;
    rows.into_iter()
        .map(|(id, sealed, created_ms, last_used_on)| {
            Ok(StoredPasskey { id: rows::parse("passkey.id", &id)?, sealed, created_ms, last_used_on })
        })
        .collect()
}

/// Notes a use: the day, and the record with its new counter.
pub(crate) async fn used(conn: &mut Conn, id: PasskeyId, sealed: &Sealed, day: &str) -> Result<(), StoreError> {
    sqlx::query("update passkey set sealed = $2, last_used_on = $3 where id = $1")
        .bind(id.to_string())
        .bind(sealed.bytes())
        .bind(day)
        .execute(conn)
        .await?;
    Ok(())
}

/// Takes a passkey from an account; false when it has none of this id.
pub(crate) async fn delete(conn: &mut Conn, account: Account, id: PasskeyId) -> Result<bool, StoreError> {
    let (subject, staff) = account.columns();
    let done = sqlx::query("delete from passkey where id = $1 and (subject_id = $2 or staff_id = $3)")
        .bind(id.to_string())
        .bind(subject)
        .bind(staff)
        .execute(conn)
        .await?;
    Ok(done.rows_affected() == 1)
}

/// Nobody comes into this wallet any more: its sessions, passkeys and addresses are gone.
pub(crate) async fn close_wallet(conn: &mut Conn, subject: SubjectId) -> Result<(), StoreError> {
    let id = subject.to_string();
    sqlx::query("delete from session where subject_id = $1").bind(&id).execute(&mut *conn).await?;
    sqlx::query("delete from passkey where subject_id = $1").bind(&id).execute(&mut *conn).await?;
    sqlx::query("delete from contact where subject_id = $1").bind(&id).execute(&mut *conn).await?;
    Ok(())
}
