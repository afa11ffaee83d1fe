//! What an older version of this program left is brought up to date.

use super::{
    super::{self as store, Place, Store, disputes},
    Ground, On, on_both_engines,
};
use handsel_api::disputes::{DisputeParty, DisputeStatus};
use sqlx::{AnyPool, migrate::Migrator};
use std::borrow::Cow;

/// A store as the program left it whose last migration was `version`.
async fn left_by(version: i64, place: &Place) -> AnyPool {
    sqlx::any::install_default_drivers();
    let (url, all) = match place {
        Place::File(file) => (store::sqlite::url(file, "rwc").unwrap(), &store::sqlite::MIGRATIONS),
        Place::Postgres(url) => (url.address().to_owned(), &store::postgres::MIGRATIONS),
    };
    let pool = AnyPool::connect(&url).await.unwrap();
    let older: Vec<_> = all.iter().filter(|one| one.version <= version).cloned().collect();
    Migrator { migrations: Cow::Owned(older), ..Migrator::DEFAULT }.run(&pool).await.unwrap();
    pool
}

async fn what_was_reported_before_is_a_dispute_now(on: On) {
    let ground = Ground::new(on);
    let older = left_by(3, &ground.place()).await;
    let reported = "pay_01JD9VZZZZZZZZZZZZZZZZZZZZ";
    for statement in [
        "insert into merchant (id, name, currency, created_ms) values ('mer_01JD9VZZZZZZZZZZZZZZZZZZZZ', 'a', 'EUR', 0)",
        "insert into site (id, merchant_id, name, created_ms)
         values ('sit_01JD9VZZZZZZZZZZZZZZZZZZZZ', 'mer_01JD9VZZZZZZZZZZZZZZZZZZZZ', 'b', 0)",
    ] {
        sqlx::query(statement).execute(&older).await.unwrap();
    }
    for (n, id, disputed_ms) in [(1u8, reported, Some(77i64)), (2, "pay_01JD9VZZZZZZZZZZZZZZZZZZZ1", None)] {
        sqlx::query(
            "insert into payment (id, request, site_id, merchant_id, status, amount_minor, currency, means, auth_code,
                 receipt_hash, created_ms, captured_ms, disputed_ms)
             values ($1, $2, 'sit_01JD9VZZZZZZZZZZZZZZZZZZZZ', 'mer_01JD9VZZZZZZZZZZZZZZZZZZZZ', 'captured', 900, 'EUR', 'palm',
                 'A1', $2, 5, 6, $3)",
        )
        .bind(id)
        .bind(vec![n; 16])
        .bind(disputed_ms)
        .execute(&older)
        .await
        .unwrap();
    }
    sqlx::query(
        "insert into refund (id, request, payment_id, amount_minor, currency, sent, created_ms)
         values ('rfd_01JD9VZZZZZZZZZZZZZZZZZZZZ', $1, $2, 200, 'EUR', 1, 7)",
    )
    .bind(vec![3u8; 16])
    .bind(reported)
    .execute(&older)
    .await
    .unwrap();
    older.close().await;

    let store = Store::open(&ground.place()).await.unwrap();
    let found = disputes::list(&mut store.read().await.unwrap(), None, 10, None).await.unwrap();
    assert_eq!(found.len(), 1);
    let dispute = &found[0];
    assert_eq!(dispute.payment.to_string(), reported);
    assert_eq!((dispute.opened_by, dispute.status), (DisputeParty::Shopper, DisputeStatus::Open));
    assert_eq!((dispute.amount_minor, dispute.opened_ms, dispute.closed_ms), (700, 77, None));
}

on_both_engines!(what_was_reported_before_is_a_dispute_now);
