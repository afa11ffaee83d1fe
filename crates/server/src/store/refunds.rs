//! Refunds.

use super::{Conn, StoreError, charges::LONGEST_WAIT_MS, rows};
use crate::clock::rfc3339;
use handsel_api::{
    PaymentId, RefundId,
    payments::{Refund, RefundStatus},
};

#[derive(sqlx::FromRow)]
struct RefundRow {
    id: String,
    payment_id: String,
    amount_minor: i64,
    credit_minor: i64,
    currency: String,
    status: String,
    created_ms: i64,
}

impl RefundRow {
    fn read(self) -> Result<Refund, StoreError> {
        Ok(Refund {
            id: rows::parse("refund.id", &self.id)?,
            payment: rows::parse("refund.payment_id", &self.payment_id)?,
            amount_minor: self.amount_minor,
            credit_minor: self.credit_minor,
            status: rows::from_word("refund.status", &self.status)?,
            currency: self.currency,
            created_at: rfc3339(self.created_ms),
        })
    }
}

/// A new refund.
pub(crate) struct NewRefund<'a> {
    pub(crate) id: RefundId,
    pub(crate) request: &'a [u8; 16],
    pub(crate) payment: PaymentId,
    pub(crate) amount: handsel_ledger::Amount,
    /// How much of it goes back to the subject's credits.
    pub(crate) credit_minor: i64,
    pub(crate) status: RefundStatus,
    pub(crate) now_ms: i64,
    /// When somebody else may ask the processor for it.
    pub(crate) ask_again_ms: i64,
}

pub(crate) async fn insert(conn: &mut Conn, new: &NewRefund<'_>) -> Result<(), StoreError> {
    sqlx::query(
        "insert into refund (id, request, payment_id, amount_minor, credit_minor, currency, status, asked_ms, ask_again_ms,
             created_ms)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $8)",
    )
    .bind(new.id.to_string())
    .bind(new.request.as_slice())
    .bind(new.payment.to_string())
    .bind(new.amount.minor())
    .bind(new.credit_minor)
    .bind(new.amount.currency().code())
    .bind(rows::word(&new.status)?)
    .bind(new.now_ms)
    .bind(new.ask_again_ms)
    .execute(conn)
    .await?;
    Ok(())
}

/// The refund that a request made before.
pub(crate) async fn by_request(conn: &mut Conn, request: &[u8; 16]) -> Result<Option<Refund>, StoreError> {
    let row: Option<RefundRow> = sqlx::query_as(
        "select id, payment_id, amount_minor, credit_minor, currency, status, created_ms from refund where request = $1",
    )
    .bind(request.as_slice())
    .fetch_optional(conn)
    .await?;
    row.map(RefundRow::read).transpose()
}

/// Every refund of a payment, newest first.
pub(crate) async fn of_payment(conn: &mut Conn, payment: PaymentId) -> Result<Vec<Refund>, StoreError> {
    let rows: Vec<RefundRow> = sqlx::query_as(
        "select id, payment_id, amount_minor, credit_minor, currency, status, created_ms from refund where payment_id = $1
         order by created_ms desc, id desc",
    )
    .bind(payment.to_string())
    .fetch_all(conn)
    .await?;
    rows.into_iter().map(RefundRow::read).collect()
}

/// A refund by its id.
pub(crate) async fn get(conn: &mut Conn, id: RefundId) -> Result<Option<Refund>, StoreError> {
    let row: Option<RefundRow> = sqlx::query_as(
        "select id, payment_id, amount_minor, credit_minor, currency, status, created_ms from refund where id = $1",
    )
    .bind(id.to_string())
    .fetch_optional(conn)
    .await?;
    row.map(RefundRow::read).transpose()
}

/// Refunds the processor has not answered yet, and is to be asked for by now.
pub(crate) async fn to_send(conn: &mut Conn, now_ms: i64, limit: u32) -> Result<Vec<RefundId>, StoreError> {
    let rows: Vec<(String,)> = sqlx::query_as(
        "select id from refund where status = 'pending' and (ask_again_ms <= $1 or ask_again_ms > $2)
         order by ask_again_ms limit $3",
    )
    .bind(now_ms)
    .bind(now_ms.saturating_add(LONGEST_WAIT_MS))
    .bind(i64::from(limit))
    .fetch_all(conn)
    .await?;
    rows.into_iter().map(|(id,)| rows::parse("refund.id", &id)).collect()
}

/// Whether the processor has still to say what becomes of a payment's refunds.
pub(crate) async fn is_pending(conn: &mut Conn, payment: PaymentId) -> Result<bool, StoreError> {
    let row: Option<(String,)> =
        sqlx::query_as("select id from refund where payment_id = $1 and status = 'pending' limit 1")
            .bind(payment.to_string())
            .fetch_optional(conn)
            .await?;
    Ok(row.is_some())
}

/// How often a refund was asked for without an answer.
pub(crate) async fn tries(conn: &mut Conn, id: RefundId) -> Result<i64, StoreError> {
    let row: Option<(i64,)> =
        sqlx::query_as("select ask_tries from refund where id = $1").bind(id.to_string()).fetch_optional(conn).await?;
    Ok(row.map_or(0, |(tries,)| tries))
}

/// The processor did not answer, or not for good.
pub(crate) async fn ask_again(conn: &mut Conn, id: RefundId, ask_again_ms: i64) -> Result<(), StoreError> {
    sqlx::query("update refund set ask_tries = ask_tries + 1, ask_again_ms = $2 where id = $1 and status = 'pending'")
        .bind(id.to_string())
        .bind(ask_again_ms)
        .execute(conn)
        .await?;
    Ok(())
}

/// The processor answered; false when it did before.
pub(crate) async fn set_answered(
    conn: &mut Conn,
    id: RefundId,
    status: RefundStatus,
    now_ms: i64,
) -> Result<bool, StoreError> {
    let refused_ms = (status == RefundStatus::Refused).then_some(now_ms);
    let done = sqlx::query("update refund set status = $2, refused_ms = $3 where id = $1 and status = 'pending'")
        .bind(id.to_string())
        .bind(rows::word(&status)?)
        .bind(refused_ms)
        .execute(conn)
        .await?;
    Ok(done.rows_affected() == 1)
}
