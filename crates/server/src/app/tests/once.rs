//! Asking twice is asking once: payments, charges, refunds.

use super::*;
use crate::app::Begun;
use handsel_api::{Code, payments::PaymentStatus};

async fn the_same_request_at_once_fifty_times_is_one_payment_one_charge_one_refund(on: On) {
    let dir = Arc::new(Ground::new(on));
    let processor = Faulty::new(dir.path(), Fault::None).await;
    let shop = Arc::new(Shop::open_with(processor.clone(), dir).await);
    let (create, charge, refund) = (RequestKey::unique(), RequestKey::unique(), RequestKey::unique());
    let tasks: Vec<_> = (0..50)
        .map(|_| {
            let shop = Arc::clone(&shop);
            tokio::spawn(async move {
                let id = shop.app.create_payment(&shop.till(), &create, shop.asks(500)).await.unwrap().id;
                shop.app.pay_by_card(&shop.till(), &charge, id, VISA).await.unwrap();
                // Whoever lost the race may see it `processing`, or `unknown` on a machine so busy that the processor was
                // not heard in time; the refund is possible once it is paid.
                while matches!(
                    shop.app.payment(&shop.till(), id).await.unwrap().status,
                    PaymentStatus::Processing | PaymentStatus::Unknown
                ) {
                    tokio::time::sleep(std::time::Duration::from_millis(2)).await;
                }
                let refund = shop.app.refund(&shop.till(), &refund, id, shop.refund(200)).await.unwrap();
                (id, refund.id)
            })
        })
        .collect();
    let mut seen = std::collections::HashSet::new();
    for task in tasks {
        seen.insert(task.await.unwrap());
    }
    assert_eq!(seen.len(), 1);
    let refunds: Vec<_> = seen.iter().map(|(id, _)| *id).collect();
    let refunds = shop.app.list_refunds(&shop.till(), refunds[0]).await.unwrap();
    assert_eq!(processor.sim.audit().await, (1, 500, 200), "{refunds:?}");
}

async fn refunds_in_parts_stop_at_what_was_captured(on: On) {
    let shop = Shop::open_on(on).await;
    let id = shop.paid(1_000).await.id;
    for part in [400, 600] {
        shop.app.refund(&shop.till(), &RequestKey::unique(), id, shop.refund(part)).await.unwrap();
    }
    let over = shop.app.refund(&shop.till(), &RequestKey::unique(), id, shop.refund(1)).await.unwrap_err();
    assert_eq!((over.code, over.field.as_deref()), (Code::RefundTooLarge, Some("/amount_minor")));
    let kiosk = shop.app.refund(&shop.kiosk(), &RequestKey::unique(), id, shop.refund(1)).await.unwrap_err();
    assert_eq!(kiosk.code, Code::Forbidden);
    let shown = shop.app.payment(&shop.till(), id).await.unwrap();
    assert_eq!((shown.status, shown.refunded_minor), (PaymentStatus::Captured, 1_000));

    let open = shop.payment(50).await.id;
    let early = shop.app.refund(&shop.till(), &RequestKey::unique(), open, shop.refund(50)).await.unwrap_err();
    assert_eq!(early.code, Code::WrongState);
}

async fn a_declined_card_charges_nothing_and_says_so(on: On) {
    let shop = Shop::open_on(on).await;
    let id = shop.payment(1_000).await.id;
    let card = PayByCard { sandbox_card: SandboxCard::VisaDeclined, ..VISA };
    let declined = shop.app.pay_by_card(&shop.till(), &RequestKey::unique(), id, card).await.unwrap();
    assert_eq!(declined.status, PaymentStatus::Declined);
    assert_eq!(declined.receipt_path, None);
    assert_eq!(shop.app.cancel(&shop.till(), id).await.unwrap_err().code, Code::WrongState);
}

async fn an_answer_is_kept_for_its_caller_and_its_request_only(on: On) {
    let shop = Shop::open_on(on).await;
    let (app, till) = (&shop.app, shop.till());
    let Begun::Fresh(first) = app.idempotency_begin(&till, "k1", [1; 32]).await.unwrap() else { panic!() };
    assert_eq!(app.idempotency_begin(&till, "k1", [1; 32]).await.unwrap(), Begun::InFlight);
    assert_eq!(app.idempotency_begin(&till, "k1", [2; 32]).await.unwrap(), Begun::Mismatch);
    app.idempotency_forget(&till, "k1");
    assert_eq!(app.idempotency_begin(&till, "k1", [1; 32]).await.unwrap(), Begun::Fresh(first), "the same request");
    app.idempotency_finish(&till, "k1", 201, b"{}");
    let replay = Begun::Replay { status: 201, body: b"{}".to_vec() };
    assert_eq!(app.idempotency_begin(&till, "k1", [1; 32]).await.unwrap(), replay);
    assert!(matches!(app.idempotency_begin(&shop.kiosk(), "k1", [1; 32]).await.unwrap(), Begun::Fresh(_)));

    // A process that stopped half way: the next one lets the same request run again, as the same request.
    let Begun::Fresh(second) = app.idempotency_begin(&till, "k2", [3; 32]).await.unwrap() else { panic!() };
    app.close().await;
    let app = App::open(&shop.dir.config()).await.unwrap();
    assert_eq!(app.idempotency_begin(&till, "k2", [3; 32]).await.unwrap(), Begun::Fresh(second));
    assert_eq!(app.idempotency_begin(&till, "k1", [1; 32]).await.unwrap(), replay);
}

on_both_engines!(
    the_same_request_at_once_fifty_times_is_one_payment_one_charge_one_refund,
    refunds_in_parts_stop_at_what_was_captured,
    a_declined_card_charges_nothing_and_says_so,
    an_answer_is_kept_for_its_caller_and_its_request_only,
);
