//! Sales and refunds of one merchant for its books: a page at a time, so that a long export holds neither memory nor a
//! connection.

use super::{Conn, StoreError, rows, settlements::Span};
use handsel_api::{MerchantId, payments::Means, subjects::Card};

/// One sale or one refund.
#[derive(Debug, Clone)]
pub(crate) struct Entry {
    pub(crate) at_ms: i64,
    /// The payment's id, or the refund's.
    pub(crate) id: String,
    pub(crate) payment: String,
    pub(crate) site: String,
    pub(crate) client_reference: Option<String>,
    pub(crate) amount_minor: i64,
    /// How much of it is a tip.
    pub(crate) tip_minor: i64,
    /// How much of it credits paid, or got back.
    pub(crate) credit_minor: i64,
    pub(crate) currency: String,
    pub(crate) means: Option<Means>,
    pub(crate) card: Option<Card>,
    pub(crate) auth_code: Option<String>,
    /// The status of the newest dispute, in the API's word.
    pub(crate) dispute: Option<String>,
}

/// Which of the two.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Sale,
    Refund,
}

/// The last entry of a page, to go on behind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Behind {
    pub(crate) at_ms: i64,
    pub(crate) id: String,
}

#[derive(sqlx::FromRow)]
struct EntryRow {
    at_ms: i64,
    id: String,
    payment_id: String,
    site: String,
    client_reference: Option<String>,
    amount_minor: i64,
    tip_minor: i64,
    credit_minor: i64,
    currency: String,
    means: Option<String>,
    card_brand: Option<String>,
    card_last4: Option<String>,
    auth_code: Option<String>,
    dispute: Option<String>,
}

impl EntryRow {
    fn read(self) -> Result<Entry, StoreError> {
        Ok(Entry {
            at_ms: self.at_ms,
            id: self.id,
            payment: self.payment_id,
            site: self.site,
            client_reference: self.client_reference,
            amount_minor: self.amount_minor,
            tip_minor: self.tip_minor,
            credit_minor: self.credit_minor,
            currency: self.currency,
            means: self.means.map(|means| rows::from_word("payment.means", &means)).transpose()?,
            card: self.card_brand.zip(self.card_last4).map(|(brand, last4)| Card { brand, last4 }),
            auth_code: self.auth_code,
            dispute: self.dispute,
        })
    }
}

/// The next `limit` entries of one kind, oldest first; from the beginning of the span when `behind` is `None`.
pub(crate) async fn entries(
    conn: &mut Conn,
    kind: Kind,
    merchant: MerchantId,
    span: Span,
    behind: Option<&Behind>,
    limit: u32,
) -> Result<Vec<Entry>, StoreError> {
    // Nothing comes before the empty id.
    let (from_ms, from_id) = behind.map_or((span.from_ms, ""), |behind| (behind.at_ms, behind.id.as_str()));
    let query = match kind {
        Kind::Sale => sqlx::query_as(
            "select p.captured_ms as at_ms, p.id, p.id as payment_id, s.name as site, p.client_reference, p.captured_minor as amount_minor,
                 case when p.amount_minor < p.captured_minor then p.captured_minor - p.amount_minor else 0 end as tip_minor,
                 case when p.credit_minor < p.captured_minor then p.credit_minor else p.captured_minor end as credit_minor,
                 p.currency, p.means, p.card_brand, p.card_last4, p.auth_code,
                 (select d.status from dispute d where d.payment_id = p.id order by d.id desc limit 1) as dispute
             from payment p join site s on s.id = p.site_id
             where p.merchant_id = $1 and p.status = 'captured' and (p.captured_ms, p.id) > ($2, $3)
                 and p.captured_ms < $4
             order by p.captured_ms, p.id limit $5",
        ),
        Kind::Refund => sqlx::query_as(
            "select r.created_ms as at_ms, r.id, p.id as payment_id, s.name as site, p.client_reference, r.amount_minor,
                 cast(0 as bigint) as tip_minor, r.credit_minor,
                 r.currency, p.means, p.card_brand, p.card_last4, p.auth_code,
                 (select d.status from dispute d where d.payment_id = p.id order by d.id desc limit 1) as dispute
             from refund r join payment p on p.id = r.payment_id join site s on s.id = p.site_id
             where p.merchant_id = $1 and (r.created_ms, r.id) > ($2, $3) and r.created_ms < $4
             order by r.created_ms, r.id limit $5",
        ),
    };
    let found: Vec<EntryRow> = query
        .bind(merchant.to_string())
        .bind(from_ms)
        .bind(from_id)
        .bind(span.to_ms)
        .bind(i64::from(limit))
        .fetch_all(conn)
        .await?;
    found.into_iter().map(EntryRow::read).collect()
}
