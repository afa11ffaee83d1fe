//! Payments.

use super::{Conn, StoreError, rows};
use crate::processor::CardToken;
use handsel_api::{
    MerchantId, PaymentId, SiteId, SubjectId,
    payments::{CaptureWhen, DeclineReason, Means, PaymentStatus},
    subjects::Card,
};

/// A payment as stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct StoredPayment {
    pub(crate) id: PaymentId,
    pub(crate) site: SiteId,
    pub(crate) merchant: MerchantId,
    pub(crate) status: PaymentStatus,
    pub(crate) amount_minor: i64,
    /// What it was before a member's price.
    pub(crate) listed_minor: Option<i64>,
    pub(crate) tip_minor: i64,
    pub(crate) credit_minor: i64,
    pub(crate) captured_minor: Option<i64>,
    /// How much was given back or is promised.
    pub(crate) refunded_minor: i64,
    /// How much of that goes to credits.
    pub(crate) refunded_credit_minor: i64,
    /// How much the processor refused to give back for good. The merchant still has it.
    pub(crate) refused_minor: i64,
    pub(crate) currency: String,
    pub(crate) client_reference: Option<String>,
    pub(crate) take: CaptureWhen,
    pub(crate) means: Option<Means>,
    pub(crate) subject: Option<SubjectId>,
    /// The subject's number in the merchant's programme.
    pub(crate) loyalty_sealed: Option<Vec<u8>>,
    pub(crate) attempts: i64,
    pub(crate) wrong_proofs: i64,
    pub(crate) charge_request: Option<[u8; 16]>,
    pub(crate) card: Option<Card>,
    pub(crate) card_token: Option<CardToken>,
    pub(crate) processor_ref: Option<String>,
    pub(crate) asked: Option<Asked>,
    pub(crate) auth_code: Option<String>,
    pub(crate) decline: Option<DeclineReason>,
    /// When it was taken, if the shop was cut off then.
    pub(crate) offline_ms: Option<i64>,
    pub(crate) created_ms: i64,
    pub(crate) hold_until_ms: Option<i64>,
    pub(crate) captured_ms: Option<i64>,
    pub(crate) resolved_ms: Option<i64>,
}

/// What the processor was asked and has not answered yet. It is written with the state that waits for the answer, so whoever
/// finds the payment knows what to ask again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Asked {
    pub(crate) what: Ask,
    /// How much is to be taken, credits included.
    pub(crate) minor: i64,
    /// When it was asked first.
    pub(crate) first_ms: i64,
    /// How often it was not answered.
    pub(crate) tries: i64,
}

/// See [`Asked`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Ask {
    Charge,
    Capture,
    Void,
}

impl StoredPayment {
    /// What the shopper is to pay: the amount and the tip.
    pub(crate) fn total_minor(&self) -> i64 {
        self.amount_minor + self.tip_minor
    }

    /// What the card is to pay: what credits do not.
    pub(crate) fn card_minor(&self) -> i64 {
        self.total_minor() - self.credit_minor
    }
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
    pub(crate) take: CaptureWhen,
    pub(crate) now_ms: i64,
}

/// A payment's columns.
#[derive(sqlx::FromRow)]
pub(super) struct PaymentRow {
    id: String,
    site_id: String,
    merchant_id: String,
    status: String,
    amount_minor: i64,
    listed_minor: Option<i64>,
    tip_minor: i64,
    credit_minor: i64,
    captured_minor: Option<i64>,
    refunded_minor: i64,
    refunded_credit_minor: i64,
    refused_minor: i64,
    currency: String,
    client_reference: Option<String>,
    take: String,
    means: Option<String>,
    subject_id: Option<String>,
    loyalty_sealed: Option<Vec<u8>>,
    attempts: i64,
    wrong_proofs: i64,
    charge_request: Option<Vec<u8>>,
    card_brand: Option<String>,
    card_last4: Option<String>,
    card_token: Option<String>,
    processor_ref: Option<String>,
    ask: Option<String>,
    ask_minor: Option<i64>,
    asked_ms: Option<i64>,
    ask_tries: i64,
    auth_code: Option<String>,
    decline: Option<String>,
    offline_ms: Option<i64>,
    created_ms: i64,
    hold_until_ms: Option<i64>,
    captured_ms: Option<i64>,
    resolved_ms: Option<i64>,
}

impl PaymentRow {
    pub(super) fn read(self) -> Result<StoredPayment, StoreError> {
        let total_minor = self.amount_minor + self.tip_minor;
        let asked = match self.ask {
            Some(word) => Some(Asked {
                what: rows::from_word("payment.ask", &word)?,
                minor: self.ask_minor.unwrap_or(total_minor),
                first_ms: self.asked_ms.unwrap_or(self.created_ms),
                tries: self.ask_tries,
            }),
            None => None,
        };
        Ok(StoredPayment {
            id: rows::parse("payment.id", &self.id)?,
            site: rows::parse("payment.site_id", &self.site_id)?,
            merchant: rows::parse("payment.merchant_id", &self.merchant_id)?,
            status: rows::from_word("payment.status", &self.status)?,
            amount_minor: self.amount_minor,
            listed_minor: self.listed_minor,
            tip_minor: self.tip_minor,
            credit_minor: self.credit_minor,
            captured_minor: self.captured_minor,
            refunded_minor: self.refunded_minor,
            refunded_credit_minor: self.refunded_credit_minor,
            refused_minor: self.refused_minor,
            currency: self.currency,
            client_reference: self.client_reference,
            take: rows::from_word("payment.take", &self.take)?,
            means: self.means.map(|means| rows::from_word("payment.means", &means)).transpose()?,
            subject: self.subject_id.map(|id| rows::parse("payment.subject_id", &id)).transpose()?,
            loyalty_sealed: self.loyalty_sealed,
            attempts: self.attempts,
            wrong_proofs: self.wrong_proofs,
            charge_request: self.charge_request.map(|key| rows::bytes("charge_request", &key)).transpose()?,
            card: self.card_brand.zip(self.card_last4).map(|(brand, last4)| Card { brand, last4 }),
            card_token: self.card_token.map(CardToken),
            processor_ref: self.processor_ref,
            asked,
            auth_code: self.auth_code,
            decline: self.decline.map(|why| rows::from_word("payment.decline", &why)).transpose()?,
            offline_ms: self.offline_ms,
            created_ms: self.created_ms,
            hold_until_ms: self.hold_until_ms,
            captured_ms: self.captured_ms,
            resolved_ms: self.resolved_ms,
        })
    }
}

/// Every column of a payment.
macro_rules! payment_columns {
    () => {
        "payment.id, payment.site_id, payment.merchant_id, payment.status, payment.amount_minor, payment.listed_minor,
         payment.tip_minor, payment.credit_minor, payment.captured_minor, payment.currency, payment.client_reference, payment.take,
         payment.means, payment.subject_id, payment.attempts, payment.wrong_proofs, payment.charge_request, payment.card_brand,
         payment.card_last4, payment.card_token, payment.processor_ref, payment.ask, payment.ask_minor, payment.asked_ms,
         payment.ask_tries, payment.auth_code, payment.decline, payment.offline_ms, payment.created_ms, payment.hold_until_ms, payment.captured_ms,
         payment.resolved_ms,
         (select l.number_sealed from loyalty l
             where l.subject_id = payment.subject_id and l.merchant_id = payment.merchant_id) as loyalty_sealed,
         (select cast(coalesce(sum(case r.status when 'refused' then r.credit_minor else r.amount_minor end), 0) as bigint)
             from refund r where r.payment_id = payment.id) as refunded_minor,
         (select cast(coalesce(sum(r.credit_minor), 0) as bigint) from refund r
             where r.payment_id = payment.id) as refunded_credit_minor,
         (select cast(coalesce(sum(r.amount_minor - r.credit_minor), 0) as bigint) from refund r
             where r.payment_id = payment.id and r.status = 'refused') as refused_minor"
    };
}

/// A query for payments: every column, then what comes after `from payment`.
macro_rules! select_payments {
    ($rest:literal) => {
        concat!("select ", payment_columns!(), " from payment ", $rest)
    };
}

/// A statement that writes a payment and gives it back as it is then.
macro_rules! write_payment {
    ($statement:literal) => {
        concat!($statement, " returning ", payment_columns!())
    };
}
pub(super) use {payment_columns, write_payment};

impl NewPayment<'_> {
    /// As [`insert`] writes it.
    fn stored(&self) -> StoredPayment {
        StoredPayment {
            id: self.id,
            site: self.site,
            merchant: self.merchant,
            status: PaymentStatus::RequiresPalm,
            amount_minor: self.amount_minor,
            listed_minor: None,
            tip_minor: 0,
            credit_minor: 0,
            captured_minor: None,
            refunded_minor: 0,
            refunded_credit_minor: 0,
            refused_minor: 0,
            currency: self.currency.to_owned(),
            client_reference: self.client_reference.map(str::to_owned),
            take: self.take,
            means: None,
            subject: None,
            loyalty_sealed: None,
            attempts: 0,
            wrong_proofs: 0,
            charge_request: None,
            card: None,
            card_token: None,
            processor_ref: None,
            asked: None,
            auth_code: None,
            decline: None,
            offline_ms: None,
            created_ms: self.now_ms,
            hold_until_ms: None,
            captured_ms: None,
            resolved_ms: None,
        }
    }
}

/// Writes a payment, unless its request made one before; as it is then, without reading it back.
pub(crate) async fn insert(conn: &mut Conn, new: &NewPayment<'_>) -> Result<Option<StoredPayment>, StoreError> {
    let done = sqlx::query(
        "insert into payment (id, request, site_id, merchant_id, status, amount_minor, currency, client_reference, take,
             created_ms)
         values ($1, $2, $3, $4, 'requires_palm', $5, $6, $7, $8, $9) on conflict (request) do nothing",
    )
    .bind(new.id.to_string())
    .bind(new.request.as_slice())
    .bind(new.site.to_string())
    .bind(new.merchant.to_string())
    .bind(new.amount_minor)
    .bind(new.currency)
    .bind(new.client_reference)
    .bind(rows::word(&new.take)?)
    .bind(new.now_ms)
    .execute(conn)
    .await?;
    Ok((done.rows_affected() > 0).then(|| new.stored()))
}

pub(crate) async fn payment(conn: &mut Conn, id: PaymentId) -> Result<Option<StoredPayment>, StoreError> {
    let row: Option<PaymentRow> =
        sqlx::query_as(select_payments!("where payment.id = $1")).bind(id.to_string()).fetch_optional(conn).await?;
    row.map(PaymentRow::read).transpose()
}

/// The payment that a request made before.
pub(crate) async fn by_request(conn: &mut Conn, request: &[u8; 16]) -> Result<Option<StoredPayment>, StoreError> {
    let row: Option<PaymentRow> = sqlx::query_as(select_payments!("where payment.request = $1"))
        .bind(request.as_slice())
        .fetch_optional(conn)
        .await?;
    row.map(PaymentRow::read).transpose()
}

pub(crate) async fn by_receipt(conn: &mut Conn, hash: &[u8; 32]) -> Result<Option<StoredPayment>, StoreError> {
    let row: Option<PaymentRow> = sqlx::query_as(select_payments!("where payment.receipt_hash = $1"))
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
        "where (cast($1 as text) is null or payment.merchant_id = $1) and (cast($2 as text) is null or payment.id < $2)
         order by payment.id desc limit $3"
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
        "where payment.subject_id = $1 and payment.status = 'captured' order by payment.id desc limit $2"
    ))
    .bind(subject.to_string())
    .bind(i64::from(limit))
    .fetch_all(conn)
    .await?;
    rows.into_iter().map(PaymentRow::read).collect()
}

/// Every payment that a subject is recognised for, newest first.
pub(crate) async fn of_subject(conn: &mut Conn, subject: SubjectId) -> Result<Vec<StoredPayment>, StoreError> {
    let rows: Vec<PaymentRow> =
        sqlx::query_as(select_payments!("where payment.subject_id = $1 order by payment.id desc"))
            .bind(subject.to_string())
            .fetch_all(conn)
            .await?;
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

/// Lowers what is due.
pub(crate) async fn lower_amount(conn: &mut Conn, id: PaymentId, minor: i64) -> Result<(), StoreError> {
    sqlx::query(
        "update payment set listed_minor = coalesce(listed_minor, amount_minor), amount_minor = $2
         where id = $1 and status = 'requires_confirmation'",
    )
    .bind(id.to_string())
    .bind(minor)
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
