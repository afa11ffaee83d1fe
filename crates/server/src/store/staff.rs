//! Staff and the links that let them in.

use super::{Conn, StoreError, rows};
use crate::{app::access::Role, vault::Sealed};
use handsel_api::StaffId;

/// Somebody who works for the operator, as stored.
pub(crate) struct StoredStaff {
    pub(crate) id: StaffId,
    pub(crate) name_sealed: Vec<u8>,
    pub(crate) role: Role,
    pub(crate) created_ms: i64,
}

/// What a link lets somebody do: become staff, or add a passkey to who they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct StoredLink {
    pub(crate) role: Role,
    pub(crate) staff: Option<StaffId>,
}

pub(crate) async fn insert(
    conn: &mut Conn,
    id: StaffId,
    name: &Sealed,
    role: Role,
    now_ms: i64,
) -> Result<(), StoreError> {
    sqlx::query("insert into staff (id, name_sealed, role, created_ms) values ($1, $2, $3, $4)")
        .bind(id.to_string())
        .bind(name.bytes())
        .bind(rows::word(&role)?)
        .bind(now_ms)
        .execute(conn)
        .await?;
    Ok(())
}

/// Everybody, in the order they came.
pub(crate) async fn all(conn: &mut Conn) -> Result<Vec<StoredStaff>, StoreError> {
    let rows: Vec<(String, Vec<u8>, String, i64)> =
        sqlx::query_as("select id, name_sealed, role, created_ms from staff order by id").fetch_all(conn).await?;
    rows.into_iter()
        .map(|(id, name_sealed, role, created_ms)| {
            let (id, role) = (rows::parse("staff.id", &id)?, rows::from_word("staff.role", &role)?);
            Ok(StoredStaff { id, name_sealed, role, created_ms })
        })
        .collect()
}

/// Gives somebody another role; false when there is nobody of this id.
pub(crate) async fn set_role(conn: &mut Conn, id: StaffId, role: Role) -> Result<bool, StoreError> {
    let done = sqlx::query("update staff set role = $2 where id = $1")
        .bind(id.to_string())
        .bind(rows::word(&role)?)
        .execute(conn)
        .await?;
    Ok(done.rows_affected() == 1)
}

/// Removes somebody with their sessions, passkeys and links; false when there is nobody of this id.
pub(crate) async fn delete(conn: &mut Conn, id: StaffId) -> Result<bool, StoreError> {
    let id = id.to_string();
    sqlx::query("delete from session where staff_id = $1").bind(&id).execute(&mut *conn).await?;
    sqlx::query("delete from passkey where staff_id = $1").bind(&id).execute(&mut *conn).await?;
    sqlx::query("delete from staff_link where staff_id = $1").bind(&id).execute(&mut *conn).await?;
    let done = sqlx::query("delete from staff where id = $1").bind(&id).execute(conn).await?;
    Ok(done.rows_affected() == 1)
}

/// Keeps a link, and forgets those that have run out.
pub(crate) async fn insert_link(
    conn: &mut Conn,
    hash: &[u8; 32],
    link: StoredLink,
    now_ms: i64,
    expires_ms: i64,
) -> Result<(), StoreError> {
    sqlx::query("delete from staff_link where expires_ms <= $1").bind(now_ms).execute(&mut *conn).await?;
    sqlx::query("insert into staff_link (hash, role, staff_id, expires_ms) values ($1, $2, $3, $4)")
        .bind(hash.as_slice())
        .bind(rows::word(&link.role)?)
        .bind(link.staff.map(|id| id.to_string()))
        .bind(expires_ms)
        .execute(conn)
        .await?;
    Ok(())
}

/// An unused link.
pub(crate) async fn link(conn: &mut Conn, hash: &[u8; 32], now_ms: i64) -> Result<Option<StoredLink>, StoreError> {
    let row: Option<(String, Option<String>)> =
        sqlx::query_as("select role, staff_id from staff_link where hash = $1 and expires_ms > $2")
            .bind(hash.as_slice())
            .bind(now_ms)
            .fetch_optional(conn)
            .await?;
    row.map(|(role, staff)| {
        let staff = staff.map(|id| rows::parse("staff_link.staff_id", &id)).transpose()?;
        Ok(StoredLink { role: rows::from_word("staff_link.role", &role)?, staff })
    })
    .transpose()
}

/// Uses a link up; false when somebody else did.
pub(crate) async fn use_link(conn: &mut Conn, hash: &[u8; 32]) -> Result<bool, StoreError> {
    let done = sqlx::query("delete from staff_link where hash = $1").bind(hash.as_slice()).execute(conn).await?;
    Ok(done.rows_affected() == 1)
}
