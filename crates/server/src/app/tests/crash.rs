//! A process that stops, or a processor that falls silent, at every point between hold and receipt: nobody is charged
//! twice, nothing acknowledged is lost, and the ledger agrees with the processor.

use super::*;
use crate::app::StartError;
use handsel_api::payments::PaymentStatus;
use std::time::Duration;

/// Opens the installation as soon as the process before is gone.
async fn reopen(processor: &Faulty, ground: &Ground) -> App {
    for _ in 0..500 {
        match App::open_with(&ground.config(), Box::new(processor.clone())).await {
            Err(StartError::InUse(_)) => tokio::time::sleep(Duration::from_millis(10)).await,
            opened => return opened.unwrap(),
        }
    }
    panic!("the first process never ended");
}

#[test]
fn a_process_stopped_anywhere_charges_once_or_not_at_all() {
    stopped_anywhere(On::Sqlite);
}

#[test]
fn a_process_stopped_anywhere_charges_once_or_not_at_all_in_a_database() {
    stopped_anywhere(On::Postgres);
}

fn stopped_anywhere(on: On) {
    let table = [(Fault::HangBefore, PaymentStatus::Cancelled, 0), (Fault::HangAfter, PaymentStatus::Captured, 700)];
    for (fault, expected, charged) in table {
        let dir = Arc::new(Ground::new(on));
        let request = RequestKey::unique();
        let first = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let (id, merchant, site) = first.block_on(async {
            let shop = Shop::open_with(Faulty::new(dir.path(), fault).await, Arc::clone(&dir)).await;
            let id = shop.payment(700).await.id;
            let till = shop.till();
            let paying = shop.app.pay_by_card(&till, &request, id, VISA);
            tokio::time::timeout(Duration::from_secs(2), paying).await.expect_err("it hangs");
            assert_eq!(shop.app.payment(&till, id).await.unwrap().status, PaymentStatus::Processing);
            (id, shop.merchant, shop.site)
        });
        first.shutdown_background(); // Nothing of the first process runs on.

        let second = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        second.block_on(async {
            let processor = Faulty::new(dir.path(), Fault::None).await;
            let app = reopen(&processor, &dir).await;
            let shop = Shop { app, merchant, site, dir: Arc::clone(&dir) };
            let resolved = shop.app.payment(&shop.till(), id).await.unwrap();
            assert_eq!(resolved.status, expected, "{fault:?}");
            assert_eq!(resolved.receipt_path.is_some(), charged > 0);
            // The till never heard an answer and asks again, with the same key: the same answer, no other charge.
            let again = shop.app.pay_by_card(&shop.till(), &request, id, VISA).await.unwrap();
            assert_eq!(again.status, expected, "{fault:?}");
            let (charges, taken, _) = processor.sim.audit().await;
            assert_eq!((charges, taken), (i64::from(charged > 0), charged), "{fault:?}");
            assert_eq!(shop.booked().await, charged, "{fault:?}");
        });
    }
}

async fn a_silent_processor_leaves_a_payment_open_until_it_speaks_again(on: On) {
    for fault in [Fault::SilentBefore, Fault::SilentAfter] {
        // The till asks again with the same key once the line is back: now the charge goes through, once.
        let dir = Arc::new(Ground::new(on));
        let processor = Faulty::new(dir.path(), fault).await;
        let shop = Shop::open_with(processor.clone(), dir).await;
        let (id, request) = (shop.payment(900).await.id, RequestKey::unique());
        let waiting = shop.app.pay_by_card(&shop.till(), &request, id, VISA).await.unwrap();
        assert_eq!(waiting.status, PaymentStatus::Unknown, "{fault:?}");
        let other = shop.app.pay_by_card(&shop.till(), &RequestKey::unique(), id, VISA).await.unwrap_err();
        assert_eq!(other.code, handsel_api::Code::WrongState, "another request cannot charge it too");
        processor.set(Fault::None);
        let paid = shop.app.pay_by_card(&shop.till(), &request, id, VISA).await.unwrap();
        assert_eq!(paid.status, PaymentStatus::Captured, "{fault:?}");
        assert_eq!(processor.sim.audit().await, (1, 900, 0), "{fault:?}");
        assert_eq!(shop.booked().await, 900);
    }
}

async fn nobody_comes_back_and_the_worker_resolves_it(on: On) {
    for (fault, expected, charged) in
        [(Fault::SilentBefore, PaymentStatus::Cancelled, 0), (Fault::SilentAfter, PaymentStatus::Captured, 900)]
    {
        let dir = Arc::new(Ground::new(on));
        let processor = Faulty::new(dir.path(), fault).await;
        let shop = Shop::open_with(processor.clone(), dir).await;
        let id = shop.payment(900).await.id;
        shop.app.pay_by_card(&shop.till(), &RequestKey::unique(), id, VISA).await.unwrap();
        processor.set(Fault::Down);
        shop.ask_again().await;
        assert_eq!(shop.app.payment(&shop.till(), id).await.unwrap().status, PaymentStatus::Unknown);
        processor.set(Fault::None);
        shop.ask_again().await;
        let resolved = shop.app.payment(&shop.till(), id).await.unwrap();
        assert_eq!(resolved.status, expected, "{fault:?}");
        assert!(resolved.resolved_at.is_some());
        assert_eq!(processor.sim.audit().await.1, charged);
        assert_eq!(shop.booked().await, charged);
    }
}

async fn a_promised_refund_is_sent_when_the_processor_speaks_again_and_once(on: On) {
    let dir = Arc::new(Ground::new(on));
    let processor = Faulty::new(dir.path(), Fault::None).await;
    let shop = Shop::open_with(processor.clone(), dir).await;
    let id = shop.paid(900).await.id;
    processor.set(Fault::Down);
    let refund = shop.app.refund(&shop.till(), &RequestKey::unique(), id, shop.refund(400)).await.unwrap();
    assert_eq!(processor.sim.audit().await, (1, 900, 0));
    processor.set(Fault::None);
    for _ in 0..2 {
        shop.ask_again().await;
    }
    assert_eq!(processor.sim.audit().await, (1, 900, 400));
    assert_eq!(shop.booked().await, 500);
    assert_eq!(shop.app.list_refunds(&shop.till(), id).await.unwrap()[0].id, refund.id);
}

on_both_engines!(
    a_silent_processor_leaves_a_payment_open_until_it_speaks_again,
    nobody_comes_back_and_the_worker_resolves_it,
    a_promised_refund_is_sent_when_the_processor_speaks_again_and_once,
);
