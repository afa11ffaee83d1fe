//! What both engines promise, and how each keeps it.

use super::{
    super::{OpenError, Place, Store, StoreError, counts, sessions},
    Ground, On, on_both_engines,
};
use std::{sync::Arc, time::Duration};

async fn text(conn: &mut super::super::Conn, statement: &'static str) -> String {
    let (text,): (String,) = sqlx::query_as(statement).fetch_one(conn).await.unwrap();
    text
}

#[tokio::test]
async fn a_file_is_durable_and_overwrites_what_is_deleted() {
    let ground = Ground::new(On::Sqlite);
    let store = Store::open(&ground.place()).await.unwrap();
    for mut conn in [store.writer().await.acquire().await.unwrap(), store.read().await.unwrap()] {
        assert_eq!(text(&mut conn, "pragma journal_mode").await, "wal");
        for (pragma, value) in [
            ("select synchronous from pragma_synchronous", 2),
            ("select foreign_keys from pragma_foreign_keys", 1),
            ("select secure_delete from pragma_secure_delete", 1),
            ("select temp_store from pragma_temp_store", 2),
            ("select timeout from pragma_busy_timeout", 10_000),
        ] {
            let (is,): (i64,) = sqlx::query_as(pragma).fetch_one(&mut *conn).await.unwrap();
            assert_eq!(is, value, "{pragma}");
        }
    }
}

#[tokio::test]
async fn a_folder_may_have_any_name() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["a b?c#d%20e", "Café", "..x"] {
        let folder = folder.path().join(name);
        std::fs::create_dir(&folder).unwrap();
        let file = folder.join("handsel.db");
        Store::open(&Place::File(file.clone())).await.unwrap().close().await;
        assert!(file.is_file(), "{name}");
    }
}

#[tokio::test]
async fn a_database_writes_durably_whatever_its_user_is_set_to() {
    let ground = Ground::new(On::Postgres);
    let Place::Postgres(url) = ground.place() else { panic!() };
    let store = Store::open(&ground.place()).await.unwrap();
    let mut tx = store.write().await.unwrap();
    sqlx::raw_sql(
        "do $$ begin
             execute format('alter database %I set synchronous_commit = off', current_database());
             execute format('alter database %I set default_transaction_isolation = serializable', current_database());
         end $$",
    )
    .execute(&mut *tx)
    .await
    .unwrap();
    tx.commit().await.unwrap();
    store.close().await;
    let store = Store::open(&Place::Postgres(url)).await.unwrap();
    let mut tx = store.write().await.unwrap();
    assert_eq!(text(&mut tx, "select current_setting('synchronous_commit')").await, "on");
    assert_eq!(text(&mut tx, "select current_setting('transaction_isolation')").await, "read committed");
}

async fn a_reader_reads_beside_the_server_and_cannot_write(on: On) {
    let ground = Ground::new(on);
    let Err(OpenError::Failed(_)) = Store::open_reader(&ground.place()).await else { panic!("there is no store yet") };
    let store = Store::open(&ground.place()).await.unwrap();
    let reader = Store::open_reader(&ground.place()).await.unwrap();
    let mut tx = store.write().await.unwrap();
    sessions::put_setting(&mut tx, "name", b"value").await.unwrap();
    let mut conn = reader.read().await.unwrap();
    assert_eq!(sessions::setting(&mut conn, "name").await.unwrap(), None, "not committed yet");
    tx.commit().await.unwrap();
    assert_eq!(sessions::setting(&mut conn, "name").await.unwrap(), Some(b"value".to_vec()));
    let refused = sessions::put_setting(&mut conn, "name", b"other").await.unwrap_err();
    assert!(matches!(refused, StoreError::Unavailable(_)), "{refused}");

    let mut tx = store.write().await.unwrap();
    let newest =
        "update _sqlx_migrations set version = 9999 where version = (select max(version) from _sqlx_migrations)";
    sqlx::query(newest).execute(&mut *tx).await.unwrap();
    tx.commit().await.unwrap();
    assert!(matches!(Store::open_reader(&ground.place()).await, Err(OpenError::Newer(9999))));
}

async fn constraints_refuse_by_name(on: On) {
    let ground = Ground::new(on);
    let store = Store::open(&ground.place()).await.unwrap();
    let mut tx = store.write().await.unwrap();
    let refused = sqlx::query("insert into site (id, merchant_id, name, created_ms) values ('a', 'b', 'c', 0)");
    let refused = refused.execute(&mut *tx).await.map_err(StoreError::from).unwrap_err();
    assert!(matches!(refused, StoreError::Constraint(_)), "{refused}");
    drop(tx);
    let mut tx = store.write().await.unwrap();
    let refused = sqlx::query("insert into quality_count (day, tenth, count) values ('', 10, 0)");
    let refused = refused.execute(&mut *tx).await.map_err(StoreError::from).unwrap_err();
    assert!(matches!(&refused, StoreError::Constraint(why) if why.contains("quality_tenth")), "{refused}");
}

/// Many tasks, and for PostgreSQL somebody else beside the server, read, add one and write: nothing is lost.
async fn writers_take_turns(on: On) {
    let ground = Ground::new(on);
    let store = Arc::new(Store::open(&ground.place()).await.unwrap());
    let tasks: Vec<_> = (0..40u8)
        .map(|_| {
            let store = Arc::clone(&store);
            tokio::spawn(async move {
                let mut tx = store.write().await.unwrap();
                let before = sessions::setting(&mut tx, "n").await.unwrap().map_or(0, |value| value[0]);
                counts::add_capture(&mut tx, "2026-01-01", "pay", "accepted", "").await.unwrap();
                sessions::put_setting(&mut tx, "n", &[before + 1]).await.unwrap();
                tx.commit().await.unwrap();
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    let mut conn = store.read().await.unwrap();
    assert_eq!(sessions::setting(&mut conn, "n").await.unwrap(), Some(vec![40]));
    assert_eq!(counts::captures_since(&mut conn, "").await.unwrap()[0].count, 40);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_second_writer_waits_for_the_first() {
    let ground = Ground::new(On::Postgres);
    let store = Store::open(&ground.place()).await.unwrap();
    let Place::Postgres(url) = ground.place() else { panic!() };
    // Another process kind that writes, one day: it has the writers' lock and not the server's.
    let other = sqlx::PgPool::connect(url.address()).await.unwrap();
    let mut first = other.begin().await.unwrap();
    sqlx::query("select pg_advisory_xact_lock(1212239428, 2)").execute(&mut *first).await.unwrap();
    let waiting = tokio::time::timeout(Duration::from_millis(200), store.write()).await;
    assert!(waiting.is_err(), "it must wait");
    first.commit().await.unwrap();
    let mut tx = store.write().await.unwrap();
    sessions::put_setting(&mut tx, "name", b"").await.unwrap();
    tx.commit().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_lost_its_store_to_another_never_writes_again() {
    let ground = Ground::new(On::Postgres);
    let Place::Postgres(url) = ground.place() else { panic!() };
    let first = Store::open(&ground.place()).await.unwrap();
    assert!(matches!(Store::open(&ground.place()).await, Err(OpenError::InUse)));

    // A connection that breaks is replaced, and its server goes on.
    let elsewhere = sqlx::PgPool::connect(url.address()).await.unwrap();
    let cut = || async {
        let cut = "select pg_terminate_backend(pid, 5000) from pg_locks where locktype = 'advisory' and objid = 1
            and classid = 1212239428 and database = (select oid from pg_database where datname = current_database())";
        sqlx::query(cut).execute(&elsewhere).await.unwrap();
    };
    cut().await;
    first.write().await.unwrap().commit().await.unwrap();

    // But not when another server had the store in between.
    cut().await;
    let second = Store::open(&ground.place()).await.unwrap();
    second.close().await;
    let refused = first.write().await.err().unwrap();
    assert!(matches!(refused, StoreError::Unavailable(_)), "{refused}");
    let refused = first.write().await.err().unwrap().to_string();
    assert!(refused.contains("start this one again"), "{refused}");
}

on_both_engines!(a_reader_reads_beside_the_server_and_cannot_write, constraints_refuse_by_name, writers_take_turns,);
