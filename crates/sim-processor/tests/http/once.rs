//! Keys: the same request is done once; without one, or with another one, nothing protects.

use super::{Sim, fresh, visa};
use serde_json::json;
use std::{sync::Arc, thread};

#[test]
fn the_same_request_gets_the_first_answer_also_after_a_restart() {
    let sim = Sim::open();
    let body = visa("pay_1", 500, true);
    let first = sim.post("/v1/charges", "k", &body).unwrap();
    assert_eq!(sim.post("/v1/charges", "k", &body).unwrap(), first);
    let sim = sim.restart();
    assert_eq!(sim.post("/v1/charges", "k", &body).unwrap(), first);
    assert_eq!(sim.charges("pay_1").len(), 1);
}

#[test]
fn the_same_key_with_another_request_is_refused() {
    let sim = Sim::open();
    sim.post("/v1/charges", "k", &visa("pay_1", 500, false)).unwrap();
    let (status, refused) = sim.post("/v1/charges", "k", &visa("pay_1", 501, false)).unwrap();
    assert_eq!((status, refused["error"]["code"].as_str()), (422, Some("idempotency_mismatch")));
    assert_eq!(sim.post("/v1/payments/pay_1/void", "k", &json!({})).unwrap().0, 422, "another path");
    let mut agent =
        sim.agent.post(format!("{}/v1/charges", sim.running.url())).send_json(visa("pay_1", 1, true)).unwrap();
    let refused: serde_json::Value = agent.body_mut().read_json().unwrap();
    assert_eq!(refused["error"]["code"], "idempotency_key_missing");
}

#[test]
fn a_refusal_is_an_answer_too() {
    let sim = Sim::open();
    let body = json!({"refund": "rfd_1", "payment": "pay_1", "amount_minor": 5});
    let first = sim.post("/v1/refunds", "k", &body).unwrap();
    assert_eq!(first.0, 409);
    sim.charge("pay_1", 500, true);
    assert_eq!(sim.post("/v1/refunds", "k", &body).unwrap(), first);
}

#[test]
fn while_one_runs_the_same_key_waits_outside() {
    let sim = Arc::new(Sim::open());
    sim.put("/faults", &json!({"slow_ms": 700, "next": [{"fault": "slow_before"}]}));
    let slow = {
        let sim = Arc::clone(&sim);
        thread::spawn(move || sim.post("/v1/charges", "k", &visa("pay_1", 500, true)))
    };
    thread::sleep(std::time::Duration::from_millis(200));
    let (status, refused) = sim.post("/v1/charges", "k", &visa("pay_1", 500, true)).unwrap();
    assert_eq!((status, refused["error"]["code"].as_str()), (409, Some("idempotency_conflict")));
    assert_eq!(slow.join().unwrap().unwrap().0, 200);
    assert_eq!(sim.post("/v1/charges", "k", &visa("pay_1", 500, true)).unwrap().0, 200);
    assert_eq!(sim.charges("pay_1").len(), 1);
}

#[test]
fn fifty_at_once_are_one_charge() {
    let sim = Arc::new(Sim::open());
    let tasks: Vec<_> = (0..50)
        .map(|_| {
            let sim = Arc::clone(&sim);
            thread::spawn(move || sim.post("/v1/charges", "k", &visa("pay_1", 500, true)).unwrap().0)
        })
        .collect();
    let statuses: Vec<u16> = tasks.into_iter().map(|task| task.join().unwrap()).collect();
    assert!(statuses.contains(&200) && statuses.iter().all(|status| [200, 409].contains(status)), "{statuses:?}");
    assert_eq!(sim.charges("pay_1").len(), 1);
}

/// The judge must see what it is there for.
#[test]
fn another_key_charges_twice_and_the_audit_shows_it() {
    let sim = Sim::open();
    for _ in 0..2 {
        sim.charge("pay_1", 500, true);
        sim.charge("pay_2", 500, false);
    }
    sim.charge("pay_3", 500, true);
    for _ in 0..2 {
        let refund = json!({"refund": "rfd_1", "payment": "pay_3", "amount_minor": 5});
        sim.post("/v1/refunds", &fresh(), &refund).unwrap();
    }
    let totals = sim.totals();
    let figures =
        ["payments", "charges", "charged_twice", "captures", "captured_minor", "refunded_minor", "refunded_twice"];
    assert_eq!(figures.map(|figure| totals[figure].as_i64().unwrap()), [3, 5, 2, 3, 1_500, 10, 1]);
    let audit = sim.get("/audit?payment=pay_1").unwrap().1;
    assert_eq!(audit["payments"][0]["charges"], 2);
    assert_eq!(audit["payments"][0]["captured_minor"], 1_000);
}

#[test]
fn a_forgotten_key_charges_again() {
    let sim = Sim::open();
    sim.put("/faults", &json!({"keys_live_ms": 50}));
    for _ in 0..2 {
        sim.post("/v1/charges", "k", &visa("pay_1", 500, true)).unwrap();
        thread::sleep(std::time::Duration::from_millis(100));
    }
    assert_eq!(sim.totals()["charged_twice"], 1);
}
