use crate::support::{Server, Shop};
use handsel_api::{
    Code, PaymentId,
    payments::{Payment, Refund},
};
use serde_json::{Value, json};

fn back(amount_minor: i64) -> Value {
    json!({"amount_minor": amount_minor, "currency": "EUR"})
}

#[test]
fn parts_are_given_back_until_nothing_is_left() {
    let server = Server::start();
    let shop = Shop::open(&server, &server.operator());
    let paid = shop.pay_by_card(1000);
    let path = format!("/v1/payments/{}/refunds", paid.id);
    for (amount, left) in [(300, 700), (700, 0)] {
        let refund: Refund = shop.till.fresh_key().post(&path, &back(amount)).ok();
        assert_eq!((refund.payment, refund.amount_minor), (paid.id, amount));
        let now: Payment = shop.till.get(&format!("/v1/payments/{}", paid.id)).ok();
        assert_eq!(now.amount_minor - now.refunded_minor, left);
        assert_eq!(shop.till.fresh_key().post(&path, &back(left + 1)).refused(), (409, Code::RefundTooLarge));
    }
    let all: Vec<Refund> = shop.till.get(&path).ok();
    assert_eq!(all.iter().map(|refund| refund.amount_minor).collect::<Vec<_>>(), [700, 300]);
}

#[test]
fn what_cannot_be_given_back_is_refused() {
    let server = Server::start();
    let shop = Shop::open(&server, &server.operator());
    let paid = shop.pay_by_card(1000);
    let refund = |id: PaymentId, body: Value| shop.till.fresh_key().post(&format!("/v1/payments/{id}/refunds"), &body);
    assert_eq!(refund(shop.ask(100), back(1)).refused(), (409, Code::WrongState));
    for amount in [0, -1, i64::MIN] {
        assert_eq!(refund(paid.id, back(amount)).refused(), (422, Code::AmountOutOfRange), "{amount}");
    }
    let wrong = json!({"amount_minor": 1, "currency": "USD"});
    assert_eq!(refund(paid.id, wrong).refused(), (422, Code::CurrencyMismatch));
}
