//! One merchant's day: what the ledger's transfers say, and what payments and refunds say.
//!
//! Transfers are chosen by account and step: posts and moves to a merchant, refunds and moves from one. There are no others.

use super::{Conn, StoreError, rows};
use futures_util::TryStreamExt;
use handsel_api::{DisputeId, MerchantId, PaymentId, RefundId};
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
    /// A transfer.
    Transfer(Flow, TransferId, i64),
    /// A captured payment.
    Captured { payment: PaymentId, minor: i64, credit_minor: i64, tip_minor: i64 },
    /// A refund, whatever became of it.
    Refunded { refund: RefundId, payment: PaymentId, minor: i64, credit_minor: i64 },
    /// The card's part of a refund that the processor refused on this day.
    Refused { refund: RefundId, payment: PaymentId, minor: i64 },
    /// A dispute that was lost.
    Lost { dispute: DisputeId, payment: PaymentId, minor: i64, credit_minor: i64 },
}

/// Which way a transfer went over the merchant's account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Flow {
    /// A hold that was posted.
    Posted,
    /// A refund.
    Refunded,
    /// Moved to the merchant: a refund that was not given after all.
    MovedTo,
    /// Moved from the merchant: a lost dispute.
    MovedFrom,
}

/// What the operator owed a merchant just before `at_ms`, by transfers alone: what is owed now, less what came since. Now is
/// the last roll-up and the few rows after it.
pub(crate) async fn owed_before(conn: &mut Conn, account: AccountId, at_ms: i64) -> Result<i64, StoreError> {
    let (now, since): (i64, i64) = sqlx::query_as(
        "select
             coalesce((select credits_posted - debits_posted from rollup where account = $1), 0)
             + (select cast(coalesce(sum(amount_minor), 0) as bigint) from transfer
                where credit = $1 and seq > coalesce((select through_seq from rollup where account = $1), 0)
                    and step in ('move', 'post', 'refund'))
             - (select cast(coalesce(sum(amount_minor), 0) as bigint) from transfer
                where debit = $1 and seq > coalesce((select through_seq from rollup where account = $1), 0)
                    and step in ('move', 'post', 'refund')),
             (select cast(coalesce(sum(amount_minor), 0) as bigint) from transfer
              where credit = $1 and step = 'post' and created_ms >= $2)
             + (select cast(coalesce(sum(amount_minor), 0) as bigint) from transfer
                where credit = $1 and step = 'move' and created_ms >= $2)
             - (select cast(coalesce(sum(amount_minor), 0) as bigint) from transfer
                where debit = $1 and step = 'refund' and created_ms >= $2)
             - (select cast(coalesce(sum(amount_minor), 0) as bigint) from transfer
                where debit = $1 and step = 'move' and created_ms >= $2)",
    )
    .bind(account.0.to_be_bytes().as_slice())
    .bind(at_ms)
    .fetch_one(conn)
    .await?;
    Ok(now - since)
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
        "select 'posted' as kind, id as transfer, null as payment, null as about, amount_minor as minor,
             cast(0 as bigint) as credit_minor, cast(0 as bigint) as tip_minor
         from transfer where credit = $1 and step = 'post' and created_ms >= $3 and created_ms < $4
         union all
         select 'returned', id, null, null, amount_minor, 0, 0
         from transfer where debit = $1 and step = 'refund' and created_ms >= $3 and created_ms < $4
         union all
         select 'moved_to', id, null, null, amount_minor, 0, 0
         from transfer where credit = $1 and step = 'move' and created_ms >= $3 and created_ms < $4
         union all
         select 'moved_from', id, null, null, amount_minor, 0, 0
         from transfer where debit = $1 and step = 'move' and created_ms >= $3 and created_ms < $4
         union all
         select 'captured', null, p.id, null, p.captured_minor,
             case when p.credit_minor < p.captured_minor then p.credit_minor else p.captured_minor end,
             case when p.amount_minor < p.captured_minor then p.captured_minor - p.amount_minor else 0 end
         from payment p
         where p.merchant_id = $2 and p.status = 'captured' and p.captured_ms >= $3 and p.captured_ms < $4
         union all
         select 'refunded', null, p.id, r.id, r.amount_minor, r.credit_minor, 0
         from refund r join payment p on p.id = r.payment_id
         where p.merchant_id = $2 and r.created_ms >= $3 and r.created_ms < $4
         union all
         select 'refused', null, p.id, r.id, r.amount_minor - r.credit_minor, 0, 0
         from refund r join payment p on p.id = r.payment_id
         where p.merchant_id = $2 and r.refused_ms >= $3 and r.refused_ms < $4
         union all
         select 'lost', null, p.id, d.id, d.amount_minor, d.credit_minor, 0
         from dispute d join payment p on p.id = d.payment_id
         where p.merchant_id = $2 and d.status = 'lost' and d.closed_ms >= $3 and d.closed_ms < $4",
    )
    .bind(account.as_slice())
    .bind(merchant.to_string())
    .bind(span.from_ms)
    .bind(span.to_ms)
    .fetch(conn);
    while let Some(row) = found.try_next().await? {
        take(row.read()?);
    }
    Ok(())
}

#[derive(sqlx::FromRow)]
struct Row {
    kind: String,
    transfer: Option<Vec<u8>>,
    payment: Option<String>,
    about: Option<String>,
    minor: i64,
    credit_minor: i64,
    tip_minor: i64,
}

impl Row {
    fn read(self) -> Result<Moved, StoreError> {
        let Row { kind, transfer, payment, about, minor, credit_minor, tip_minor } = self;
        let flow = |flow| {
            let id = rows::bytes("transfer.id", transfer.as_deref().unwrap_or_default())?;
            Ok(Moved::Transfer(flow, TransferId(u128::from_be_bytes(id)), minor))
        };
        let (of_payment, about) = (payment.unwrap_or_default(), about.unwrap_or_default());
        let payment = || rows::parse("payment.id", &of_payment);
        match kind.as_str() {
            "posted" => flow(Flow::Posted),
            "returned" => flow(Flow::Refunded),
            "moved_to" => flow(Flow::MovedTo),
            "moved_from" => flow(Flow::MovedFrom),
            "captured" => Ok(Moved::Captured { payment: payment()?, minor, credit_minor, tip_minor }),
            "refunded" => Ok(Moved::Refunded {
                refund: rows::parse("refund.id", &about)?,
                payment: payment()?,
                minor,
                credit_minor,
            }),
            "refused" => Ok(Moved::Refused { refund: rows::parse("refund.id", &about)?, payment: payment()?, minor }),
            "lost" => Ok(Moved::Lost {
                dispute: rows::parse("dispute.id", &about)?,
                payment: payment()?,
                minor,
                credit_minor,
            }),
            _ => Err(StoreError::Broken("what moved does not read back".to_owned())),
        }
    }
}
