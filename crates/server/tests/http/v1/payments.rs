use crate::support::{Server, Shop, hands};
use handsel_api::{
    Code,
    merchants::Page,
    payments::{Decision, Means, Payment, PaymentStatus},
};
use serde_json::json;

#[test]
fn a_palm_pays_from_amount_to_receipt() {
    let server = Server::start();
    let shop = Shop::open(&server, &server.operator());
    shop.enrol(&server, "Wren Ashdown", &[&hands::right(1, 0), &hands::right(1, 1)]);
    let payment = shop.ask(1240);
    let found = shop.identify(payment, &hands::right(1, 2));
    assert_eq!(found.decision, Decision::Identified);
    assert_eq!(found.payment.status, PaymentStatus::RequiresConfirmation);
    assert_eq!(found.payment.initials.as_deref(), Some("WA"));
    assert_eq!(found.payment.card.as_ref().map(|card| card.last4.as_str()), Some("4242"));
    assert!(found.timings_ms.decode > 0.0 && found.timings_ms.extract > 0.0);
    let paid: Payment = shop.confirm(payment).ok();
    assert_eq!((paid.status, paid.means), (PaymentStatus::Captured, Some(Means::Palm)));
    assert!(paid.receipt_path.is_some() && paid.initials.is_none());
}

#[test]
fn a_stranger_is_an_answer_and_not_an_error() {
    let server = Server::start();
    let shop = Shop::open(&server, &server.operator());
    shop.enrol(&server, "Wren", &[&hands::right(1, 0)]);
    let payment = shop.ask(500);
    let found = shop.identify(payment, &hands::right(7, 0));
    assert_eq!((found.decision, found.payment.status), (Decision::NoMatch, PaymentStatus::RequiresPalm));
    assert_eq!((found.payment.shopper, found.payment.initials, found.payment.card), (None, None, None));
    assert_eq!(shop.confirm(payment).refused(), (409, Code::WrongState), "nobody was recognised");
}

#[test]
fn a_shopper_has_another_name_at_every_merchant() {
    let server = Server::start();
    let operator = server.operator();
    let (here, there) = (Shop::open(&server, &operator), Shop::open(&server, &operator));
    here.enrol(&server, "Wren", &[&hands::right(1, 0)]);
    let first = here.pay(100, &hands::right(1, 1)).shopper.unwrap();
    assert_eq!(here.pay(200, &hands::right(1, 2)).shopper.unwrap(), first);
    assert_ne!(there.pay(300, &hands::right(1, 1)).shopper.unwrap(), first);
}

#[test]
fn a_payment_that_was_given_up_or_paid_takes_no_more_hands() {
    let server = Server::start();
    let shop = Shop::open(&server, &server.operator());
    let given_up = shop.ask(100);
    let cancel = format!("/v1/payments/{given_up}/cancel");
    assert_eq!(shop.till.act(&cancel).ok::<Payment>().status, PaymentStatus::Cancelled);
    let paid = shop.pay_by_card(100);
    assert_eq!(shop.till.act(&format!("/v1/payments/{}/cancel", paid.id)).refused(), (409, Code::WrongState));
    for id in [given_up, paid.id] {
        let answer = shop.till.frame(&format!("/v1/payments/{id}/identify"), &hands::right(1, 0));
        assert_eq!(answer.refused(), (409, Code::WrongState));
        assert_eq!(shop.confirm(id).refused(), (409, Code::WrongState));
    }
}

#[test]
fn eight_captures_are_enough_and_the_card_path_stays_open() {
    let server = Server::start();
    let shop = Shop::open(&server, &server.operator());
    let payment = shop.ask(450);
    for _ in 0..8 {
        assert_eq!(shop.identify(payment, &hands::right(7, 0)).decision, Decision::NoMatch);
    }
    let ninth = shop.till.frame(&format!("/v1/payments/{payment}/identify"), &hands::right(7, 0));
    assert_eq!(ninth.refused(), (429, Code::TooManyAttempts));
    let card = json!({"sandbox_card": "visa_approved"});
    let paid: Payment = shop.till.fresh_key().post(&format!("/v1/payments/{payment}/card"), &card).ok();
    assert_eq!((paid.status, paid.means), (PaymentStatus::Captured, Some(Means::Card)));
}

#[test]
fn payments_are_listed_newest_first_to_their_merchant() {
    let server = Server::start();
    let operator = server.operator();
    let (ours, theirs) = (Shop::open(&server, &operator), Shop::open(&server, &operator));
    let asked: Vec<_> = (1..=3).map(|amount| ours.ask(amount)).collect();
    theirs.ask(9);
    let page: Page<Payment> = ours.till.get("/v1/payments?limit=2").ok();
    assert_eq!(page.data.iter().map(|payment| payment.id).collect::<Vec<_>>(), [asked[2], asked[1]]);
    let rest: Page<Payment> = ours.till.get(&format!("/v1/payments?after={}", page.next.unwrap())).ok();
    assert_eq!(rest.data.iter().map(|payment| payment.id).collect::<Vec<_>>(), [asked[0]]);
    assert_eq!(operator.get("/v1/payments").ok::<Page<Payment>>().data.len(), 4);
}
