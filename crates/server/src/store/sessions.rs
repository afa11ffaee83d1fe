//! Sessions, by their hashes; and settings.

use super::{Conn, StoreError, rows};
use handsel_api::{SiteId, SubjectId};

/// The setting that tells whether the key file is the one the store was sealed with.
pub(crate) const KEY_CHECK: &str = "key_check";

pub(crate) async fn setting(conn: &mut Conn, name: &str) -> Result<Option<Vec<u8>>, StoreError> {
    let row: Option<(Vec<u8>,)> =
        sqlx::query_as("select value from setting where name = $1").bind(name).fetch_optional(conn).await?;
    Ok(row.map(|(value,)| value))
}

pub(crate) async fn put_setting(conn: &mut Conn, name: &str, value: &[u8]) -> Result<(), StoreError> {
    sqlx::query("insert into setting (name, value) values ($1, $2) on conflict (name) do update set value = $2")
        .bind(name)
        .bind(value)
        .execute(conn)
        .await?;
    Ok(())
}

/// Makes a session, and forgets those that have run out.
pub(crate) async fn insert_session(
    conn: &mut Conn,
    hash: &[u8; 32],
    site: Option<SiteId>,
    now_ms: i64,
    expires_ms: i64,
) -> Result<(), StoreError> {
    sqlx::query("delete from session where expires_ms <= $1").bind(now_ms).execute(&mut *conn).await?;
    sqlx::query("insert into session (hash, site_id, expires_ms) values ($1, $2, $3)")
        .bind(hash.as_slice())
        .bind(site.map(|site| site.to_string()))
        .bind(expires_ms)
        .execute(conn)
        .await?;
    Ok(())
}

/// A live session: `Some(None)` is an operator's, `Some(Some(site))` a kiosk's.
pub(crate) async fn session(
    conn: &mut Conn,
    hash: &[u8; 32],
    now_ms: i64,
) -> Result<Option<Option<SiteId>>, StoreError> {
    let row: Option<(Option<String>,)> =
        sqlx::query_as("select site_id from session where hash = $1 and expires_ms > $2")
            .bind(hash.as_slice())
            .bind(now_ms)
            .fetch_optional(conn)
            .await?;
    row.map(|(site,)| site.map(|site| rows::parse("site_id", &site)).transpose()).transpose()
}

pub(crate) async fn delete_session(conn: &mut Conn, hash: &[u8; 32]) -> Result<(), StoreError> {
    sqlx::query("delete from session where hash = $1").bind(hash.as_slice()).execute(conn).await?;
    Ok(())
}

pub(crate) async fn subject_of_wallet(conn: &mut Conn, hash: &[u8; 32]) -> Result<Option<SubjectId>, StoreError> {
    let row: Option<(String,)> = sqlx::query_as("select id from subject where wallet_hash = $1")
        .bind(hash.as_slice())
        .fetch_optional(conn)
        .await?;
    row.map(|(id,)| rows::parse("subject.id", &id)).transpose()
}
