//! Merchants and sites.

use super::{Conn, StoreError, money, rows};
use crate::clock::rfc3339;
use handsel_api::{
    MerchantId, SiteId,
    merchants::{Merchant, Site},
};
use handsel_ledger::Currency;

#[derive(sqlx::FromRow)]
struct MerchantRow {
    id: String,
    name: String,
    currency: String,
    created_ms: i64,
}

#[derive(sqlx::FromRow)]
struct SiteRow {
    id: String,
    merchant_id: String,
    name: String,
    sign_confirmed_by: Option<String>,
    sign_confirmed_ms: Option<i64>,
    created_ms: i64,
}

impl MerchantRow {
    fn read(self) -> Result<Merchant, StoreError> {
        Ok(Merchant {
            id: rows::parse("merchant.id", &self.id)?,
            name: self.name,
            currency: self.currency,
            created_at: rfc3339(self.created_ms),
        })
    }
}

impl SiteRow {
    fn read(self) -> Result<Site, StoreError> {
        Ok(Site {
            id: rows::parse("site.id", &self.id)?,
            merchant: rows::parse("site.merchant_id", &self.merchant_id)?,
            name: self.name,
            sign_confirmed_by: self.sign_confirmed_by,
            sign_confirmed_at: self.sign_confirmed_ms.map(rfc3339),
            created_at: rfc3339(self.created_ms),
        })
    }
}

pub(crate) async fn insert_merchant(
    conn: &mut Conn,
    id: MerchantId,
    name: &str,
    currency: &str,
    now_ms: i64,
) -> Result<(), StoreError> {
    sqlx::query("insert into merchant (id, name, currency, created_ms) values ($1, $2, $3, $4)")
        .bind(id.to_string())
        .bind(name)
        .bind(currency)
        .bind(now_ms)
        .execute(conn)
        .await?;
    Ok(())
}

/// Opens the ledger's accounts of merchants that an older version made.
pub(crate) async fn open_accounts(conn: &mut Conn) -> Result<(), StoreError> {
    let rows: Vec<(String, String)> = sqlx::query_as(
        "select m.id, m.currency from merchant m
         where not exists (select 1 from account a where a.owner = m.id and a.kind = 'merchant')",
    )
    .fetch_all(&mut *conn)
    .await?;
    for (id, currency) in rows {
        let merchant: MerchantId = rows::parse("merchant.id", &id)?;
        let currency = Currency::parse(&currency);
        let currency = currency.ok_or_else(|| StoreError::Broken("merchant.currency does not read back".to_owned()))?;
        money::open_merchant(conn, merchant, currency).await?;
    }
    Ok(())
}

pub(crate) async fn merchant(conn: &mut Conn, id: MerchantId) -> Result<Option<Merchant>, StoreError> {
    let row: Option<MerchantRow> = sqlx::query_as("select id, name, currency, created_ms from merchant where id = $1")
        .bind(id.to_string())
        .fetch_optional(conn)
        .await?;
    row.map(MerchantRow::read).transpose()
}

pub(crate) async fn merchants(
    conn: &mut Conn,
    limit: u32,
    after: Option<MerchantId>,
) -> Result<Vec<Merchant>, StoreError> {
    let rows: Vec<MerchantRow> = sqlx::query_as(
        "select id, name, currency, created_ms from merchant
         where cast($1 as text) is null or id < $1 order by id desc limit $2",
    )
    .bind(after.map(|id| id.to_string()))
    .bind(i64::from(limit))
    .fetch_all(conn)
    .await?;
    rows.into_iter().map(MerchantRow::read).collect()
}

pub(crate) async fn insert_site(
    conn: &mut Conn,
    id: SiteId,
    merchant: MerchantId,
    name: &str,
    now_ms: i64,
) -> Result<(), StoreError> {
    sqlx::query("insert into site (id, merchant_id, name, created_ms) values ($1, $2, $3, $4)")
        .bind(id.to_string())
        .bind(merchant.to_string())
        .bind(name)
        .bind(now_ms)
        .execute(conn)
        .await?;
    Ok(())
}

pub(crate) async fn site(conn: &mut Conn, id: SiteId) -> Result<Option<Site>, StoreError> {
    let row: Option<SiteRow> = sqlx::query_as(
        "select id, merchant_id, name, sign_confirmed_by, sign_confirmed_ms, created_ms from site where id = $1",
    )
    .bind(id.to_string())
    .fetch_optional(conn)
    .await?;
    row.map(SiteRow::read).transpose()
}

/// Notes who said when that the sign hangs at a site's door, or that it does not.
pub(crate) async fn set_sign(conn: &mut Conn, site: SiteId, confirmed: Option<(&str, i64)>) -> Result<(), StoreError> {
    sqlx::query("update site set sign_confirmed_by = $2, sign_confirmed_ms = $3 where id = $1")
        .bind(site.to_string())
        .bind(confirmed.map(|(by, _)| by.to_owned()))
        .bind(confirmed.map(|(_, at_ms)| at_ms))
        .execute(conn)
        .await?;
    Ok(())
}

/// Who sells at a site, and in which currency.
pub(crate) async fn seller(conn: &mut Conn, site: SiteId) -> Result<Option<(MerchantId, String)>, StoreError> {
    let row: Option<(String, String)> =
        sqlx::query_as("select m.id, m.currency from site s join merchant m on m.id = s.merchant_id where s.id = $1")
            .bind(site.to_string())
            .fetch_optional(conn)
            .await?;
    row.map(|(id, currency)| Ok((rows::parse("merchant.id", &id)?, currency))).transpose()
}

/// Sites, newest first; of one merchant, or of all when `merchant` is `None`.
pub(crate) async fn sites(
    conn: &mut Conn,
    merchant: Option<MerchantId>,
    limit: u32,
    after: Option<SiteId>,
) -> Result<Vec<Site>, StoreError> {
    let rows: Vec<SiteRow> = sqlx::query_as(
        "select id, merchant_id, name, sign_confirmed_by, sign_confirmed_ms, created_ms from site
         where (cast($1 as text) is null or merchant_id = $1) and (cast($2 as text) is null or id < $2)
         order by id desc limit $3",
    )
    .bind(merchant.map(|id| id.to_string()))
    .bind(after.map(|id| id.to_string()))
    .bind(i64::from(limit))
    .fetch_all(conn)
    .await?;
    rows.into_iter().map(SiteRow::read).collect()
}
