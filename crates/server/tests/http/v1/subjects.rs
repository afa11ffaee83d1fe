use crate::support::{Server, Shop, hands};
use handsel_api::{
    Code,
    payments::{Decision, Payment},
    subjects::{Erased, PaymentMethod, Subject, SubjectStatus},
};
use serde_json::json;

#[test]
fn a_subject_sees_themselves_and_nobody_else() {
    let server = Server::start();
    let shop = Shop::open(&server, &server.operator());
    let (ada, eve) = (shop.sign(&server, "Wren", "visa_approved"), shop.sign(&server, "Eve", "visa_approved"));
    let path = format!("/v1/subjects/{}", ada.id);
    assert_eq!(ada.wallet.get(&path).ok::<Subject>().display_name, "Wren");
    assert_eq!(server.anyone().get(&path).refused(), (401, Code::Unauthenticated));
    for answer in [eve.wallet.get(&path), eve.wallet.delete(&path), eve.wallet.act(&format!("{path}/freeze"))] {
        assert!(matches!(answer.refused(), (403, Code::Forbidden) | (404, Code::NotFound)), "{}", answer.text());
    }
    assert_eq!(ada.wallet.get(&path).ok::<Subject>().status, SubjectStatus::Active);
}

#[test]
fn names_and_phones_are_checked() {
    let server = Server::start();
    let shop = Shop::open(&server, &server.operator());
    for (name, phone, field) in [
        ("", Some("1234"), "/display_name"),
        (&*"x".repeat(41), None, "/display_name"),
        ("Wren", Some("123"), "/phone_last4"),
        ("Wren", Some("12a4"), "/phone_last4"),
        ("Wren", Some("１２３４"), "/phone_last4"),
    ] {
        let request = json!({"site": shop.site, "display_name": name, "of_age": true, "phone_last4": phone});
        let problem = shop.till.post("/v1/subjects", &request).problem();
        assert_eq!((problem.code, problem.field.as_deref()), (Code::InvalidField, Some(field)), "{request}");
    }
}

#[test]
fn a_frozen_palm_pays_nothing_until_its_owner_says_so() {
    let server = Server::start();
    let shop = Shop::open(&server, &server.operator());
    let ada = shop.enrol(&server, "Wren", &[&hands::right(1, 0)]);
    let path = format!("/v1/subjects/{}", ada.id);
    assert_eq!(ada.wallet.act(&format!("{path}/freeze")).ok::<Subject>().status, SubjectStatus::Frozen);
    assert_eq!(shop.identify(shop.ask(100), &hands::right(1, 1)).decision, Decision::NoMatch);
    assert_eq!(shop.till.act(&format!("{path}/unfreeze")).refused(), (403, Code::Forbidden));
    assert_eq!(ada.wallet.act(&format!("{path}/unfreeze")).ok::<Subject>().status, SubjectStatus::Active);
    assert_eq!(shop.identify(shop.ask(100), &hands::right(1, 1)).decision, Decision::Identified);
}

#[test]
fn the_newest_card_pays_and_a_card_can_be_unlinked() {
    let server = Server::start();
    let shop = Shop::open(&server, &server.operator());
    let ada = shop.sign(&server, "Wren", "visa_approved");
    let path = format!("/v1/subjects/{}/payment_methods", ada.id);
    let added: PaymentMethod = ada.wallet.post(&path, &json!({"sandbox_card": "mastercard_approved"})).ok();
    let shown = || ada.wallet.get(&format!("/v1/subjects/{}", ada.id)).ok::<Subject>().payment_methods;
    assert_eq!(shown()[0].card.last4, "4444");
    assert_eq!(ada.wallet.delete(&format!("{path}/{}", added.id)).status, 204);
    assert_eq!(shown().len(), 1);
    assert_eq!(shown()[0].card.last4, "4242");
}

#[test]
fn who_leaves_is_gone_and_only_unlinked_receipts_remain() {
    let server = Server::start();
    let operator = server.operator();
    let shop = Shop::open(&server, &operator);
    let ada = shop.enrol(&server, "Wren", &[&hands::right(1, 0), &hands::left(1, 0)]);
    let paid = shop.pay(900, &hands::right(1, 1));
    let path = format!("/v1/subjects/{}", ada.id);
    let erased: Erased = ada.wallet.delete(&path).ok();
    assert_eq!((erased.id, erased.references, erased.unlinked_payments), (ada.id, 2, 1));
    assert_eq!(ada.wallet.get(&path).refused(), (401, Code::Unauthenticated), "the wallet is gone too");
    assert_eq!(operator.get(&path).refused(), (404, Code::NotFound));
    let kept: Payment = shop.till.get(&format!("/v1/payments/{}", paid.id)).ok();
    assert_eq!((kept.shopper, kept.amount_minor), (None, 900));
    assert_eq!(shop.identify(shop.ask(100), &hands::right(1, 1)).decision, Decision::NoMatch);
    assert_eq!(shop.identify(shop.ask(100), &hands::left(1, 1)).decision, Decision::NoMatch);
}
