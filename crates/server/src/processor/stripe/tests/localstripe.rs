//! Against localstripe, which is nobody's code here. It has no idempotency, no Checkout and no search, and gives back more
//! than was taken; these are in `shapes.rs`.

use super::*;
use axum::{Router, body::Bytes, extract::State, routing::post};
use serde_json::Value;
use std::{
    net::TcpListener,
    process::{Child, Command, Stdio},
    time::Duration,
};
use tokio::sync::mpsc;

/// Where its Python is: `cargo xtask test` installs it and says so.
const PYTHON: &str = "LOCALSTRIPE_PYTHON";

/// localstripe as it is, but for one parameter of Stripe's that it refuses: `off_session` when an intent is confirmed.
const DOUBLE: &str = r"
from localstripe import resources

confirm = resources.PaymentIntent._api_confirm

def confirm_off_session(id, off_session=None, **others):
    assert off_session == 'true'
    return confirm(id, **others)

resources.extra_apis = [
    (method, path, confirm_off_session if action == confirm else action)
    for method, path, action in resources.extra_apis
]

from localstripe import server
server.start()
";

/// A process of its own, ended when this is dropped.
struct Localstripe {
    process: Child,
    url: String,
    client: reqwest::Client,
    _state: tempfile::TempDir,
}

impl Localstripe {
    async fn start() -> Localstripe {
        let python = std::env::var(PYTHON)
            .unwrap_or_else(|_| panic!("{PYTHON} names no Python with localstripe; `cargo xtask test` makes one"));
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let state = tempfile::tempdir().unwrap();
        let process = Command::new(python)
            .args(["-c", DOUBLE, "--from-scratch", "--port", &port.to_string()])
            .env("TMPDIR", state.path())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let client = crate::processor::wire::client(true);
        let double = Localstripe { process, url: format!("http://127.0.0.1:{port}"), client, _state: state };
        for _ in 0..200 {
            let up = double.client.get(format!("{}/v1/customers", double.url)).bearer_auth("sk_test_12345");
            if up.send().await.is_ok_and(|answer| answer.status() == 200) {
                return double;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("localstripe does not answer at {}", double.url);
    }

    async fn post(&self, path: &str, fields: &[(&str, &str)]) -> Value {
        let request = self.client.post(format!("{}{path}", self.url)).bearer_auth("sk_test_12345").form(fields);
        let answer = request.send().await.unwrap();
        let status = answer.status();
        let text = answer.text().await.unwrap();
        assert_eq!(status, 200, "{path}: {text}");
        serde_json::from_str(&text).unwrap_or(Value::Null)
    }

    /// A card of the double's, kept with a customer.
    async fn card(&self, number: &str) -> CardToken {
        let customer = self.post("/v1/customers", &[("description", "nobody")]).await;
        let card = [
            ("type", "card"),
            ("card[number]", number),
            ("card[exp_month]", "12"),
            ("card[exp_year]", "2040"),
            ("card[cvc]", "123"),
        ];
        let method = self.post("/v1/payment_methods", &card).await;
        let (customer, method) = (customer["id"].as_str().unwrap(), method["id"].as_str().unwrap());
        self.post(&format!("/v1/payment_methods/{method}/attach"), &[("customer", customer)]).await;
        CardToken(format!("{customer}/{method}"))
    }
}

impl Drop for Localstripe {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_independent_double_charges_captures_voids_refunds_and_tells() {
    let double = Localstripe::start().await;
    let stripe = driver(&double.url);
    let (told, mut events) = mpsc::unbounded_channel();
    let hook = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", hook.local_addr().unwrap());
    let take = async |State(told): State<mpsc::UnboundedSender<_>>, headers: HeaderMap, body: Bytes| {
        told.send((headers, body)).unwrap();
    };
    let router = Router::new().route("/", post(take)).with_state(told);
    tokio::spawn(async move { axum::serve(hook, router).await });
    let hook = [("url", &*url), ("secret", "whsec_of_a_test"), ("events[]", "payment_intent.succeeded")];
    double.post("/_config/webhooks/ours", &hook).await;
    let good = double.card("4242424242424242").await;

    // At once.
    let paid = stripe.charge(charge(payment(1), 1_240, &good, Take::Now)).await.unwrap();
    let ChargeState::Captured { auth_code, amount_minor: 1_240 } = &paid.state else { panic!("{paid:?}") };
    assert_eq!(auth_code.len(), 8, "{auth_code}");
    let known = ChargeAt { reference: paid.reference.clone(), ..at(payment(1)) };
    assert_eq!(stripe.look_up(known.clone()).await.unwrap(), Some(paid.clone()));
    assert_eq!(stripe.look_up(at(payment(1))).await.unwrap(), Some(paid.clone()), "by the payment's own id");
    assert_eq!(stripe.void(at(payment(1))).await.unwrap(), paid, "money that was taken is not let go");
    assert_eq!(stripe.look_up(at(payment(99))).await.unwrap(), None);

    // In two steps, in part.
    let held = stripe.charge(charge(payment(2), 900, &good, Take::Later)).await.unwrap();
    assert!(matches!(held.state, ChargeState::Authorized { .. }), "{held:?}");
    let part = stripe.capture(at(payment(2)), amount(600, "EUR")).await.unwrap();
    assert!(matches!(part.state, ChargeState::Captured { amount_minor: 600, .. }), "{part:?}");
    assert_eq!(stripe.capture(at(payment(2)), amount(600, "EUR")).await.unwrap(), part, "captured once");

    // Let go, whether it was seen or not.
    stripe.charge(charge(payment(3), 900, &good, Take::Later)).await.unwrap();
    for closed in [payment(3), payment(4)] {
        for _ in 0..2 {
            assert_eq!(stripe.void(at(closed)).await.unwrap().state, ChargeState::Voided);
        }
        assert_eq!(stripe.look_up(at(closed)).await.unwrap().unwrap().state, ChargeState::Voided);
    }

    // Refused by the bank; or the bank wants to ask, and nobody is there to be asked.
    let refused = double.card("4000000000000341").await;
    let declined = stripe.charge(charge(payment(5), 900, &refused, Take::Now)).await.unwrap();
    assert_eq!(declined.state, ChargeState::Declined { why: Decline::Refused });
    assert_eq!(stripe.look_up(at(payment(5))).await.unwrap(), Some(declined));
    let asks = double.card("4000002760003184").await;
    let declined = stripe.charge(charge(payment(6), 900, &asks, Take::Now)).await.unwrap();
    assert_eq!(declined.state, ChargeState::Declined { why: Decline::AuthenticationRequired });
    assert_eq!(stripe.look_up(at(payment(6))).await.unwrap().unwrap().state, ChargeState::Voided, "cancelled");

    // Given back; an old one is looked for before it is given again, since the keys may be forgotten.
    let refund = RefundId(Ulid::from_parts(1, 1));
    assert_eq!(stripe.refund(refund, known.clone(), amount(240, "EUR")).await.unwrap(), RefundState::Given);
    let old = ChargeAt { asked_ms: 0, ..known };
    assert_eq!(stripe.refund(refund, old, amount(240, "EUR")).await.unwrap(), RefundState::Given);
    let intent = paid.reference.unwrap();
    let list = double.client.get(format!("{}/v1/refunds?payment_intent={intent}", double.url));
    let list: Value = list.bearer_auth("sk_test_12345").send().await.unwrap().json().await.unwrap();
    assert_eq!(list["data"].as_array().unwrap().len(), 1, "given once");

    // And it tells of the first payment, signed.
    let (headers, body) = tokio::time::timeout(Duration::from_secs(10), events.recv()).await.unwrap().unwrap();
    let event = stripe.read_event(&headers, &body, now_ms()).unwrap();
    assert_eq!(event.payment, Some(payment(1)));
    assert_eq!(stripe.read_event(&headers, &body, now_ms() + 400_000), Err(BadEvent::TooOld));
    assert_eq!(stripe.read_event(&headers, b"{}", now_ms()), Err(BadEvent::Signature));
}
