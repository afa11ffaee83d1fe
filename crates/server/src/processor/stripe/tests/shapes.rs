//! Against shapes of Stripe's own reference: idempotency, Checkout and search, which localstripe has not.

use super::*;
use crate::processor::recorded::{Asked, Recorded};

macro_rules! shape {
    ($name:literal) => {
        include_str!(concat!("../../shapes/stripe_", $name, ".json"))
    };
}

const INTENTS: &str = "/v1/payment_intents";
const INTENT: &str = "/v1/payment_intents/pi_3QExampleExampleExample01";
const CONFIRM: &str = "/v1/payment_intents/pi_3QExampleExampleExample01/confirm";
const CANCEL: &str = "/v1/payment_intents/pi_3QExampleExampleExample01/cancel";

fn visa() -> CardToken {
    CardToken("cus_Example1/pm_1QExample1".to_owned())
}

fn header<'a>(asked: &'a Asked, name: &str) -> &'a str {
    asked.headers[name].to_str().unwrap()
}

/// A time at which the shapes' intent is new.
fn then() -> ChargeAt {
    ChargeAt { payment: payment(1), reference: None, asked_ms: now_ms() }
}

#[tokio::test]
async fn a_charge_is_made_and_confirmed_under_keys_of_its_own() {
    let answers = [("POST", INTENTS, 200, shape!("intent_made")), ("POST", CONFIRM, 200, shape!("intent_succeeded"))];
    let (recorded, url) = Recorded::serve(&answers).await;
    let paid = driver(&url).charge(charge(payment(1), 1_240, &visa(), Take::Now)).await.unwrap();
    let state = ChargeState::Captured { auth_code: "A12345".to_owned(), amount_minor: 1_240 };
    assert_eq!(paid, Charged { reference: Some("pi_3QExampleExampleExample01".to_owned()), state });
    let asked = recorded.asked();
    for (asked, step) in asked.iter().zip(["create", "confirm"]) {
        assert_eq!(header(asked, "authorization"), "Bearer sk_test_12345");
        assert_eq!(header(asked, "stripe-version"), VERSION);
        assert_eq!(header(asked, "idempotency-key"), format!("{}:{step}", payment(1)));
    }
    for field in [
        "amount=1240",
        "currency=eur",
        "capture_method=automatic",
        "customer=cus_Example1",
        "payment_method=pm_1QExample1",
        "metadata%5Bhandsel_payment%5D=pay_00000000010000000000000001",
    ] {
        assert!(asked[0].body.split('&').any(|one| one == field), "{field} is not in {}", asked[0].body);
    }
    assert!(!asked[0].body.contains("confirm=true"), "made without being confirmed");
    assert!(asked[1].body.contains("off_session=true"), "no bank's page can be shown at a till");
}

#[tokio::test]
async fn what_the_bank_refuses_is_declined_for_its_reason() {
    let answers = [
        ("POST", INTENTS, 200, shape!("intent_made")),
        ("POST", CONFIRM, 402, shape!("card_error")),
        ("GET", INTENT, 200, shape!("intent_declined")),
    ];
    let (recorded, url) = Recorded::serve(&answers).await;
    let declined = driver(&url).charge(charge(payment(1), 1_240, &visa(), Take::Now)).await.unwrap();
    assert_eq!(declined.state, ChargeState::Declined { why: Decline::InsufficientFunds });
    recorded.asked();
}

#[tokio::test]
async fn what_is_not_even_made_is_declined_and_not_silence() {
    for status in [400, 404] {
        let (recorded, url) = Recorded::serve(&[("POST", INTENTS, status, shape!("amount_error"))]).await;
        let declined = driver(&url).charge(charge(payment(1), 20, &visa(), Take::Now)).await.unwrap();
        let state = ChargeState::Declined { why: Decline::Refused };
        assert_eq!(declined, Charged { reference: None, state }, "{status}");
        recorded.asked();
    }
}

#[tokio::test]
async fn what_is_no_clear_answer_is_silence() {
    for (status, body) in
        [(500, shape!("server_error")), (429, "{}"), (409, "{}"), (200, "<html>"), (401, "{}"), (302, "")]
    {
        let answers = [("POST", INTENTS, 200, shape!("intent_made")), ("POST", CONFIRM, status, body)];
        let (recorded, url) = Recorded::serve(&answers).await;
        let answer = driver(&url).charge(charge(payment(1), 1_240, &visa(), Take::Now)).await;
        assert_eq!(answer, Err(Silent), "{status}");
        recorded.asked();
    }
}

/// A payment never seen is closed by an intent of nothing under its key; a late charge finds the key used, and is not made.
#[tokio::test]
async fn a_payment_never_seen_is_closed_before_a_late_charge_can_take_it() {
    let answers = [
        ("GET", INTENTS, 200, shape!("list_of_others")),
        ("POST", INTENTS, 200, shape!("intent_made")),
        ("POST", CANCEL, 200, shape!("intent_canceled")),
        // The late charge.
        ("POST", INTENTS, 400, shape!("key_error")),
        ("GET", INTENTS, 200, shape!("found")),
        ("GET", INTENT, 200, shape!("intent_canceled")),
    ];
    let (recorded, url) = Recorded::serve(&answers).await;
    let stripe = driver(&url);
    assert_eq!(stripe.void(then()).await.unwrap().state, ChargeState::Voided);
    let late = stripe.charge(charge(payment(1), 1_240, &visa(), Take::Now)).await.unwrap();
    assert_eq!(late.state, ChargeState::Voided);
    let asked = recorded.asked();
    let keys: Vec<_> = asked.iter().filter_map(|asked| asked.headers.get("idempotency-key")).collect();
    assert_eq!(keys[0], keys[2], "the same key");
    assert!(asked[1].body.contains("metadata%5Bclosed%5D=1") && !asked[1].body.contains("payment_method="));
}

#[tokio::test]
async fn an_old_payment_is_searched_for_and_never_sent_again() {
    let answers =
        [("GET", "/v1/payment_intents/search", 200, shape!("found")), ("GET", INTENT, 200, shape!("intent_succeeded"))];
    let (recorded, url) = Recorded::serve(&answers).await;
    let old = ChargeAt { asked_ms: now_ms() - 24 * 60 * 60 * 1000, ..then() };
    let found = driver(&url).look_up(old).await.unwrap().unwrap();
    assert!(matches!(found.state, ChargeState::Captured { amount_minor: 1_240, .. }));
    let asked = recorded.asked();
    let query = "query=metadata%5B%27handsel_payment%27%5D%3A%27pay_00000000010000000000000001%27";
    assert!(asked[0].path_and_query.ends_with(query), "{}", asked[0].path_and_query);
    assert!(asked.iter().all(|asked| !asked.headers.contains_key("idempotency-key")));
}

#[tokio::test]
async fn refunds_are_given_pending_or_refused() {
    let at = ChargeAt { reference: Some("pi_3QExampleExampleExample01".to_owned()), ..then() };
    let refund = RefundId(Ulid::from_parts(1, 1));
    let table = [
        (vec![("POST", "/v1/refunds", 400, shape!("over_refund"))], RefundState::Refused),
        (
            vec![
                ("POST", "/v1/refunds", 200, shape!("refund_pending")),
                ("GET", "/v1/refunds", 200, shape!("refunds")),
            ],
            RefundState::Given,
        ),
        (
            vec![
                ("POST", "/v1/refunds", 200, shape!("refund_pending")),
                ("GET", "/v1/refunds", 200, shape!("no_refunds")),
            ],
            RefundState::Pending,
        ),
    ];
    for (answers, expected) in table {
        let (recorded, url) = Recorded::serve(&answers).await;
        assert_eq!(driver(&url).refund(refund, at.clone(), amount(240, "EUR")).await, Ok(expected));
        assert_eq!(header(&recorded.asked()[0], "idempotency-key"), refund.to_string());
    }
    let (_, url) = Recorded::serve(&[("POST", "/v1/refunds", 500, shape!("server_error"))]).await;
    assert_eq!(driver(&url).refund(refund, at, amount(240, "EUR")).await, Err(Silent));
}

#[tokio::test]
async fn a_card_is_named_on_stripes_page_and_looked_up() {
    let session = "/v1/checkout/sessions/cs_test_c1Example";
    let answers = [
        ("POST", "/v1/checkout/sessions", 200, shape!("session_open")),
        ("GET", session, 200, shape!("session_open")),
        ("GET", session, 200, shape!("session_complete")),
    ];
    let (recorded, url) = Recorded::serve(&answers).await;
    let (stripe, setup) = (driver(&url), CardSetupId(Ulid::from_parts(1, 1)));
    let started = stripe.start_setup(setup, "https://shop.example/cards/1".to_owned()).await.unwrap();
    assert_eq!(started.redirect_url, "https://checkout.stripe.com/c/pay/cs_test_c1Example");
    assert_eq!(stripe.look_up_setup(started.reference.clone()).await.unwrap(), None);
    let card = stripe.look_up_setup(started.reference).await.unwrap().unwrap();
    assert!(card.token == visa() && card.fingerprint == "Xt5EWLLDS7FJjR1c");
    assert_eq!((card.face.brand.as_str(), card.face.last4.as_str()), ("mastercard", "4444"));
    assert!(recorded.asked()[0].body.contains("mode=setup&"));
    let nobodys = charge(payment(1), 500, &CardToken("card_visa_approved".to_owned()), Take::Now);
    assert_eq!(stripe.charge(nobodys).await, Err(Silent), "a card of another processor is not sent");
}

#[test]
fn amounts_are_in_stripes_units_and_back() {
    for (minor, currency, units) in [(1_240, "EUR", 1_240), (500, "JPY", 500), (500, "ISK", 50_000)] {
        assert_eq!(scaled(amount(minor, currency)), units);
        let intent = format!(
            r#"{{"id":"pi_1","status":"succeeded","created":1,"currency":"{}","amount_received":{units}}}"#,
            currency.to_lowercase()
        );
        let intent: Intent = serde_json::from_str(&intent).unwrap();
        let ChargeState::Captured { amount_minor, .. } = intent.charged().unwrap().state else { panic!() };
        assert_eq!(amount_minor, minor);
    }
}
