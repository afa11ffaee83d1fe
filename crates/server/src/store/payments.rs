//! Payments.

use super::{Conn, StoreError, rows};
use handsel_api::{
    MerchantId, PaymentId, SiteId, SubjectId,
    payments::{Means, PaymentStatus},
    subjects::Card,
};

/// A payment as stored.
#[derive(Debug, Clone)]
pub(crate) struct StoredPayment {
    pub(crate) id: PaymentId,
    pub(crate) site: SiteId,
    pub(crate) merchant: MerchantId,
    pub(crate) status: PaymentStatus,
    pub(crate) amount_minor: i64,
    pub(crate) refunded_minor: i64,
    pub(crate) currency: String,
    pub(crate) client_reference: Option<String>,
    pub(crate) means: Option<Means>,
    pub(crate) subject: Option<SubjectId>,
    pub(crate) attempts: i64,
    pub(crate) wrong_proofs: i64,
    pub(crate) charge_request: Option<[u8; 16]>,
    pub(crate) card: Option<Card>,
    pub(crate) auth_code: Option<String>,
    pub(crate) created_ms: i64,
    pub(crate) captured_ms: Option<i64>,
}

/// A new payment.
pub(crate) struct NewPayment<'a> {
    pub(crate) id: PaymentId,
    pub(crate) request: &'a [u8; 16],
    pub(crate) site: SiteId,
    pub(crate) merchant: MerchantId,
    pub(crate) amount_minor: i64,
    pub(crate) currency: &'a str,
    pub(crate) client_reference: Option<&'a str>,
    pub(crate) now_ms: i64,
}

#[derive(sqlx::FromRow)]
struct PaymentRow {
    id: String,
    site_id: String,
    merchant_id: String,
    status: String,
    amount_minor: i64,
    refunded_minor: i64,
    currency: String,
    client_reference: Option<String>,
    means: Option<String>,
    subject_id: Option<String>,
    attempts: i64,
    wrong_proofs: i64,
    charge_request: Option<Vec<u8>>,
    card_brand: Option<String>,
    card_last4: Option<String>,
    auth_code: Option<String>,
    created_ms: i64,
    captured_ms: Option<i64>,
}

impl PaymentRow {
    fn read(self) -> Result<StoredPayment, StoreError> {
        Ok(StoredPayment {
            id: rows::parse("payment.id", &self.id)?,
            site: rows::parse("payment.site_id", &self.site_id)?,
            merchant: rows::parse("payment.merchant_id", &self.merchant_id)?,
            status: rows::from_word("payment.status", &self.status)?,
            amount_minor: self.amount_minor,
            refunded_minor: self.refunded_minor,
            currency: self.currency,
            client_reference: self.client_reference,
            means: self.means.map(|means| rows::from_word("payment.means", &means)).transpose()?,
            subject: self.subject_id.map(|id| rows::parse("payment.subject_id", &id)).transpose()?,
            attempts: self.attempts,
            wrong_proofs: self.wrong_proofs,
            charge_request: self.charge_request.map(|key| rows::bytes("charge_request", &key)).transpose()?,
            card: self.card_brand.zip(self.card_last4).map(|(brand, last4)| Card { brand, last4 }),
            auth_code: self.auth_code,
            created_ms: self.created_ms,
            captured_ms: self.captured_ms,
        })
    }
}

/// A query for payments: every column, then what comes after `from payment p`.
macro_rules! select_payments {
    ($rest:literal) => {
        concat!(
            "select p.id, p.site_id, p.merchant_id, p.status, p.amount_minor, p.currency, p.client_reference, p.means,
                 p.subject_id, p.attempts, p.wrong_proofs, p.charge_request, p.card_brand, p.card_last4, p.auth_code,
                 p.created_ms, p.captured_ms,
                 (select cast(coalesce(sum(r.amount_minor), 0) as bigint) from refund r where r.payment_id = p.id) as refunded_minor
             from payment p ",
            $rest
        )
    };
}

pub(crate) async fn insert(conn: &mut Conn, new: &NewPayment<'_>) -> Result<(), StoreError> {
    sqlx::query(
        "insert into payment (id, request, site_id, merchant_id, status, amount_minor, currency, client_reference,
             created_ms)
         values ($1, $2, $3, $4, 'requires_palm', $5, $6, $7, $8)",
    )
    .bind(new.id.to_string())
    .bind(new.request.as_slice())
    .bind(new.site.to_string())
    .bind(new.merchant.to_string())
    .bind(new.amount_minor)
    .bind(new.currency)
    .bind(new.client_reference)
    .bind(new.now_ms)
    .execute(conn)
    .await?;
    Ok(())
}

pub(crate) async fn payment(conn: &mut Conn, id: PaymentId) -> Result<Option<StoredPayment>, StoreError> {
    let row: Option<PaymentRow> =
        sqlx::query_as(select_payments!("where p.id = $1")).bind(id.to_string()).fetch_optional(conn).await?;
    row.map(PaymentRow::read).transpose()
}

/// The payment that a request made before.
pub(crate) async fn by_request(conn: &mut Conn, request: &[u8; 16]) -> Result<Option<StoredPayment>, StoreError> {
    let row: Option<PaymentRow> =
        sqlx::query_as(select_payments!("where p.request = $1")).bind(request.as_slice()).fetch_optional(conn).await?;
    row.map(PaymentRow::read).transpose()
}

pub(crate) async fn by_receipt(conn: &mut Conn, hash: &[u8; 32]) -> Result<Option<StoredPayment>, StoreError> {
    let row: Option<PaymentRow> = sqlx::query_as(select_payments!("where p.receipt_hash = $1"))
        .bind(hash.as_slice())
        .fetch_optional(conn)
        .await?;
    row.map(PaymentRow::read).transpose()
}

/// Payments, newest first; of one merchant, or of all when `merchant` is `None`.
pub(crate) async fn list(
    conn: &mut Conn,
    merchant: Option<MerchantId>,
    limit: u32,
    after: Option<PaymentId>,
) -> Result<Vec<StoredPayment>, StoreError> {
    let rows: Vec<PaymentRow> = sqlx::query_as(select_payments!(
        "where (cast($1 as text) is null or p.merchant_id = $1) and (cast($2 as text) is null or p.id < $2)
         order by p.id desc limit $3"
    ))
    .bind(merchant.map(|id| id.to_string()))
    .bind(after.map(|id| id.to_string()))
    .bind(i64::from(limit))
    .fetch_all(conn)
    .await?;
    rows.into_iter().map(PaymentRow::read).collect()
}

/// What a subject paid, newest first.
pub(crate) async fn captured_of_subject(
    conn: &mut Conn,
    subject: SubjectId,
    limit: u32,
) -> Result<Vec<StoredPayment>, StoreError> {
    let rows: Vec<PaymentRow> = sqlx::query_as(select_payments!(
        "where p.subject_id = $1 and p.status = 'captured' order by p.id desc limit $2"
    ))
    .bind(subject.to_string())
    .bind(i64::from(limit))
    .fetch_all(conn)
    .await?;
    rows.into_iter().map(PaymentRow::read).collect()
}

/// Payments that a stopped process or a silent processor left half way.
pub(crate) async fn processing(conn: &mut Conn) -> Result<Vec<StoredPayment>, StoreError> {
    let rows: Vec<PaymentRow> =
        sqlx::query_as(select_payments!("where p.status = 'processing' order by p.id")).fetch_all(conn).await?;
    rows.into_iter().map(PaymentRow::read).collect()
}

/// Moves a payment on, whoever it is about, and forgets whoever it was about before.
pub(crate) async fn set_status(
    conn: &mut Conn,
    id: PaymentId,
    status: PaymentStatus,
    subject: Option<SubjectId>,
) -> Result<(), StoreError> {
    sqlx::query("update payment set status = $2, subject_id = $3 where id = $1")
        .bind(id.to_string())
        .bind(rows::word(&status)?)
        .bind(subject.map(|id| id.to_string()))
        .execute(conn)
        .await?;
    Ok(())
}

/// Has every open payment that is about a subject look for a palm again.
pub(crate) async fn forget_match(conn: &mut Conn, subject: SubjectId) -> Result<(), StoreError> {
    sqlx::query(
        "update payment set status = 'requires_palm', subject_id = null
         where subject_id = $1 and status in ('requires_step_up', 'requires_confirmation')",
    )
    .bind(subject.to_string())
    .execute(conn)
    .await?;
    Ok(())
}

/// Counts an accepted capture.
pub(crate) async fn add_attempt(conn: &mut Conn, id: PaymentId) -> Result<(), StoreError> {
    sqlx::query("update payment set attempts = attempts + 1 where id = $1").bind(id.to_string()).execute(conn).await?;
    Ok(())
}

/// Counts a wrong proof; the number of them.
pub(crate) async fn add_wrong_proof(conn: &mut Conn, id: PaymentId) -> Result<i64, StoreError> {
    let (count,): (i64,) =
        sqlx::query_as("update payment set wrong_proofs = wrong_proofs + 1 where id = $1 returning wrong_proofs")
            .bind(id.to_string())
            .fetch_one(conn)
            .await?;
    Ok(count)
}

/// Hands a payment to the processor.
pub(crate) async fn start_charge(
    conn: &mut Conn,
    id: PaymentId,
    request: &[u8; 16],
    means: Means,
    subject: Option<SubjectId>,
    card: &Card,
) -> Result<(), StoreError> {
    sqlx::query(
        "update payment set status = 'processing', charge_request = $2, means = $3, subject_id = $4, card_brand = $5,
             card_last4 = $6 where id = $1",
    )
    .bind(id.to_string())
    .bind(request.as_slice())
    .bind(rows::word(&means)?)
    .bind(subject.map(|id| id.to_string()))
    .bind(&card.brand)
    .bind(&card.last4)
    .execute(conn)
    .await?;
    Ok(())
}

pub(crate) async fn set_captured(
    conn: &mut Conn,
    id: PaymentId,
    auth_code: &str,
    receipt_hash: &[u8; 32],
    now_ms: i64,
) -> Result<(), StoreError> {
    sqlx::query(
        "update payment set status = 'captured', auth_code = $2, receipt_hash = $3, captured_ms = $4 where id = $1",
    )
    .bind(id.to_string())
    .bind(auth_code)
    .bind(receipt_hash.as_slice())
    .bind(now_ms)
    .execute(conn)
    .await?;
    Ok(())
}

/// Closes what nobody came for, and forgets whoever it was about.
pub(crate) async fn expire_before(conn: &mut Conn, created_before_ms: i64) -> Result<u64, StoreError> {
    let done = sqlx::query(
        "update payment set status = 'expired', subject_id = null
         where status in ('requires_palm', 'requires_step_up', 'requires_confirmation') and created_ms <= $1",
    )
    .bind(created_before_ms)
    .execute(conn)
    .await?;
    Ok(done.rows_affected())
}
