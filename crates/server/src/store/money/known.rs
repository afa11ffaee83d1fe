//! What the store knows of new transfers: everything the ledger's rules ask about, of many in one statement.

use super::{Account, Conn, StoreError, chain::Link, digits, number, rows};
use crate::vault::Vault;
use handsel_ledger::{AccountId, Amount, Balance, Currency, Known, Rule, Step, Transfer, TransferId};

/// What is stored of one new transfer.
pub(crate) struct Stored {
    same_id: Option<Transfer>,
    debit: Option<Account>,
    credit: Option<Account>,
    target: Option<Transfer>,
    resolved_by: Option<TransferId>,
    refunded_minor: i64,
}

impl Stored {
    /// What is stored of a transfer of a payment that was never charged before: its accounts, and nothing else.
    pub(crate) fn first(debit: Account, credit: Account) -> Stored {
        let (debit, credit) = (Some(debit), Some(credit));
        Stored { same_id: None, debit, credit, target: None, resolved_by: None, refunded_minor: 0 }
    }

    /// What is known of a transfer, with those that are not in the store yet. The balance is left out.
    pub(super) fn with(self, new: &Transfer, recent: &[Transfer], now_ms: i64) -> Known {
        let target = new.step.target();
        let mut known = Known {
            now_ms,
            same_id: self.same_id,
            debit: self.debit,
            credit: self.credit,
            debit_balance: Balance::default(),
            target: self.target,
            resolved_by: self.resolved_by,
            refunded_minor: self.refunded_minor,
        };
        for one in recent {
            if one.id == new.id {
                known.same_id = Some(*one);
            }
            if Some(one.id) == target {
                known.target = Some(*one);
            }
            if target.is_some() && one.step.target() == target {
                match one.step {
                    Step::Refund { .. } => known.refunded_minor += one.amount.minor(),
                    _ => known.resolved_by = Some(one.id),
                }
            }
        }
        known
    }
}

#[derive(sqlx::FromRow)]
struct KnownRow {
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

impl KnownRow {
    fn read(self, vault: &Vault, new: &Transfer) -> Result<Stored, StoreError> {
        let same_id = Columns {
            step: self.same_step,
            target: self.same_target,
            debit: self.same_debit,
            credit: self.same_credit,
            amount_minor: self.same_amount_minor,
            currency: self.same_currency,
            expires_ms: self.same_expires_ms,
        };
        let target = Columns {
            step: self.target_step,
            target: self.target_target,
            debit: self.target_debit,
            credit: self.target_credit,
            amount_minor: self.target_amount_minor,
            currency: self.target_currency,
            expires_ms: self.target_expires_ms,
        };
        let target = match new.step.target() {
            Some(id) => target.read(id)?,
            None => None,
        };
        if let (Some(found), Some(seq), Some(created_ms)) = (&target, self.target_seq, self.target_created_ms) {
            // What money is built on is looked at each time: a flipped bit is found here, not at the end of the year.
            let before = Link::read(Some(seq - 1), self.before_target_mac.as_deref())?;
            if self.target_mac.as_deref() != Some(before.next(vault, found, created_ms).mac.as_slice()) {
                return Err(StoreError::Broken(format!(
                    "transfer {seq} is not what was written; run `handsel doctor`"
                )));
            }
        }
        Ok(Stored {
            same_id: same_id.read(new.id)?,
            debit: account(new.debit, self.debit_currency.as_deref(), self.debit_rule.as_deref())?,
            credit: account(new.credit, self.credit_currency.as_deref(), self.credit_rule.as_deref())?,
            target,
            resolved_by: self.resolved_by.map(|id| number("transfer.id", &id).map(TransferId)).transpose()?,
            refunded_minor: self.refunded_minor,
        })
    }
}

/// What is asked of one transfer.
#[derive(serde::Serialize)]
struct Question {
    id: String,
    target: Option<String>,
    debit: String,
    credit: String,
}

/// Looks up what the store knows of new transfers; one answer for each.
pub(crate) async fn look_up(conn: &mut Conn, vault: &Vault, all: &[Transfer]) -> Result<Vec<Stored>, StoreError> {
    let questions: Vec<Question> = all
        .iter()
        .map(|new| Question {
            id: digits(new.id.0),
            target: new.step.target().map(|id| digits(id.0)),
            debit: digits(new.debit.0),
            credit: digits(new.credit.0),
        })
        .collect();
    let known: Vec<KnownRow> = sqlx::query_as(
        "select d.currency as debit_currency, d.rule as debit_rule, c.currency as credit_currency, c.rule as credit_rule,
             s.step as same_step, s.target_id as same_target, s.debit as same_debit, s.credit as same_credit,
             s.amount_minor as same_amount_minor, s.currency as same_currency, s.expires_ms as same_expires_ms,
             t.seq as target_seq, t.step as target_step, t.target_id as target_target, t.debit as target_debit,
             t.credit as target_credit, t.amount_minor as target_amount_minor, t.currency as target_currency,
             t.expires_ms as target_expires_ms, t.created_ms as target_created_ms, t.mac as target_mac,
             b.mac as before_target_mac, r.id as resolved_by,
             (select cast(coalesce(sum(x.amount_minor), 0) as bigint) from transfer x
                 where x.target_id = t.id and x.step = 'refund') as refunded_minor
         from json_each($1) o
         left join account d on d.id = unhex(o.value ->> 'debit')
         left join account c on c.id = unhex(o.value ->> 'credit')
         left join transfer s on s.id = unhex(o.value ->> 'id')
         left join transfer t on t.id = unhex(o.value ->> 'target')
         left join transfer b on b.seq = t.seq - 1
         left join transfer r on r.target_id = t.id and r.step in ('post', 'void', 'expire')
         order by o.key",
    )
    .bind(rows::list(&questions)?)
    .fetch_all(conn)
    .await?;
    if known.len() != all.len() {
        return Err(StoreError::Broken("as many answers as transfers".to_owned()));
    }
    all.iter().zip(known).map(|(new, row)| row.read(vault, new)).collect()
}

/// A transfer's columns.
pub(super) struct Columns {
    pub(super) step: Option<String>,
    pub(super) target: Option<Vec<u8>>,
    pub(super) debit: Option<Vec<u8>>,
    pub(super) credit: Option<Vec<u8>>,
    pub(super) amount_minor: Option<i64>,
    pub(super) currency: Option<String>,
    pub(super) expires_ms: Option<i64>,
}

impl Columns {
    /// The transfer; `None` where there is no row.
    pub(super) fn read(self, id: TransferId) -> Result<Option<Transfer>, StoreError> {
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

pub(super) fn account(
    id: AccountId,
    currency: Option<&str>,
    rule: Option<&str>,
) -> Result<Option<Account>, StoreError> {
    let Some((currency, rule)) = currency.zip(rule) else { return Ok(None) };
    let broken = || StoreError::Broken("an account does not read back".to_owned());
    let currency = Currency::parse(currency).ok_or_else(broken)?;
    Ok(Some(Account { id, currency, rule: Rule::parse(rule).ok_or_else(broken)? }))
}
