//! One merchant's day: what the ledger's transfers say, and what payments and refunds say.
//!
//! Transfers are chosen by account and step, so that a step this page does not know counts nowhere.

use super::{Conn, StoreError, rows};
use futures_util::TryStreamExt;
use handsel_api::{MerchantId, PaymentId, RefundId, settlements::Figure};
use handsel_ledger::{AccountId, TransferId};

/// A time from `from_ms` and before `to_ms`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Span {
    pub(crate) from_ms: i64,
    pub(crate) to_ms: i64,
}

/// What moved on a day, in one of the two books.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Moved {
    /// A hold that was posted.
    Posted(TransferId, i64),
    /// A refund's transfer.
    Returned(TransferId, i64),
    /// A captured payment.
    Captured(PaymentId, i64),
    /// A refund, and of which payment.
    Refunded(RefundId, PaymentId, i64),
}

/// What the operator owed a merchant just before `at_ms`, by transfers alone.
pub(crate) async fn owed_before(conn: &mut Conn, account: AccountId, at_ms: i64) -> Result<i64, StoreError> {
    let (posted, returned): (i64, i64) = sqlx::query_as(
        "select
             (select cast(coalesce(sum(amount_minor), 0) as bigint) from transfer
              where credit = $1 and step = 'post' and created_ms < $2),
             (select cast(coalesce(sum(amount_minor), 0) as bigint) from transfer
              where debit = $1 and step = 'refund' and created_ms < $2)",
    )
    .bind(account.0.to_be_bytes().as_slice())
    .bind(at_ms)
    .fetch_one(conn)
    .await?;
    Ok(posted - returned)
}

/// Hands everything that moved to `take`, in any order. One statement, so that both sides are seen at one moment,
/// whatever is written meanwhile.
pub(crate) async fn each_moved(
    conn: &mut Conn,
    merchant: MerchantId,
    account: AccountId,
    span: Span,
    take: &mut (dyn FnMut(Moved) + Send),
) -> Result<(), StoreError> {
    let account = account.0.to_be_bytes();
    let mut found = sqlx::query_as::<_, Row>(
        "select step, id, null, null, amount_minor from transfer
         where credit = $1 and step = 'post' and created_ms >= $3 and created_ms < $4
         union all
         select step, id, null, null, amount_minor from transfer
         where debit = $1 and step = 'refund' and created_ms >= $3 and created_ms < $4
         union all
         select 'captured', null, p.id, null, p.captured_minor from payment p
         where p.merchant_id = $2 and p.status = 'captured' and p.captured_ms >= $3 and p.captured_ms < $4
         union all
         select 'refunded', null, p.id, r.id, r.amount_minor from refund r join payment p on p.id = r.payment_id
         where p.merchant_id = $2 and r.status <> 'refused' and r.created_ms >= $3 and r.created_ms < $4",
    )
    .bind(account.as_slice())
    .bind(merchant.to_string())
    .bind(span.from_ms)
    .bind(span.to_ms)
    .fetch(conn);
    while let Some(row) = found.try_next().await? {
        take(read(row)?);
    }
    Ok(())
}

type Row = (String, Option<Vec<u8>>, Option<String>, Option<String>, i64);

fn read((kind, transfer, payment, refund, minor): Row) -> Result<Moved, StoreError> {
    let broken = || StoreError::Broken("what moved does not read back".to_owned());
    let transfer = transfer
        .map(|id| Ok::<_, StoreError>(TransferId(u128::from_be_bytes(rows::bytes("transfer.id", &id)?))))
        .transpose()?;
    let payment = payment.map(|id| rows::parse("payment.id", &id)).transpose()?;
    let refund = refund.map(|id| rows::parse("refund.id", &id)).transpose()?;
    match (kind.as_str(), transfer, payment, refund) {
        ("post", Some(id), None, None) => Ok(Moved::Posted(id, minor)),
        ("refund", Some(id), None, None) => Ok(Moved::Returned(id, minor)),
        ("captured", None, Some(id), None) => Ok(Moved::Captured(id, minor)),
        ("refunded", None, Some(payment), Some(id)) => Ok(Moved::Refunded(id, payment, minor)),
        _ => Err(broken()),
    }
}

/// What disputes that were lost in a span take back.
pub(crate) async fn taken_back(conn: &mut Conn, merchant: MerchantId, span: Span) -> Result<Figure, StoreError> {
    let (count, sum_minor): (i64, i64) = sqlx::query_as(
        "select count(*), cast(coalesce(sum(d.amount_minor), 0) as bigint)
         from dispute d join payment p on p.id = d.payment_id
         where p.merchant_id = $1 and d.status = 'lost' and d.closed_ms >= $2 and d.closed_ms < $3",
    )
    .bind(merchant.to_string())
    .bind(span.from_ms)
    .bind(span.to_ms)
    .fetch_one(conn)
    .await?;
    Ok(Figure { count: rows::count("disputes", count)?, sum_minor })
}
