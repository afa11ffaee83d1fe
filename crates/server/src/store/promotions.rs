//! What an operator gives for enrolling.

use super::{Conn, StoreError, rows};
use crate::clock::rfc3339;
use handsel_api::{PromotionId, credits::Promotion};

/// A promotion as stored.
#[derive(Debug, Clone)]
pub(crate) struct StoredPromotion {
    pub(crate) id: PromotionId,
    pub(crate) name: String,
    pub(crate) amount_minor: i64,
    pub(crate) currency: String,
    pub(crate) from_ms: i64,
    pub(crate) until_ms: Option<i64>,
    pub(crate) days: u32,
    pub(crate) ended_ms: Option<i64>,
    pub(crate) given: u64,
    pub(crate) created_ms: i64,
}

#[derive(sqlx::FromRow)]
struct PromotionRow {
    id: String,
    name: String,
    amount_minor: i64,
    currency: String,
    from_ms: i64,
    until_ms: Option<i64>,
    days: i64,
    ended_ms: Option<i64>,
    given: i64,
    created_ms: i64,
}

impl PromotionRow {
    fn read(self) -> Result<StoredPromotion, StoreError> {
        Ok(StoredPromotion {
            id: rows::parse("promotion.id", &self.id)?,
            name: self.name,
            amount_minor: self.amount_minor,
            currency: self.currency,
            from_ms: self.from_ms,
            until_ms: self.until_ms,
            days: rows::count("promotion.days", self.days)?,
            ended_ms: self.ended_ms,
            given: rows::count("credits", self.given)?,
            created_ms: self.created_ms,
        })
    }
}

impl StoredPromotion {
    /// Whether it gives credits at a time.
    pub(crate) fn runs(&self, now_ms: i64) -> bool {
        self.ended_ms.is_none() && self.from_ms <= now_ms && self.until_ms.is_none_or(|until| now_ms < until)
    }

    /// Until when what it gives at a time can be spent.
    pub(crate) fn expires_ms(&self, given_ms: i64) -> i64 {
        given_ms.saturating_add(i64::from(self.days) * 24 * 60 * 60 * 1000)
    }

    /// As the API shows it.
    pub(crate) fn shown(self) -> Promotion {
        Promotion {
            id: self.id,
            name: self.name,
            amount_minor: self.amount_minor,
            currency: self.currency,
            from: rfc3339(self.from_ms),
            until: self.until_ms.map(rfc3339),
            days: self.days,
            ended_at: self.ended_ms.map(rfc3339),
            given_count: self.given,
            created_at: rfc3339(self.created_ms),
        }
    }
}

pub(crate) async fn insert(conn: &mut Conn, new: &StoredPromotion) -> Result<(), StoreError> {
    sqlx::query(
        "insert into promotion (id, name, amount_minor, currency, from_ms, until_ms, days, created_ms)
         values ($1, $2, $3, $4, $5, $6, $7, $8)",
    )
    .bind(new.id.to_string())
    .bind(&new.name)
    .bind(new.amount_minor)
    .bind(&new.currency)
    .bind(new.from_ms)
    .bind(new.until_ms)
    .bind(i64::from(new.days))
    .bind(new.created_ms)
    .execute(conn)
    .await?;
    Ok(())
}

pub(crate) async fn promotion(conn: &mut Conn, id: PromotionId) -> Result<Option<StoredPromotion>, StoreError> {
    let row: Option<PromotionRow> = sqlx::query_as(
        "select id, name, amount_minor, currency, from_ms, until_ms, days, ended_ms, created_ms,
             (select count(*) from credit c where c.promotion_id = promotion.id) as given
         from promotion where id = $1",
    )
    .bind(id.to_string())
    .fetch_optional(conn)
    .await?;
    row.map(PromotionRow::read).transpose()
}

/// Promotions, newest first.
pub(crate) async fn list(
    conn: &mut Conn,
    limit: u32,
    after: Option<PromotionId>,
) -> Result<Vec<StoredPromotion>, StoreError> {
    let rows: Vec<PromotionRow> = sqlx::query_as(
        "select id, name, amount_minor, currency, from_ms, until_ms, days, ended_ms, created_ms,
             (select count(*) from credit c where c.promotion_id = promotion.id) as given
         from promotion where cast($1 as text) is null or id < $1 order by id desc limit $2",
    )
    .bind(after.map(|id| id.to_string()))
    .bind(i64::from(limit))
    .fetch_all(conn)
    .await?;
    rows.into_iter().map(PromotionRow::read).collect()
}

/// Those that give credits now, oldest first.
pub(crate) async fn running(conn: &mut Conn, now_ms: i64) -> Result<Vec<StoredPromotion>, StoreError> {
    let rows: Vec<PromotionRow> = sqlx::query_as(
        "select id, name, amount_minor, currency, from_ms, until_ms, days, ended_ms, created_ms, cast(0 as bigint) as given
         from promotion where ended_ms is null and from_ms <= $1 and (until_ms is null or until_ms > $1) order by id",
    )
    .bind(now_ms)
    .fetch_all(conn)
    .await?;
    rows.into_iter().map(PromotionRow::read).collect()
}

/// Ends one; one that was ended before stays as it is.
pub(crate) async fn end(conn: &mut Conn, id: PromotionId, now_ms: i64) -> Result<(), StoreError> {
    sqlx::query("update promotion set ended_ms = $2 where id = $1 and ended_ms is null")
        .bind(id.to_string())
        .bind(now_ms)
        .execute(conn)
        .await?;
    Ok(())
}
