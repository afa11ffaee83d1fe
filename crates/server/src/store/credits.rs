//! Credits: what was given, to whom, and until when. How much is left of it stands in the ledger alone.

use super::{Conn, StoreError, rows};
use handsel_api::{PromotionId, SubjectId};
use handsel_ledger::{AccountId, Transfer, TransferId};

/// Credits as stored.
#[derive(Debug, Clone)]
pub(crate) struct StoredCredit {
    pub(crate) promotion: PromotionId,
    pub(crate) name: String,
    pub(crate) account: AccountId,
    pub(crate) amount_minor: i64,
    pub(crate) currency: String,
    pub(crate) granted_ms: i64,
    pub(crate) expires_ms: i64,
    pub(crate) ended_by: Option<EndedBy>,
    pub(crate) returns: i64,
    pub(crate) over: bool,
}

/// What ended credits before their time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum EndedBy {
    /// The operator took them back.
    Operator,
    /// Whoever had them left.
    Leaving,
}

/// New credits.
pub(crate) struct NewCredit {
    pub(crate) promotion: PromotionId,
    pub(crate) account: AccountId,
    /// `None`: whoever has the code.
    pub(crate) subject: Option<SubjectId>,
    pub(crate) code_hash: Option<[u8; 16]>,
    pub(crate) amount_minor: i64,
    pub(crate) currency: String,
    pub(crate) granted_ms: i64,
    pub(crate) expires_ms: i64,
}

#[derive(sqlx::FromRow)]
struct CreditRow {
    promotion_id: String,
    name: String,
    account: Vec<u8>,
    amount_minor: i64,
    currency: String,
    granted_ms: i64,
    expires_ms: i64,
    ended_by: Option<String>,
    returns: i64,
    over_ms: Option<i64>,
}

impl CreditRow {
    fn read(self) -> Result<StoredCredit, StoreError> {
        Ok(StoredCredit {
            promotion: rows::parse("credit.promotion_id", &self.promotion_id)?,
            name: self.name,
            account: account(&self.account)?,
            amount_minor: self.amount_minor,
            currency: self.currency,
            granted_ms: self.granted_ms,
            expires_ms: self.expires_ms,
            ended_by: self.ended_by.map(|word| rows::from_word("credit.ended_by", &word)).transpose()?,
            returns: self.returns,
            over: self.over_ms.is_some(),
        })
    }
}

/// The transfer that gives a promotion to an account.
pub(crate) fn gift(promotion: PromotionId, account: AccountId) -> TransferId {
    TransferId::of(promotion.0.into(), &format!("gift/{:032x}", account.0))
}

pub(crate) async fn insert(conn: &mut Conn, new: &NewCredit) -> Result<(), StoreError> {
    sqlx::query(
        "insert into credit (promotion_id, account, subject_id, code_hash, amount_minor, currency, granted_ms, expires_ms)
         values ($1, $2, $3, $4, $5, $6, $7, $8)",
    )
    .bind(new.promotion.to_string())
    .bind(new.account.0.to_be_bytes().as_slice())
    .bind(new.subject.map(|id| id.to_string()))
    .bind(new.code_hash.map(|hash| hash.to_vec()))
    .bind(new.amount_minor)
    .bind(&new.currency)
    .bind(new.granted_ms)
    .bind(new.expires_ms)
    .execute(conn)
    .await?;
    Ok(())
}

/// Whether a promotion was given to whoever has this account.
pub(crate) async fn is_given(conn: &mut Conn, promotion: PromotionId, account: AccountId) -> Result<bool, StoreError> {
    let row: Option<(i64,)> = sqlx::query_as("select granted_ms from credit where promotion_id = $1 and account = $2")
        .bind(promotion.to_string())
        .bind(account.0.to_be_bytes().as_slice())
        .fetch_optional(conn)
        .await?;
    Ok(row.is_some())
}

/// Everything a subject was given, newest first.
pub(crate) async fn of_subject(conn: &mut Conn, subject: SubjectId) -> Result<Vec<StoredCredit>, StoreError> {
    let rows: Vec<CreditRow> = sqlx::query_as(
        "select c.promotion_id, p.name, c.account, c.amount_minor, c.currency, c.granted_ms, c.expires_ms, c.ended_by, c.returns,
             c.over_ms
         from credit c join promotion p on p.id = c.promotion_id where c.subject_id = $1
         order by c.granted_ms desc, c.promotion_id desc",
    )
    .bind(subject.to_string())
    .fetch_all(conn)
    .await?;
    rows.into_iter().map(CreditRow::read).collect()
}

/// What went into an account and is not over.
pub(crate) async fn of_account(conn: &mut Conn, account: AccountId) -> Result<Vec<StoredCredit>, StoreError> {
    let rows: Vec<CreditRow> = sqlx::query_as(
        "select c.promotion_id, p.name, c.account, c.amount_minor, c.currency, c.granted_ms, c.expires_ms, c.ended_by, c.returns,
             c.over_ms
         from credit c join promotion p on p.id = c.promotion_id where c.account = $1 and c.over_ms is null
         order by c.expires_ms, c.promotion_id",
    )
    .bind(account.0.to_be_bytes().as_slice())
    .fetch_all(conn)
    .await?;
    rows.into_iter().map(CreditRow::read).collect()
}

/// A voucher, by its code.
pub(crate) async fn by_code(conn: &mut Conn, code_hash: &[u8; 16]) -> Result<Option<StoredCredit>, StoreError> {
    let row: Option<CreditRow> = sqlx::query_as(
        "select c.promotion_id, p.name, c.account, c.amount_minor, c.currency, c.granted_ms, c.expires_ms, c.ended_by, c.returns,
             c.over_ms
         from credit c join promotion p on p.id = c.promotion_id where c.code_hash = $1",
    )
    .bind(code_hash.as_slice())
    .fetch_optional(conn)
    .await?;
    row.map(CreditRow::read).transpose()
}

/// The next accounts after `after` with something that has expired and is not over.
pub(crate) async fn due(
    conn: &mut Conn,
    now_ms: i64,
    after: Option<AccountId>,
    limit: u32,
) -> Result<Vec<AccountId>, StoreError> {
    let rows: Vec<(Vec<u8>,)> = sqlx::query_as(
        "select distinct account from credit where over_ms is null and expires_ms <= $1 and account > $2
         order by account limit $3",
    )
    .bind(now_ms)
    .bind(after.map_or_else(Vec::new, |account| account.0.to_be_bytes().to_vec()))
    .bind(i64::from(limit))
    .fetch_all(conn)
    .await?;
    rows.into_iter().map(|(id,)| account(&id)).collect()
}

/// Every currency's account that a subject has something in.
pub(crate) async fn accounts_of(conn: &mut Conn, subject: SubjectId) -> Result<Vec<AccountId>, StoreError> {
    let rows: Vec<(Vec<u8>,)> = sqlx::query_as("select distinct account from credit where subject_id = $1")
        .bind(subject.to_string())
        .fetch_all(conn)
        .await?;
    rows.into_iter().map(|(id,)| account(&id)).collect()
}

/// Ends now whatever is in an account.
pub(crate) async fn end(conn: &mut Conn, account: AccountId, by: EndedBy, now_ms: i64) -> Result<(), StoreError> {
    sqlx::query(
        "update credit set expires_ms = $3, ended_by = $2 where account = $1 and over_ms is null and expires_ms > $3",
    )
    .bind(account.0.to_be_bytes().as_slice())
    .bind(rows::word(&by)?)
    .bind(now_ms)
    .execute(conn)
    .await?;
    Ok(())
}

/// Counts a transfer that took back what was left.
pub(crate) async fn add_return(conn: &mut Conn, promotion: PromotionId, account: AccountId) -> Result<(), StoreError> {
    sqlx::query("update credit set returns = returns + 1 where promotion_id = $1 and account = $2")
        .bind(promotion.to_string())
        .bind(account.0.to_be_bytes().as_slice())
        .execute(conn)
        .await?;
    Ok(())
}

/// Nothing of what has expired in an account can be spent or come back any more.
pub(crate) async fn set_over(conn: &mut Conn, account: AccountId, now_ms: i64) -> Result<(), StoreError> {
    sqlx::query("update credit set over_ms = $2 where account = $1 and over_ms is null and expires_ms <= $2")
        .bind(account.0.to_be_bytes().as_slice())
        .bind(now_ms)
        .execute(conn)
        .await?;
    Ok(())
}

/// Credits that were spent came back by these transfers: where their time is over, the housekeeper looks again.
pub(crate) async fn came_back(conn: &mut Conn, transfers: &[Transfer]) -> Result<(), StoreError> {
    for transfer in transfers {
        sqlx::query("update credit set over_ms = null where account = $1 and over_ms is not null")
            .bind(transfer.credit.0.to_be_bytes().as_slice())
            .execute(&mut *conn)
            .await?;
    }
    Ok(())
}

/// Whether a promotion was given for this card before, whoever had it.
pub(crate) async fn card_was_used(
    conn: &mut Conn,
    promotion: PromotionId,
    card_hash: &[u8; 16],
) -> Result<bool, StoreError> {
    let row: Option<(String,)> =
        sqlx::query_as("select promotion_id from credit_card where promotion_id = $1 and card_hash = $2")
            .bind(promotion.to_string())
            .bind(card_hash.as_slice())
            .fetch_optional(conn)
            .await?;
    Ok(row.is_some())
}

/// Remembers for which card a promotion was given.
pub(crate) async fn use_card(conn: &mut Conn, promotion: PromotionId, card_hash: &[u8; 16]) -> Result<(), StoreError> {
    sqlx::query(
        "insert into credit_card (promotion_id, card_hash) values ($1, $2) on conflict (promotion_id, card_hash) do nothing",
    )
    .bind(promotion.to_string())
    .bind(card_hash.as_slice())
    .execute(conn)
    .await?;
    Ok(())
}

/// Everything that was given, in the order of promotions and accounts, after one of them.
pub(crate) async fn list(
    conn: &mut Conn,
    after: Option<(PromotionId, AccountId)>,
    limit: u32,
) -> Result<Vec<StoredCredit>, StoreError> {
    let (promotion, account) =
        after.map_or_else(Default::default, |(id, account)| (id.to_string(), account.0.to_be_bytes().to_vec()));
    let rows: Vec<CreditRow> = sqlx::query_as(
        "select c.promotion_id, p.name, c.account, c.amount_minor, c.currency, c.granted_ms, c.expires_ms, c.ended_by, c.returns,
             c.over_ms
         from credit c join promotion p on p.id = c.promotion_id where (c.promotion_id, c.account) > ($1, $2)
         order by c.promotion_id, c.account limit $3",
    )
    .bind(promotion)
    .bind(account)
    .bind(i64::from(limit))
    .fetch_all(conn)
    .await?;
    rows.into_iter().map(CreditRow::read).collect()
}

fn account(bytes: &[u8]) -> Result<AccountId, StoreError> {
    Ok(AccountId(u128::from_be_bytes(rows::bytes("credit.account", bytes)?)))
}
