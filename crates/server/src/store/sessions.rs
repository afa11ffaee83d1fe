//! Sessions, by their hashes; and settings.

use super::{Conn, StoreError, rows};
use crate::app::access::{Account, Role};
use handsel_api::{SessionId, SiteId, SubjectId};

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

/// Who a session speaks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Of {
    /// Whoever opened the operator's link.
    Operator,
    /// A kiosk at a site.
    Kiosk(SiteId),
    /// A subject at their wallet, or staff, in the role they have now.
    Account(Account, Option<Role>),
}

/// A new session.
pub(crate) struct NewSession<'a> {
    pub(crate) id: SessionId,
    pub(crate) hash: &'a [u8; 32],
    pub(crate) of: Of,
    pub(crate) device: &'a str,
    pub(crate) now_ms: i64,
    pub(crate) expires_ms: i64,
}

/// A live session.
pub(crate) struct StoredSession {
    pub(crate) id: SessionId,
    pub(crate) of: Of,
    pub(crate) seen_ms: i64,
}

/// A session as its owner sees it.
pub(crate) struct ListedSession {
    pub(crate) id: SessionId,
    pub(crate) hash: [u8; 32],
    pub(crate) device: String,
    pub(crate) created_ms: i64,
    pub(crate) seen_ms: i64,
}

#[derive(sqlx::FromRow)]
struct SessionRow {
    id: String,
    site_id: Option<String>,
    staff_id: Option<String>,
    subject_id: Option<String>,
    role: Option<String>,
    seen_ms: i64,
}

impl SessionRow {
    fn read(self) -> Result<StoredSession, StoreError> {
        let of = match (self.site_id, self.staff_id, self.subject_id) {
            (Some(site), _, _) => Of::Kiosk(rows::parse("session.site_id", &site)?),
            (_, Some(staff), _) => {
                let role = self.role.map(|role| rows::from_word("staff.role", &role)).transpose()?;
                Of::Account(Account::Staff(rows::parse("session.staff_id", &staff)?), role)
            }
            (_, _, Some(subject)) => Of::Account(Account::Subject(rows::parse("session.subject_id", &subject)?), None),
            (None, None, None) => Of::Operator,
        };
        Ok(StoredSession { id: rows::parse("session.id", &self.id)?, of, seen_ms: self.seen_ms })
    }
}

/// Makes a session, and forgets those that have run out.
pub(crate) async fn insert_session(conn: &mut Conn, new: &NewSession<'_>) -> Result<(), StoreError> {
    sqlx::query("delete from session where expires_ms <= $1").bind(new.now_ms).execute(&mut *conn).await?;
    let site = match new.of {
        Of::Kiosk(site) => Some(site.to_string()),
        _ => None,
    };
    let (subject, staff) = match new.of {
        Of::Account(account, _) => account.columns(),
        _ => (None, None),
    };
    sqlx::query(
        "insert into session (id, hash, site_id, staff_id, subject_id, device, created_ms, seen_ms, expires_ms)
         values ($1, $2, $3, $4, $5, $6, $7, $7, $8)",
    )
    .bind(new.id.to_string())
    .bind(new.hash.as_slice())
    .bind(site)
    .bind(staff)
    .bind(subject)
    .bind(new.device)
    .bind(new.now_ms)
    .bind(new.expires_ms)
    .execute(conn)
    .await?;
    Ok(())
}

/// A live session.
pub(crate) async fn session(
    conn: &mut Conn,
    hash: &[u8; 32],
    now_ms: i64,
) -> Result<Option<StoredSession>, StoreError> {
    let row: Option<SessionRow> = sqlx::query_as(
        "select s.id, s.site_id, s.staff_id, s.subject_id, t.role, s.seen_ms
         from session s left join staff t on t.id = s.staff_id where s.hash = $1 and s.expires_ms > $2",
    )
    .bind(hash.as_slice())
    .bind(now_ms)
    .fetch_optional(conn)
    .await?;
    row.map(SessionRow::read).transpose()
}

/// Notes that a session is in use.
pub(crate) async fn seen(conn: &mut Conn, id: SessionId, now_ms: i64) -> Result<(), StoreError> {
    sqlx::query("update session set seen_ms = $2 where id = $1")
        .bind(id.to_string())
        .bind(now_ms)
        .execute(conn)
        .await?;
    Ok(())
}

/// An account's sessions, the newest first.
pub(crate) async fn of(conn: &mut Conn, account: Account, now_ms: i64) -> Result<Vec<ListedSession>, StoreError> {
    let (subject, staff) = account.columns();
    let rows: Vec<(String, Vec<u8>, String, i64, i64)> = sqlx::query_as(
        "select id, hash, device, created_ms, seen_ms from session
         where (subject_id = $1 or staff_id = $2) and expires_ms > $3 order by id desc",
    )
    .bind(subject)
    .bind(staff)
    .bind(now_ms)
    .fetch_all(conn)
    .await?;
    rows.into_iter()
        .map(|(id, hash, device, created_ms, seen_ms)| {
            let (id, hash) = (rows::parse("session.id", &id)?, rows::bytes("session.hash", &hash)?);
            Ok(ListedSession { id, hash, device, created_ms, seen_ms })
        })
        .collect()
}

/// Ends one of an account's sessions; false when it has none of this id.
pub(crate) async fn end(conn: &mut Conn, account: Account, id: SessionId) -> Result<bool, StoreError> {
    let (subject, staff) = account.columns();
    let done = sqlx::query("delete from session where id = $1 and (subject_id = $2 or staff_id = $3)")
        .bind(id.to_string())
        .bind(subject)
        .bind(staff)
        .execute(conn)
        .await?;
    Ok(done.rows_affected() == 1)
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
