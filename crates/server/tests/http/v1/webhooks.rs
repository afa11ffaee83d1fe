//! Events on their way to a till's own server.

use crate::support::{
    Client, Receiver, Server, Shop,
    receiver::{Received, Reply},
};
use base64::{Engine, prelude::BASE64_STANDARD};
use handsel_api::{
    Code,
    events::EventKind,
    merchants::Page,
    webhooks::{EndpointStatus, WebhookEndpoint, WebhookKeys, WebhookSecret},
};
use serde_json::json;
use std::{collections::HashSet, time::Duration};

fn endpoint(till: &Client, receiver: &Receiver) -> WebhookSecret {
    till.post("/v1/webhook_endpoints", &json!({"url": receiver.url()})).ok()
}

/// Whether the standard's own library accepts it under a secret.
fn verifies(received: &Received, secret: &str) -> bool {
    standardwebhooks::Webhook::new(secret).unwrap().verify(&received.body, &received.headers).is_ok()
}

#[test]
fn events_arrive_signed_so_that_others_code_accepts_them() {
    let (server, receiver) = (Server::start(), Receiver::start());
    let shop = Shop::open(&server, &server.operator());
    shop.ask(100); // before there was an endpoint
    let made = endpoint(&shop.till, &receiver);
    let paid = shop.pay_by_card(500);
    let came = receiver.wait(2);
    let mut kinds: Vec<EventKind> = came.iter().map(|one| one.event().kind).collect();
    kinds.sort_by_key(|kind| kind.word());
    assert_eq!(kinds, [EventKind::PaymentCaptured, EventKind::PaymentCreated]);
    let keys: WebhookKeys = server.anyone().get("/v1/webhook_keys").ok();
    assert_eq!(keys.public_keys, std::slice::from_ref(&made.public_key));
    let key = BASE64_STANDARD.decode(made.public_key.strip_prefix("whpk_").unwrap()).unwrap();
    let key = ring::signature::UnparsedPublicKey::new(&ring::signature::ED25519, key);
    for one in &came {
        assert_eq!((one.path.as_str(), one.header("content-type")), ("/hooks", "application/json"));
        let event = one.event();
        assert_eq!(event.id.to_string(), one.header("webhook-id"));
        assert_eq!(event.data.payment.id, paid.id);
        assert!(verifies(one, &made.secret));
        let signed = format!("{}.{}.", one.header("webhook-id"), one.header("webhook-timestamp"));
        let signed = [signed.as_bytes(), &one.body].concat();
        let signature = one.header("webhook-signature").split(' ').find_map(|one| one.strip_prefix("v1a,")).unwrap();
        key.verify(&signed, &BASE64_STANDARD.decode(signature).unwrap()).unwrap();
    }
}

#[test]
fn what_did_not_arrive_is_sent_again_and_keeps_its_id() {
    let (server, receiver) = (Server::start(), Receiver::start());
    let shop = Shop::open(&server, &server.operator());
    for reply in [Reply::Status(500), Reply::Redirect("/elsewhere")] {
        receiver.plan(reply);
    }
    endpoint(&shop.till, &receiver);
    shop.pay_by_card(500);
    let came = receiver.wait(4);
    let ids: HashSet<&str> = came.iter().map(|one| one.header("webhook-id")).collect();
    assert_eq!(ids.len(), 2, "each once more under its own id");
    assert!(came.iter().all(|one| one.path == "/hooks"), "no redirect is followed");
    std::thread::sleep(Duration::from_millis(300));
    assert_eq!(receiver.so_far().len(), 4, "what arrived is not sent again");
    let listed: Page<WebhookEndpoint> = shop.till.get("/v1/webhook_endpoints").ok();
    assert_eq!((listed.data[0].status, &listed.data[0].failing_since), (EndpointStatus::Enabled, &None));
}

#[test]
fn a_server_that_dies_owes_what_it_had_not_sent() {
    let (server, receiver) = (Server::start(), Receiver::start());
    let shop = Shop::open(&server, &server.operator());
    for _ in 0..2 {
        receiver.plan(Reply::Status(503));
    }
    endpoint(&shop.till, &receiver);
    let paid = shop.pay_by_card(500);
    receiver.wait(2);
    let server = server.crash_and_start();
    let came = receiver.wait(4);
    assert!(came[2..].iter().all(|one| one.event().data.payment.id == paid.id));
    assert_eq!(server.with(&shop.key).get("/v1/webhook_endpoints").status, 200, "keys survive too");
}

#[test]
fn an_event_is_sent_again_when_asked_and_by_nobody_elses_key() {
    let (server, receiver) = (Server::start(), Receiver::start());
    let operator = server.operator();
    let (shop, other) = (Shop::open(&server, &operator), Shop::open(&server, &operator));
    endpoint(&shop.till, &receiver);
    shop.ask(100);
    let first = receiver.wait(1).remove(0);
    let path = format!("/v1/events/{}/replay", first.header("webhook-id"));
    assert_eq!(other.till.act(&path).refused(), (404, Code::NotFound));
    assert_eq!(shop.till.act(&path).status, 202);
    let again = receiver.wait(2).remove(1);
    assert_eq!((again.header("webhook-id"), &again.body), (first.header("webhook-id"), &first.body));
    assert_eq!(shop.till.act("/v1/events/evt_01JD9VZZZZZZZZZZZZZZZZZZZZ/replay").refused(), (404, Code::NotFound));
}

#[test]
fn after_a_new_secret_both_sign_for_a_day() {
    let (server, receiver) = (Server::start(), Receiver::start());
    let shop = Shop::open(&server, &server.operator());
    let first = endpoint(&shop.till, &receiver);
    let path = format!("/v1/webhook_endpoints/{}/rotate_secret", first.endpoint.id);
    let second: WebhookSecret = shop.till.act(&path).ok();
    assert_ne!(first.secret, second.secret);
    shop.ask(100);
    let came = receiver.wait(1).remove(0);
    assert!(verifies(&came, &first.secret) && verifies(&came, &second.secret));
    let third: WebhookSecret = shop.till.act(&path).ok();
    shop.ask(100);
    let came = receiver.wait(2).remove(1);
    assert!(!verifies(&came, &first.secret) && verifies(&came, &second.secret) && verifies(&came, &third.secret));
}

#[test]
fn an_endpoint_that_is_gone_or_deleted_gets_nothing_more() {
    let (server, gone, deleted) = (Server::start(), Receiver::start(), Receiver::start());
    let shop = Shop::open(&server, &server.operator());
    gone.plan(Reply::Status(410));
    let first = endpoint(&shop.till, &gone);
    let second = endpoint(&shop.till, &deleted);
    assert_eq!(shop.till.delete(&format!("/v1/webhook_endpoints/{}", second.endpoint.id)).status, 204);
    shop.ask(100);
    gone.wait(1);
    let disabled = (0..100).any(|_| {
        std::thread::sleep(Duration::from_millis(50));
        let listed: Page<WebhookEndpoint> = shop.till.get("/v1/webhook_endpoints").ok();
        assert_eq!(listed.data.len(), 1);
        assert_eq!(listed.data[0].id, first.endpoint.id);
        listed.data[0].status == EndpointStatus::Disabled
    });
    assert!(disabled);
    shop.ask(200);
    std::thread::sleep(Duration::from_millis(400));
    assert_eq!((gone.so_far().len(), deleted.so_far().len()), (1, 0));
}

#[test]
fn whoever_cannot_prove_to_be_the_address_gets_nothing() {
    let (server, receiver) = (Server::start(), Receiver::start());
    let shop = Shop::open(&server, &server.operator());
    let url = receiver.url().replace("http:", "https:");
    assert_eq!(shop.till.post("/v1/webhook_endpoints", &json!({"url": url})).status, 201);
    shop.ask(100);
    let failing = (0..100).any(|_| {
        std::thread::sleep(Duration::from_millis(50));
        let listed: Page<WebhookEndpoint> = shop.till.get("/v1/webhook_endpoints").ok();
        listed.data[0].failing_since.is_some()
    });
    assert!(failing && receiver.so_far().is_empty());
}

#[test]
fn endpoints_are_refused_where_they_must_be() {
    let server = Server::start();
    let operator = server.operator();
    let (shop, other) = (Shop::open(&server, &operator), Shop::open(&server, &operator));
    for url in ["http://till.example/", "ftp://till.example", "", "https://a@b/", "http://169.254.169.254/latest"] {
        let problem = shop.till.post("/v1/webhook_endpoints", &json!({"url": url})).problem();
        assert_eq!((problem.code, problem.field.as_deref()), (Code::InvalidField, Some("/url")), "{url}");
    }
    let good = json!({"url": "https://till.example/hooks"});
    assert_eq!(operator.post("/v1/webhook_endpoints", &good).problem().field.as_deref(), Some("/merchant"));
    let theirs = json!({"url": "https://till.example/hooks", "merchant": other.merchant});
    assert_eq!(shop.till.post("/v1/webhook_endpoints", &theirs).refused(), (404, Code::NotFound));
    let made: WebhookSecret = operator.post("/v1/webhook_endpoints", &theirs).ok();
    let path = format!("/v1/webhook_endpoints/{}", made.endpoint.id);
    assert_eq!(shop.till.delete(&path).refused(), (404, Code::NotFound));
    assert_eq!(shop.till.act(&format!("{path}/rotate_secret")).refused(), (404, Code::NotFound));
    for _ in 0..10 {
        assert_eq!(shop.till.post("/v1/webhook_endpoints", &good).status, 201);
    }
    assert_eq!(shop.till.post("/v1/webhook_endpoints", &good).refused(), (409, Code::TooManyEndpoints));
    assert_eq!(shop.till.get("/v1/webhook_endpoints").ok::<Page<WebhookEndpoint>>().data.len(), 10);
}
