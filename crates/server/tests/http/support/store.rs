//! A look into the store's file, past the server.

use super::Server;
use handsel_api::PaymentId;
use sqlx::{AssertSqlSafe, ConnectOptions, SqliteConnection, sqlite::SqliteConnectOptions};
use std::collections::BTreeMap;

/// What refusals may change: counters that lead to nobody, and the answers kept for repeats.
const MAY_CHANGE: [&str; 3] = ["capture_count", "quality_count", "idempotency"];

/// How many rows each table has, except counters and kept answers.
pub fn rows(server: &Server) -> BTreeMap<String, i64> {
    server.runtime.block_on(async {
        let mut file = open(server).await;
        let tables = "select name from sqlite_schema where type = 'table' and name not like 'sqlite_%'";
        let tables: Vec<String> = sqlx::query_scalar(tables).fetch_all(&mut file).await.unwrap();
        let mut rows = BTreeMap::new();
        for table in tables.into_iter().filter(|table| !MAY_CHANGE.contains(&table.as_str())) {
            let count = AssertSqlSafe(format!("select count(*) from {table}"));
            let count = sqlx::query_scalar(count).fetch_one(&mut file).await.unwrap();
            rows.insert(table, count);
        }
        assert!(rows.contains_key("payment") && rows.contains_key("template"), "{rows:?}");
        rows
    })
}

/// How many transfers took or gave back money.
pub fn transfers(server: &Server, step: &'static str) -> i64 {
    server.runtime.block_on(async {
        let count = sqlx::query_scalar("select count(*) from transfer where step = ?");
        count.bind(step).fetch_one(&mut open(server).await).await.unwrap()
    })
}

/// A transfer's id, its step, and its amount in minor units.
pub type Entry = (Vec<u8>, String, i64);

/// Every transfer there is, in order: what the ledger says, whatever else changes.
pub fn ledger(server: &Server) -> Vec<Entry> {
    server.runtime.block_on(async {
        let all = sqlx::query_as("select id, step, amount_minor from transfer order by id");
        all.fetch_all(&mut open(server).await).await.unwrap()
    })
}

/// Makes the time for capturing what was set aside be over, as if a week had gone by, and waits until it was let go. In the
/// payment alone: a transfer of the ledger that was written by hand is not believed, so there it is let go before its time.
pub fn let_a_week_go_by(server: &Server, payment: PaymentId) {
    server.runtime.block_on(async {
        let path = server.data.path().join("handsel.db");
        let mut file = SqliteConnectOptions::new().filename(path).connect().await.unwrap();
        let older = sqlx::query("update payment set hold_until_ms = 1 where id = ?").bind(payment.to_string());
        assert_eq!(older.execute(&mut file).await.unwrap().rows_affected(), 1);
        for _ in 0..200 {
            let status = sqlx::query_as::<_, (String,)>("select status from payment where id = ?");
            let (status,) = status.bind(payment.to_string()).fetch_one(&mut file).await.unwrap();
            if !["authorized", "processing"].contains(&status.as_str()) {
                return;
            }
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
        panic!("{payment} was never let go");
    });
}

async fn open(server: &Server) -> SqliteConnection {
    let path = server.data.path().join("handsel.db");
    SqliteConnectOptions::new().filename(path).read_only(true).connect().await.unwrap()
}
