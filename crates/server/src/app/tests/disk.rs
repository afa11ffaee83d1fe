//! A full disk: a clear refusal, nothing half written, everything acknowledged is still there, and it goes on by itself.

use super::*;
use handsel_api::{Code, payments::PaymentStatus};

/// Lets the store's file grow by `pages` and no more, until its connection is replaced after a failure.
async fn leave_room(shop: &Shop, pages: i64) {
    let writer = &shop.app.0.store.writer().await;
    let (used,): (i64,) = sqlx::query_as("pragma page_count").fetch_one(writer).await.unwrap();
    let limit = format!("pragma max_page_count = {}", used + pages);
    sqlx::query(sqlx::AssertSqlSafe(limit)).execute(writer).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_disk_refuses_and_loses_nothing() {
    let dir = Arc::new(Ground::new(On::Sqlite));
    let processor = Faulty::new(dir.path(), Fault::None).await;
    let shop = Shop::open_with(processor.clone(), dir).await;
    let (mut acknowledged, mut asked) = (Vec::new(), Vec::new());
    // The disk fills at another step each time: a page more is a few payments later.
    for room in 0..12 {
        leave_room(&shop, room).await;
        let refusal = loop {
            let made = shop.app.create_payment(&shop.till(), &RequestKey::unique(), shop.asks(100)).await;
            let id = match made {
                Ok(payment) => payment.id,
                Err(refusal) => break refusal,
            };
            asked.push(id);
            match shop.app.pay_by_card(&shop.till(), &RequestKey::unique(), id, VISA).await {
                Ok(paid) => acknowledged.push(paid.id),
                Err(refusal) => break refusal,
            }
            assert!(asked.len() < 10_000, "the disk never fills");
        };
        assert_eq!(refusal.code, Code::StoreUnavailable, "{refusal:?}");
        leave_room(&shop, 1_000_000).await;
        // There is space again: what was half done is brought to an end.
        shop.ask_again().await;
        assert_eq!(shop.paid(100).await.status, PaymentStatus::Captured);
    }
    assert!(acknowledged.len() > 20, "{}", acknowledged.len());
    for id in &acknowledged {
        assert_eq!(shop.app.payment(&shop.till(), *id).await.unwrap().status, PaymentStatus::Captured);
    }
    for id in &asked {
        let status = shop.app.payment(&shop.till(), *id).await.unwrap().status;
        assert!(!matches!(status, PaymentStatus::Processing | PaymentStatus::Unknown), "{status:?}");
    }
    assert_eq!(
        processor.sim.audit().await.1,
        shop.booked().await,
        "the processor took what the ledger says, no more and no less"
    );
}
