//! What is left of a subject, and of an installation, after a restart.

use super::*;
use handsel_api::payments::{Decision, PaymentStatus};

async fn palms_payments_and_wallets_survive_a_restart(on: On) {
    let mut shop = Shop::open_on(on).await;
    let (wren, wallet) = shop.shopper("Wren", None).await;
    let hand = Drawn::new(11, Hand::Right);
    shop.enrol(wren, &hand).await;
    let paid = shop.paid(300).await;
    shop.app.close().await;
    shop.app = App::open(&shop.dir.config()).await.unwrap();
    let same = shop.app.payment(&shop.till(), paid.id).await.unwrap();
    assert_eq!((same.status, same.receipt_path), (PaymentStatus::Captured, paid.receipt_path));
    let token = wallet.strip_prefix("/wallet/").unwrap();
    assert_eq!(shop.app.authenticate(token).await, Some(Caller::Subject(wren)));
    let id = shop.payment(400).await.id;
    let found = shop.app.identify(&shop.kiosk(), id, Cohort::Everyone, hand.frame(3)).await.unwrap();
    assert_eq!(found.decision, Decision::Identified);
}

async fn one_palm_can_go_while_the_other_stays(on: On) {
    let shop = Shop::open_on(on).await;
    let (wren, _) = shop.shopper("Wren", None).await;
    let (left, right) = (Drawn::new(11, Hand::Left), Drawn::new(12, Hand::Right));
    shop.enrol(wren, &left).await;
    shop.enrol(wren, &right).await;
    let me = Caller::Subject(wren);
    let palms = shop.app.subject(&me, wren).await.unwrap().references;
    assert_eq!(palms.len(), 2);
    let gone = palms.iter().find(|palm| palm.hand == Hand::Left).unwrap();
    assert!(shop.app.remove_reference(&shop.kiosk(), wren, gone.id).await.is_err());
    shop.app.remove_reference(&me, wren, gone.id).await.unwrap();
    let id = shop.payment(400).await.id;
    let missing = shop.app.identify(&shop.kiosk(), id, Cohort::Everyone, left.frame(3)).await.unwrap();
    assert_eq!(missing.decision, Decision::NoMatch);
    let found = shop.app.identify(&shop.kiosk(), id, Cohort::Everyone, right.frame(3)).await.unwrap();
    assert_eq!(found.decision, Decision::Identified);
}

on_both_engines!(palms_payments_and_wallets_survive_a_restart, one_palm_can_go_while_the_other_stays,);
