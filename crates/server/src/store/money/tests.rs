//! The store judges as the book does, and finds what was changed behind its back.

use super::{chain::Checked, *};
use crate::store::{
    Place, Store,
    tests::{Ground, On},
};
use handsel_ledger::{Amount, Book, Step};
use proptest::{prelude::*, test_runner::TestRunner};

const NOW_MS: i64 = 1_000;

fn any_transfer() -> impl Strategy<Value = Transfer> {
    (0u128..10, 0u8..7, 0u128..10, 0u128..4, 0u128..5, 1i64..30).prop_map(|(id, kind, target, debit, credit, minor)| {
        let target = TransferId(target);
        let step = match kind {
            0 => Step::Move,
            1 => Step::Hold { expires_ms: None },
            2 => Step::Hold { expires_ms: Some(NOW_MS + minor % 2) },
            3 => Step::Post { hold: target },
            4 => Step::Void { hold: target },
            5 => Step::Expire { hold: target },
            _ => Step::Refund { post: target },
        };
        Transfer { id: TransferId(id), step, debit: AccountId(debit), credit: AccountId(credit), amount: eur(minor) }
    })
}

fn eur(minor: i64) -> Amount {
    Amount::new(minor, Currency::parse("EUR").unwrap()).unwrap()
}

/// Accounts 0 to 3, of which 3 spends no more than it was given; 4 is never opened.
fn accounts() -> impl Iterator<Item = Account> {
    (0..4).map(|id| {
        let rule = if id == 3 { Rule::DebitsWithinCredits } else { Rule::Free };
        Account { id: AccountId(id), currency: Currency::parse("EUR").unwrap(), rule }
    })
}

struct Kept {
    store: Store,
    vault: Vault,
    ground: Ground,
}

impl Kept {
    async fn new(on: On) -> Kept {
        let ground = Ground::new(on);
        let vault = Vault::open(&ground.path().join("keys"), true).unwrap();
        Kept { store: Store::open(&ground.place()).await.unwrap(), vault, ground }
    }

    async fn checked(&self) -> Checked {
        check(&mut self.store.read().await.unwrap(), &self.vault).await.unwrap()
    }

    /// Some transfers, one after the other.
    async fn write_some(&self, count: u128) {
        let mut tx = self.store.write().await.unwrap();
        for account in accounts() {
            open(&mut tx, &account, "test", "").await.unwrap();
        }
        for id in 1..=count {
            let transfer = Transfer {
                id: TransferId(id),
                step: Step::Hold { expires_ms: None },
                debit: AccountId(0),
                credit: AccountId(1),
                amount: eur(5),
            };
            assert_eq!(apply(&mut tx, &self.vault, &transfer, NOW_MS).await.unwrap(), Outcome::Created);
        }
        tx.commit().await.unwrap();
    }

    fn post(&self, hold: u128) -> Transfer {
        Transfer {
            id: TransferId(100 + hold),
            step: Step::Post { hold: TransferId(hold) },
            debit: AccountId(0),
            credit: AccountId(1),
            amount: eur(5),
        }
    }
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
    let kept = runtime.block_on(Kept::new(on));
    let histories = prop::collection::vec((any_transfer(), prop::bool::weighted(0.1)), 1..60);
    TestRunner::new(ProptestConfig { cases: 60, failure_persistence: None, ..ProptestConfig::default() })
        .run(&histories, |history| {
            runtime.block_on(async {
                // Never committed: every history starts from an empty ledger.
                let mut tx = kept.store.write().await.unwrap();
                let mut book = Book::new();
                for account in accounts() {
                    open(&mut tx, &account, "test", "").await.unwrap();
                    book.open(account);
                }
                for (transfer, rolls_up) in &history {
                    let stored = apply(&mut tx, &kept.vault, transfer, NOW_MS).await.unwrap();
                    prop_assert_eq!(stored, book.apply(*transfer, NOW_MS), "{:?}", transfer);
                    if *rolls_up {
                        roll_up(&mut tx).await.unwrap();
                    }
                }
                for account in accounts() {
                    prop_assert_eq!(balance(&mut tx, account.id).await.unwrap(), book.balance(account.id));
                }
                prop_assert_eq!(check(&mut tx, &kept.vault).await.unwrap().broken_at, None);
                Ok(())
            })?;
            Ok(())
        })
        .unwrap();
}

async fn what_is_written_never_changes_whoever_asks(on: On) {
    let kept = Kept::new(on).await;
    kept.write_some(2).await;
    for change in [
        sqlx::query("update transfer set amount_minor = 1"),
        sqlx::query("update transfer set mac = $1 where seq = 2").bind(Vec::new()),
        sqlx::query("delete from transfer"),
    ] {
        let mut tx = kept.store.write().await.unwrap();
        let refused = change.execute(&mut *tx).await.map_err(StoreError::from).unwrap_err();
        assert!(matches!(&refused, StoreError::Constraint(why) if why.contains("transfer_never_")), "{refused}");
    }
    let whole = kept.checked().await;
    assert_eq!((whole.fit, whole.broken_at), (2, None));
}

#[tokio::test]
async fn the_owner_of_a_database_has_no_right_to_change_a_transfer() {
    let kept = Kept::new(On::Postgres).await;
    let mut conn = kept.store.read().await.unwrap();
    let rights: Vec<(String,)> = sqlx::query_as(
        "select cast(privilege_type as text) from information_schema.role_table_grants
         where table_name = 'transfer' and grantee = current_user order by 1",
    )
    .fetch_all(&mut *conn)
    .await
    .unwrap();
    let rights: Vec<&str> = rights.iter().map(|(right,)| right.as_str()).collect();
    assert!(rights.contains(&"INSERT") && rights.contains(&"SELECT"), "{rights:?}");
    for gone in ["UPDATE", "DELETE", "TRUNCATE"] {
        assert!(!rights.contains(&gone), "{rights:?}");
    }
}

/// What somebody who can write to the file may try.
#[tokio::test]
async fn a_changed_missing_or_moved_row_is_found() {
    for (change, broken_at) in [
        ("update transfer set amount_minor = 6 where seq = 3", 3),
        ("update transfer set created_ms = created_ms + 1 where seq = 2", 2),
        ("delete from transfer where seq = 4", 5),
        (
            "update transfer set seq = case seq when 2 then -3 when 3 then -2 end where seq in (2, 3);
          update transfer set seq = -seq where seq < 0",
            2,
        ),
        ("update transfer set credit = debit, debit = credit where seq = 5", 5),
    ] {
        let kept = Kept::new(On::Sqlite).await;
        kept.write_some(6).await;
        kept.store.close().await;
        let Place::File(file) = kept.ground.place() else { panic!() };
        let raw = rusqlite::Connection::open(file).unwrap();
        raw.execute_batch("drop trigger transfer_never_changes; drop trigger transfer_never_goes").unwrap();
        raw.execute_batch(change).unwrap();
        drop(raw);
        let kept = Kept { store: Store::open(&kept.ground.place()).await.unwrap(), ..kept };
        assert_eq!(kept.checked().await.broken_at, Some(broken_at), "{change}");
    }
}

#[tokio::test]
async fn a_flipped_bit_is_found_before_anything_is_built_on_it() {
    let kept = Kept::new(On::Sqlite).await;
    kept.write_some(3).await;
    kept.store.close().await;
    let Place::File(file) = kept.ground.place() else { panic!() };
    let raw = rusqlite::Connection::open(file).unwrap();
    raw.execute_batch("drop trigger transfer_never_changes; update transfer set amount_minor = 5 | 128 where seq = 2")
        .unwrap();
    let sound: String = raw.query_row("pragma integrity_check", [], |row| row.get(0)).unwrap();
    assert_eq!(sound, "ok", "the engine does not see it");
    drop(raw);
    let kept = Kept { store: Store::open(&kept.ground.place()).await.unwrap(), ..kept };
    let mut tx = kept.store.write().await.unwrap();
    assert_eq!(apply(&mut tx, &kept.vault, &kept.post(1), NOW_MS).await.unwrap(), Outcome::Created);
    let refused = apply(&mut tx, &kept.vault, &kept.post(2), NOW_MS).await.unwrap_err();
    assert!(matches!(&refused, StoreError::Broken(why) if why.contains("transfer 2")), "{refused}");
}

async fn rows_of_an_older_version_are_chained_once(on: On) {
    let kept = Kept::new(on).await;
    kept.write_some(2).await;
    let mut tx = kept.store.write().await.unwrap();
    for (seq, id, step, target) in [(3, 7u128, "hold", None), (4, 8, "post", Some(7u128))] {
        sqlx::query(
            "insert into transfer (seq, id, step, target_id, debit, credit, amount_minor, currency, created_ms, mac)
             values ($1, $2, $3, $4, $5, $6, 5, 'EUR', 9, $7)",
        )
        .bind(seq)
        .bind(id.to_be_bytes().to_vec())
        .bind(step)
        .bind(target.map(|id: u128| id.to_be_bytes().to_vec()))
        .bind(0u128.to_be_bytes().to_vec())
        .bind(1u128.to_be_bytes().to_vec())
        .bind(Vec::new())
        .execute(&mut *tx)
        .await
        .unwrap();
    }
    tx.commit().await.unwrap();
    for _ in 0..2 {
        kept.store.chain_transfers(&kept.vault).await.unwrap();
        let whole = kept.checked().await;
        assert_eq!((whole.fit, whole.broken_at), (4, None));
    }
}

crate::store::tests::on_both_engines!(
    what_is_written_never_changes_whoever_asks,
    rows_of_an_older_version_are_chained_once,
);
