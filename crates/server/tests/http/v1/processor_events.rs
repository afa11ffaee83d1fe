//! What the processor tells by itself: only its own signature is believed, and only as a reason to look.

use crate::support::{
    Client, Server, Shop, WEBHOOK_SECRET,
    processor::{PATH, about, tell},
};
use handsel_api::{
    Code,
    payments::{Payment, PaymentStatus},
};
use serde_json::{Value, json};
use std::time::Duration;

#[test]
fn what_is_not_an_event_of_the_processor_is_refused() {
    let server = Server::start();
    let shop = Shop::open(&server, &server.operator());
    let id = shop.ask(500);
    let event = about(id);
    assert_eq!(tell(&server, "evt_1", 0, &event, false).refused(), (401, Code::BadSignature));
    assert_eq!(server.anyone().post_text(PATH, &event).refused(), (401, Code::BadSignature));
    assert_eq!(tell(&server, "evt_1", 400, &event, true).refused(), (422, Code::EventTooOld));
    assert_eq!(tell(&server, "evt_1", -400, &event, true).refused(), (422, Code::EventFromTheFuture));
    assert_eq!(tell(&server, "evt_1", 0, "{}", true).refused(), (400, Code::InvalidJson));
    let large = format!("{{\"pad\":\"{}\"}}", "x".repeat(64 * 1024));
    assert_eq!(tell(&server, "evt_1", 0, &large, true).refused(), (413, Code::BodyTooLarge));
    assert_eq!(tell(&server, "evt_2", 0, &about("pay_of_somebody_else"), true).status, 204, "ignored");
    assert_eq!(tell(&server, "evt_3", 0, &about("pay_01ARZ3NDEKTSV4RRFFQ69G5FAV"), true).status, 204, "ignored");
    let now: Payment = shop.till.get(&format!("/v1/payments/{id}")).ok();
    assert_eq!(now.status, PaymentStatus::RequiresPalm, "an event is not believed");
}

/// The processor takes the money and its answer is lost. What it tells afterwards – twice, late, in any order, and with a
/// forgery among it – brings the payment to its one end.
#[test]
fn a_payment_whose_answer_was_lost_ends_by_an_event_once() {
    let server = Server::start();
    let shop = Shop::open(&server, &server.operator());
    let processor = Client::new(server.processor.address(), None);
    let put = |path: &str, body: Value| {
        let answer = processor.send("PUT", path, Some("application/json"), body.to_string().into_bytes());
        assert_eq!(answer.status, 200, "{}", answer.text());
    };
    put("/webhooks", json!({"url": format!("http://{}{PATH}", server.address), "secret": WEBHOOK_SECRET}));
    put(
        "/faults",
        json!({
            "next": [{"fault": "drop_after", "on": "charge"}, {"fault": "drop_after", "on": "capture"}],
            "webhooks": {"duplicate": 1.0, "reorder": 0.5, "forge": 1.0, "late": 0.5, "late_ms": 300},
        }),
    );
    let id = shop.ask(700);
    let card = json!({"sandbox_card": "visa_approved"});
    let paying = || shop.till.fresh_key().post(&format!("/v1/payments/{id}/card"), &card);
    assert_eq!(paying().status, 200);
    let show = || shop.till.get(&format!("/v1/payments/{id}")).ok::<Payment>();
    let over = |status| [PaymentStatus::Captured, PaymentStatus::Cancelled].contains(&status);
    for _ in 0..100 {
        if over(show().status) {
            break;
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    let end = show();
    assert!(over(end.status), "{end:?}");
    std::thread::sleep(Duration::from_secs(1));
    assert_eq!(show().status, end.status, "nothing changes an end");
    let totals: Value = processor.get("/audit/totals").ok();
    let taken = if end.status == PaymentStatus::Captured { 700 } else { 0 };
    assert_eq!((&totals["charged_twice"], &totals["captured_minor"]), (&json!(0), &json!(taken)));
}
