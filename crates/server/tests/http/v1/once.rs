//! A request that moves money is done once, however often it is sent.

use crate::support::{Client, Server, Shop, hands, store};
use handsel_api::{Code, merchants::Page, payments::Payment};
use serde_json::json;

fn replayed(answer: &crate::support::Answer) -> bool {
    answer.header("idempotent-replayed") == Some("true")
}

#[test]
fn a_repeated_request_gets_the_first_answer_and_moves_money_once() {
    let server = Server::start();
    let shop = Shop::open(&server, &server.operator());
    shop.enrol(&server, "Wren", &[&hands::right(1, 0)]);
    let create = shop.till.fresh_key();
    let body = json!({"site": shop.site, "amount_minor": 1240, "currency": "EUR"});
    let first = create.post("/v1/payments", &body);
    let payment: Payment = first.ok();
    let confirm = shop.till.fresh_key();
    let path = format!("/v1/payments/{}/confirm", payment.id);
    shop.identify(payment.id, &hands::right(1, 1));
    let paid = confirm.act(&path);
    assert_eq!(paid.status, 200);
    for _ in 0..3 {
        for (client, path, body, first) in
            [(&create, "/v1/payments", Some(&body), &first), (&confirm, path.as_str(), None, &paid)]
        {
            let again = body.map_or_else(|| client.act(path), |body| client.post(path, body));
            assert!(replayed(&again) && !replayed(first));
            assert_eq!((again.status, &again.body), (first.status, &first.body), "byte for byte");
            assert_eq!(again.header("content-type"), first.header("content-type"));
        }
    }
    assert_eq!(store::transfers(&server, "hold"), 1);
    assert_eq!(store::transfers(&server, "post"), 1);
    assert_eq!(shop.till.get("/v1/payments").ok::<Page<Payment>>().data.len(), 1);
}

#[test]
fn the_same_key_with_another_request_is_refused() {
    let server = Server::start();
    let shop = Shop::open(&server, &server.operator());
    let till = shop.till.fresh_key();
    let ask = |amount: i64| json!({"site": shop.site, "amount_minor": amount, "currency": "EUR"});
    assert_eq!(till.post("/v1/payments", &ask(100)).status, 201);
    let other = till.post("/v1/payments", &ask(101)).problem();
    assert_eq!((other.code, other.field.as_deref()), (Code::IdempotencyMismatch, Some("idempotency-key")));
    let paid = shop.pay_by_card(500);
    let path = format!("/v1/payments/{}/refunds", paid.id);
    let refund = json!({"amount_minor": 1, "currency": "EUR"});
    assert_eq!(till.post(&path, &refund).refused(), (422, Code::IdempotencyMismatch), "nor at another path");
    assert_eq!(store::transfers(&server, "refund"), 0);
}

#[test]
fn a_refusal_is_an_answer_to_repeat_too() {
    let server = Server::start();
    let shop = Shop::open(&server, &server.operator());
    let till = shop.till.fresh_key();
    let body = json!({"site": shop.site, "amount_minor": 0, "currency": "EUR"});
    let first = till.post("/v1/payments", &body);
    assert_eq!(first.refused(), (422, Code::AmountOutOfRange));
    let again = till.post("/v1/payments", &body);
    assert!(replayed(&again));
    assert_eq!(again.body, first.body);
    assert_eq!(again.refused(), first.refused());
}

#[test]
fn keys_belong_to_whoever_sent_them() {
    let server = Server::start();
    let operator = server.operator();
    let (one, two) = (Shop::open(&server, &operator), Shop::open(&server, &operator));
    let ask = |shop: &Shop| {
        let body = json!({"site": shop.site, "amount_minor": 100, "currency": "EUR"});
        shop.till.header("idempotency-key", "same").post("/v1/payments", &body)
    };
    let (first, second) = (ask(&one), ask(&two));
    assert_eq!((first.status, second.status), (201, 201));
    assert!(!replayed(&second));
    assert_ne!(first.ok::<Payment>().id, second.ok::<Payment>().id);
}

#[test]
fn requests_at_once_move_money_once() {
    let server = Server::start();
    let shop = Shop::open(&server, &server.operator());
    let payment = shop.ask(700);
    let path = format!("/v1/payments/{payment}/card");
    let till: Client = shop.till.fresh_key();
    let card = json!({"sandbox_card": "visa_approved"});
    let answers: Vec<_> = std::thread::scope(|scope| {
        let running: Vec<_> = (0..12).map(|_| scope.spawn(|| till.post(&path, &card))).collect();
        running.into_iter().map(|one| one.join().unwrap()).collect()
    });
    let first: Vec<_> = answers.iter().filter(|answer| answer.status == 200 && !replayed(answer)).collect();
    assert_eq!(first.len(), 1, "one of them did it");
    for answer in &answers {
        match answer.status {
            200 => assert_eq!(answer.body, first[0].body),
            _ => assert_eq!(answer.refused(), (409, Code::IdempotencyConflict)),
        }
    }
    assert_eq!(store::transfers(&server, "post"), 1);
}

#[test]
fn a_key_must_be_one_and_visible() {
    let server = Server::start();
    let shop = Shop::open(&server, &server.operator());
    let body = json!({"site": shop.site, "amount_minor": 100, "currency": "EUR"});
    let field = Some("idempotency-key".to_owned());
    let missing = shop.till.post("/v1/payments", &body).problem();
    assert_eq!((missing.code, missing.field), (Code::IdempotencyKeyMissing, field.clone()));
    let long = "x".repeat(256);
    for key in ["", "two words", "tab\tin", &long] {
        let problem = shop.till.header("idempotency-key", key).post("/v1/payments", &body).problem();
        assert_eq!((problem.code, problem.field), (Code::InvalidField, field.clone()), "{key:?}");
    }
    let twice = shop.till.header("idempotency-key", "a").header("idempotency-key", "b");
    assert_eq!(twice.post("/v1/payments", &body).refused(), (422, Code::InvalidField));
    let longest = "x".repeat(255);
    assert_eq!(shop.till.header("idempotency-key", &longest).post("/v1/payments", &body).status, 201);
}
