//! Keys: each does what its scopes say, until it is revoked.

use crate::support::{Client, Server, Shop};
use handsel_api::{
    Code,
    keys::{Key, KeyMode, NewKey, Scope},
    merchants::Page,
};
use handsel_server::Config;
use serde_json::{Value, json};

fn key(operator: &Client, shop: &Shop, create: &Value) -> NewKey {
    operator.post(&format!("/v1/merchants/{}/keys", shop.merchant), create).ok()
}

#[test]
fn a_key_does_what_its_scopes_say() {
    let server = Server::start_with(tempfile::tempdir().unwrap(), Config { offline: true, ..Config::default() });
    let operator = server.operator();
    let shop = Shop::open(&server, &operator);
    let paid = shop.pay_by_card(500);
    // The X25519 base point, which is a public key like any other.
    let agent = json!({"site": shop.site, "public_key": "CQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="});
    let sale = json!({"site": shop.site, "amount_minor": 100, "currency": "EUR"});
    let refund = json!({"amount_minor": 1, "currency": "EUR"});
    let shopper = json!({"site": shop.site, "display_name": "Wren", "of_age": true});
    let scanner = json!({"site": shop.site, "name": "Counter"});
    let hook = json!({"url": "https://till.example/"});
    let refunds = format!("/v1/payments/{}/refunds", paid.id);
    for held in Scope::ALL {
        let made = key(&operator, &shop, &json!({"scopes": [held]}));
        let till = server.with(&made.key);
        for (needed, answer) in [
            (Scope::PaymentsWrite, till.fresh_key().post("/v1/payments", &sale)),
            (Scope::PaymentsRead, till.get("/v1/payments")),
            (Scope::PaymentsRead, till.get(&format!("/v1/payments/{}", paid.id))),
            (Scope::PaymentsRead, till.get(&refunds)),
            (Scope::PaymentsRead, till.get("/v1/events")),
            (Scope::PaymentsRead, till.get("/v1/sites")),
            (Scope::RefundsWrite, till.fresh_key().post(&refunds, &refund)),
            (Scope::SubjectsWrite, till.post("/v1/subjects", &shopper)),
            (Scope::ScannersWrite, till.post("/v1/scanners", &scanner)),
            (Scope::WebhooksWrite, till.post("/v1/webhook_endpoints", &hook)),
            (Scope::Offline, till.post("/v1/offline_subsets", &agent)),
        ] {
            if held == needed {
                assert!(answer.status < 300, "{held:?}: {}", answer.text());
            } else {
                let problem = answer.problem();
                assert_eq!(problem.code, Code::Forbidden, "{held:?} {needed:?}");
                assert!(problem.detail.contains(needed.word()), "{}", problem.detail);
            }
        }
    }
}

/// Answers are kept for a merchant and not for one of its keys.
#[test]
fn a_key_gets_no_answer_that_it_may_not_ask_for_and_leaves_no_refusal_behind() {
    let server = Server::start();
    let operator = server.operator();
    let shop = Shop::open(&server, &operator);
    let sale = json!({"site": shop.site, "amount_minor": 100, "currency": "EUR"});
    let reads = key(&operator, &shop, &json!({"scopes": ["payments:read"]}));
    let ask = |client: &Client, key: &str| client.header("idempotency-key", key).post("/v1/payments", &sale);
    let first = ask(&shop.till, "sale-1");
    assert_eq!(first.status, 201);
    assert_eq!(ask(&server.with(&reads.key), "sale-1").refused(), (403, Code::Forbidden), "not even a repeat");
    assert_eq!(ask(&server.with(&reads.key), "sale-2").refused(), (403, Code::Forbidden));
    assert_eq!(ask(&shop.till, "sale-2").status, 201, "who may is not refused for it");
    assert_eq!(ask(&shop.till, "sale-1").body, first.body);
}

#[test]
fn keys_are_listed_without_themselves_and_revoked_at_once() {
    let server = Server::start();
    let operator = server.operator();
    let (shop, other) = (Shop::open(&server, &operator), Shop::open(&server, &operator));
    let path = format!("/v1/merchants/{}/keys", shop.merchant);
    let made = key(&operator, &shop, &json!({"scopes": ["payments:read", "refunds:write", "payments:read"]}));
    let till = server.with(&made.key);
    assert_eq!(till.get("/v1/payments").status, 200);

    let answer = operator.get(&path);
    assert!(!answer.text().contains(&made.key));
    let listed: Page<Key> = answer.ok();
    assert_eq!(listed.data.len(), 2);
    let newest = &listed.data[0];
    assert_eq!((newest.id, newest.mode, newest.merchant), (made.id, KeyMode::Test, shop.merchant));
    assert_eq!(newest.scopes, [Scope::PaymentsRead, Scope::RefundsWrite]);
    assert_eq!(newest.hint, format!("hsk_test_…{}", &made.key[made.key.len() - 4..]));
    assert_eq!(newest.last_used_on.as_deref().map(str::len), Some(10), "it was used just now");
    assert_eq!(listed.data[1].last_used_on, None, "the first one was not");
    assert_eq!(till.get(&path).refused(), (403, Code::Forbidden));

    let one = format!("{path}/{}", made.id);
    assert_eq!(till.delete(&one).refused(), (403, Code::Forbidden));
    let elsewhere = format!("/v1/merchants/{}/keys/{}", other.merchant, made.id);
    assert_eq!(operator.delete(&elsewhere).refused(), (404, Code::NotFound));
    assert_eq!(operator.delete(&one).status, 204);
    let problem = till.get("/v1/payments").problem();
    assert_eq!(problem.code, Code::Unauthenticated);
    assert!(problem.detail.contains("revoked"), "{}", problem.detail);
    assert_eq!(operator.delete(&one).status, 204, "twice is once");
    assert_eq!(shop.till.get("/v1/payments").status, 200, "the other key is as good as before");
    assert!(operator.get(&path).ok::<Page<Key>>().data[0].revoked_at.is_some());

    let server = server.crash_and_start();
    assert!(server.with(&made.key).get("/v1/payments").problem().detail.contains("revoked"));
    assert_eq!(server.with(&shop.key).get("/v1/payments").status, 200);
}

#[test]
fn a_live_key_is_refused_where_no_real_money_moves() {
    let server = Server::start();
    let operator = server.operator();
    let shop = Shop::open(&server, &operator);
    let live = key(&operator, &shop, &json!({"mode": "live"}));
    assert!(live.key.starts_with("hsk_live_"));
    assert_eq!(server.with(&live.key).get("/v1/payments").refused(), (403, Code::KeyModeMismatch));
}

#[test]
fn a_key_that_could_do_nothing_or_something_unknown_is_not_made() {
    let server = Server::start();
    let operator = server.operator();
    let shop = Shop::open(&server, &operator);
    let path = format!("/v1/merchants/{}/keys", shop.merchant);
    for (create, code) in [
        (json!({"scopes": []}), Code::InvalidField),
        (json!({"scopes": ["everything"]}), Code::InvalidField),
        (json!({"mode": "real"}), Code::InvalidField),
        (json!({"scope": []}), Code::UnknownField),
    ] {
        assert_eq!(operator.post(&path, &create).problem().code, code, "{create}");
    }
}
