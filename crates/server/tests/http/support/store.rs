//! A look into the store's file, past the server.

use super::Server;
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

async fn open(server: &Server) -> SqliteConnection {
    let path = server.data.path().join("handsel.db");
    SqliteConnectOptions::new().filename(path).read_only(true).connect().await.unwrap()
}
