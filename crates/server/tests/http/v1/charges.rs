use crate::support::{Server, Shop, hands, store};
use handsel_api::{
    Code,
    payments::{Payment, PaymentStatus},
};
use serde_json::json;

#[test]
fn a_refused_card_charges_nothing() {
    let server = Server::start();
    let shop = Shop::open(&server, &server.operator());
    let ada = shop.sign(&server, "Wren", "visa_declined");
    let enrolled = shop.till.frame(&format!("/v1/subjects/{}/references", ada.id), &hands::right(1, 0));
    assert_eq!(enrolled.status, 201);
    let payment = shop.ask(800);
    shop.identify(payment, &hands::right(1, 1));
    let declined: Payment = shop.confirm(payment).ok();
    assert_eq!((declined.status, declined.receipt_path), (PaymentStatus::Declined, None));
    assert_eq!(store::transfers(&server, "post"), 0);
    assert_eq!(store::transfers(&server, "hold"), store::transfers(&server, "void"), "nothing stays held");
}

#[test]
fn this_wasnt_me_freezes_the_palm() {
    let server = Server::start();
    let shop = Shop::open(&server, &server.operator());
    let ada = shop.enrol(&server, "Wren", &[&hands::right(1, 0)]);
    let receipt = shop.pay(990, &hands::right(1, 1)).receipt_path.unwrap();
    let secret = receipt.rsplit('/').next().unwrap();
    let dispute = format!("/v1/receipts/{secret}/dispute");
    assert_eq!(server.anyone().act(&dispute).status, 204);
    assert_eq!(server.anyone().act(&dispute).status, 204, "twice changes nothing");
    assert_eq!(server.anyone().act("/v1/receipts/unknown/dispute").refused(), (404, Code::NotFound));
    let subject = ada.wallet.get(&format!("/v1/subjects/{}", ada.id)).ok::<serde_json::Value>();
    assert_eq!(subject["status"], "frozen");
}

#[test]
fn somebody_without_a_card_is_told_so() {
    let server = Server::start();
    let shop = Shop::open(&server, &server.operator());
    let ada = shop.enrol(&server, "Wren", &[&hands::right(1, 0)]);
    let methods = ada.wallet.get(&format!("/v1/subjects/{}", ada.id)).ok::<serde_json::Value>();
    let method = methods["payment_methods"][0]["id"].as_str().unwrap();
    let path = format!("/v1/subjects/{}/payment_methods/{method}", ada.id);
    assert_eq!(ada.wallet.delete(&path).status, 204);
    let payment = shop.ask(300);
    let found = shop.till.frame(&format!("/v1/payments/{payment}/identify"), &hands::right(1, 1));
    let refused = if found.status == 200 { shop.confirm(payment) } else { found };
    assert_eq!(refused.refused(), (422, Code::NoPaymentMethod));
}

#[test]
fn a_card_beside_the_palm_pays_the_same_price() {
    let server = Server::start();
    let shop = Shop::open(&server, &server.operator());
    let paid = shop.pay_by_card(1999);
    assert_eq!((paid.status, paid.amount_minor, paid.shopper), (PaymentStatus::Captured, 1999, None));
    let again = json!({"sandbox_card": "visa_approved"});
    let again = shop.till.fresh_key().post(&format!("/v1/payments/{}/card", paid.id), &again);
    assert_eq!(again.refused(), (409, Code::WrongState), "another key does not pay twice");
    assert_eq!(store::transfers(&server, "post"), 1);
}
