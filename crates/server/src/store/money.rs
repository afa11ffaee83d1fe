//! Transfers: looked up, judged by the ledger's rules and written, all in one transaction.

mod chain;
#[cfg(test)]
mod tests;

pub(crate) use chain::check;
pub(super) use chain::{chain_what_is_not, has_unchained};

use super::{Conn, StoreError, rows};
use crate::vault::Vault;
use chain::{Link, Row};
use handsel_api::MerchantId;
use handsel_ledger::{
    Account, AccountId, Amount, Balance, Currency, Known, Outcome, Rule, Step, Transfer, TransferId, judge,
};

/// Everything that matters to a new transfer.
#[derive(sqlx::FromRow)]
struct KnownRow {
    last_seq: Option<i64>,
    last_mac: Option<Vec<u8>>,
    debit_currency: Option<String>,
    debit_rule: Option<String>,
    credit_currency: Option<String>,
    credit_rule: Option<String>,
    same_step: Option<String>,
    same_target: Option<Vec<u8>>,
    same_debit: Option<Vec<u8>>,
    same_credit: Option<Vec<u8>>,
    same_amount_minor: Option<i64>,
    same_currency: Option<String>,
    same_expires_ms: Option<i64>,
    target_seq: Option<i64>,
    target_step: Option<String>,
    target_target: Option<Vec<u8>>,
    target_debit: Option<Vec<u8>>,
    target_credit: Option<Vec<u8>>,
    target_amount_minor: Option<i64>,
    target_currency: Option<String>,
    target_expires_ms: Option<i64>,
    target_created_ms: Option<i64>,
    target_mac: Option<Vec<u8>>,
    before_target_mac: Option<Vec<u8>>,
    resolved_by: Option<Vec<u8>>,
    refunded_minor: i64,
}

/// A transfer's columns.
struct Columns {
    step: Option<String>,
    target: Option<Vec<u8>>,
    debit: Option<Vec<u8>>,
    credit: Option<Vec<u8>>,
    amount_minor: Option<i64>,
    currency: Option<String>,
    expires_ms: Option<i64>,
}

impl Columns {
    /// The transfer; `None` where there is no row.
    fn read(self, id: TransferId) -> Result<Option<Transfer>, StoreError> {
        let Columns { step: Some(step), target, debit: Some(debit), credit: Some(credit), expires_ms, .. } = self
        else {
            return Ok(None);
        };
        let broken = |column: &str| StoreError::Broken(format!("transfer.{column} does not read back"));
        let target = target.map(|id| number("target_id", &id)).transpose()?.map(TransferId);
        let currency = self.currency.as_deref().and_then(Currency::parse).ok_or_else(|| broken("currency"))?;
        let minor = self.amount_minor.ok_or_else(|| broken("amount_minor"))?;
        Ok(Some(Transfer {
            id,
            step: Step::from_parts(&step, target, expires_ms).ok_or_else(|| broken("step"))?,
            debit: AccountId(number("debit", &debit)?),
            credit: AccountId(number("credit", &credit)?),
            amount: Amount::new(minor, currency).map_err(|_| broken("amount_minor"))?,
        }))
    }
}

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

/// Judges a transfer and, if it is new and allowed, writes it. `conn` must be in a step that writes.
pub(crate) async fn apply(conn: &mut Conn, vault: &Vault, new: &Transfer, now_ms: i64) -> Result<Outcome, StoreError> {
    let (known, last) = known(conn, vault, new, now_ms).await?;
    let outcome = judge(new, &known);
    if outcome == Outcome::Created {
        write(conn, &last.next(vault, new, now_ms), new, now_ms).await?;
    }
    Ok(outcome)
}

async fn known(conn: &mut Conn, vault: &Vault, new: &Transfer, now_ms: i64) -> Result<(Known, Link), StoreError> {
    let target = new.step.target();
    let row: KnownRow = sqlx::query_as(
        "select l.seq as last_seq, l.mac as last_mac,
             d.currency as debit_currency, d.rule as debit_rule, c.currency as credit_currency, c.rule as credit_rule,
             s.step as same_step, s.target_id as same_target, s.debit as same_debit, s.credit as same_credit,
             s.amount_minor as same_amount_minor, s.currency as same_currency, s.expires_ms as same_expires_ms,
             t.seq as target_seq, t.step as target_step, t.target_id as target_target, t.debit as target_debit,
             t.credit as target_credit, t.amount_minor as target_amount_minor, t.currency as target_currency,
             t.expires_ms as target_expires_ms, t.created_ms as target_created_ms, t.mac as target_mac,
             b.mac as before_target_mac, r.id as resolved_by,
             (select cast(coalesce(sum(x.amount_minor), 0) as bigint) from transfer x
                 where x.target_id = $2 and x.step = 'refund') as refunded_minor
         from (select 1 as one) o
         left join (select seq, mac from transfer order by seq desc limit 1) l on 1 = 1
         left join account d on d.id = $3
         left join account c on c.id = $4
         left join transfer s on s.id = $1
         left join transfer t on t.id = $2
         left join transfer b on b.seq = t.seq - 1
         left join transfer r on r.target_id = $2 and r.step in ('post', 'void', 'expire')",
    )
    .bind(new.id.0.to_be_bytes().as_slice())
    .bind(target.map(|id| id.0.to_be_bytes().to_vec()))
    .bind(new.debit.0.to_be_bytes().as_slice())
    .bind(new.credit.0.to_be_bytes().as_slice())
    .fetch_one(&mut *conn)
    .await?;
    let last = Link::read(row.last_seq, row.last_mac.as_deref())?;
    let same_id = Columns {
        step: row.same_step,
        target: row.same_target,
        debit: row.same_debit,
        credit: row.same_credit,
        amount_minor: row.same_amount_minor,
        currency: row.same_currency,
        expires_ms: row.same_expires_ms,
    };
    let target_columns = Columns {
        step: row.target_step,
        target: row.target_target,
        debit: row.target_debit,
        credit: row.target_credit,
        amount_minor: row.target_amount_minor,
        currency: row.target_currency,
        expires_ms: row.target_expires_ms,
    };
    let found = match target {
        Some(id) => target_columns.read(id)?,
        None => None,
    };
    if let (Some(found), Some(seq), Some(created_ms)) = (&found, row.target_seq, row.target_created_ms) {
        // What money is built on is looked at each time: a flipped bit is found here, not at the end of the year.
        let before = Link::read(Some(seq - 1), row.before_target_mac.as_deref())?;
        if row.target_mac.as_deref() != Some(before.next(vault, found, created_ms).mac.as_slice()) {
            return Err(StoreError::Broken(format!("transfer {seq} is not what was written; run `handsel doctor`")));
        }
    }
    let debit = account(new.debit, row.debit_currency.as_deref(), row.debit_rule.as_deref())?;
    let debit_balance = match &debit {
        Some(Account { rule: Rule::DebitsWithinCredits, .. }) if !new.step.resolves() => {
            balance(conn, new.debit).await?
        }
        _ => Balance::default(),
    };
    let known = Known {
        now_ms,
        same_id: same_id.read(new.id)?,
        debit,
        credit: account(new.credit, row.credit_currency.as_deref(), row.credit_rule.as_deref())?,
        debit_balance,
        target: found,
        resolved_by: row.resolved_by.map(|id| number("transfer.id", &id).map(TransferId)).transpose()?,
        refunded_minor: row.refunded_minor,
    };
    Ok((known, last))
}

fn account(id: AccountId, currency: Option<&str>, rule: Option<&str>) -> Result<Option<Account>, StoreError> {
    let Some((currency, rule)) = currency.zip(rule) else { return Ok(None) };
    let broken = || StoreError::Broken("an account does not read back".to_owned());
    let currency = Currency::parse(currency).ok_or_else(broken)?;
    Ok(Some(Account { id, currency, rule: Rule::parse(rule).ok_or_else(broken)? }))
}

async fn write(conn: &mut Conn, link: &Link, new: &Transfer, now_ms: i64) -> Result<(), StoreError> {
    sqlx::query(
        "insert into transfer (seq, id, step, target_id, debit, credit, amount_minor, currency, expires_ms, created_ms, mac)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
    )
    .bind(link.seq)
    .bind(new.id.0.to_be_bytes().as_slice())
    .bind(new.step.as_str())
    .bind(new.step.target().map(|id| id.0.to_be_bytes().to_vec()))
    .bind(new.debit.0.to_be_bytes().as_slice())
    .bind(new.credit.0.to_be_bytes().as_slice())
    .bind(new.amount.minor())
    .bind(new.amount.currency().code())
    .bind(new.step.expires_ms())
    .bind(now_ms)
    .bind(link.mac.as_slice())
    .execute(conn)
    .await?;
    Ok(())
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
