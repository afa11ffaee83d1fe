//! Between the match and the yes: whoever confirms pays for what they were shown, or nobody pays.

use super::*;
use handsel_api::{
    Code,
    payments::{Decision, PaymentStatus},
};

async fn of_two_hands_looked_at_at_once_only_one_becomes_the_payments(on: On) {
    let shop = Shop::open_on(on).await;
    let (wren, _) = shop.shopper("Wren Ashdown", None).await;
    let (moss, _) = shop.shopper("Moss Calder", None).await;
    let (wren_hand, moss_hand) = (Drawn::new(11, Hand::Right), Drawn::new(22, Hand::Right));
    shop.enrol(wren, &wren_hand).await;
    shop.enrol(moss, &moss_hand).await;

    let id = shop.payment(500).await.id;
    let kiosk = shop.kiosk();
    let (one, other) = tokio::join!(
        shop.app.identify(&kiosk, id, Cohort::Everyone, wren_hand.frame(7)),
        shop.app.identify(&kiosk, id, Cohort::Everyone, moss_hand.frame(7)),
    );
    let (shown, refused) = match (one, other) {
        (Ok(shown), Err(refused)) | (Err(refused), Ok(shown)) => (shown, refused),
        both => panic!("one is shown and one refused, not {both:?}"),
    };
    assert_eq!((shown.decision, refused.code), (Decision::Identified, Code::WrongState));
    let paid = shop.app.confirm(&kiosk, &RequestKey::unique(), id, ConfirmPayment::default()).await.unwrap();
    assert_eq!(paid.shopper, shown.payment.shopper, "charged is who was shown");
}

async fn a_yes_to_one_shopper_does_not_charge_another(on: On) {
    let shop = Shop::open_on(on).await;
    let (wren, _) = shop.shopper("Wren Ashdown", None).await;
    let hand = Drawn::new(11, Hand::Right);
    shop.enrol(wren, &hand).await;
    let id = shop.payment(500).await.id;
    let kiosk = shop.kiosk();
    let shown = shop.app.identify(&kiosk, id, Cohort::Everyone, hand.frame(4)).await.unwrap().payment.shopper;
    let another =
        ConfirmPayment { shopper: Some("pw_00000000000000000000000000000000".into()), ..ConfirmPayment::default() };
    let refused = shop.app.confirm(&kiosk, &RequestKey::unique(), id, another).await.unwrap_err();
    assert_eq!((refused.code, refused.field.as_deref()), (Code::WrongState, Some("/shopper")));
    let paid = shop
        .app
        .confirm(&kiosk, &RequestKey::unique(), id, ConfirmPayment { shopper: shown, ..ConfirmPayment::default() })
        .await
        .unwrap();
    assert_eq!(paid.status, PaymentStatus::Captured);
}

async fn a_palm_erased_after_the_match_does_not_pay(on: On) {
    let shop = Shop::open_on(on).await;
    let (wren, _) = shop.shopper("Wren", None).await;
    let (me, hand) = (Caller::Subject(wren), Drawn::new(11, Hand::Right));
    for by_consent in [false, true] {
        shop.enrol(wren, &hand).await;
        let id = shop.payment(500).await.id;
        let found = shop.app.identify(&shop.kiosk(), id, Cohort::Everyone, hand.frame(4)).await.unwrap();
        assert_eq!(found.payment.status, PaymentStatus::RequiresConfirmation);
        let subject = shop.app.subject(&me, wren).await.unwrap();
        if by_consent {
            shop.app.revoke_consent(&me, wren, subject.consents[0].id).await.unwrap();
        } else {
            shop.app.remove_reference(&me, wren, subject.references[0].id).await.unwrap();
        }
        let refused =
            shop.app.confirm(&shop.kiosk(), &RequestKey::unique(), id, ConfirmPayment::default()).await.unwrap_err();
        assert_eq!(refused.code, Code::WrongState, "by consent: {by_consent}");
        let now = shop.app.payment(&shop.kiosk(), id).await.unwrap();
        assert_eq!((now.status, now.shopper, now.initials), (PaymentStatus::RequiresPalm, None, None));
    }
}

on_both_engines!(
    of_two_hands_looked_at_at_once_only_one_becomes_the_payments,
    a_yes_to_one_shopper_does_not_charge_another,
    a_palm_erased_after_the_match_does_not_pay,
);
