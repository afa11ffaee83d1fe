//! The driver against the simulated processor itself, over every fault.

use super::*;
use crate::processor::rehearsal::Rehearsal;
use handsel_ledger::Currency;
use ulid::Ulid;

fn eur(minor: i64) -> Amount {
    Amount::new(minor, Currency::parse("EUR").unwrap()).unwrap()
}

fn charge(n: u128, minor: i64, card: &str, take: Take) -> Charge {
    let card = CardToken(card.to_owned());
    Charge { payment: PaymentId(Ulid::from_parts(1, n)), amount: eur(minor), card, take }
}

/// Asked for just now.
fn at(payment: PaymentId) -> ChargeAt {
    ChargeAt { payment, reference: None, asked_ms: now_ms() }
}

fn open() -> (Rehearsal, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    (Rehearsal::open(folder.path()), folder)
}

const VISA: &str = "card_visa_approved";

#[tokio::test]
async fn asking_twice_charges_once_and_a_closed_payment_is_never_charged() {
    let (sim, _folder) = open();
    let driver = sim.driver();
    let paid = charge(1, 500, VISA, Take::Later);
    let first = driver.charge(paid.clone()).await.unwrap();
    assert!(matches!(first.state, ChargeState::Authorized { .. }) && first.reference.is_some());
    assert_eq!(driver.charge(paid.clone()).await.unwrap(), first);
    assert_eq!(driver.look_up(at(paid.payment)).await.unwrap(), Some(first));
    let captured = driver.capture(at(paid.payment), eur(400)).await.unwrap();
    assert!(matches!(captured.state, ChargeState::Captured { amount_minor: 400, .. }));
    assert_eq!(driver.capture(at(paid.payment), eur(400)).await.unwrap(), captured);
    assert_eq!(driver.capture(at(paid.payment), eur(300)).await.unwrap(), captured, "captured once");
    assert_eq!(driver.void(at(paid.payment)).await.unwrap(), captured, "money that was taken is not let go");

    let at_once = driver.charge(charge(2, 700, VISA, Take::Now)).await.unwrap();
    assert!(matches!(at_once.state, ChargeState::Captured { amount_minor: 700, .. }));

    let late = charge(3, 500, VISA, Take::Now);
    assert_eq!(driver.look_up(at(late.payment)).await.unwrap(), None);
    assert_eq!(driver.void(at(late.payment)).await.unwrap().state, ChargeState::Voided);
    assert_eq!(driver.look_up(at(late.payment)).await.unwrap().unwrap().state, ChargeState::Voided);
    assert_eq!(driver.charge(late).await.unwrap().state, ChargeState::Voided);

    let refund = RefundId(Ulid::from_parts(1, 9));
    for _ in 0..2 {
        assert_eq!(driver.refund(refund, at(paid.payment), eur(400)).await.unwrap(), RefundState::Given);
    }
    let more = RefundId(Ulid::from_parts(1, 10));
    assert_eq!(driver.refund(more, at(paid.payment), eur(1)).await.unwrap(), RefundState::Refused);
    assert_eq!(sim.audit().await, (2, 1_100, 400));
}

#[tokio::test]
async fn cards_are_refused_for_a_reason() {
    let (sim, _folder) = open();
    for (n, (card, why)) in [
        ("card_visa_declined", Decline::Refused),
        ("card_visa_insufficient_funds", Decline::InsufficientFunds),
        ("card_visa_expired", Decline::Expired),
        ("card_visa_authentication", Decline::AuthenticationRequired),
    ]
    .into_iter()
    .enumerate()
    {
        let declined = charge(n as u128, 500, card, Take::Now);
        assert_eq!(sim.driver.charge(declined.clone()).await.unwrap().state, ChargeState::Declined { why });
        let looked_up = sim.driver.look_up(at(declined.payment)).await.unwrap().unwrap();
        assert_eq!(looked_up.state, ChargeState::Declined { why });
        assert_eq!(sim.driver.capture(at(declined.payment), eur(500)).await.unwrap(), looked_up);
    }
    let unknown = charge(9, 500, "card_of_nobody", Take::Now);
    assert_eq!(sim.driver.charge(unknown).await, Err(Silent), "no answer that says how it ended");
    assert_eq!(sim.audit().await, (0, 0, 0));
}

/// A fault at each step: silence where it is not known, and then a look-up, or the same again, comes to one charge.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_fault_at_every_step_charges_once() {
    let (sim, _folder) = open();
    let driver = sim.driver();
    let faults = ["drop_before", "drop_after", "error_before", "error_after", "slow_before", "slow_after"];
    let (mut n, mut charged) = (0, 0);
    for (fault, on) in
        faults.into_iter().flat_map(|fault| ["charge", "capture", "void", "refund"].map(|on| (fault, on)))
    {
        n += 1;
        sim.faults(json!({"slow_ms": 50, "next": [{"fault": fault, "on": on}]})).await;
        let one = charge(n, 500, VISA, Take::Later);
        let (here, refund) = (at(one.payment), RefundId(Ulid::from_parts(2, n)));
        let silent = !fault.starts_with("slow");
        let heard = |result: Result<bool, Silent>, step: &str| {
            let expected = if silent && step == on { Err(Silent) } else { Ok(true) };
            assert_eq!(result, expected, "{fault} on {on}: {step}");
            result.is_err()
        };
        let authorized = |charged: Charged| matches!(charged.state, ChargeState::Authorized { .. });
        if heard(driver.charge(one.clone()).await.map(authorized), "charge") {
            let found = driver.look_up(here.clone()).await.unwrap();
            assert_eq!(found.is_some(), fault.ends_with("after"), "{fault}");
            assert!(authorized(driver.charge(one.clone()).await.unwrap()));
        }
        if on == "void" {
            let voided = |charged: Charged| charged.state == ChargeState::Voided;
            if heard(driver.void(here.clone()).await.map(voided), "void") {
                assert!(voided(driver.void(here.clone()).await.unwrap()));
            }
            assert!(voided(driver.look_up(here).await.unwrap().unwrap()));
            continue;
        }
        charged += 1;
        let captured = |charged: Charged| matches!(charged.state, ChargeState::Captured { amount_minor: 500, .. });
        if heard(driver.capture(here.clone(), eur(500)).await.map(captured), "capture") {
            assert!(captured(driver.capture(here.clone(), eur(500)).await.unwrap()));
        }
        let given = |state| state == RefundState::Given;
        if heard(driver.refund(refund, here.clone(), eur(100)).await.map(given), "refund") {
            assert!(given(driver.refund(refund, here, eur(100)).await.unwrap()));
        }
    }
    assert_eq!(sim.audit().await, (charged, 500 * charged, 100 * charged));
}

#[tokio::test]
async fn a_refund_that_is_under_way_is_asked_after_and_an_old_one_is_looked_up_first() {
    let (sim, _folder) = open();
    let driver = sim.driver();
    let paid = charge(1, 500_000, VISA, Take::Now);
    driver.charge(paid.clone()).await.unwrap();
    let refund = RefundId(Ulid::from_parts(1, 1));
    let give = || driver.refund(refund, at(paid.payment), eur(66_631));
    assert_eq!(give().await.unwrap(), RefundState::Pending);
    tokio::time::sleep(std::time::Duration::from_millis(1_600)).await;
    assert_eq!(give().await.unwrap(), RefundState::Given);
    let refused = RefundId(Ulid::from_parts(1, 2));
    assert_eq!(driver.refund(refused, at(paid.payment), eur(66_632)).await.unwrap(), RefundState::Refused);

    // The processor has forgotten the keys: sending again would give twice.
    sim.faults(json!({"keys_live_ms": 0})).await;
    let old = ChargeAt { asked_ms: now_ms() - 24 * 60 * 60 * 1000, ..at(paid.payment) };
    assert_eq!(driver.refund(refund, old, eur(66_631)).await.unwrap(), RefundState::Given);
    assert_eq!(sim.audit().await, (1, 500_000, 66_631));
}

#[tokio::test]
async fn a_card_is_linked_on_the_processors_own_page() {
    let (sim, _folder) = open();
    let setup = CardSetupId(Ulid::from_parts(1, 1));
    let started = sim.driver.start_setup(setup, "http://127.0.0.1:1/cards/x".to_owned()).await.unwrap();
    assert_eq!(sim.driver.look_up_setup(started.reference.clone()).await.unwrap(), None);
    assert_eq!(sim.choose(&started.redirect_url, "card_visa_approved").await, "http://127.0.0.1:1/cards/x");
    let card = sim.driver.look_up_setup(started.reference).await.unwrap().unwrap();
    assert_eq!(card, crate::processor::sandbox(handsel_api::subjects::SandboxCard::VisaApproved));
    assert_eq!(sim.driver.look_up_setup("set_none".to_owned()).await, Err(Silent));
}

#[tokio::test]
async fn silence_is_silence() {
    let nobody = Sim::new(&BaseUrl::try_from("http://127.0.0.1:1".to_owned()).unwrap(), None);
    assert_eq!(nobody.charge(charge(1, 500, VISA, Take::Now)).await, Err(Silent));
    assert_eq!(nobody.look_up(at(PaymentId(Ulid::nil()))).await, Err(Silent));
}

#[test]
fn only_its_own_signature_of_now_is_believed() {
    let secret = SecretText::from("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw".to_owned());
    let url = BaseUrl::try_from("http://127.0.0.1:1".to_owned()).unwrap();
    let sim = Sim::new(&url, Some(secret));
    let body = br#"{"test": 2432232314}"#;
    // The example of the Standard Webhooks specification.
    let (time, good) = ("1614265330", "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    let read = |time: &str, signature: &str, body: &[u8], now_s: i64| {
        let mut headers = HeaderMap::new();
        headers.insert("webhook-id", "msg_p5jXN8AQM9LWM0D4loKWxJek".parse().unwrap());
        headers.insert("webhook-timestamp", time.parse().unwrap());
        headers.insert("webhook-signature", signature.parse().unwrap());
        sim.read_event(&headers, body, now_s * 1000)
    };
    let now_s = 1_614_265_330;
    assert_eq!(read(time, good, body, now_s), Err(BadEvent::NotAnEvent), "genuine, and about nothing");
    assert_eq!(read(time, &format!("v1,AAAA {good}"), body, now_s), Err(BadEvent::NotAnEvent), "one of several");
    assert_eq!(read(time, good, body, now_s + 300), Err(BadEvent::NotAnEvent));
    assert_eq!(read(time, good, body, now_s + 301), Err(BadEvent::TooOld));
    assert_eq!(read(time, good, body, now_s - 301), Err(BadEvent::FromTheFuture));
    assert_eq!(read("1614265331", good, body, now_s), Err(BadEvent::Signature));
    assert_eq!(read(time, good, br#"{"test": 2432232315}"#, now_s), Err(BadEvent::Signature));
    assert_eq!(read(time, "v1,AAAA", body, now_s), Err(BadEvent::Signature));
    assert_eq!(read(time, "", body, now_s), Err(BadEvent::Signature));
    assert_eq!(sim.read_event(&HeaderMap::new(), body, 0), Err(BadEvent::Signature));
    assert_eq!(Sim::new(&url, None).read_event(&HeaderMap::new(), body, 0), Err(BadEvent::NotExpected));
}
