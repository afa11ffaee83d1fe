//! Refunds that the processor refuses for good, and what rests on them; and the doctor beside a shop that sells.

use super::{later::give_credits, *};
use crate::doctor;
use handsel_api::{
    Code,
    disputes::{CloseDispute, Dispute, DisputeOutcome, OpenDispute, OpenedBy},
    payments::{PaymentStatus, RefundStatus},
};

use std::sync::atomic::{AtomicBool, Ordering};

const LOST: CloseDispute = CloseDispute { outcome: DisputeOutcome::Lost, note: None };

async fn disputed(shop: &Shop, id: PaymentId) -> Dispute {
    let open = OpenDispute { opened_by: OpenedBy::Processor, note: None };
    shop.app.open_dispute(&Caller::Operator, id, open).await.unwrap()
}

async fn sound(shop: &Shop) -> doctor::Report {
    let report = doctor::look(&mut shop.app.0.store.read().await.unwrap(), &shop.app.0.vault).await.unwrap();
    assert!(report.sound, "{report:?}");
    report
}

async fn what_was_refused_stays_refused_and_says_so(on: On) {
    let dir = Arc::new(Ground::new(on));
    let processor = Faulty::new(dir.path(), Fault::None).await;
    let shop = Shop::open_with(processor.clone(), dir).await;
    let till = shop.till();
    let id = shop.paid(1_000).await.id;
    processor.set(Fault::RefusesRefunds);
    let request = RequestKey::unique();
    for _ in 0..2 {
        let refused = shop.app.refund(&till, &request, id, shop.refund(700)).await.unwrap();
        assert_eq!(refused.status, RefundStatus::Refused, "the same request gets the same refund");
    }
    processor.set(Fault::None);
    assert_eq!(shop.app.payment(&till, id).await.unwrap().refunded_minor, 0);
    assert_eq!(shop.booked().await, 1_000, "the merchant still has it");
    let again = shop.app.refund(&till, &RequestKey::unique(), id, shop.refund(700)).await.unwrap_err();
    assert_eq!((again.code, again.field.as_deref()), (Code::RefundTooLarge, Some("/amount_minor")));
    assert!(again.detail.starts_with("300 is left") && again.detail.contains("700 to the card"), "{}", again.detail);
    shop.app.refund(&till, &RequestKey::unique(), id, shop.refund(300)).await.unwrap();
    assert_eq!((shop.booked().await, processor.sim.audit().await), (700, (1, 1_000, 300)));
    let cards = sound(&shop).await.cards;
    assert_eq!((cards[0].taken_minor, cards[0].given_back_minor), (1_000, 300), "as the processor has it");
    // A dispute that is lost takes what the merchant still has, the refused part with it.
    let dispute = disputed(&shop, id).await;
    let lost = shop.app.close_dispute(&Caller::Operator, dispute.id, LOST).await.unwrap();
    assert_eq!((lost.amount_minor, shop.booked().await), (700, 0));
    sound(&shop).await;
}

async fn credits_of_a_refund_refused_to_the_card_stay_given(on: On) {
    let dir = Arc::new(Ground::new(on));
    let processor = Faulty::new(dir.path(), Fault::None).await;
    let shop = Shop::open_with(processor.clone(), dir).await;
    let (till, hand) = (shop.till(), Drawn::new(1, Hand::Right));
    let (wren, _) = shop.shopper("Wren", None).await;
    shop.enrol(wren, &hand).await;
    give_credits(&shop, wren, 400).await;
    let id = shop.payment(1_000).await.id;
    shop.app.identify(&till, id, Cohort::Everyone, hand.frame(3)).await.unwrap();
    let paid = shop.app.confirm(&till, &RequestKey::unique(), id, ConfirmPayment::default()).await.unwrap();
    assert_eq!(paid.credit_minor, 400);
    processor.set(Fault::RefusesRefunds);
    let refused = shop.app.refund(&till, &RequestKey::unique(), id, shop.refund(1_000)).await.unwrap();
    assert_eq!((refused.status, refused.credit_minor), (RefundStatus::Refused, 400));
    processor.set(Fault::None);
    assert_eq!(shop.app.payment(&till, id).await.unwrap().refunded_minor, 400);
    let secret = paid.receipt_path.unwrap().rsplit('/').next().unwrap().to_owned();
    let receipt = shop.app.receipt(&secret).await.unwrap();
    assert_eq!((receipt.refunded_minor, receipt.refunds.len(), receipt.refunds[0].amount_minor), (400, 1, 400));
    let none = shop.app.refund(&till, &RequestKey::unique(), id, shop.refund(1)).await.unwrap_err();
    assert_eq!(none.code, Code::RefundTooLarge);
    let dispute = disputed(&shop, id).await;
    let lost = shop.app.close_dispute(&Caller::Operator, dispute.id, LOST).await.unwrap();
    assert_eq!((lost.amount_minor, shop.booked().await), (600, 0), "the credits went back once");
    sound(&shop).await;
}

async fn a_dispute_is_not_lost_while_a_refund_is_under_way(on: On) {
    let dir = Arc::new(Ground::new(on));
    let processor = Faulty::new(dir.path(), Fault::None).await;
    let shop = Shop::open_with(processor.clone(), dir).await;
    let id = shop.paid(1_000).await.id;
    let dispute = disputed(&shop, id).await;
    processor.set(Fault::Down);
    shop.app.refund(&shop.till(), &RequestKey::unique(), id, shop.refund(1_000)).await.unwrap();
    let early = shop.app.close_dispute(&Caller::Operator, dispute.id, LOST).await.err().unwrap();
    assert_eq!((early.code, early.field.as_deref()), (Code::WrongState, Some("/outcome")));
    processor.set(Fault::RefusesRefunds);
    shop.ask_again().await;
    let lost = shop.app.close_dispute(&Caller::Operator, dispute.id, LOST).await.unwrap();
    assert_eq!((lost.amount_minor, shop.booked().await), (1_000, 0));
    sound(&shop).await;
}

async fn the_doctor_sees_one_moment_while_a_shop_sells(on: On) {
    let shop = Arc::new(Shop::open_on(on).await);
    let enough = Arc::new(AtomicBool::new(false));
    let selling = {
        let (shop, enough) = (Arc::clone(&shop), Arc::clone(&enough));
        tokio::spawn(async move {
            while !enough.load(Ordering::SeqCst) {
                let id = shop.paid(500).await.id;
                shop.app.refund(&shop.till(), &RequestKey::unique(), id, shop.refund(100)).await.unwrap();
            }
        })
    };
    for _ in 0..10 {
        let report = doctor::examine(&shop.dir.config()).await.unwrap();
        assert!(report.sound, "{report:?}");
    }
    enough.store(true, Ordering::SeqCst);
    selling.await.unwrap();
}

#[tokio::test]
async fn a_roll_up_that_was_changed_is_found() {
    let shop = Shop::open().await;
    assert_eq!(shop.paid(500).await.status, PaymentStatus::Captured);
    shop.app.housekeep().await.unwrap();
    sound(&shop).await;
    let mut tx = shop.app.0.store.write().await.unwrap();
    sqlx::query("update rollup set debits_posted = 0 where debits_posted > 0").execute(&mut *tx).await.unwrap();
    tx.commit().await.unwrap();
    let report = doctor::look(&mut shop.app.0.store.read().await.unwrap(), &shop.app.0.vault).await.unwrap();
    assert!(report.findings.iter().any(|finding| finding.contains("roll-ups")), "{report:?}");
}

on_both_engines!(
    what_was_refused_stays_refused_and_says_so,
    credits_of_a_refund_refused_to_the_card_stay_given,
    a_dispute_is_not_lost_while_a_refund_is_under_way,
    the_doctor_sees_one_moment_while_a_shop_sells,
);
