//! Transfers: looked up, judged by the ledger's rules and written, all in one transaction.

use super::{Conn, StoreError, rows};
use handsel_ledger::{AccountId, Amount, Currency, Known, Outcome, Step, Transfer, TransferId, judge};

#[derive(sqlx::FromRow)]
struct TransferRow {
    id: Vec<u8>,
    step: String,
    target_id: Option<Vec<u8>>,
    debit: Vec<u8>,
    credit: Vec<u8>,
    amount_minor: i64,
    currency: String,
}

impl TransferRow {
    fn read(self) -> Result<Transfer, StoreError> {
        let broken = |column: &str| StoreError::Broken(format!("transfer.{column} does not read back"));
        let target = self.target_id.map(|id| number("target_id", &id)).transpose()?.map(TransferId);
        let currency = Currency::parse(&self.currency).ok_or_else(|| broken("currency"))?;
        Ok(Transfer {
            id: TransferId(number("transfer.id", &self.id)?),
            step: Step::from_parts(&self.step, target).ok_or_else(|| broken("step"))?,
            debit: AccountId(number("debit", &self.debit)?),
            credit: AccountId(number("credit", &self.credit)?),
            amount: Amount::new(self.amount_minor, currency).map_err(|_| broken("amount_minor"))?,
        })
    }
}

/// Judges a transfer and, if it is new and allowed, writes it. `conn` must be in a transaction that writes.
pub(crate) async fn apply(conn: &mut Conn, new: &Transfer, now_ms: i64) -> Result<Outcome, StoreError> {
    let outcome = judge(new, &known(conn, new).await?);
    if outcome == Outcome::Created {
        write(conn, new, now_ms).await?;
    }
    Ok(outcome)
}

async fn known(conn: &mut Conn, new: &Transfer) -> Result<Known, StoreError> {
    let same_id = transfer(conn, new.id).await?;
    let Some(target) = new.step.target() else { return Ok(Known { same_id, ..Known::default() }) };
    Ok(Known {
        same_id,
        target: transfer(conn, target).await?,
        resolved_by: resolved_by(conn, target).await?,
        refunded_minor: refunded_minor(conn, target).await?,
    })
}

pub(crate) async fn transfer(conn: &mut Conn, id: TransferId) -> Result<Option<Transfer>, StoreError> {
    let row: Option<TransferRow> =
        sqlx::query_as("select id, step, target_id, debit, credit, amount_minor, currency from transfer where id = $1")
            .bind(id.0.to_be_bytes().as_slice())
            .fetch_optional(conn)
            .await?;
    row.map(TransferRow::read).transpose()
}

async fn resolved_by(conn: &mut Conn, hold: TransferId) -> Result<Option<TransferId>, StoreError> {
    let row: Option<(Vec<u8>,)> =
        sqlx::query_as("select id from transfer where target_id = $1 and step in ('post', 'void')")
            .bind(hold.0.to_be_bytes().as_slice())
            .fetch_optional(conn)
            .await?;
    row.map(|(id,)| number("transfer.id", &id).map(TransferId)).transpose()
}

async fn refunded_minor(conn: &mut Conn, post: TransferId) -> Result<i64, StoreError> {
    let (sum,): (i64,) = sqlx::query_as(
        "select cast(coalesce(sum(amount_minor), 0) as bigint) from transfer where target_id = $1 and step = 'refund'",
    )
    .bind(post.0.to_be_bytes().as_slice())
    .fetch_one(conn)
    .await?;
    Ok(sum)
}

async fn write(conn: &mut Conn, new: &Transfer, now_ms: i64) -> Result<(), StoreError> {
    sqlx::query(
        "insert into transfer (id, step, target_id, debit, credit, amount_minor, currency, created_ms)
         values ($1, $2, $3, $4, $5, $6, $7, $8)",
    )
    .bind(new.id.0.to_be_bytes().as_slice())
    .bind(new.step.as_str())
    .bind(new.step.target().map(|id| id.0.to_be_bytes().to_vec()))
    .bind(new.debit.0.to_be_bytes().as_slice())
    .bind(new.credit.0.to_be_bytes().as_slice())
    .bind(new.amount.minor())
    .bind(new.amount.currency().code())
    .bind(now_ms)
    .execute(conn)
    .await?;
    Ok(())
}

fn number(column: &'static str, bytes: &[u8]) -> Result<u128, StoreError> {
    Ok(u128::from_be_bytes(rows::bytes(column, bytes)?))
}

/// What went through one account in posted transfers: (debits, credits), in minor units.
#[cfg(test)]
pub(crate) async fn posted(conn: &mut Conn, account: AccountId) -> Result<(i64, i64), StoreError> {
    Ok(sqlx::query_as(
        "select cast(coalesce(sum(case when debit = $1 then amount_minor end), 0) as bigint),
             cast(coalesce(sum(case when credit = $1 then amount_minor end), 0) as bigint)
         from transfer where step in ('post', 'refund')",
    )
    .bind(account.0.to_be_bytes().as_slice())
    .fetch_one(conn)
    .await?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::{
        Store, StoreError,
        tests::{Ground, On},
    };
    use handsel_ledger::Book;
    use proptest::{prelude::*, test_runner::TestRunner};

    fn any_transfer() -> impl Strategy<Value = Transfer> {
        (0u128..10, 0u8..4, 0u128..10, 0u128..3, 0u128..3, 1i64..30).prop_map(
            |(id, kind, target, debit, credit, minor)| {
                let target = TransferId(target);
                let step = match kind {
                    0 => Step::Hold,
                    1 => Step::Post { hold: target },
                    2 => Step::Void { hold: target },
                    _ => Step::Refund { post: target },
                };
                let amount = Amount::new(minor, Currency::parse("EUR").unwrap()).unwrap();
                Transfer { id: TransferId(id), step, debit: AccountId(debit), credit: AccountId(credit), amount }
            },
        )
    }

    #[test]
    fn a_file_judges_every_history_as_the_book_does() {
        judges_every_history_as_the_book_does(On::Sqlite);
    }

    #[test]
    fn a_database_judges_every_history_as_the_book_does() {
        judges_every_history_as_the_book_does(On::Postgres);
    }

    fn judges_every_history_as_the_book_does(on: On) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let ground = Ground::new(on);
        let store = runtime.block_on(Store::open(&ground.place())).unwrap();
        let histories = prop::collection::vec(any_transfer(), 1..60);
        TestRunner::new(ProptestConfig { cases: 60, failure_persistence: None, ..ProptestConfig::default() })
            .run(&histories, |history| {
                runtime.block_on(async {
                    // Never committed: every history starts from an empty ledger.
                    let mut tx = store.write().await.unwrap();
                    let mut book = Book::new();
                    for transfer in &history {
                        let stored = apply(&mut tx, transfer, 0).await.unwrap();
                        prop_assert_eq!(stored, book.apply(*transfer), "{:?}", transfer);
                    }
                    for account in (0..3).map(AccountId) {
                        let (debits, credits) = posted(&mut tx, account).await.unwrap();
                        let balance = book.balance(account);
                        prop_assert_eq!(i128::from(debits), balance.debits_posted);
                        prop_assert_eq!(i128::from(credits), balance.credits_posted);
                    }
                    Ok(())
                })?;
                Ok(())
            })
            .unwrap();
        // And what is written never changes, whoever asks.
        runtime.block_on(async {
            let mut tx = store.write().await.unwrap();
            let amount = Amount::new(5, Currency::parse("EUR").unwrap()).unwrap();
            let hold =
                Transfer { id: TransferId(1), step: Step::Hold, debit: AccountId(1), credit: AccountId(2), amount };
            let post = Transfer { id: TransferId(2), step: Step::Post { hold: hold.id }, ..hold };
            for transfer in [hold, post] {
                assert_eq!(apply(&mut tx, &transfer, 0).await.unwrap(), Outcome::Created);
            }
            tx.commit().await.unwrap();
            for change in [sqlx::query("update transfer set amount_minor = 1"), sqlx::query("delete from transfer")] {
                let mut tx = store.write().await.unwrap();
                let refused = change.execute(&mut *tx).await.map_err(StoreError::from).unwrap_err();
                assert!(
                    matches!(&refused, StoreError::Constraint(why) if why.contains("transfer_never_")),
                    "{refused}"
                );
            }
        });
    }
}
