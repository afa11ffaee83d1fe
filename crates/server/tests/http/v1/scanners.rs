//! A till that knows nothing of palms: it asks a scanner, and hears what became of it.

use crate::support::{Client, Receiver, Server, Shop};
use handsel_api::{
    Code,
    events::EventKind,
    merchants::Page,
    payments::{Payment, PaymentStatus},
    scanners::{Scanner, ScannerAction, ScannerActionStatus},
};
use serde_json::json;
use std::time::{Duration, Instant};

fn scanner(shop: &Shop) -> Scanner {
    shop.till.post("/v1/scanners", &json!({"site": shop.site, "name": "Counter 2"})).ok()
}

fn kiosk(server: &Server, shop: &Shop) -> Client {
    let session = server.runtime.block_on(server.app.open_kiosk(&handsel_server::app::Caller::Operator, shop.site));
    let cookie = format!("handsel_kiosk={}", session.unwrap());
    server.anyone().header("cookie", &cookie).header("sec-fetch-site", "same-origin")
}

#[test]
fn a_scanner_collects_what_the_till_asks_for() {
    let (server, receiver) = (Server::start(), Receiver::start());
    let shop = Shop::open(&server, &server.operator());
    let made: serde_json::Value = shop.till.post("/v1/webhook_endpoints", &json!({"url": receiver.url()})).ok();
    assert!(made["secret"].is_string());
    let scanner = scanner(&shop);
    let actions = format!("/v1/scanners/{}/actions", scanner.id);
    let screen = kiosk(&server, &shop);
    assert_eq!(screen.get(&format!("{actions}/current")).status, 204, "nothing to do yet");

    let payment = shop.ask(1_240);
    let asked = shop.till.post(&actions, &json!({"type": "collect_payment", "payment": payment}));
    assert_eq!(asked.status, 202);
    let action: ScannerAction = asked.ok();
    assert_eq!((action.status, action.payment), (ScannerActionStatus::InProgress, payment));
    assert_eq!(screen.get(&format!("{actions}/current")).ok::<ScannerAction>(), action, "the screen picks it up");
    let again = shop.till.post(&actions, &json!({"type": "collect_payment", "payment": payment}));
    assert_eq!(again.ok::<ScannerAction>(), action, "a till whose answer was lost asks once more");

    let busy = json!({"type": "collect_payment", "payment": shop.ask(100)});
    assert_eq!(shop.till.post(&actions, &busy).refused(), (409, Code::ScannerBusy));
    let card = json!({"sandbox_card": "visa_approved"});
    assert_eq!(screen.fresh_key().post(&format!("/v1/payments/{payment}/card"), &card).status, 200);
    let ended: ScannerAction = shop.till.get(&format!("{actions}/{}", action.id)).ok();
    assert_eq!(ended.status, ScannerActionStatus::Succeeded);
    assert_eq!(screen.get(&format!("{actions}/current")).status, 204);
    let cancel = format!("{actions}/{}/cancel", action.id);
    assert_eq!(shop.till.act(&cancel).refused(), (409, Code::WrongState));

    let came = receiver.wait(4).into_iter().map(|one| one.event());
    let told = came.filter(|event| event.kind == EventKind::ScannerActionUpdated).last().expect("an event of its end");
    assert_eq!(told.data.action.unwrap(), ended);
    assert_eq!(told.data.payment.status, PaymentStatus::Captured);
    assert_eq!(shop.till.post(&actions, &busy).status, 202, "it is free again");
}

#[test]
fn a_screen_waits_until_there_is_something_else_to_do() {
    let mut server = Server::start();
    let shop = Shop::open(&server, &server.operator());
    let actions = format!("/v1/scanners/{}/actions", scanner(&shop).id);
    let (screen, current) = (kiosk(&server, &shop), format!("{actions}/current?wait_s=20"));
    let wait = |path: String| {
        let screen = screen.clone();
        std::thread::spawn(move || {
            let started = Instant::now();
            (screen.get(&path), started.elapsed())
        })
    };
    let quickly = Duration::from_millis(200)..Duration::from_secs(10);
    let nothing = wait(current.clone());
    std::thread::sleep(Duration::from_millis(300));
    let action: ScannerAction =
        shop.till.post(&actions, &json!({"type": "collect_payment", "payment": shop.ask(100)})).ok();
    let (answer, took) = nothing.join().unwrap();
    assert_eq!(answer.ok::<ScannerAction>(), action);
    assert!(quickly.contains(&took), "{took:?}");

    let known = wait(format!("{current}&known={}", action.id));
    std::thread::sleep(Duration::from_millis(300));
    assert_eq!(shop.till.act(&format!("{actions}/{}/cancel", action.id)).status, 200);
    let (answer, took) = known.join().unwrap();
    assert_eq!(answer.status, 204);
    assert!(quickly.contains(&took), "{took:?}");

    let (answer, took) = wait(format!("{actions}/current?wait_s=1")).join().unwrap();
    assert_eq!((answer.status, took >= Duration::from_secs(1)), (204, true));
    for wrong in ["wait_s=26", "wait_s=x", "known=pay_1", "known", "other=1"] {
        let refused = screen.get(&format!("{actions}/current?{wrong}")).problem().code;
        assert!(matches!(refused, Code::InvalidField | Code::UnknownField), "{wrong}");
    }
    let stopped = wait(current);
    std::thread::sleep(Duration::from_millis(300));
    server.stop();
    let (answer, took) = stopped.join().unwrap();
    assert!(answer.status == 204 && quickly.contains(&took), "{took:?}");
}

#[test]
fn an_action_is_cancelled_by_the_till_or_ends_with_its_payment() {
    let server = Server::start();
    let shop = Shop::open(&server, &server.operator());
    let actions = format!("/v1/scanners/{}/actions", scanner(&shop).id);
    let ask = |payment| -> ScannerAction {
        shop.till.post(&actions, &json!({"type": "collect_payment", "payment": payment})).ok()
    };
    let payment = shop.ask(500);
    let action = ask(payment);
    for _ in 0..2 {
        let cancelled: ScannerAction = shop.till.act(&format!("{actions}/{}/cancel", action.id)).ok();
        assert_eq!(cancelled.status, ScannerActionStatus::Cancelled);
    }
    let still: Payment = shop.till.get(&format!("/v1/payments/{payment}")).ok();
    assert_eq!(still.status, PaymentStatus::RequiresPalm, "the payment stays open");

    let action = ask(payment);
    assert_eq!(shop.till.act(&format!("/v1/payments/{payment}/cancel")).status, 200);
    let ended: ScannerAction = shop.till.get(&format!("{actions}/{}", action.id)).ok();
    assert_eq!(ended.status, ScannerActionStatus::Cancelled);
    let again = shop.till.post(&actions, &json!({"type": "collect_payment", "payment": payment}));
    assert_eq!(again.refused(), (409, Code::WrongState), "a payment that is over");
}

#[test]
fn a_scanner_is_its_merchants_and_its_sites() {
    let server = Server::start();
    let operator = server.operator();
    let (shop, other) = (Shop::open(&server, &operator), Shop::open(&server, &operator));
    let scanner = scanner(&shop);
    let actions = format!("/v1/scanners/{}/actions", scanner.id);
    let collect = |payment| json!({"type": "collect_payment", "payment": payment});
    assert_eq!(other.till.post(&actions, &collect(other.ask(1))).refused(), (404, Code::NotFound));
    assert_eq!(other.till.get(&format!("{actions}/current")).refused(), (404, Code::NotFound));
    assert_eq!(kiosk(&server, &other).get(&format!("{actions}/current")).refused(), (404, Code::NotFound));
    let there = json!({"site": other.site, "name": "Mine now"});
    assert_eq!(shop.till.post("/v1/scanners", &there).refused(), (404, Code::NotFound));
    for payment in [other.ask(1).to_string(), "pay_01JD9VZZZZZZZZZZZZZZZZZZZZ".to_owned()] {
        let problem = shop.till.post(&actions, &collect(payment.parse().unwrap())).problem();
        assert_eq!((problem.code, problem.field.as_deref()), (Code::InvalidField, Some("/payment")));
    }
    for wrong in [json!({"type": "dance"}), json!({"payment": shop.ask(1)}), json!({"type": "collect_payment"})] {
        assert!([400, 422].contains(&shop.till.post(&actions, &wrong).status), "{wrong}");
    }
    assert_eq!(shop.till.get("/v1/scanners").ok::<Page<Scanner>>().data.len(), 1);
    assert_eq!(other.till.get("/v1/scanners").ok::<Page<Scanner>>().data.len(), 0);
    assert_eq!(operator.get("/v1/scanners").ok::<Page<Scanner>>().data.len(), 1);
    assert_eq!(kiosk(&server, &shop).get("/v1/scanners").refused(), (403, Code::Forbidden));

    // One payment at two scanners would be shown to two shoppers.
    let second: Scanner = shop.till.post("/v1/scanners", &json!({"site": shop.site, "name": "Counter 3"})).ok();
    let payment = shop.ask(2);
    assert_eq!(shop.till.post(&actions, &collect(payment)).status, 202);
    let twice = shop.till.post(&format!("/v1/scanners/{}/actions", second.id), &collect(payment));
    assert_eq!(twice.refused(), (409, Code::ScannerBusy));
}
