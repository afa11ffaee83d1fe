//! Against shapes of Hyperswitch's own reference; the router itself is in no registry.

use super::*;
use crate::processor::recorded::{Exchange, Recorded};
use handsel_api::PaymentId;
use handsel_ledger::Currency;
use hmac::{Hmac, Mac};
use ulid::Ulid;

macro_rules! shape {
    ($name:literal) => {
        include_str!(concat!("../shapes/hyperswitch_", $name, ".json"))
    };
}

const PAYMENTS: &str = "/payments";
const PAYMENT: &str = "/payments/pay_00000000010000000000000001";
const CAPTURE: &str = "/payments/pay_00000000010000000000000001/capture";
const CANCEL: &str = "/payments/pay_00000000010000000000000001/cancel";
const REFUND: &str = "/refunds/rfd_00000000010000000000000001";

fn eur(minor: i64) -> Amount {
    Amount::new(minor, Currency::parse("EUR").unwrap()).unwrap()
}

fn at() -> ChargeAt {
    ChargeAt { payment: PaymentId(Ulid::from_parts(1, 1)), reference: None, asked_ms: 0 }
}

fn charge(take: Take) -> Charge {
    let card = CardToken("cst_00000000010000000000000001/pm_Example".to_owned());
    Charge { payment: at().payment, amount: eur(1_240), card, take }
}

async fn answering(exchanges: &[Exchange]) -> (Hyperswitch, Recorded) {
    let (recorded, url) = Recorded::serve(exchanges).await;
    let secret = |text: &str| SecretText::from(text.to_owned());
    let url = BaseUrl::try_from(url).unwrap();
    (Hyperswitch::new(&url, secret("snd_example"), Some(secret("hash_key"))), recorded)
}

#[test]
fn our_ids_are_as_long_as_its_names_must_be() {
    let id = Ulid::from_parts(1, 1);
    for name in [PaymentId(id).to_string(), RefundId(id).to_string(), CardSetupId(id).to_string()] {
        assert_eq!(name.len(), 30, "{name}");
    }
}

#[tokio::test]
async fn what_is_not_taken_and_not_there_is_declined_and_not_silence() {
    let refused = [("POST", PAYMENTS, 400, "{}"), ("GET", PAYMENT, 404, shape!("not_found"))];
    let (driver, recorded) = answering(&refused).await;
    let declined = driver.charge(charge(Take::Now)).await.unwrap();
    assert_eq!(declined.state, ChargeState::Declined { why: Decline::Refused });
    recorded.asked();
}

#[tokio::test]
async fn a_charge_is_authorised_captured_in_part_or_taken_at_once() {
    let (driver, recorded) = answering(&[
        ("POST", PAYMENTS, 200, shape!("requires_capture")),
        ("POST", CAPTURE, 200, shape!("partially_captured")),
        ("POST", PAYMENTS, 200, shape!("succeeded")),
    ])
    .await;
    let held = driver.charge(charge(Take::Later)).await.unwrap();
    assert_eq!(held.state, ChargeState::Authorized { auth_code: "pi_3QExample".to_owned() });
    let part = driver.capture(at(), eur(600)).await.unwrap();
    assert!(matches!(part.state, ChargeState::Captured { amount_minor: 600, .. }));
    let paid = driver.charge(charge(Take::Now)).await.unwrap();
    assert!(matches!(paid.state, ChargeState::Captured { amount_minor: 1_240, .. }));
    let asked = recorded.asked();
    assert_eq!(asked[0].headers["api-key"], "snd_example");
    let body = |n: usize| serde_json::from_str::<serde_json::Value>(&asked[n].body).unwrap();
    assert_eq!(body(0)["payment_id"], at().payment.to_string());
    assert_eq!((&body(0)["capture_method"], &body(2)["capture_method"]), (&json!("manual"), &json!("automatic")));
    assert_eq!(body(0)["recurring_details"], json!({"type": "payment_method_id", "data": "pm_Example"}));
    assert_eq!(body(1), json!({"amount_to_capture": 600}));
}

#[tokio::test]
async fn the_same_payment_again_is_looked_up_and_what_is_unclear_is_silence() {
    let (driver, recorded) =
        answering(&[("POST", PAYMENTS, 400, shape!("duplicate")), ("GET", PAYMENT, 200, shape!("succeeded"))]).await;
    assert!(matches!(driver.charge(charge(Take::Now)).await.unwrap().state, ChargeState::Captured { .. }));
    assert!(recorded.asked()[1].path_and_query.ends_with("?force_sync=true"));
    for (status, body) in [(500, "{}"), (401, "{}"), (429, "{}"), (200, "{}"), (200, shape!("made"))] {
        let (driver, _) = answering(&[("POST", PAYMENTS, status, body)]).await;
        assert_eq!(driver.charge(charge(Take::Now)).await, Err(Silent), "{status}");
    }
}

#[tokio::test]
async fn a_card_is_refused_for_a_reason_and_a_bank_that_wants_to_ask_is_a_refusal() {
    let (driver, _) = answering(&[("POST", PAYMENTS, 200, shape!("failed"))]).await;
    let declined = driver.charge(charge(Take::Now)).await.unwrap().state;
    assert_eq!(declined, ChargeState::Declined { why: Decline::InsufficientFunds });
    let (driver, recorded) =
        answering(&[("POST", PAYMENTS, 200, shape!("waits")), ("POST", CANCEL, 200, shape!("cancelled"))]).await;
    let declined = driver.charge(charge(Take::Now)).await.unwrap().state;
    assert_eq!(declined, ChargeState::Declined { why: Decline::AuthenticationRequired });
    recorded.asked();
}

#[tokio::test]
async fn a_payment_never_seen_is_closed_under_its_name() {
    let (driver, recorded) = answering(&[
        ("GET", PAYMENT, 404, shape!("not_found")),
        ("POST", PAYMENTS, 200, shape!("made")),
        ("POST", CANCEL, 200, shape!("cancelled")),
        // A late charge finds the name used.
        ("POST", PAYMENTS, 400, shape!("duplicate")),
        ("GET", PAYMENT, 200, shape!("cancelled")),
        // What was taken stays taken.
        ("GET", PAYMENT, 200, shape!("succeeded")),
        ("POST", CANCEL, 400, shape!("duplicate")),
        ("GET", PAYMENT, 200, shape!("succeeded")),
    ])
    .await;
    assert_eq!(driver.void(at()).await.unwrap().state, ChargeState::Voided);
    assert_eq!(driver.charge(charge(Take::Now)).await.unwrap().state, ChargeState::Voided);
    assert!(matches!(driver.void(at()).await.unwrap().state, ChargeState::Captured { .. }));
    recorded.asked();
}

#[tokio::test]
async fn a_look_up_finds_what_was_asked_of_the_card_and_nothing_else() {
    for (status, body, expected) in [
        (200, shape!("cancelled"), Some(ChargeState::Voided)),
        (200, shape!("made"), None),
        (404, shape!("not_found"), None),
    ] {
        let (driver, _) = answering(&[("GET", PAYMENT, status, body)]).await;
        assert_eq!(driver.look_up(at()).await.unwrap().map(|charged| charged.state), expected);
    }
}

#[tokio::test]
async fn refunds_are_given_pending_or_refused_under_their_names() {
    let refund = RefundId(Ulid::from_parts(1, 1));
    let table: [(&[Exchange], RefundState); 4] = [
        (&[("POST", "/refunds", 200, shape!("refund_given"))], RefundState::Given),
        (&[("POST", "/refunds", 200, shape!("refund"))], RefundState::Pending),
        (
            &[("POST", "/refunds", 400, shape!("duplicate")), ("GET", REFUND, 200, shape!("refund_given"))],
            RefundState::Given,
        ),
        (
            &[("POST", "/refunds", 400, shape!("duplicate")), ("GET", REFUND, 404, shape!("not_found"))],
            RefundState::Refused,
        ),
    ];
    for (exchanges, expected) in table {
        let (driver, recorded) = answering(exchanges).await;
        assert_eq!(driver.refund(refund, at(), eur(240)).await, Ok(expected));
        recorded.asked();
    }
}

#[tokio::test]
async fn a_card_is_named_on_a_payment_link() {
    let setup = "/payments/cst_00000000010000000000000001";
    let (driver, _recorded) = answering(&[
        ("POST", PAYMENTS, 200, shape!("link")),
        ("GET", setup, 200, shape!("link")),
        ("GET", setup, 200, shape!("linked")),
    ])
    .await;
    let started = driver.start_setup(CardSetupId(Ulid::from_parts(1, 1)), "https://shop.example/x".to_owned()).await;
    let started = started.unwrap();
    assert!(started.redirect_url.starts_with("https://pay.example/payment_link/"));
    assert_eq!(driver.look_up_setup(started.reference.clone()).await.unwrap(), None);
    let card = driver.look_up_setup(started.reference).await.unwrap().unwrap();
    assert!(card.token == charge(Take::Now).card && card.fingerprint == "pm_Example");
    assert_eq!((card.face.brand.as_str(), card.face.last4.as_str()), ("mastercard", "4444"));
}

#[tokio::test]
async fn only_its_own_signature_is_believed() {
    let (driver, _) = answering(&[]).await;
    let body = shape!("event").as_bytes();
    let mut mac = Hmac::<sha2::Sha512>::new_from_slice(b"hash_key").unwrap();
    mac.update(body);
    let code = crate::secret::hex(&mac.finalize().into_bytes());
    let read = |code: &str, body: &[u8]| {
        let mut headers = HeaderMap::new();
        headers.insert("x-webhook-signature-512", code.parse().unwrap());
        driver.read_event(&headers, body, 0)
    };
    let event = read(&code, body).unwrap();
    assert_eq!((event.id.as_str(), event.payment), ("evt_018e31720d1b7a2b82677d3032cab959", Some(at().payment)));
    assert_eq!(read(&code, b"{}"), Err(BadEvent::Signature));
    assert_eq!(read("00", body), Err(BadEvent::Signature));
    assert_eq!(driver.read_event(&HeaderMap::new(), body, 0), Err(BadEvent::Signature));
}
