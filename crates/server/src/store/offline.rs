//! What agents of shops that may be cut off get, and what they hand in.

use super::{
    Conn, StoreError,
    payments::{PaymentRow, StoredPayment, payment_columns, write_payment},
    rows,
};
use handsel_api::{
    KeyId, MerchantId, PaymentId, SiteId, SubjectId,
    payments::{DeclineReason, PaymentStatus},
};

/// The one agent that a key is for.
pub(crate) struct Agent {
    pub(crate) site: SiteId,
    pub(crate) public_key: Vec<u8>,
}

/// A payment that was taken while its shop was cut off.
pub(crate) struct Taken<'a> {
    pub(crate) id: PaymentId,
    pub(crate) request: &'a [u8; 16],
    pub(crate) key: KeyId,
    pub(crate) site: SiteId,
    pub(crate) merchant: MerchantId,
    pub(crate) subject: Option<SubjectId>,
    pub(crate) amount_minor: i64,
    pub(crate) tip_minor: i64,
    pub(crate) currency: &'a str,
    pub(crate) client_reference: Option<&'a str>,
    /// Why it is not charged.
    pub(crate) decline: Option<DeclineReason>,
    pub(crate) taken_ms: i64,
}

/// The agent that a key is for, once it was used.
pub(crate) async fn agent(conn: &mut Conn, key: KeyId) -> Result<Option<Agent>, StoreError> {
    let row: Option<(String, Vec<u8>)> =
        sqlx::query_as("select site_id, public_key from offline_agent where key_id = $1")
            .bind(key.to_string())
            .fetch_optional(conn)
            .await?;
    row.map(|(site, public_key)| Ok(Agent { site: rows::parse("offline_agent.site_id", &site)?, public_key }))
        .transpose()
}

/// Notes which agent a key is for, unless that is known.
pub(crate) async fn note_agent(conn: &mut Conn, key: KeyId, site: SiteId, public_key: &[u8]) -> Result<(), StoreError> {
    sqlx::query(
        "insert into offline_agent (key_id, site_id, public_key) values ($1, $2, $3) on conflict (key_id) do nothing",
    )
    .bind(key.to_string())
    .bind(site.to_string())
    .bind(public_key)
    .execute(conn)
    .await?;
    Ok(())
}

/// Who paid at a site with their palm since `since_ms`, signed one of these notices, and can pay now with a card of this processor; the last
/// first, at most `most`.
pub(crate) async fn people(
    conn: &mut Conn,
    site: SiteId,
    since_ms: i64,
    notices: &[String; 2],
    processor: &str,
    most: u32,
) -> Result<Vec<SubjectId>, StoreError> {
    let rows: Vec<(String,)> = sqlx::query_as(
        "select s.id from subject s
         join (select subject_id, max(captured_ms) as last_ms from payment
             where site_id = $1 and captured_ms >= $2 and status = 'captured' and means = 'palm' and subject_id is not null
             group by subject_id) p on p.subject_id = s.id
         where s.status = 'active' and s.phone_sealed is not null
             and exists (select 1 from consent c where c.subject_id = s.id and c.purpose = 'payment'
                 and c.notice_sha256 in ($3, $6) and c.revoked_ms is null)
             and exists (select 1 from payment_method m where m.subject_id = s.id and m.processor = $4)
             and exists (select 1 from reference r where r.subject_id = s.id)
         order by p.last_ms desc, s.id limit $5",
    )
    .bind(site.to_string())
    .bind(since_ms)
    .bind(notices[0].as_str())
    .bind(processor)
    .bind(i64::from(most))
    .bind(notices[1].as_str())
    .fetch_all(conn)
    .await?;
    rows.into_iter().map(|(id,)| rows::parse("subject.id", &id)).collect()
}

/// How much an agent handed in that was taken after `after_ms` and before `before_ms`.
pub(crate) async fn taken_by(conn: &mut Conn, key: KeyId, after_ms: i64, before_ms: i64) -> Result<i64, StoreError> {
    let (minor,): (i64,) = sqlx::query_as(
        "select cast(coalesce(sum(amount_minor + tip_minor), 0) as bigint) from payment
         where offline_key = $1 and offline_ms > $2 and offline_ms < $3",
    )
    .bind(key.to_string())
    .bind(after_ms)
    .bind(before_ms)
    .fetch_one(conn)
    .await?;
    Ok(minor)
}

/// How much was taken from somebody, at whatever shop that was cut off, from `from_ms` and before `before_ms`, unless nothing came of it.
pub(crate) async fn taken_from(
    conn: &mut Conn,
    subject: SubjectId,
    currency: &str,
    from_ms: i64,
    before_ms: i64,
) -> Result<i64, StoreError> {
    let (minor,): (i64,) = sqlx::query_as(
        "select cast(coalesce(sum(amount_minor + tip_minor), 0) as bigint) from payment
         where subject_id = $1 and currency = $2 and offline_ms >= $3 and offline_ms < $4
             and status not in ('declined', 'cancelled', 'expired')",
    )
    .bind(subject.to_string())
    .bind(currency)
    .bind(from_ms)
    .bind(before_ms)
    .fetch_one(conn)
    .await?;
    Ok(minor)
}

/// Writes what was taken: waiting to be charged, or declined.
pub(crate) async fn insert(conn: &mut Conn, taken: &Taken<'_>) -> Result<Option<StoredPayment>, StoreError> {
    let status = if taken.decline.is_some() { PaymentStatus::Declined } else { PaymentStatus::RequiresConfirmation };
    let row: Option<PaymentRow> = sqlx::query_as(write_payment!(
        "insert into payment (id, request, site_id, merchant_id, status, amount_minor, tip_minor, currency, client_reference,
             means, subject_id, decline, offline_ms, offline_key, created_ms)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, 'palm', $10, $11, $12, $13, $12)"
    ))
    .bind(taken.id.to_string())
    .bind(taken.request.as_slice())
    .bind(taken.site.to_string())
    .bind(taken.merchant.to_string())
    .bind(rows::word(&status)?)
    .bind(taken.amount_minor)
    .bind(taken.tip_minor)
    .bind(taken.currency)
    .bind(taken.client_reference)
    .bind(taken.subject.map(|id| id.to_string()))
    .bind(taken.decline.map(|why| rows::word(&why)).transpose()?)
    .bind(taken.taken_ms)
    .bind(taken.key.to_string())
    .fetch_optional(conn)
    .await?;
    row.map(PaymentRow::read).transpose()
}

/// Whose agent handed a payment in.
pub(crate) async fn handed_in_by(conn: &mut Conn, id: PaymentId) -> Result<Option<KeyId>, StoreError> {
    let row: Option<(Option<String>,)> = sqlx::query_as("select offline_key from payment where id = $1")
        .bind(id.to_string())
        .fetch_optional(conn)
        .await?;
    row.and_then(|(key,)| key).map(|key| rows::parse("payment.offline_key", &key)).transpose()
}
