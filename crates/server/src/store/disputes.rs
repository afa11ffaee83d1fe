//! Disputes.

use super::{Conn, StoreError, rows};
use handsel_api::{
    DisputeId, MerchantId, PaymentId,
    disputes::{DisputeParty, DisputeStatus},
};

/// A dispute as stored, with what its payment says of it.
pub(crate) struct StoredDispute {
    pub(crate) id: DisputeId,
    pub(crate) payment: PaymentId,
    pub(crate) merchant: MerchantId,
    pub(crate) opened_by: DisputeParty,
    pub(crate) status: DisputeStatus,
    pub(crate) amount_minor: i64,
    pub(crate) currency: String,
    pub(crate) note_sealed: Option<Vec<u8>>,
    pub(crate) opened_ms: i64,
    pub(crate) closed_ms: Option<i64>,
}

/// A new dispute.
pub(crate) struct NewDispute<'a> {
    pub(crate) id: DisputeId,
    pub(crate) payment: PaymentId,
    pub(crate) opened_by: DisputeParty,
    pub(crate) amount_minor: i64,
    pub(crate) note_sealed: Option<&'a [u8]>,
    pub(crate) now_ms: i64,
}

#[derive(sqlx::FromRow)]
struct DisputeRow {
    id: String,
    payment_id: String,
    merchant_id: String,
    opened_by: String,
    status: String,
    amount_minor: i64,
    currency: String,
    note_sealed: Option<Vec<u8>>,
    opened_ms: i64,
    closed_ms: Option<i64>,
}

impl DisputeRow {
    fn read(self) -> Result<StoredDispute, StoreError> {
        Ok(StoredDispute {
            id: rows::parse("dispute.id", &self.id)?,
            payment: rows::parse("dispute.payment_id", &self.payment_id)?,
            merchant: rows::parse("payment.merchant_id", &self.merchant_id)?,
            opened_by: rows::from_word("dispute.opened_by", &self.opened_by)?,
            status: rows::from_word("dispute.status", &self.status)?,
            amount_minor: self.amount_minor,
            currency: self.currency,
            note_sealed: self.note_sealed,
            opened_ms: self.opened_ms,
            closed_ms: self.closed_ms,
        })
    }
}

pub(crate) async fn insert(conn: &mut Conn, new: &NewDispute<'_>) -> Result<(), StoreError> {
    sqlx::query(
        "insert into dispute (id, payment_id, opened_by, status, amount_minor, note_sealed, opened_ms)
         values ($1, $2, $3, 'open', $4, $5, $6)",
    )
    .bind(new.id.to_string())
    .bind(new.payment.to_string())
    .bind(rows::word(&new.opened_by)?)
    .bind(new.amount_minor)
    .bind(new.note_sealed)
    .bind(new.now_ms)
    .execute(conn)
    .await?;
    Ok(())
}

pub(crate) async fn dispute(conn: &mut Conn, id: DisputeId) -> Result<Option<StoredDispute>, StoreError> {
    let row: Option<DisputeRow> = sqlx::query_as(
        "select d.id, d.payment_id, p.merchant_id, d.opened_by, d.status, d.amount_minor, p.currency, d.note_sealed,
             d.opened_ms, d.closed_ms
         from dispute d join payment p on p.id = d.payment_id where d.id = $1",
    )
    .bind(id.to_string())
    .fetch_optional(conn)
    .await?;
    row.map(DisputeRow::read).transpose()
}

/// Every dispute of a payment, newest first.
pub(crate) async fn of_payment(conn: &mut Conn, payment: PaymentId) -> Result<Vec<StoredDispute>, StoreError> {
    let rows: Vec<DisputeRow> = sqlx::query_as(
        "select d.id, d.payment_id, p.merchant_id, d.opened_by, d.status, d.amount_minor, p.currency, d.note_sealed,
             d.opened_ms, d.closed_ms
         from dispute d join payment p on p.id = d.payment_id where d.payment_id = $1 order by d.id desc",
    )
    .bind(payment.to_string())
    .fetch_all(conn)
    .await?;
    rows.into_iter().map(DisputeRow::read).collect()
}

/// Disputes, newest first; of one merchant, or of all when `merchant` is `None`.
pub(crate) async fn list(
    conn: &mut Conn,
    merchant: Option<MerchantId>,
    limit: u32,
    after: Option<DisputeId>,
) -> Result<Vec<StoredDispute>, StoreError> {
    let rows: Vec<DisputeRow> = sqlx::query_as(
        "select d.id, d.payment_id, p.merchant_id, d.opened_by, d.status, d.amount_minor, p.currency, d.note_sealed,
             d.opened_ms, d.closed_ms
         from dispute d join payment p on p.id = d.payment_id
         where (cast($1 as text) is null or p.merchant_id = $1) and (cast($2 as text) is null or d.id < $2)
         order by d.id desc limit $3",
    )
    .bind(merchant.map(|id| id.to_string()))
    .bind(after.map(|id| id.to_string()))
    .bind(i64::from(limit))
    .fetch_all(conn)
    .await?;
    rows.into_iter().map(DisputeRow::read).collect()
}

/// What a dispute that is being lost takes back, and how much of it goes to credits.
pub(crate) async fn set_taken(conn: &mut Conn, id: DisputeId, minor: i64, credit_minor: i64) -> Result<(), StoreError> {
    sqlx::query("update dispute set amount_minor = $2, credit_minor = $3 where id = $1 and status = 'open'")
        .bind(id.to_string())
        .bind(minor)
        .bind(credit_minor)
        .execute(conn)
        .await?;
    Ok(())
}

/// What lost disputes took back of a payment.
pub(crate) async fn taken_back(conn: &mut Conn, payment: PaymentId) -> Result<i64, StoreError> {
    let (minor,): (i64,) = sqlx::query_as(
        "select cast(coalesce(sum(amount_minor), 0) as bigint) from dispute where payment_id = $1 and status = 'lost'",
    )
    .bind(payment.to_string())
    .fetch_one(conn)
    .await?;
    Ok(minor)
}

/// Closes an open dispute; `note_sealed` replaces the note where there is one.
pub(crate) async fn close(
    conn: &mut Conn,
    id: DisputeId,
    status: DisputeStatus,
    note_sealed: Option<&[u8]>,
    now_ms: i64,
) -> Result<(), StoreError> {
    sqlx::query(
        "update dispute set status = $2, note_sealed = coalesce($3, note_sealed), closed_ms = $4
         where id = $1 and status = 'open'",
    )
    .bind(id.to_string())
    .bind(rows::word(&status)?)
    .bind(note_sealed)
    .bind(now_ms)
    .execute(conn)
    .await?;
    Ok(())
}
