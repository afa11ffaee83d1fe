//! An event is a reason to look: it ends what waits for an answer, and leaves alone what does not.

use super::*;
use crate::config::ProcessorConfig;
use axum::http::HeaderMap;
use base64::{Engine, engine::general_purpose::STANDARD};
use handsel_api::payments::PaymentStatus;
use hmac::{Hmac, Mac};
use serde_json::json;

const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

/// An installation that believes its processor's events.
async fn open(on: On) -> Shop {
    let dir = Arc::new(Ground::new(on));
    let Some(ProcessorConfig::Sim { url, .. }) = dir.config().processor else { panic!("the ground has another") };
    let processor = Some(ProcessorConfig::Sim { url, webhook_secret: Some(SECRET.to_owned().into()) });
    let app = App::open(&Config { processor, ..dir.config() }).await.unwrap();
    Shop::furnish(app, dir).await
}

/// Tells of a payment, as the processor would sign it; what the event says is a lie.
async fn tell(shop: &Shop, event: &str, payment: &Payment) {
    let time = (crate::clock::now_ms() / 1000).to_string();
    let body = json!({"type": "charge.voided", "data": {"payment": payment.id, "amount_minor": 1}}).to_string();
    let mut mac = Hmac::<sha2::Sha256>::new_from_slice(&STANDARD.decode(&SECRET[6..]).unwrap()).unwrap();
    mac.update(format!("{event}.{time}.{body}").as_bytes());
    let mut headers = HeaderMap::new();
    let signature = format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()));
    for (name, value) in [("webhook-id", event), ("webhook-timestamp", &time), ("webhook-signature", &signature)] {
        headers.insert(name, value.parse().unwrap());
    }
    shop.app.processor_event(&headers, body.as_bytes()).await.unwrap();
}

async fn an_event_ends_what_waits_for_an_answer_as_the_processor_has_it(on: On) {
    let shop = open(on).await;
    let sim = shop.dir.processor();
    for (fault, expected) in [("drop_after", PaymentStatus::Captured), ("drop_before", PaymentStatus::Cancelled)] {
        sim.faults(json!({"next": [{"fault": fault, "on": "charge"}]})).await;
        let unknown = shop.paid(700).await;
        assert_eq!(unknown.status, PaymentStatus::Unknown, "{fault}");
        for event in [format!("evt_{fault}"), format!("evt_{fault}"), format!("evt_{fault}_2")] {
            tell(&shop, &event, &unknown).await;
            let now = shop.app.payment(&shop.till(), unknown.id).await.unwrap();
            assert_eq!(now.status, expected, "{fault}");
        }
    }
    assert_eq!(sim.audit().await, (1, 700, 0));
}

async fn an_event_leaves_alone_what_is_set_aside(on: On) {
    let shop = open(on).await;
    let asks = CreatePayment { capture: CaptureWhen::Later, ..shop.asks(900) };
    let held = shop.app.create_payment(&shop.till(), &RequestKey::unique(), asks).await.unwrap();
    let held = shop.app.pay_by_card(&shop.till(), &RequestKey::unique(), held.id, VISA).await.unwrap();
    assert_eq!(held.status, PaymentStatus::Authorized);
    tell(&shop, "evt_1", &held).await;
    assert_eq!(shop.app.payment(&shop.till(), held.id).await.unwrap().status, PaymentStatus::Authorized);
    let open = shop.payment(500).await;
    tell(&shop, "evt_2", &open).await;
    assert_eq!(shop.app.payment(&shop.till(), open.id).await.unwrap().status, PaymentStatus::RequiresPalm);
    assert_eq!(shop.dir.processor().totals().await["authorized"], 1);
}

on_both_engines!(
    an_event_ends_what_waits_for_an_answer_as_the_processor_has_it,
    an_event_leaves_alone_what_is_set_aside,
);
