//! Legal holds, and what they keep from being erased.

use super::{Conn, StoreError, passkeys, references::StoredTemplate, rows};
use crate::vault::Sealed;
use handsel_api::{HoldId, SubjectId};

/// A hold as stored: the order's reference is sealed.
pub(crate) struct StoredHold {
    pub(crate) id: HoldId,
    pub(crate) subject: SubjectId,
    pub(crate) order_sealed: Vec<u8>,
    pub(crate) placed_ms: i64,
    pub(crate) until_ms: i64,
    pub(crate) lifted_ms: Option<i64>,
    pub(crate) leaving: bool,
}

#[derive(sqlx::FromRow)]
struct HoldRow {
    id: String,
    subject_id: String,
    order_sealed: Vec<u8>,
    placed_ms: i64,
    until_ms: i64,
    lifted_ms: Option<i64>,
    leaving_ms: Option<i64>,
}

pub(crate) async fn insert(
    conn: &mut Conn,
    id: HoldId,
    subject: SubjectId,
    order: &Sealed,
    placed_ms: i64,
    until_ms: i64,
) -> Result<(), StoreError> {
    sqlx::query(
        "insert into legal_hold (id, subject_id, order_sealed, placed_ms, until_ms) values ($1, $2, $3, $4, $5)",
    )
    .bind(id.to_string())
    .bind(subject.to_string())
    .bind(order.bytes())
    .bind(placed_ms)
    .bind(until_ms)
    .execute(conn)
    .await?;
    Ok(())
}

/// Until when a subject's records are kept by order, at this moment.
pub(crate) async fn until(conn: &mut Conn, subject: SubjectId, now_ms: i64) -> Result<Option<i64>, StoreError> {
    let (until_ms,): (Option<i64>,) = sqlx::query_as(
        "select max(until_ms) from legal_hold where subject_id = $1 and lifted_ms is null and until_ms > $2",
    )
    .bind(subject.to_string())
    .bind(now_ms)
    .fetch_one(conn)
    .await?;
    Ok(until_ms)
}

/// How many are in force.
pub(crate) async fn in_force(conn: &mut Conn, now_ms: i64) -> Result<u64, StoreError> {
    let (count,): (i64,) = sqlx::query_as("select count(*) from legal_hold where lifted_ms is null and until_ms > $1")
        .bind(now_ms)
        .fetch_one(conn)
        .await?;
    rows::count("legal holds", count)
}

/// Newest first.
pub(crate) async fn list(conn: &mut Conn, limit: u32, after: Option<HoldId>) -> Result<Vec<StoredHold>, StoreError> {
    let rows: Vec<HoldRow> = sqlx::query_as(
        "select h.id, h.subject_id, h.order_sealed, h.placed_ms, h.until_ms, h.lifted_ms, s.leaving_ms
         from legal_hold h join subject s on s.id = h.subject_id
         where cast($1 as text) is null or h.id < $1 order by h.id desc limit $2",
    )
    .bind(after.map(|id| id.to_string()))
    .bind(i64::from(limit))
    .fetch_all(conn)
    .await?;
    rows.into_iter()
        .map(|row| {
            Ok(StoredHold {
                id: rows::parse("legal_hold.id", &row.id)?,
                subject: rows::parse("legal_hold.subject_id", &row.subject_id)?,
                order_sealed: row.order_sealed,
                placed_ms: row.placed_ms,
                until_ms: row.until_ms,
                lifted_ms: row.lifted_ms,
                leaving: row.leaving_ms.is_some(),
            })
        })
        .collect()
}

/// False when there is none of this id in force.
pub(crate) async fn lift(conn: &mut Conn, id: HoldId, now_ms: i64) -> Result<bool, StoreError> {
    let done =
        sqlx::query("update legal_hold set lifted_ms = $2 where id = $1 and lifted_ms is null and until_ms > $2")
            .bind(id.to_string())
            .bind(now_ms)
            .execute(conn)
            .await?;
    Ok(done.rows_affected() == 1)
}

/// Keeps a template, sealed bare, where nothing searches.
pub(crate) async fn withhold(conn: &mut Conn, stored: &StoredTemplate<'_>, bare: &Sealed) -> Result<(), StoreError> {
    sqlx::query(
        "insert into withheld_template (reference_id, position, subject_id, side, sealed)
         select r.id, $2, r.subject_id, r.side, $3 from reference r where r.id = $1",
    )
    .bind(stored.reference.to_string())
    .bind(stored.position)
    .bind(bare.bytes())
    .execute(conn)
    .await?;
    Ok(())
}

/// Deletes what was withheld for holds that are over; how many templates.
pub(crate) async fn forget_withheld(conn: &mut Conn, now_ms: i64) -> Result<u64, StoreError> {
    let done = sqlx::query(
        "delete from withheld_template where not exists (select 1 from legal_hold h
             where h.subject_id = withheld_template.subject_id and h.lifted_ms is null and h.until_ms > $1)",
    )
    .bind(now_ms)
    .execute(conn)
    .await?;
    Ok(done.rows_affected())
}

/// Takes from a subject everything but what an order keeps: they are here for nobody any more, and no wallet opens.
pub(crate) async fn leave(
    conn: &mut Conn,
    subject: SubjectId,
    nobodys_wallet: &[u8; 32],
    now_ms: i64,
) -> Result<(), StoreError> {
    let id = subject.to_string();
    sqlx::query(
        "update subject set status = 'frozen', wallet_hash = $2, phone_index = null, leave_hash = null, enrol_until_ms = 0,
             leaving_ms = coalesce(leaving_ms, $3) where id = $1",
    )
    .bind(&id)
    .bind(nobodys_wallet.as_slice())
    .bind(now_ms)
    .execute(&mut *conn)
    .await?;
    sqlx::query("update consent set revoked_ms = $2 where subject_id = $1 and revoked_ms is null")
        .bind(&id)
        .bind(now_ms)
        .execute(&mut *conn)
        .await?;
    sqlx::query(
        "update payment set status = 'cancelled'
         where subject_id = $1 and status in ('requires_step_up', 'requires_confirmation')",
    )
    .bind(&id)
    .execute(&mut *conn)
    .await?;
    sqlx::query("delete from held where subject_id = $1").bind(&id).execute(&mut *conn).await?;
    sqlx::query("delete from loyalty where subject_id = $1").bind(&id).execute(&mut *conn).await?;
    sqlx::query("delete from card_setup where subject_id = $1").bind(&id).execute(&mut *conn).await?;
    sqlx::query("delete from payment_method where subject_id = $1").bind(&id).execute(&mut *conn).await?;
    passkeys::close_wallet(conn, subject).await?;
    Ok(())
}
