//! Who may call, and with what.

use crate::support::{Server, Shop};
use handsel_api::{Code, payments::Payment};

#[test]
fn nobody_and_unknown_keys_are_unauthenticated() {
    let server = Server::start();
    let paths = ["/v1/merchants", "/v1/sites", "/v1/payments", "/v1/payments/pay_01JD9VZZZZZZZZZZZZZZZZZZZZ"];
    for path in paths {
        assert_eq!(server.anyone().get(path).refused(), (401, Code::Unauthenticated), "{path}");
        for token in ["hsk_test_unknown", "hsw_", "x", "hsk_test_' or 1=1 --"] {
            let problem = server.with(token).get(path).problem();
            assert_eq!((problem.code, problem.field.as_deref()), (Code::Unauthenticated, Some("authorization")));
        }
        let basic = server.anyone().header("authorization", "Basic aGk6aGk=").get(path);
        assert_eq!(basic.refused(), (401, Code::Unauthenticated));
    }
}

#[test]
fn another_merchants_key_finds_nothing() {
    let server = Server::start();
    let operator = server.operator();
    let (ours, theirs) = (Shop::open(&server, &operator), Shop::open(&server, &operator));
    let payment = ours.pay_by_card(500);
    let path = format!("/v1/payments/{}", payment.id);
    assert!([403, 404].contains(&theirs.till.get(&path).status));
    let refund = serde_json::json!({"amount_minor": 1, "currency": "EUR"});
    let answer = theirs.till.fresh_key().post(&format!("{path}/refunds"), &refund);
    assert!(matches!(answer.refused(), (403, Code::Forbidden) | (404, Code::NotFound)), "{}", answer.text());
    let there = serde_json::json!({"site": ours.site, "amount_minor": 1, "currency": "EUR"});
    let answer = theirs.till.fresh_key().post("/v1/payments", &there);
    assert!(matches!(answer.refused(), (403, Code::Forbidden) | (404, Code::NotFound)), "{}", answer.text());
    assert_eq!(ours.till.get(&path).ok::<Payment>().refunded_minor, 0);
}

#[test]
fn a_till_does_not_do_what_the_operator_does() {
    let server = Server::start();
    let shop = Shop::open(&server, &server.operator());
    let merchant = serde_json::json!({"name": "Mine too", "currency": "EUR"});
    for answer in [
        shop.till.post("/v1/merchants", &merchant),
        shop.till.get("/v1/merchants"),
        shop.till.act(&format!("/v1/merchants/{}/keys", shop.merchant)),
        shop.till.post("/v1/sites", &serde_json::json!({"merchant": shop.merchant, "name": "Back"})),
    ] {
        assert_eq!(answer.refused(), (403, Code::Forbidden));
    }
}

#[test]
fn a_kiosk_is_bound_to_its_site_and_lists_nothing() {
    let server = Server::start();
    let operator = server.operator();
    let (here, there) = (Shop::open(&server, &operator), Shop::open(&server, &operator));
    let session = server.runtime.block_on(server.app.open_kiosk(&handsel_server::app::Caller::Operator, here.site));
    let kiosk = server
        .anyone()
        .header("cookie", &format!("handsel_kiosk={}", session.unwrap()))
        .header("sec-fetch-site", "same-origin");
    let at = |site| serde_json::json!({"site": site, "amount_minor": 700, "currency": "EUR"});
    let payment: Payment = kiosk.fresh_key().post("/v1/payments", &at(here.site)).ok();
    let elsewhere = kiosk.fresh_key().post("/v1/payments", &at(there.site));
    assert!(matches!(elsewhere.refused(), (403, Code::Forbidden) | (404, Code::NotFound)));
    assert_eq!(kiosk.get("/v1/payments").refused(), (403, Code::Forbidden));
    assert_eq!(kiosk.get("/v1/merchants").refused(), (403, Code::Forbidden));
    let refund = serde_json::json!({"amount_minor": 1, "currency": "EUR"});
    let refund = kiosk.fresh_key().post(&format!("/v1/payments/{}/refunds", payment.id), &refund);
    assert_eq!(refund.refused(), (403, Code::Forbidden));
}

#[test]
fn a_browser_with_several_sessions_says_which_one_acts() {
    let server = Server::start();
    let operator = server.operator_token();
    let shop = Shop::open(&server, &server.with(&operator));
    let shopper = shop.sign(&server, "Wren", "visa_approved");
    let cookies = format!("handsel_operator={operator}; handsel_wallet={}", shopper.wallet_token);
    let browser = server.anyone().header("cookie", &cookies);
    assert_eq!(browser.get("/v1/merchants").status, 200, "the operator comes first");
    assert_eq!(browser.header("handsel-as", "operator").get("/v1/merchants").status, 200);
    assert_eq!(browser.header("handsel-as", "wallet").get("/v1/merchants").refused(), (403, Code::Forbidden));
    for other in ["kiosk", "root", ""] {
        let answer = browser.header("handsel-as", other).get("/v1/merchants");
        assert_eq!(answer.refused(), (401, Code::Unauthenticated), "{other}");
    }
    let swapped = server.anyone().header("cookie", &format!("handsel_operator={}", shopper.wallet_token));
    assert_eq!(swapped.get("/v1/merchants").refused(), (401, Code::Unauthenticated), "a wallet in another's cookie");
}

#[test]
fn a_session_that_signed_out_is_over() {
    let server = Server::start();
    let token = server.operator_token();
    assert_eq!(server.with(&token).get("/v1/merchants").status, 200);
    server.runtime.block_on(server.app.sign_out(&token));
    assert_eq!(server.with(&token).get("/v1/merchants").refused(), (401, Code::Unauthenticated));
}

#[test]
fn the_administrators_link_works_once() {
    let server = Server::start();
    let (first, second) = server.runtime.block_on(async {
        let link = server.app.admin_link_token().await;
        (server.app.claim_admin(&link).await, server.app.claim_admin(&link).await)
    });
    assert!(first.is_some() && second.is_none());
}
