//! Promotions, credits and vouchers, along the API and on the pages.

use crate::support::{Server, Shop, hands};
use handsel_api::{
    Code,
    credits::{Credit, Promotion, Vouchers},
    merchants::Page,
    payments::{Payment, PaymentStatus},
    receipts::Receipt,
};
use serde_json::{Value, json};

fn welcome() -> Value {
    json!({"name": "Welcome", "amount_minor": 400, "currency": "EUR", "days": 30})
}

#[test]
fn credits_go_from_the_promotion_to_the_receipt() {
    let server = Server::start();
    let operator = server.operator();
    let shop = Shop::open(&server, &operator);
    let none: Page<Promotion> = operator.get("/v1/promotions").ok();
    assert!(none.data.is_empty(), "off until the operator says so");
    let made: Promotion = operator.post("/v1/promotions", &welcome()).ok();
    let wren = shop.enrol(&server, "Wren", &[&hands::right(7, 0), &hands::right(7, 1)]);
    let path = format!("/v1/subjects/{}/credits", wren.id);
    let given: Vec<Credit> = wren.wallet.get(&path).ok();
    assert_eq!((given.len(), given[0].promotion, given[0].left_minor), (1, made.id, 400));
    assert_eq!(shop.till.get(&path).refused(), (403, Code::Forbidden), "what somebody has is not a till's business");

    let payment = shop.ask(1_240);
    let seen = shop.identify(payment, &hands::right(7, 2)).payment;
    assert_eq!((seen.status, seen.credit_minor), (PaymentStatus::RequiresConfirmation, 400));
    let paid: Payment = shop.confirm(payment).ok();
    assert_eq!((paid.credit_minor, paid.captured_minor), (400, Some(1_240)));
    let receipt_path = paid.receipt_path.unwrap();
    let receipt: Receipt = server.anyone().get(&format!("/v1{receipt_path}")).ok();
    assert_eq!((receipt.amount_minor, receipt.credit_minor, receipt.tip_minor), (1_240, Some(400), None));
    let text = server.anyone().get(&format!("{receipt_path}.txt")).text();
    assert!(text.contains("Credit used") && text.contains("EUR 4.00"), "{text}");
    assert_eq!(wren.wallet.get(&path).ok::<Vec<Credit>>()[0].left_minor, 0);

    let back = format!("{path}/take_back");
    assert_eq!(shop.till.act(&back).refused(), (403, Code::Forbidden));
    assert!(operator.act(&back).ok::<Vec<Credit>>()[0].taken_back);
    let ended: Promotion = operator.act(&format!("/v1/promotions/{}/end", made.id)).ok();
    assert!(ended.ended_at.is_some() && ended.given_count == 1);
}

#[test]
fn a_voucher_is_worth_the_same_without_a_palm() {
    let server = Server::start();
    let operator = server.operator();
    let shop = Shop::open(&server, &operator);
    let made: Promotion = operator.post("/v1/promotions", &welcome()).ok();
    let path = format!("/v1/promotions/{}/vouchers", made.id);
    let two = json!({"count": 2});
    assert_eq!(operator.post(&path, &two).refused(), (400, Code::IdempotencyKeyMissing));
    assert_eq!(shop.till.fresh_key().post(&path, &two).refused(), (403, Code::Forbidden));
    let once = operator.fresh_key();
    let vouchers: Vouchers = once.post(&path, &two).ok();
    assert_eq!(once.post(&path, &two).ok::<Vouchers>().codes, vouchers.codes);

    let by_code = |minor, code: &str| {
        let payment = shop.ask(minor);
        let card = json!({"sandbox_card": "visa_approved", "credit_code": code});
        shop.till.fresh_key().post(&format!("/v1/payments/{payment}/card"), &card)
    };
    let paid: Payment = by_code(1_000, &vouchers.codes[0]).ok();
    assert_eq!((paid.credit_minor, paid.captured_minor), (400, Some(1_000)));
    let all: Payment = by_code(100, &vouchers.codes[1]).ok();
    assert_eq!((all.credit_minor, all.card.is_none()), (100, true));
    let receipt: Receipt = server.anyone().get(&format!("/v1{}", all.receipt_path.unwrap())).ok();
    assert_eq!((receipt.card, receipt.credit_minor), (None, Some(100)));
    assert_eq!(by_code(100, &vouchers.codes[0]).refused(), (422, Code::CreditCodeSpent));
    assert_eq!(by_code(100, "nothing").refused(), (422, Code::CreditCodeSpent));
    let events = shop.till.get("/v1/events").text();
    assert!(vouchers.codes.iter().all(|code| !events.contains(code.as_str())));
}
