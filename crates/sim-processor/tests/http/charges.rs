//! What becomes of charges and refunds.

use super::{Sim, fresh, visa};
use serde_json::json;
use std::{thread, time::Duration};

#[test]
fn a_charge_is_taken_in_one_request_or_in_two_and_in_part() {
    let sim = Sim::open();
    let (status, charge) = sim.charge("pay_1", 500, true).unwrap();
    assert_eq!(
        (status, charge["state"].as_str(), charge["captured_minor"].as_i64()),
        (200, Some("captured"), Some(500))
    );

    let (_, charge) = sim.charge("pay_2", 500, false).unwrap();
    assert_eq!((charge["state"].as_str(), charge["captured_minor"].as_i64()), (Some("authorized"), Some(0)));
    let capture = |minor| sim.post("/v1/payments/pay_2/capture", &fresh(), &json!({"amount_minor": minor})).unwrap();
    assert_eq!(capture(501).0, 422);
    assert_eq!(capture(0).0, 422);
    assert_eq!(capture(300).1["captured_minor"], 300);
    let (status, refused) = capture(300);
    assert_eq!((status, refused["charge"]["captured_minor"].as_i64()), (409, Some(300)), "captured once");
    let nothing = sim.post("/v1/payments/pay_none/capture", &fresh(), &json!({"amount_minor": 1})).unwrap();
    assert_eq!(nothing.0, 404);
}

#[test]
fn what_was_let_go_is_never_charged_and_what_was_taken_is_not_let_go() {
    let sim = Sim::open();
    let void = |payment: &str| sim.post(&format!("/v1/payments/{payment}/void"), &fresh(), &json!({})).unwrap();
    sim.charge("pay_1", 500, false);
    assert_eq!(void("pay_1").1["state"], "voided");
    let (status, refused) = sim.post("/v1/payments/pay_1/capture", &fresh(), &json!({"amount_minor": 500})).unwrap();
    assert_eq!((status, refused["charge"]["state"].as_str()), (409, Some("voided")));

    assert_eq!(
        void("pay_2").1,
        json!({
            "id": null, "payment": "pay_2", "state": "voided", "amount_minor": 0, "captured_minor": 0, "refunded_minor": 0,
            "currency": "", "auth_code": "",
        })
    );
    let (status, late) = sim.charge("pay_2", 500, true).unwrap();
    assert_eq!((status, late["state"].as_str()), (200, Some("voided")), "closed before it was seen");
    assert!(sim.charges("pay_2").is_empty());

    sim.charge("pay_3", 500, true);
    let (status, refused) = void("pay_3");
    assert_eq!((status, refused["charge"]["state"].as_str()), (409, Some("captured")));
    assert_eq!(sim.totals()["captured_minor"], 500);
}

#[test]
fn refunds_come_in_parts_and_stop_at_what_was_captured() {
    let sim = Sim::open();
    sim.charge("pay_1", 1_000, true);
    let refund = |name: &str, minor: i64| {
        sim.post("/v1/refunds", &fresh(), &json!({"refund": name, "payment": "pay_1", "amount_minor": minor})).unwrap()
    };
    assert_eq!(refund("rfd_1", 400).1["state"], "given");
    assert_eq!(refund("rfd_2", 601).1["error"]["code"], "refund_too_large");
    assert_eq!(refund("rfd_3", 600).0, 200);
    assert_eq!(refund("rfd_4", 1).0, 409);
    assert_eq!(sim.charges("pay_1")[0]["refunded_minor"], 1_000);
    assert_eq!(sim.get("/v1/refunds/rfd_3").unwrap().1["amount_minor"], 600);
    assert_eq!(sim.get("/v1/refunds/rfd_9").unwrap().0, 404);

    sim.charge("pay_2", 500, false);
    let early = json!({"refund": "rfd_5", "payment": "pay_2", "amount_minor": 1});
    assert_eq!(sim.post("/v1/refunds", &fresh(), &early).unwrap().1["error"]["code"], "not_captured");
}

#[test]
fn magic_refunds_are_under_way_or_refused() {
    let sim = Sim::open();
    sim.charge("pay_1", 200_000, true);
    let refund = |name: &str, minor: i64| {
        sim.post("/v1/refunds", &fresh(), &json!({"refund": name, "payment": "pay_1", "amount_minor": minor}))
            .unwrap()
            .1
    };
    assert_eq!(refund("rfd_1", 66_631)["state"], "pending");
    assert_eq!(refund("rfd_2", 66_632)["state"], "refused");
    assert_eq!(sim.charges("pay_1")[0]["refunded_minor"], 66_631, "what was refused was not given");
    thread::sleep(Duration::from_millis(1_600));
    assert_eq!(sim.get("/v1/refunds/rfd_1").unwrap().1["state"], "given");
}

#[test]
fn cards_and_amounts_that_are_refused() {
    let sim = Sim::open();
    let decline = |card: &str, minor: i64| {
        let mut charge = visa("pay_1", minor, true);
        charge["card"] = json!(card);
        let (status, charge) = sim.post("/v1/charges", &fresh(), &charge).unwrap();
        assert_eq!((status, charge["state"].as_str()), (200, Some("declined")), "{card} {minor}");
        charge["decline"].as_str().unwrap().to_owned()
    };
    for (card, why) in [
        ("card_visa_declined", "refused"),
        ("card_visa_insufficient_funds", "insufficient_funds"),
        ("card_visa_expired", "expired"),
        ("card_visa_authentication", "authentication_required"),
    ] {
        assert_eq!(decline(card, 500), why);
    }
    for (minor, why) in
        [(66_601, "refused"), (66_602, "insufficient_funds"), (66_603, "expired"), (66_604, "authentication_required")]
    {
        assert_eq!(decline("card_mastercard_approved", minor), why);
    }
    assert_eq!(sim.totals()["charges"], 0, "nobody was charged");
    assert_eq!(sim.totals()["declined"], 8);
}

#[test]
fn an_authorisation_runs_out() {
    let sim = Sim::open();
    sim.put("/faults", &json!({"authorizations_live_ms": 100}));
    sim.charge("pay_1", 500, false);
    thread::sleep(Duration::from_millis(150));
    assert_eq!(sim.charges("pay_1")[0]["state"], "expired");
    let (status, refused) = sim.post("/v1/payments/pay_1/capture", &fresh(), &json!({"amount_minor": 500})).unwrap();
    assert_eq!((status, refused["charge"]["state"].as_str()), (409, Some("expired")));
}

#[test]
fn what_is_not_a_charge_is_refused() {
    let sim = Sim::open();
    for (field, value) in [
        ("amount_minor", json!(0)),
        ("amount_minor", json!(-1)),
        ("amount_minor", json!(100_000_000)),
        ("currency", json!("eur")),
        ("payment", json!("")),
        ("card", json!("4242424242424242")),
    ] {
        let mut charge = visa("pay_1", 500, true);
        charge[field] = value;
        assert_eq!(sim.post("/v1/charges", &fresh(), &charge).unwrap().0, 422, "{field}");
    }
    for (field, value) in [("amount_minor", json!("5")), ("amount_minor", json!(1.5)), ("more", json!(1))] {
        let mut charge = visa("pay_1", 500, true);
        charge[field] = value;
        assert_eq!(sim.post("/v1/charges", &fresh(), &charge).unwrap().0, 400, "{field}");
    }
    assert_eq!(sim.totals()["charges"], 0);
}
