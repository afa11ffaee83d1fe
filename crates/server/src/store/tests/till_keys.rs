//! Keys of a store that is older than scopes stay good.

use super::{
    super::{self as store, Place, Store, keys},
    Ground, On, on_both_engines,
};
use handsel_api::keys::{KeyMode, Scope};
use sqlx::{AnyConnection, Connection, migrate::Migrator};
use std::borrow::Cow;

/// The migrations of before this one.
const SCOPES: i64 = 6;

async fn a_key_of_before_may_do_everything(on: On) {
    let ground = Ground::new(on);
    sqlx::any::install_default_drivers();
    let (url, all) = match ground.place() {
        Place::File(file) => (store::sqlite::url(&file, "rwc").unwrap(), &store::sqlite::MIGRATIONS),
        Place::Postgres(url) => (url.address().to_owned(), &store::postgres::MIGRATIONS),
    };
    let before: Vec<_> = all.iter().filter(|one| one.version < SCOPES).cloned().collect();
    let mut conn = AnyConnection::connect(&url).await.unwrap();
    Migrator { migrations: Cow::Owned(before), ..Migrator::DEFAULT }.run(&mut conn).await.unwrap();
    let merchant = "mer_01JD9VZZZZZZZZZZZZZZZZZZZZ";
    sqlx::query("insert into merchant (id, name, currency, created_ms) values ($1, 'Corner Store', 'EUR', 1)")
        .bind(merchant)
        .execute(&mut conn)
        .await
        .unwrap();
    let hashes = [[0xff; 32], [0x01; 32]];
    for hash in &hashes {
        sqlx::query("insert into till_key (hash, merchant_id, created_ms) values ($1, $2, 7)")
            .bind(hash.as_slice())
            .bind(merchant)
            .execute(&mut conn)
            .await
            .unwrap();
    }
    conn.close().await.unwrap();

    let store = Store::open(&ground.place()).await.unwrap();
    let found = keys::all(&mut store.read().await.unwrap()).await.unwrap();
    assert_eq!(found.len(), 2);
    for key in found {
        assert!(hashes.contains(&key.hash));
        assert_eq!((key.merchant.to_string().as_str(), key.mode, key.created_ms), (merchant, KeyMode::Test, 7));
        assert_eq!(key.scopes, Scope::TILL);
        assert_eq!((key.last4, key.revoked_ms), (None, None));
    }
}

on_both_engines!(a_key_of_before_may_do_everything);
