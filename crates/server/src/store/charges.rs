//! What payments ask of the processor. The row that waits for an answer says what was asked and when to ask again.

use super::{
    Conn, StoreError,
    payments::{Ask, Asked, PaymentRow, StoredPayment, payment_columns, write_payment},
    rows,
};
use crate::processor::CardToken;
use handsel_api::{
    PaymentId, SubjectId,
    payments::{DeclineReason, Means, PaymentStatus},
    subjects::Card,
};

/// No wait for the processor is longer. What is due later than that was written before the clock was set back: it is due now.
pub(crate) const LONGEST_WAIT_MS: i64 = 20 * 60 * 1000;

/// Payments whose processor is to be asked again by now, the longest due first.
pub(crate) async fn to_ask(conn: &mut Conn, now_ms: i64, limit: u32) -> Result<Vec<PaymentId>, StoreError> {
    let rows: Vec<(String,)> = sqlx::query_as(
        "select id from payment where ask is not null and (ask_again_ms <= $1 or ask_again_ms > $2)
         order by ask_again_ms limit $3",
    )
    .bind(now_ms)
    .bind(now_ms.saturating_add(LONGEST_WAIT_MS))
    .bind(i64::from(limit))
    .fetch_all(conn)
    .await?;
    rows.into_iter().map(|(id,)| rows::parse("payment.id", &id)).collect()
}

/// What a process that is gone was asking; nobody waits for it any more.
pub(crate) async fn ask_all_now(conn: &mut Conn, now_ms: i64) -> Result<(), StoreError> {
    sqlx::query("update payment set status = 'unknown', ask_again_ms = $1 where ask is not null")
        .bind(now_ms)
        .execute(&mut *conn)
        .await?;
    sqlx::query("update refund set ask_again_ms = $1 where status = 'pending'").bind(now_ms).execute(conn).await?;
    Ok(())
}

/// Authorised payments whose time is over.
pub(crate) async fn held_too_long(conn: &mut Conn, now_ms: i64, limit: u32) -> Result<Vec<PaymentId>, StoreError> {
    let rows: Vec<(String,)> = sqlx::query_as(
        "select id from payment where status = 'authorized' and hold_until_ms <= $1 order by hold_until_ms limit $2",
    )
    .bind(now_ms)
    .bind(i64::from(limit))
    .fetch_all(conn)
    .await?;
    rows.into_iter().map(|(id,)| rows::parse("payment.id", &id)).collect()
}

/// What a payment is charged with.
pub(crate) struct NewCharge<'a> {
    pub(crate) request: &'a [u8; 16],
    pub(crate) means: Means,
    pub(crate) subject: Option<SubjectId>,
    pub(crate) tip_minor: i64,
    pub(crate) credit_minor: i64,
    /// `None`: credits pay all of it.
    pub(crate) card: Option<(&'a Card, &'a str)>,
    pub(crate) hold_until_ms: Option<i64>,
    pub(crate) now_ms: i64,
    pub(crate) ask_again_ms: i64,
}

/// Hands a payment to the processor; as it is then, without reading it back. `None` when it is not any more as it was when it was
/// read.
pub(crate) async fn start_charge(
    conn: &mut Conn,
    was: &StoredPayment,
    charge: &NewCharge<'_>,
) -> Result<Option<StoredPayment>, StoreError> {
    let done = sqlx::query(
        "update payment set status = 'processing', charge_request = $2, means = $3, subject_id = $4, tip_minor = $5,
             credit_minor = $6, card_brand = $7, card_last4 = $8, card_token = $9, hold_until_ms = $10, ask = 'charge',
             asked_ms = $11, ask_again_ms = $12
         where id = $1 and status = $13 and amount_minor = $14 and coalesce(subject_id, '') = $15",
    )
    .bind(was.id.to_string())
    .bind(charge.request.as_slice())
    .bind(rows::word(&charge.means)?)
    .bind(charge.subject.map(|id| id.to_string()))
    .bind(charge.tip_minor)
    .bind(charge.credit_minor)
    .bind(charge.card.map(|(card, _)| card.brand.as_str()))
    .bind(charge.card.map(|(card, _)| card.last4.as_str()))
    .bind(charge.card.map(|(_, token)| token))
    .bind(charge.hold_until_ms)
    .bind(charge.now_ms)
    .bind(charge.ask_again_ms)
    .bind(rows::word(&was.status)?)
    .bind(was.amount_minor)
    .bind(was.subject.map(|id| id.to_string()).unwrap_or_default())
    .execute(conn)
    .await?;
    if done.rows_affected() == 0 {
        return Ok(None);
    }
    let mut now = StoredPayment {
        status: PaymentStatus::Processing,
        charge_request: Some(*charge.request),
        means: Some(charge.means),
        subject: charge.subject,
        // A number in the merchant's programme is its owner's, not the payment's.
        loyalty_sealed: was.loyalty_sealed.clone().filter(|_| charge.subject == was.subject),
        tip_minor: charge.tip_minor,
        credit_minor: charge.credit_minor,
        card: charge.card.map(|(card, _)| card.clone()),
        card_token: charge.card.map(|(_, token)| CardToken(token.to_owned())),
        hold_until_ms: charge.hold_until_ms,
        ..was.clone()
    };
    now.asked = Some(Asked { what: Ask::Charge, minor: now.total_minor(), first_ms: charge.now_ms, tries: 0 });
    Ok(Some(now))
}

/// Has the processor take or let go what it authorised.
pub(crate) async fn start_ask(
    conn: &mut Conn,
    id: PaymentId,
    what: Ask,
    minor: i64,
    now_ms: i64,
    ask_again_ms: i64,
) -> Result<Option<StoredPayment>, StoreError> {
    let row: Option<PaymentRow> = sqlx::query_as(write_payment!("update payment set status = 'processing', ask = $2, ask_minor = $3, asked_ms = $4, ask_tries = 0, ask_again_ms = $5
         where id = $1"))
    .bind(id.to_string())
    .bind(rows::word(&what)?)
    .bind(minor)
    .bind(now_ms)
    .bind(ask_again_ms)
    .fetch_optional(conn)
    .await?;
    row.map(PaymentRow::read).transpose()
}

/// The processor did not answer.
pub(crate) async fn set_unknown(
    conn: &mut Conn,
    id: PaymentId,
    ask_again_ms: i64,
) -> Result<Option<StoredPayment>, StoreError> {
    let row: Option<PaymentRow> = sqlx::query_as(write_payment!(
        "update payment set status = 'unknown', ask_tries = ask_tries + 1, ask_again_ms = $2
         where id = $1 and ask is not null"
    ))
    .bind(id.to_string())
    .bind(ask_again_ms)
    .fetch_optional(conn)
    .await?;
    row.map(PaymentRow::read).transpose()
}

/// The card's money is set aside.
pub(crate) async fn set_authorized(
    conn: &mut Conn,
    id: PaymentId,
    reference: Option<&str>,
    auth_code: &str,
    now_ms: i64,
    resolved_ms: Option<i64>,
) -> Result<Option<StoredPayment>, StoreError> {
    let row: Option<PaymentRow> = sqlx::query_as(write_payment!(
        "update payment set status = 'authorized', processor_ref = coalesce($2, processor_ref), auth_code = $3,
             authorized_ms = $4, resolved_ms = coalesce($5, resolved_ms), card_token = null,
             ask = null, ask_minor = null, ask_again_ms = null,
             ask_tries = 0
         where id = $1 and status in ('processing', 'unknown')"
    ))
    .bind(id.to_string())
    .bind(reference)
    .bind(auth_code)
    .bind(now_ms)
    .bind(resolved_ms)
    .fetch_optional(conn)
    .await?;
    row.map(PaymentRow::read).transpose()
}

/// How a captured payment ended.
pub(crate) struct Captured<'a> {
    pub(crate) minor: i64,
    pub(crate) reference: Option<&'a str>,
    pub(crate) auth_code: &'a str,
    pub(crate) receipt_hash: &'a [u8; 32],
    pub(crate) now_ms: i64,
    pub(crate) resolved_ms: Option<i64>,
}

/// The money is taken; as the payment is then, without reading it back. The processor's name for the card is not needed any more.
/// `None` when it had ended before.
pub(crate) async fn set_captured(
    conn: &mut Conn,
    was: &StoredPayment,
    end: &Captured<'_>,
) -> Result<Option<StoredPayment>, StoreError> {
    let done = sqlx::query(
        "update payment set status = 'captured', captured_minor = $2, processor_ref = coalesce($3, processor_ref),
             auth_code = $4, receipt_hash = $5, captured_ms = $6, resolved_ms = coalesce($7, resolved_ms), card_token = null,
             ask = null, ask_minor = null, ask_again_ms = null, ask_tries = 0
         where id = $1 and status in ('processing', 'unknown')",
    )
    .bind(was.id.to_string())
    .bind(end.minor)
    .bind(end.reference)
    .bind(end.auth_code)
    .bind(end.receipt_hash.as_slice())
    .bind(end.now_ms)
    .bind(end.resolved_ms)
    .execute(conn)
    .await?;
    Ok((done.rows_affected() > 0).then(|| StoredPayment {
        status: PaymentStatus::Captured,
        captured_minor: Some(end.minor),
        processor_ref: end.reference.map(str::to_owned).or_else(|| was.processor_ref.clone()),
        auth_code: Some(end.auth_code.to_owned()),
        captured_ms: Some(end.now_ms),
        resolved_ms: end.resolved_ms.or(was.resolved_ms),
        card_token: None,
        asked: None,
        ..was.clone()
    }))
}

/// It came to nothing: nobody's any more.
pub(crate) async fn set_over(
    conn: &mut Conn,
    id: PaymentId,
    status: PaymentStatus,
    decline: Option<DeclineReason>,
    resolved_ms: Option<i64>,
) -> Result<Option<StoredPayment>, StoreError> {
    let row: Option<PaymentRow> = sqlx::query_as(write_payment!(
        "update payment set status = $2, decline = $3, resolved_ms = coalesce($4, resolved_ms), subject_id = null,
             card_token = null, ask = null, ask_minor = null, ask_again_ms = null, ask_tries = 0
         where id = $1 and status in ('processing', 'unknown', 'authorized')"
    ))
    .bind(id.to_string())
    .bind(rows::word(&status)?)
    .bind(decline.map(|why| rows::word(&why)).transpose()?)
    .bind(resolved_ms)
    .fetch_optional(conn)
    .await?;
    row.map(PaymentRow::read).transpose()
}
