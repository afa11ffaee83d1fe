//! Refunds.

use super::{Conn, StoreError, rows};
use crate::clock::rfc3339;
use handsel_api::{PaymentId, RefundId, payments::Refund};

#[derive(sqlx::FromRow)]
struct RefundRow {
    id: String,
    payment_id: String,
    amount_minor: i64,
    currency: String,
    created_ms: i64,
}

impl RefundRow {
    fn read(self) -> Result<Refund, StoreError> {
        Ok(Refund {
            id: rows::parse("refund.id", &self.id)?,
            payment: rows::parse("refund.payment_id", &self.payment_id)?,
            amount_minor: self.amount_minor,
            currency: self.currency,
            created_at: rfc3339(self.created_ms),
        })
    }
}

pub(crate) async fn insert(
    conn: &mut Conn,
    id: RefundId,
    request: &[u8; 16],
    payment: PaymentId,
    amount: handsel_ledger::Amount,
    now_ms: i64,
) -> Result<(), StoreError> {
    sqlx::query(
        "insert into refund (id, request, payment_id, amount_minor, currency, sent, created_ms)
         values ($1, $2, $3, $4, $5, 0, $6)",
    )
    .bind(id.to_string())
    .bind(request.as_slice())
    .bind(payment.to_string())
    .bind(amount.minor())
    .bind(amount.currency().code())
    .bind(now_ms)
    .execute(conn)
    .await?;
    Ok(())
}

/// The refund that a request made before.
pub(crate) async fn by_request(conn: &mut Conn, request: &[u8; 16]) -> Result<Option<Refund>, StoreError> {
    let row: Option<RefundRow> =
        sqlx::query_as("select id, payment_id, amount_minor, currency, created_ms from refund where request = $1")
            .bind(request.as_slice())
            .fetch_optional(conn)
            .await?;
    row.map(RefundRow::read).transpose()
}

pub(crate) async fn get(conn: &mut Conn, id: RefundId) -> Result<Option<Refund>, StoreError> {
    let row: Option<RefundRow> =
        sqlx::query_as("select id, payment_id, amount_minor, currency, created_ms from refund where id = $1")
            .bind(id.to_string())
            .fetch_optional(conn)
            .await?;
    row.map(RefundRow::read).transpose()
}

/// Every refund of a payment, newest first.
pub(crate) async fn of_payment(conn: &mut Conn, payment: PaymentId) -> Result<Vec<Refund>, StoreError> {
    let rows: Vec<RefundRow> = sqlx::query_as(
        "select id, payment_id, amount_minor, currency, created_ms from refund where payment_id = $1
         order by created_ms desc, id desc",
    )
    .bind(payment.to_string())
    .fetch_all(conn)
    .await?;
    rows.into_iter().map(RefundRow::read).collect()
}

/// Refunds the processor has not said yes to yet.
pub(crate) async fn to_send(conn: &mut Conn) -> Result<Vec<Refund>, StoreError> {
    let rows: Vec<RefundRow> = sqlx::query_as(
        "select id, payment_id, amount_minor, currency, created_ms from refund where sent = 0 order by id",
    )
    .fetch_all(conn)
    .await?;
    rows.into_iter().map(RefundRow::read).collect()
}

pub(crate) async fn mark_sent(conn: &mut Conn, id: RefundId) -> Result<(), StoreError> {
    sqlx::query("update refund set sent = 1 where id = $1").bind(id.to_string()).execute(conn).await?;
    Ok(())
}
