//! A number in a merchant's programme, and a member's price, along the API.

use crate::support::{Server, Shop, hands};
use handsel_api::{
    Code,
    consents::Notice,
    loyalty::Loyalty,
    payments::{Payment, PaymentStatus},
};
use serde_json::json;

#[test]
fn a_members_number_comes_with_the_payment_and_lowers_its_price() {
    let server = Server::start();
    let operator = server.operator();
    let shop = Shop::open(&server, &operator);
    let wren = shop.enrol(&server, "Wren", &[&hands::right(7, 0), &hands::right(7, 1)]);
    let path = format!("/v1/subjects/{}/loyalty", wren.id);
    let link = json!({"merchant": shop.merchant, "number": "M-004471"});
    assert_eq!(wren.wallet.post(&path, &link).refused(), (403, Code::ConsentRequired));
    let notice: Notice = server.anyone().get("/v1/notices/loyalty").ok();
    let yes = json!({
        "purpose": "loyalty", "notice_version": notice.version, "notice_sha256": notice.sha256, "signature": "Wren",
    });
    assert_eq!(wren.wallet.post(&format!("/v1/subjects/{}/consents", wren.id), &yes).status, 201);
    assert_eq!(wren.wallet.post(&path, &link).status, 201);
    assert_eq!(wren.wallet.get(&path).ok::<Vec<Loyalty>>()[0].number.0, "M-004471");
    assert_eq!(shop.till.get(&path).refused(), (403, Code::Forbidden));

    let payment = shop.ask(1_240);
    let seen = shop.identify(payment, &hands::right(7, 2)).payment;
    assert_eq!(seen.status, PaymentStatus::RequiresConfirmation);
    assert_eq!(seen.loyalty_number.map(|number| number.0).as_deref(), Some("M-004471"));
    let own = format!("/v1/payments/{payment}");
    assert_eq!(operator.get(&own).ok::<Payment>().loyalty_number, None);
    let lowered: Payment = shop.till.post(&format!("{own}/amount"), &json!({"amount_minor": 1_116})).ok();
    assert_eq!((lowered.amount_minor, lowered.listed_minor), (1_116, Some(1_240)));
    let raise = json!({"amount_minor": 1_200});
    assert_eq!(shop.till.post(&format!("{own}/amount"), &raise).refused(), (422, Code::AmountOutOfRange));
    let confirm = format!("{own}/confirm");
    let stale = shop.till.fresh_key().post(&confirm, &json!({"amount_minor": 1_240}));
    assert_eq!((stale.refused(), stale.problem().field.as_deref()), ((409, Code::WrongState), Some("/amount_minor")));
    let paid: Payment = shop.till.fresh_key().post(&confirm, &json!({"amount_minor": 1_116})).ok();
    assert_eq!(paid.captured_minor, Some(1_116));
    assert!(!shop.till.get("/v1/events").text().contains("004471"));
    let gone = wren.wallet.delete(&format!("{path}/{}", shop.merchant));
    assert_eq!(gone.status, 204);
    assert!(wren.wallet.get(&path).ok::<Vec<Loyalty>>().is_empty());
}
