//! What goes wrong on demand, and that asking again under the same key comes right.

use super::{Sim, visa};
use serde_json::json;
use std::time::{Duration, Instant};

#[test]
fn every_fault_charges_once_when_asked_again() {
    let sim = Sim::open();
    // (fault, what is seen, how many charges there are before it is asked again)
    let table = [
        ("error_before", Some(503), 0),
        ("error_after", Some(500), 1),
        ("drop_before", None, 0),
        ("drop_after", None, 1),
        ("slow_before", Some(200), 1),
        ("slow_after", Some(200), 1),
    ];
    for (by_amount, (fault, seen, charges)) in [false, true].into_iter().flat_map(|by| table.map(|row| (by, row))) {
        let payment = format!("pay_{fault}_{by_amount}");
        let magic = 66_611 + table.iter().position(|row| row.0 == fault).unwrap() as i64;
        let next = if by_amount { json!([]) } else { json!([{"fault": fault, "on": "charge"}]) };
        assert_eq!(sim.put("/faults", &json!({"slow_ms": 300, "next": next})).unwrap().0, 200);
        let body = visa(&payment, if by_amount { magic } else { 500 }, true);
        let start = Instant::now();
        let answer = sim.post("/v1/charges", &payment, &body);
        assert_eq!(answer.map(|answer| answer.0), seen, "{fault}");
        assert_eq!(start.elapsed() > Duration::from_millis(299), fault.starts_with("slow"), "{fault}");
        assert_eq!(sim.charges(&payment).len(), charges, "{fault}");
        assert_eq!(sim.post("/v1/charges", &payment, &body).unwrap().0, 200, "{fault}");
        assert_eq!(sim.charges(&payment).len(), 1, "{fault}");
    }
    assert_eq!(sim.totals()["charged_twice"], 0);
}

#[test]
fn who_hangs_up_is_charged_all_the_same() {
    let sim = Sim::open();
    sim.put("/faults", &json!({"slow_ms": 600, "next": [{"fault": "slow_before"}]}));
    let impatient: ureq::Agent =
        ureq::Agent::config_builder().timeout_global(Some(Duration::from_millis(100))).build().into();
    let url = format!("{}/v1/charges", sim.running.url());
    impatient.post(url).header("idempotency-key", "k").send_json(visa("pay_1", 500, true)).unwrap_err();
    assert!(sim.charges("pay_1").is_empty(), "not yet");
    std::thread::sleep(Duration::from_millis(900));
    assert_eq!(sim.charges("pay_1").len(), 1, "late");
}

#[test]
fn a_processor_that_is_down_is_silent_about_everything() {
    let sim = Sim::open();
    sim.put("/faults", &json!({"rates": {"drop_before": 1.0}}));
    assert_eq!(sim.charge("pay_1", 500, true), None);
    assert_eq!(sim.get("/v1/payments/pay_1"), None);
    assert_eq!(sim.post("/v1/payments/pay_1/void", "v", &json!({})), None);
    assert_eq!(sim.put("/faults", &json!({})).unwrap().0, 200);
    assert!(sim.charges("pay_1").is_empty());
}

#[test]
fn faults_that_cannot_be_are_refused() {
    let sim = Sim::open();
    for (wrong, status) in [
        (json!({"rates": {"drop_before": 1.5}}), 422),
        (json!({"rates": {"drop_before": 0.6, "drop_after": 0.6}}), 422),
        (json!({"rates": {"explode": 1.0}}), 400),
        (json!({"webhooks": {"late": -0.1}}), 422),
        (json!({"next": [{"fault": "gone"}]}), 400),
    ] {
        assert_eq!(sim.put("/faults", &wrong).unwrap().0, status, "{wrong}");
    }
}
