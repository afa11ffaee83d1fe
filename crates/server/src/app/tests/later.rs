//! Money set aside and taken later, in part, or not at all; tips; credits beside a card.

use super::*;
use handsel_api::{
    Code,
    payments::{CapturePayment, PaymentStatus},
};
use handsel_ledger::{Outcome, Step, Transfer, TransferId};

async fn set_aside(shop: &Shop, minor: i64) -> Payment {
    let id = shop.payment_for_later(minor).await.id;
    let held = shop.app.pay_by_card(&shop.till(), &RequestKey::unique(), id, VISA).await.unwrap();
    assert_eq!((held.status, held.captured_minor), (PaymentStatus::Authorized, None));
    assert!(held.capture_before.is_some() && held.receipt_path.is_none());
    held
}

fn part(minor: i64) -> CapturePayment {
    CapturePayment { amount_minor: Some(minor) }
}

async fn what_is_set_aside_is_taken_once_all_or_a_part(on: On) {
    let dir = Arc::new(Ground::new(on));
    let processor = Faulty::new(dir.path(), Fault::None).await;
    let shop = Shop::open_with(processor.clone(), dir).await;
    let till = shop.till();
    let held = set_aside(&shop, 1000).await;
    assert_eq!(shop.booked().await, 0);
    assert_eq!(processor.sim.audit().await.1, 0);
    for (wrong, code) in [(1001, Code::CaptureTooLarge), (0, Code::AmountOutOfRange), (-5, Code::AmountOutOfRange)] {
        let refused = shop.app.capture(&till, held.id, part(wrong)).await.unwrap_err();
        assert_eq!((refused.code, refused.field.as_deref()), (code, Some("/amount_minor")), "{wrong}");
    }
    for _ in 0..2 {
        let taken = shop.app.capture(&till, held.id, part(400)).await.unwrap();
        assert_eq!((taken.status, taken.captured_minor), (PaymentStatus::Captured, Some(400)));
        assert!(taken.receipt_path.is_some());
    }
    assert_eq!((shop.booked().await, processor.sim.audit().await), (400, (1, 400, 0)));
    for again in [CapturePayment::default(), part(399)] {
        assert_eq!(shop.app.capture(&till, held.id, again).await.unwrap_err().code, Code::WrongState);
    }
    assert_eq!(shop.app.cancel(&till, held.id).await.unwrap_err().code, Code::WrongState, "void after capture");
    let more = shop.app.refund(&till, &RequestKey::unique(), held.id, shop.refund(401)).await.unwrap_err();
    assert_eq!(more.code, Code::RefundTooLarge, "above what was captured, though below what was set aside");
    shop.app.refund(&till, &RequestKey::unique(), held.id, shop.refund(400)).await.unwrap();
    assert_eq!((shop.booked().await, processor.sim.audit().await), (0, (1, 400, 400)));
}

async fn what_is_set_aside_is_let_go_by_the_till_or_by_time(on: On) {
    let dir = Arc::new(Ground::new(on));
    let processor = Faulty::new(dir.path(), Fault::None).await;
    let shop = Shop::open_with(processor.clone(), dir).await;
    let till = shop.till();
    let held = set_aside(&shop, 500).await;
    for _ in 0..2 {
        assert_eq!(shop.app.cancel(&till, held.id).await.unwrap().status, PaymentStatus::Cancelled);
    }
    assert_eq!(shop.app.capture(&till, held.id, part(1)).await.unwrap_err().code, Code::WrongState);
    let old = set_aside(&shop, 500).await;
    let mut tx = shop.app.0.store.write().await.unwrap();
    // The hold in the ledger keeps its own time; only this one's is moved, as if it had been made a week ago.
    sqlx::query("update payment set hold_until_ms = 1 where id = $1")
        .bind(old.id.to_string())
        .execute(&mut *tx)
        .await
        .unwrap();
    tx.commit().await.unwrap();
    let late = shop.app.capture(&till, old.id, part(1)).await.unwrap_err();
    assert_eq!(late.code, Code::AuthorizationExpired);
    assert_eq!(processor.sim.audit().await.1, 0);
}

async fn a_lost_answer_to_a_capture_or_a_void_is_looked_up(on: On) {
    for fault in [Fault::SilentBefore, Fault::SilentAfter] {
        let dir = Arc::new(Ground::new(on));
        let processor = Faulty::new(dir.path(), Fault::None).await;
        let shop = Shop::open_with(processor.clone(), dir).await;
        let (till, held) = (shop.till(), set_aside(&shop, 1000).await);
        processor.set(fault);
        let asked = shop.app.capture(&till, held.id, part(600)).await.unwrap();
        assert_eq!(asked.status, PaymentStatus::Unknown, "{fault:?}");
        assert_eq!(shop.app.cancel(&till, held.id).await.unwrap_err().code, Code::WrongState);
        processor.set(Fault::None);
        shop.ask_again().await;
        let taken = shop.app.payment(&till, held.id).await.unwrap();
        assert_eq!((taken.status, taken.captured_minor), (PaymentStatus::Captured, Some(600)), "{fault:?}");
        assert_eq!((shop.booked().await, processor.sim.audit().await), (600, (1, 600, 0)), "{fault:?}");

        let held = set_aside(&shop, 1000).await;
        processor.set(Fault::Down);
        assert_eq!(shop.app.cancel(&till, held.id).await.unwrap().status, PaymentStatus::Unknown);
        processor.set(Fault::None);
        shop.ask_again().await;
        assert_eq!(shop.app.payment(&till, held.id).await.unwrap().status, PaymentStatus::Cancelled);
        assert_eq!((shop.booked().await, processor.sim.audit().await), (600, (1, 600, 0)), "{fault:?}");
    }
}

async fn a_tip_is_paid_on_top(on: On) {
    let shop = Shop::open_on(on).await;
    let till = shop.till();
    let id = shop.payment(1000).await.id;
    for wrong in [-1, 1001] {
        let tip = PayByCard { tip_minor: wrong, ..VISA };
        let refused = shop.app.pay_by_card(&till, &RequestKey::unique(), id, tip).await.unwrap_err();
        assert_eq!((refused.code, refused.field.as_deref()), (Code::AmountOutOfRange, Some("/tip_minor")));
    }
    let paid = shop.app.pay_by_card(&till, &RequestKey::unique(), id, PayByCard { tip_minor: 150, ..VISA }).await;
    let paid = paid.unwrap();
    assert_eq!((paid.amount_minor, paid.tip_minor, paid.captured_minor), (1000, 150, Some(1150)));
    assert_eq!(shop.booked().await, 1150);
}

/// Gives a subject credits, as a promotion does.
pub(super) async fn give_credits(shop: &Shop, subject: SubjectId, minor: i64) {
    let eur = Currency::parse("EUR").unwrap();
    let (from, to) = (Account::promotion(eur), Account::credit(subject.0.into(), eur));
    let mut tx = shop.app.0.store.write().await.unwrap();
    money::open(&mut tx, &from, "promotion", "").await.unwrap();
    money::open(&mut tx, &to, "credit", "").await.unwrap();
    let id = TransferId::of(u128::from(subject.0), "promotion");
    let amount = Amount::new(minor, eur).unwrap();
    let gift = Transfer { id, step: Step::Move, debit: from.id, credit: to.id, amount };
    assert_eq!(money::apply(&mut tx, &shop.app.0.vault, &gift, 0).await.unwrap(), Outcome::Created);
    tx.commit().await.unwrap();
}

async fn credits_pay_first_and_a_card_the_rest(on: On) {
    let dir = Arc::new(Ground::new(on));
    let processor = Faulty::new(dir.path(), Fault::None).await;
    let shop = Shop::open_with(processor.clone(), dir).await;
    let (till, hand) = (shop.till(), Drawn::new(1, Hand::Right));
    let (wren, _) = shop.shopper("Wren", None).await;
    shop.enrol(wren, &hand).await;
    give_credits(&shop, wren, 1000).await;
    let pays = async |minor: i64, capture: CaptureWhen, take: u32| {
        let asks = CreatePayment { capture, ..shop.asks(minor) };
        let id = shop.app.create_payment(&till, &RequestKey::unique(), asks).await.unwrap().id;
        let seen = shop.app.identify(&till, id, Cohort::Everyone, hand.frame(take)).await.unwrap().payment;
        let yes = ConfirmPayment::default();
        (seen.credit_minor, shop.app.confirm(&till, &RequestKey::unique(), id, yes).await.unwrap())
    };
    // All of it by credits: no card is asked.
    let (shown, paid) = pays(300, CaptureWhen::Now, 3).await;
    assert_eq!((shown, paid.credit_minor, paid.status), (300, 300, PaymentStatus::Captured));
    assert_eq!((shop.booked().await, processor.sim.audit().await), (300, (0, 0, 0)));
    // The rest of them, and a card.
    let (shown, held) = pays(1500, CaptureWhen::Later, 4).await;
    assert_eq!((shown, held.credit_minor, held.status), (700, 700, PaymentStatus::Authorized));
    let (shown, other) = pays(100, CaptureWhen::Now, 5).await;
    assert_eq!((shown, other.credit_minor), (0, 0), "what is held is not spent twice");
    assert_eq!(shop.app.capture(&till, held.id, part(700)).await.unwrap_err().code, Code::AmountOutOfRange);
    let taken = shop.app.capture(&till, held.id, part(900)).await.unwrap();
    assert_eq!((taken.captured_minor, taken.credit_minor), (Some(900), 700));
    assert_eq!((shop.booked().await, processor.sim.audit().await.1), (1300, 300));
    // Back to the card first, then to the credits, and never more than either paid.
    let back = shop.app.refund(&till, &RequestKey::unique(), held.id, shop.refund(250)).await.unwrap();
    assert_eq!((back.amount_minor, back.credit_minor), (250, 50));
    let back = shop.app.refund(&till, &RequestKey::unique(), held.id, shop.refund(650)).await.unwrap();
    assert_eq!(back.credit_minor, 650);
    assert_eq!((shop.booked().await, processor.sim.audit().await.2), (400, 200));
    let (shown, _) = pays(2000, CaptureWhen::Now, 6).await;
    assert_eq!(shown, 700, "given back, they can be spent again");
}

on_both_engines!(
    what_is_set_aside_is_taken_once_all_or_a_part,
    what_is_set_aside_is_let_go_by_the_till_or_by_time,
    a_lost_answer_to_a_capture_or_a_void_is_looked_up,
    a_tip_is_paid_on_top,
    credits_pay_first_and_a_card_the_rest,
);
