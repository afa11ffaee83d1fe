//! What is written and not read back is what reading back would give.

use super::*;
use crate::{
    ids,
    store::{
        Step,
        charges::{self, Captured, NewCharge},
        payments::{self, NewPayment, StoredPayment},
    },
};
use handsel_api::{
    payments::{CaptureWhen, Means},
    subjects::Card,
};

async fn as_read(step: &mut Step, written: &StoredPayment) {
    let read = payments::payment(step, written.id).await.unwrap().unwrap();
    assert!(*written == read, "{written:?} is {read:?}");
}

async fn a_payment_is_as_it_was_written(on: On) {
    let shop = Shop::open_on(on).await;
    let (subject, _) = shop.shopper("Wren Ashdown", None).await;
    let card = Card { brand: "visa".to_owned(), last4: "4242".to_owned() };
    for (take, by, hold_until_ms, credit_minor, tip_minor) in [
        (CaptureWhen::Now, None, None, 0, 0),
        (CaptureWhen::Later, Some(subject), Some(9_000), 100, 30),
        (CaptureWhen::Now, Some(subject), None, 530, 30),
    ] {
        let id = PaymentId(ids::next());
        let new = NewPayment {
            id,
            request: &crate::secret::random(),
            site: shop.site,
            merchant: shop.merchant,
            amount_minor: 500,
            currency: "EUR",
            client_reference: hold_until_ms.map(|_| "till 4"),
            take,
            now_ms: 1_000,
        };
        let mut step = shop.app.0.store.write().await.unwrap();
        let made = payments::insert(&mut step, &new).await.unwrap().unwrap();
        as_read(&mut step, &made).await;
        assert!(payments::insert(&mut step, &new).await.unwrap().is_none(), "once");
        let charge = NewCharge {
            request: &crate::secret::random(),
            means: if by.is_some() { Means::Palm } else { Means::Card },
            subject: by,
            tip_minor,
            credit_minor,
            card: (credit_minor < 530).then_some((&card, "tok_1")),
            hold_until_ms,
            now_ms: 2_000,
            ask_again_ms: 3_000,
        };
        let started = charges::start_charge(&mut step, &made, &charge).await.unwrap().unwrap();
        as_read(&mut step, &started).await;
        assert!(charges::start_charge(&mut step, &made, &charge).await.unwrap().is_none(), "it is not as it was");
        let (auth_code, receipt_hash) = ("A1", &crate::secret::random());
        let end =
            Captured { minor: 400, reference: Some("ch_1"), auth_code, receipt_hash, now_ms: 4_000, resolved_ms: None };
        let captured = charges::set_captured(&mut step, &started, &end).await.unwrap().unwrap();
        as_read(&mut step, &captured).await;
        assert!(charges::set_captured(&mut step, &started, &end).await.unwrap().is_none(), "it ended");
        step.commit().await.unwrap();
    }
}

on_both_engines!(a_payment_is_as_it_was_written);
