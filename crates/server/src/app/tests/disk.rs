//! A full disk: a clear refusal, nothing half written, and everything acknowledged before is there after.

use super::*;
use handsel_api::{Code, payments::PaymentStatus};

/// Lets the store's file grow by `pages` and no more.
async fn leave_room(shop: &Shop, pages: i64) {
    let writer = shop.app.0.store.writer();
    let (used,): (i64,) = sqlx::query_as("pragma page_count").fetch_one(writer).await.unwrap();
    let limit = format!("pragma max_page_count = {}", used + pages);
    sqlx::query(sqlx::AssertSqlSafe(limit)).execute(writer).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_disk_refuses_and_loses_nothing() {
    let shop = Shop::open().await;
    leave_room(&shop, 6).await;
    let mut acknowledged = Vec::new();
    let mut left = Vec::new();
    let refusal = loop {
        let made = shop.app.create_payment(&shop.till(), &RequestKey::unique(), shop.asks(100)).await;
        let payment = match made {
            Ok(payment) => payment,
            Err(refusal) => break refusal,
        };
        match shop.app.pay_by_card(&shop.till(), &RequestKey::unique(), payment.id, VISA).await {
            Ok(paid) => acknowledged.push(paid.id),
            Err(refusal) => {
                left.push(payment.id);
                break refusal;
            }
        }
        assert!(acknowledged.len() < 10_000, "the disk never fills");
    };
    assert_eq!(refusal.code, Code::StoreUnavailable);
    assert!(acknowledged.len() > 10, "{}", acknowledged.len());
    assert!(shop.app.create_payment(&shop.till(), &RequestKey::unique(), shop.asks(100)).await.is_err());

    // Space again: it goes on by itself, and what was half done is brought to an end.
    leave_room(&shop, 1_000).await;
    shop.app.housekeep().await;
    for id in &acknowledged {
        let payment = shop.app.payment(&shop.till(), *id).await.unwrap();
        assert_eq!(payment.status, PaymentStatus::Captured);
    }
    for id in left {
        let payment = shop.app.payment(&shop.till(), id).await.unwrap();
        assert_ne!(payment.status, PaymentStatus::Processing);
    }
    assert_eq!(shop.paid(100).await.status, PaymentStatus::Captured);
}
