//! The outbox, on both engines: an event for each thing that happens, and for nothing that did not.

use super::*;
use crate::store::{events, payments, webhooks};
use handsel_api::{
    Code, WebhookEndpointId,
    events::EventKind,
    payments::PaymentStatus,
    webhooks::{CreateWebhookEndpoint, EndpointStatus, WebhookEndpoint},
};
use ulid::Ulid;

async fn kinds(shop: &Shop) -> Vec<&'static str> {
    let page = shop.app.list_events(&shop.till(), 100, None).await.unwrap();
    page.data.iter().rev().map(|event| event.kind.word()).collect()
}

async fn each_thing_that_happens_is_one_event(on: On) {
    let shop = Shop::open_on(on).await;
    let paid = shop.paid(1_000).await.id;
    shop.app.refund(&shop.till(), &RequestKey::unique(), paid, shop.refund(300)).await.unwrap();
    let too_much = shop.app.refund(&shop.till(), &RequestKey::unique(), paid, shop.refund(800)).await.unwrap_err();
    assert_eq!(too_much.code, Code::RefundTooLarge);
    let request = RequestKey::unique();
    for _ in 0..2 {
        shop.app.create_payment(&shop.till(), &request, shop.asks(5)).await.unwrap();
    }
    let wrong = CreatePayment { amount_minor: 0, ..shop.asks(1) };
    assert!(shop.app.create_payment(&shop.till(), &RequestKey::unique(), wrong).await.is_err());
    assert_eq!(kinds(&shop).await, ["payment.created", "payment.captured", "refund.created", "payment.created"]);
}

async fn a_payment_that_nobody_came_for_expires_with_an_event(on: On) {
    let shop = Shop::open_on(on).await;
    let id = shop.payment(700).await.id;
    let later = crate::clock::now_ms() + 1;
    let mut tx = shop.app.0.store.write().await.unwrap();
    events::emit_expired(&mut tx, later, later).await.unwrap();
    assert_eq!(payments::expire_before(&mut tx, later).await.unwrap(), 1);
    events::emit_expired(&mut tx, later, later).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(kinds(&shop).await, ["payment.created", "payment.expired"]);
    assert_eq!(shop.app.payment(&shop.till(), id).await.unwrap().status, PaymentStatus::Expired);
}

async fn what_is_given_up_leaves_no_event(on: On) {
    let shop = Shop::open_on(on).await;
    let id = shop.payment(700).await.id;
    let mut tx = shop.app.0.store.write().await.unwrap();
    events::emit(&mut tx, shop.merchant, id, EventKind::PaymentCaptured, 1).await.unwrap();
    drop(tx);
    let mut tx = shop.app.0.store.write().await.unwrap();
    events::emit(&mut tx, shop.merchant, id, EventKind::PaymentDisputed, 2).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(kinds(&shop).await, ["payment.created", "payment.disputed"]);
}

async fn old_events_go_with_what_was_owed_of_them(on: On) {
    let shop = Shop::open_on(on).await;
    let id = shop.payment(700).await.id;
    let endpoint = WebhookEndpointId(Ulid::from_parts(1, 1));
    let mut tx = shop.app.0.store.write().await.unwrap();
    webhooks::insert(&mut tx, endpoint, shop.merchant, "https://till.example/", 0, 1).await.unwrap();
    let old = crate::clock::now_ms() - 31 * 24 * 60 * 60 * 1000;
    for _ in 0..1_500 {
        events::emit(&mut tx, shop.merchant, id, EventKind::PaymentCaptured, old).await.unwrap();
    }
    let stored = webhooks::get(&mut tx, endpoint).await.unwrap().unwrap();
    let last = events::last(&mut tx).await.unwrap();
    webhooks::pass_on(&mut tx, &stored, last, 5).await.unwrap();
    tx.commit().await.unwrap();
    let owed = async || webhooks::due(&mut shop.app.0.store.read().await.unwrap(), endpoint, 2_000).await.unwrap();
    assert_eq!(owed().await.len(), 1_501);
    // A thousand at a time, and the first of them is not old.
    shop.app.forget_old_events().await.unwrap();
    assert_eq!(owed().await.len(), 502);
    shop.app.forget_old_events().await.unwrap();
    assert_eq!(owed().await.len(), 1);
    assert_eq!(kinds(&shop).await, ["payment.created"]);
}

async fn what_an_endpoint_is_owed_is_written_once_and_again_when_asked(on: On) {
    let shop = Shop::open_on(on).await;
    let endpoint = WebhookEndpointId(Ulid::from_parts(1, 1));
    let mut tx = shop.app.0.store.write().await.unwrap();
    webhooks::insert(&mut tx, endpoint, shop.merchant, "https://till.example/", 0, 1).await.unwrap();
    tx.commit().await.unwrap();
    shop.payment(700).await;
    let mut tx = shop.app.0.store.write().await.unwrap();
    let last = events::last(&mut tx).await.unwrap();
    for _ in 0..2 {
        let stored = webhooks::get(&mut tx, endpoint).await.unwrap().unwrap();
        webhooks::pass_on(&mut tx, &webhooks::StoredEndpoint { passed_on: 0, ..stored }, last, 5).await.unwrap();
    }
    let due = webhooks::due(&mut tx, endpoint, 10).await.unwrap();
    assert_eq!(due.iter().map(|due| (due.event_seq, due.attempts)).collect::<Vec<_>>(), [(last, 0)]);
    let arrived = webhooks::Tried { event_seq: last, attempts: 1, answered: Some(204), arrived: true, due_ms: None };
    webhooks::tried(&mut tx, endpoint, &arrived, 9).await.unwrap();
    assert!(webhooks::due(&mut tx, endpoint, 10).await.unwrap().is_empty());
    webhooks::owe_again(&mut tx, shop.merchant, last, 11).await.unwrap();
    assert_eq!(webhooks::due(&mut tx, endpoint, 10).await.unwrap().len(), 1);
    webhooks::delete(&mut tx, endpoint).await.unwrap();
    assert!(webhooks::deliveries(&mut tx, endpoint, 10).await.unwrap().is_empty());
    tx.commit().await.unwrap();
}

/// Nothing listens there.
async fn endpoint_nowhere(shop: &Shop) -> WebhookEndpointId {
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let create = CreateWebhookEndpoint { merchant: None, url: format!("http://{free}/") };
    shop.app.create_webhook_endpoint(&shop.till(), create).await.unwrap().endpoint.id
}

async fn only(shop: &Shop) -> WebhookEndpoint {
    shop.app.list_webhook_endpoints(&shop.till(), 10, None).await.unwrap().data.remove(0)
}

async fn until(shop: &Shop, fits: impl Fn(&WebhookEndpoint) -> bool) {
    for _ in 0..200 {
        if fits(&only(shop).await) {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    panic!("{:?}", only(shop).await);
}

async fn an_endpoint_where_nothing_arrived_for_five_days_is_disabled(on: On) {
    let shop = Shop::open_on(on).await;
    let id = endpoint_nowhere(&shop).await;
    shop.payment(700).await;
    until(&shop, |endpoint| endpoint.failing_since.is_some()).await;
    assert_eq!(only(&shop).await.status, EndpointStatus::Enabled, "not at once");
    let five_days_ago = crate::clock::now_ms() - 5 * 24 * 60 * 60 * 1000;
    let mut tx = shop.app.0.store.write().await.unwrap();
    webhooks::set_health(&mut tx, id, Some(five_days_ago), None).await.unwrap();
    tx.commit().await.unwrap();
    shop.payment(800).await;
    until(&shop, |endpoint| endpoint.status == EndpointStatus::Disabled).await;
}

on_both_engines!(
    an_endpoint_where_nothing_arrived_for_five_days_is_disabled,
    each_thing_that_happens_is_one_event,
    a_payment_that_nobody_came_for_expires_with_an_event,
    what_is_given_up_leaves_no_event,
    old_events_go_with_what_was_owed_of_them,
    what_an_endpoint_is_owed_is_written_once_and_again_when_asked,
);
