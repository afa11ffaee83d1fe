//! Tills' keys, by their hashes.

use super::{Conn, StoreError, rows};
use handsel_api::{
    KeyId, MerchantId,
    keys::{KeyMode, Scope},
};

/// A key as stored.
#[derive(Debug, Clone)]
pub(crate) struct StoredKey {
    pub(crate) id: KeyId,
    pub(crate) hash: [u8; 32],
    pub(crate) merchant: MerchantId,
    pub(crate) mode: KeyMode,
    pub(crate) scopes: Vec<Scope>,
    /// How the key ends; `None` for one that is older than this column.
    pub(crate) last4: Option<String>,
    pub(crate) created_ms: i64,
    pub(crate) last_used_on: Option<String>,
    pub(crate) revoked_ms: Option<i64>,
}

#[derive(sqlx::FromRow)]
struct KeyRow {
    id: String,
    hash: Vec<u8>,
    merchant_id: String,
    mode: String,
    scopes: String,
    last4: Option<String>,
    created_ms: i64,
    last_used_on: Option<String>,
    revoked_ms: Option<i64>,
}

impl KeyRow {
    fn read(self) -> Result<StoredKey, StoreError> {
        let scopes = self.scopes.split_whitespace().map(|word| rows::from_word("api_key.scopes", word));
        Ok(StoredKey {
            id: rows::parse("api_key.id", &self.id)?,
            hash: rows::bytes("api_key.hash", &self.hash)?,
            merchant: rows::parse("api_key.merchant_id", &self.merchant_id)?,
            mode: rows::from_word("api_key.mode", &self.mode)?,
            scopes: scopes.collect::<Result<_, _>>()?,
            last4: self.last4,
            created_ms: self.created_ms,
            last_used_on: self.last_used_on,
            revoked_ms: self.revoked_ms,
        })
    }
}

pub(crate) async fn insert(conn: &mut Conn, key: &StoredKey) -> Result<(), StoreError> {
    let scopes: Vec<&str> = key.scopes.iter().map(|scope| scope.word()).collect();
    sqlx::query(
        "insert into api_key (id, hash, merchant_id, mode, scopes, last4, created_ms)
         values ($1, $2, $3, $4, $5, $6, $7)",
    )
    .bind(key.id.to_string())
    .bind(key.hash.as_slice())
    .bind(key.merchant.to_string())
    .bind(rows::word(&key.mode)?)
    .bind(scopes.join(" "))
    .bind(&key.last4)
    .bind(key.created_ms)
    .execute(conn)
    .await?;
    Ok(())
}

/// Every key, revoked ones too.
pub(crate) async fn all(conn: &mut Conn) -> Result<Vec<StoredKey>, StoreError> {
    let rows: Vec<KeyRow> = sqlx::query_as(
        "select id, hash, merchant_id, mode, scopes, last4, created_ms, last_used_on, revoked_ms from api_key
         order by id",
    )
    .fetch_all(conn)
    .await?;
    rows.into_iter().map(KeyRow::read).collect()
}

/// A merchant's keys, newest first.
pub(crate) async fn of_merchant(
    conn: &mut Conn,
    merchant: MerchantId,
    limit: u32,
    after: Option<KeyId>,
) -> Result<Vec<StoredKey>, StoreError> {
    let rows: Vec<KeyRow> = sqlx::query_as(
        "select id, hash, merchant_id, mode, scopes, last4, created_ms, last_used_on, revoked_ms from api_key
         where merchant_id = $1 and (cast($2 as text) is null or id < $2) order by id desc limit $3",
    )
    .bind(merchant.to_string())
    .bind(after.map(|id| id.to_string()))
    .bind(i64::from(limit))
    .fetch_all(conn)
    .await?;
    rows.into_iter().map(KeyRow::read).collect()
}

/// Ends a key for good; its hash when there was one of this merchant.
pub(crate) async fn revoke(
    conn: &mut Conn,
    merchant: MerchantId,
    id: KeyId,
    now_ms: i64,
) -> Result<Option<[u8; 32]>, StoreError> {
    let row: Option<(Vec<u8>,)> = sqlx::query_as(
        "update api_key set revoked_ms = coalesce(revoked_ms, $3) where id = $1 and merchant_id = $2 returning hash",
    )
    .bind(id.to_string())
    .bind(merchant.to_string())
    .bind(now_ms)
    .fetch_optional(conn)
    .await?;
    row.map(|(hash,)| rows::bytes("api_key.hash", &hash)).transpose()
}

/// Notes the day a key was used.
pub(crate) async fn used_on(conn: &mut Conn, id: KeyId, day: &str) -> Result<(), StoreError> {
    sqlx::query("update api_key set last_used_on = $2 where id = $1")
        .bind(id.to_string())
        .bind(day)
        .execute(conn)
        .await?;
    Ok(())
}
