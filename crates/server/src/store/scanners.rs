//! Scanners, and what they were asked to do.

use super::{Conn, StoreError, rows};
use crate::clock::rfc3339;
use handsel_api::{
    MerchantId, PaymentId, ScannerActionId, ScannerId, SiteId,
    payments::PaymentStatus,
    scanners::{Scanner, ScannerActionStatus},
};

/// An action as stored, beside where its payment stands.
#[derive(Debug, Clone)]
pub(crate) struct StoredAction {
    pub(crate) id: ScannerActionId,
    pub(crate) scanner: ScannerId,
    pub(crate) merchant: MerchantId,
    pub(crate) payment: PaymentId,
    pub(crate) status: ScannerActionStatus,
    pub(crate) deadline_ms: i64,
    pub(crate) created_ms: i64,
    pub(crate) payment_status: PaymentStatus,
    pub(crate) payment_created_ms: i64,
}

#[derive(sqlx::FromRow)]
struct ScannerRow {
    id: String,
    site_id: String,
    merchant_id: String,
    name: String,
    created_ms: i64,
}

impl ScannerRow {
    fn read(self) -> Result<Scanner, StoreError> {
        let id = rows::parse("scanner.id", &self.id)?;
        Ok(Scanner {
            id,
            site: rows::parse("scanner.site_id", &self.site_id)?,
            merchant: rows::parse("scanner.merchant_id", &self.merchant_id)?,
            name: self.name,
            kiosk_path: format!("/kiosk?scanner={id}"),
            created_at: rfc3339(self.created_ms),
        })
    }
}

#[derive(sqlx::FromRow)]
struct ActionRow {
    id: String,
    scanner_id: String,
    merchant_id: String,
    payment_id: String,
    status: String,
    deadline_ms: i64,
    created_ms: i64,
    payment_status: String,
    payment_created_ms: i64,
}

impl ActionRow {
    fn read(self) -> Result<StoredAction, StoreError> {
        Ok(StoredAction {
            id: rows::parse("scanner_action.id", &self.id)?,
            scanner: rows::parse("scanner_action.scanner_id", &self.scanner_id)?,
            merchant: rows::parse("scanner.merchant_id", &self.merchant_id)?,
            payment: rows::parse("scanner_action.payment_id", &self.payment_id)?,
            status: rows::from_word("scanner_action.status", &self.status)?,
            deadline_ms: self.deadline_ms,
            created_ms: self.created_ms,
            payment_status: rows::from_word("payment.status", &self.payment_status)?,
            payment_created_ms: self.payment_created_ms,
        })
    }
}

pub(crate) async fn insert(
    conn: &mut Conn,
    id: ScannerId,
    site: SiteId,
    merchant: MerchantId,
    name: &str,
    now_ms: i64,
) -> Result<(), StoreError> {
    sqlx::query("insert into scanner (id, site_id, merchant_id, name, created_ms) values ($1, $2, $3, $4, $5)")
        .bind(id.to_string())
        .bind(site.to_string())
        .bind(merchant.to_string())
        .bind(name)
        .bind(now_ms)
        .execute(conn)
        .await?;
    Ok(())
}

pub(crate) async fn get(conn: &mut Conn, id: ScannerId) -> Result<Option<Scanner>, StoreError> {
    let row: Option<ScannerRow> =
        sqlx::query_as("select id, site_id, merchant_id, name, created_ms from scanner where id = $1")
            .bind(id.to_string())
            .fetch_optional(conn)
            .await?;
    row.map(ScannerRow::read).transpose()
}

/// Scanners, newest first; of one merchant, or of all when `merchant` is `None`.
pub(crate) async fn list(
    conn: &mut Conn,
    merchant: Option<MerchantId>,
    limit: u32,
    after: Option<ScannerId>,
) -> Result<Vec<Scanner>, StoreError> {
    let rows: Vec<ScannerRow> = sqlx::query_as(
        "select id, site_id, merchant_id, name, created_ms from scanner
         where (cast($1 as text) is null or merchant_id = $1) and (cast($2 as text) is null or id < $2)
         order by id desc limit $3",
    )
    .bind(merchant.map(|id| id.to_string()))
    .bind(after.map(|id| id.to_string()))
    .bind(i64::from(limit))
    .fetch_all(conn)
    .await?;
    rows.into_iter().map(ScannerRow::read).collect()
}

pub(crate) async fn insert_action(
    conn: &mut Conn,
    id: ScannerActionId,
    scanner: ScannerId,
    payment: PaymentId,
    now_ms: i64,
    deadline_ms: i64,
) -> Result<(), StoreError> {
    sqlx::query(
        "insert into scanner_action (id, scanner_id, payment_id, status, deadline_ms, created_ms)
         values ($1, $2, $3, 'in_progress', $4, $5)",
    )
    .bind(id.to_string())
    .bind(scanner.to_string())
    .bind(payment.to_string())
    .bind(deadline_ms)
    .bind(now_ms)
    .execute(conn)
    .await?;
    Ok(())
}

pub(crate) async fn action(conn: &mut Conn, id: ScannerActionId) -> Result<Option<StoredAction>, StoreError> {
    let row: Option<ActionRow> = sqlx::query_as(
        "select a.id, a.scanner_id, s.merchant_id, a.payment_id, a.status, a.deadline_ms, a.created_ms,
             p.status as payment_status, p.created_ms as payment_created_ms
         from scanner_action a join scanner s on s.id = a.scanner_id join payment p on p.id = a.payment_id
         where a.id = $1",
    )
    .bind(id.to_string())
    .fetch_optional(conn)
    .await?;
    row.map(ActionRow::read).transpose()
}

/// Every action that has not ended, of one scanner or of all: at most one for each scanner.
pub(crate) async fn in_progress(conn: &mut Conn, scanner: Option<ScannerId>) -> Result<Vec<StoredAction>, StoreError> {
    let rows: Vec<ActionRow> = sqlx::query_as(
        "select a.id, a.scanner_id, s.merchant_id, a.payment_id, a.status, a.deadline_ms, a.created_ms,
             p.status as payment_status, p.created_ms as payment_created_ms
         from scanner_action a join scanner s on s.id = a.scanner_id join payment p on p.id = a.payment_id
         where a.status = 'in_progress' and (cast($1 as text) is null or a.scanner_id = $1) order by a.id",
    )
    .bind(scanner.map(|id| id.to_string()))
    .fetch_all(conn)
    .await?;
    rows.into_iter().map(ActionRow::read).collect()
}

/// The scanner that collects a payment now.
pub(crate) async fn collecting(conn: &mut Conn, payment: PaymentId) -> Result<Option<ScannerId>, StoreError> {
    let row: Option<(String,)> = sqlx::query_as(
        "select scanner_id from scanner_action where payment_id = $1 and status = 'in_progress' limit 1",
    )
    .bind(payment.to_string())
    .fetch_optional(conn)
    .await?;
    row.map(|(id,)| rows::parse("scanner_action.scanner_id", &id)).transpose()
}

/// Whether an action has not ended for this payment, at whichever scanner.
pub(crate) async fn is_collecting(conn: &mut Conn, payment: PaymentId) -> Result<bool, StoreError> {
    let row: Option<(String,)> =
        sqlx::query_as("select id from scanner_action where payment_id = $1 and status = 'in_progress'")
            .bind(payment.to_string())
            .fetch_optional(conn)
            .await?;
    Ok(row.is_some())
}

/// Ends an action; false when it had ended before.
pub(crate) async fn end(conn: &mut Conn, id: ScannerActionId, status: ScannerActionStatus) -> Result<bool, StoreError> {
    let done = sqlx::query("update scanner_action set status = $2 where id = $1 and status = 'in_progress'")
        .bind(id.to_string())
        .bind(rows::word(&status)?)
        .execute(conn)
        .await?;
    Ok(done.rows_affected() == 1)
}
