//! Transfers: looked up, judged by the ledger's rules and written, all in one transaction.

mod chain;
mod known;
#[cfg(test)]
mod tests;

pub(crate) use chain::check;
pub(super) use chain::{chain_what_is_not, has_unchained};

use super::{Conn, Step as WriteStep, StoreError, rows};
use crate::{secret::hex, vault::Vault};
pub(super) use chain::Link;
use chain::Row;
use handsel_api::MerchantId;
use handsel_ledger::{Account, AccountId, Balance, Currency, Outcome, Rule, Transfer, TransferId, judge};
use known::{Columns, account};
pub(crate) use known::{Stored, look_up};
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

/// Opens an account; one that is open stays as it is. `kind` and `owner` say to an auditor what it stands for.
pub(crate) async fn open(conn: &mut Conn, account: &Account, kind: &str, owner: &str) -> Result<(), StoreError> {
    sqlx::query(
        "insert into account (id, kind, owner, currency, rule) values ($1, $2, $3, $4, $5) on conflict (id) do nothing",
    )
    .bind(account.id.0.to_be_bytes().as_slice())
    .bind(kind)
    .bind(owner)
    .bind(account.currency.code())
    .bind(account.rule.as_str())
    .execute(conn)
    .await?;
    Ok(())
}

/// Opens what a merchant's payments go through.
pub(crate) async fn open_merchant(conn: &mut Conn, merchant: MerchantId, currency: Currency) -> Result<(), StoreError> {
    open(conn, &Account::clearing(currency), "clearing", "").await?;
    open(conn, &Account::merchant(merchant.0.into(), currency), "merchant", &merchant.to_string()).await
}

/// Whether an account was opened.
pub(crate) async fn is_open(conn: &mut Conn, account: AccountId) -> Result<bool, StoreError> {
    let row: Option<(String,)> = sqlx::query_as("select kind from account where id = $1")
        .bind(account.0.to_be_bytes().as_slice())
        .fetch_optional(conn)
        .await?;
    Ok(row.is_some())
}

/// A transfer that is judged and numbered, and as good as written.
pub(super) struct Written {
    transfer: Transfer,
    pub(super) link: Link,
    created_ms: i64,
}

/// [`apply_all`], of one.
#[cfg(test)]
pub(crate) async fn apply(
    step: &mut WriteStep,
    vault: &Vault,
    new: &Transfer,
    now_ms: i64,
) -> Result<Outcome, StoreError> {
    let outcomes = apply_all(step, vault, std::slice::from_ref(new), now_ms).await?;
    outcomes.first().copied().ok_or_else(|| StoreError::Broken("a transfer without an outcome".to_owned()))
}

/// Judges one transfer after the other, each as if those before it were written, and writes what is new and allowed. One outcome
/// for each; those that are not created stand in nobody's way.
pub(crate) async fn apply_all(
    step: &mut WriteStep,
    vault: &Vault,
    all: &[Transfer],
    now_ms: i64,
) -> Result<Vec<Outcome>, StoreError> {
    let stored = look_up(step, vault, all).await?;
    apply_seen(step, vault, all, stored, now_ms).await
}

/// [`apply_all`], of transfers that were looked up before the step began. Whoever does that makes sure by the step's own last
/// statement that nobody moved this money meanwhile; if they did not, the store's constraints refuse the whole group.
pub(crate) async fn apply_seen(
    step: &mut WriteStep,
    vault: &Vault,
    all: &[Transfer],
    stored: Vec<Stored>,
    now_ms: i64,
) -> Result<Vec<Outcome>, StoreError> {
    let mut recent: Vec<Transfer> = step.pending_transfers().iter().map(|written| written.transfer).collect();
    let mut outcomes = Vec::with_capacity(all.len());
    for (new, stored) in all.iter().zip(stored) {
        let mut known = stored.with(new, &recent, now_ms);
        if known.debit.is_some_and(|account| account.rule == Rule::DebitsWithinCredits) && !new.step.resolves() {
            step.write_pending().await?;
            known.debit_balance = balance(step, new.debit).await?;
        }
        let outcome = judge(new, &known);
        if outcome == Outcome::Created {
            let link = chain::last(step).await?.next(vault, new, now_ms);
            recent.push(*new);
            step.leave(Written { transfer: *new, link, created_ms: now_ms });
        }
        outcomes.push(outcome);
    }
    step.left().await?;
    Ok(outcomes)
}

/// Accounts that are open. An account stays as it is, so each is read once.
#[derive(Clone, Default)]
pub(super) struct Accounts(Arc<Mutex<HashMap<AccountId, Account>>>);

impl Accounts {
    pub(super) fn get(&self, id: AccountId) -> Option<Account> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(&id).copied()
    }

    /// The account, if it is open. `conn` must not be in a step.
    pub(super) async fn read(&self, conn: &mut Conn, id: AccountId) -> Result<Option<Account>, StoreError> {
        let row: Option<(String, String)> = sqlx::query_as("select currency, rule from account where id = $1")
            .bind(id.0.to_be_bytes().as_slice())
            .fetch_optional(conn)
            .await?;
        let (currency, rule) = row.unzip();
        let found = account(id, currency.as_deref(), rule.as_deref())?;
        if let Some(found) = found {
            self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(id, found);
        }
        Ok(found)
    }
}

/// A row that is to be written; its bytes in hexadecimal digits.
#[derive(serde::Serialize)]
struct NewRow {
    seq: i64,
    id: String,
    step: &'static str,
    target: Option<String>,
    debit: String,
    credit: String,
    amount_minor: i64,
    currency: &'static str,
    expires_ms: Option<i64>,
    created_ms: i64,
    mac: String,
}

impl NewRow {
    fn of(written: &Written) -> NewRow {
        let Written { transfer, link, created_ms } = written;
        NewRow {
            seq: link.seq,
            id: digits(transfer.id.0),
            step: transfer.step.as_str(),
            target: transfer.step.target().map(|id| digits(id.0)),
            debit: digits(transfer.debit.0),
            credit: digits(transfer.credit.0),
            amount_minor: transfer.amount.minor(),
            currency: transfer.amount.currency().code(),
            expires_ms: transfer.step.expires_ms(),
            created_ms: *created_ms,
            mac: hex(&link.mac),
        }
    }
}

/// Writes transfers that were judged.
pub(super) async fn insert_all(conn: &mut Conn, all: &[Written]) -> Result<(), StoreError> {
    let rows: Vec<NewRow> = all.iter().map(NewRow::of).collect();
    sqlx::query(
        "insert into transfer (seq, id, step, target_id, debit, credit, amount_minor, currency, expires_ms, created_ms, mac)
         select cast(t.value ->> 'seq' as bigint), unhex(t.value ->> 'id'), t.value ->> 'step', unhex(t.value ->> 'target'),
             unhex(t.value ->> 'debit'), unhex(t.value ->> 'credit'), cast(t.value ->> 'amount_minor' as bigint),
             t.value ->> 'currency', cast(t.value ->> 'expires_ms' as bigint), cast(t.value ->> 'created_ms' as bigint),
             unhex(t.value ->> 'mac')
         from json_each($1) t order by t.key",
    )
    .bind(rows::list(&rows)?)
    .execute(conn)
    .await?;
    Ok(())
}

/// An id as 32 hexadecimal digits.
fn digits(id: u128) -> String {
    format!("{id:032x}")
}

fn number(column: &'static str, bytes: &[u8]) -> Result<u128, StoreError> {
    Ok(u128::from_be_bytes(rows::bytes(column, bytes)?))
}

/// What went through one account, in minor units: the last roll-up and every transfer since.
pub(crate) async fn balance(conn: &mut Conn, account: AccountId) -> Result<Balance, StoreError> {
    let id = account.0.to_be_bytes();
    let rolled_up: Option<(i64, i64, i64)> =
        sqlx::query_as("select through_seq, debits_posted, credits_posted from rollup where account = $1")
            .bind(id.as_slice())
            .fetch_optional(&mut *conn)
            .await?;
    let (through, debits, credits) = rolled_up.unwrap_or_default();
    let (debits_since, credits_since, debits_pending, credits_pending): (i64, i64, i64, i64) = sqlx::query_as(
        "select
             (select cast(coalesce(sum(amount_minor), 0) as bigint) from transfer
                 where debit = $1 and seq > $2 and step in ('move', 'post', 'refund')),
             (select cast(coalesce(sum(amount_minor), 0) as bigint) from transfer
                 where credit = $1 and seq > $2 and step in ('move', 'post', 'refund')),
             (select cast(coalesce(sum(h.amount_minor), 0) as bigint) from transfer h where h.debit = $1 and h.step = 'hold'
                 and not exists (select 1 from transfer r where r.target_id = h.id and r.step in ('post', 'void', 'expire'))),
             (select cast(coalesce(sum(h.amount_minor), 0) as bigint) from transfer h where h.credit = $1 and h.step = 'hold'
                 and not exists (select 1 from transfer r where r.target_id = h.id and r.step in ('post', 'void', 'expire')))",
    )
    .bind(id.as_slice())
    .bind(through)
    .fetch_one(conn)
    .await?;
    Ok(Balance {
        debits_pending: debits_pending.into(),
        credits_pending: credits_pending.into(),
        debits_posted: i128::from(debits) + i128::from(debits_since),
        credits_posted: i128::from(credits) + i128::from(credits_since),
    })
}

/// What was charged to cards and what went back to them, by the account of what the processor owes. What a refused refund or a lost
/// dispute moves there goes through no card.
pub(crate) async fn through_cards(conn: &mut Conn, clearing: AccountId) -> Result<(i64, i64), StoreError> {
    let (taken, back, refused): (i64, i64, i64) = sqlx::query_as(
        "select
             (select cast(coalesce(sum(amount_minor), 0) as bigint) from transfer where debit = $1 and step = 'post'),
             (select cast(coalesce(sum(amount_minor), 0) as bigint) from transfer where credit = $1 and step = 'refund'),
             (select cast(coalesce(sum(amount_minor), 0) as bigint) from transfer where debit = $1 and step = 'move')",
    )
    .bind(clearing.0.to_be_bytes().as_slice())
    .fetch_one(conn)
    .await?;
    Ok((taken, back - refused))
}

/// How many roll-ups are not the sums of their transfers.
pub(crate) async fn rollups_that_differ(conn: &mut Conn) -> Result<i64, StoreError> {
    let (count,): (i64,) = sqlx::query_as(
        "select count(*) from rollup u
         where u.debits_posted <> (select cast(coalesce(sum(t.amount_minor), 0) as bigint) from transfer t
                 where t.debit = u.account and t.seq <= u.through_seq and t.step in ('move', 'post', 'refund'))
             or u.credits_posted <> (select cast(coalesce(sum(t.amount_minor), 0) as bigint) from transfer t
                 where t.credit = u.account and t.seq <= u.through_seq and t.step in ('move', 'post', 'refund'))",
    )
    .fetch_one(conn)
    .await?;
    Ok(count)
}

/// The kinds of accounts that spent more than they were given, though a rule forbids it.
pub(crate) async fn overdrawn(conn: &mut Conn) -> Result<Vec<String>, StoreError> {
    let rows: Vec<(Vec<u8>, String)> =
        sqlx::query_as("select id, kind from account where rule = 'debits_within_credits'")
            .fetch_all(&mut *conn)
            .await?;
    let mut overdrawn = Vec::new();
    for (id, kind) in rows {
        if balance(conn, AccountId(number("account.id", &id)?)).await?.available() < 0 {
            overdrawn.push(kind);
        }
    }
    Ok(overdrawn)
}

/// Sums up what went through every account up to now, so that [`balance`] reads few rows.
pub(crate) async fn roll_up(conn: &mut Conn) -> Result<(), StoreError> {
    sqlx::query(
        "insert into rollup (account, through_seq, debits_posted, credits_posted)
         select a.id, m.seq,
             coalesce(u.debits_posted, 0) + (select cast(coalesce(sum(t.amount_minor), 0) as bigint) from transfer t
                 where t.debit = a.id and t.seq > coalesce(u.through_seq, 0) and t.step in ('move', 'post', 'refund')),
             coalesce(u.credits_posted, 0) + (select cast(coalesce(sum(t.amount_minor), 0) as bigint) from transfer t
                 where t.credit = a.id and t.seq > coalesce(u.through_seq, 0) and t.step in ('move', 'post', 'refund'))
         from account a
         cross join (select max(seq) as seq from transfer) m
         left join rollup u on u.account = a.id
         where m.seq > coalesce(u.through_seq, 0)
         on conflict (account) do update set through_seq = excluded.through_seq, debits_posted = excluded.debits_posted,
             credits_posted = excluded.credits_posted",
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// A transfer by its id.
pub(crate) async fn transfer(conn: &mut Conn, id: TransferId) -> Result<Option<Transfer>, StoreError> {
    let row: Option<Row> = sqlx::query_as(
        "select seq, id, step, target_id, debit, credit, amount_minor, currency, expires_ms, created_ms, mac
         from transfer where id = $1",
    )
    .bind(id.0.to_be_bytes().as_slice())
    .fetch_optional(conn)
    .await?;
    row.map(|row| row.transfer().ok_or_else(|| StoreError::Broken("a transfer does not read back".to_owned())))
        .transpose()
}

/// What went through one account in posted transfers: (debits, credits), in minor units.
#[cfg(test)]
pub(crate) async fn posted(conn: &mut Conn, account: AccountId) -> Result<(i64, i64), StoreError> {
    let balance = balance(conn, account).await?;
    let narrow = |sum: i128| i64::try_from(sum).map_err(|_| StoreError::Broken("a sum is out of range".to_owned()));
    Ok((narrow(balance.debits_posted)?, narrow(balance.credits_posted)?))
}
