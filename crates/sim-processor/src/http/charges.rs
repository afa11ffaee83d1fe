//! Charges and refunds.

use super::say;
use super::turn::{Turn, broken, refuse};
use crate::{
    Office,
    books::{self, Charge, NewCharge, NewRefund, Said},
    clock::now_ms,
    faults::On,
    webhooks::Data,
};
use axum::{
    body::Bytes,
    extract::{Path, State},
    http::HeaderMap,
    response::Response,
};
use rand::Rng;
use serde::{Deserialize, Serialize, de::DeserializeOwned};

/// The most that a charge takes.
const MOST_MINOR: i64 = 99_999_999;

/// `POST …/capture`
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewCapture {
    amount_minor: i64,
}

/// What is known of a payment.
#[derive(Serialize)]
struct Known {
    /// Nothing of it can be charged any more.
    closed: bool,
    /// Every charge, oldest first; more than one is one too many.
    charges: Vec<Charge>,
}

pub(super) async fn create(State(office): State<Office>, headers: HeaderMap, body: Bytes) -> Response {
    let new: NewCharge = match read(&body) {
        Ok(new) => new,
        Err(said) => return say(said),
    };
    let named = (1..=64).contains(&new.payment.len()) && new.payment.is_ascii();
    let currency = new.currency.len() == 3 && new.currency.bytes().all(|byte| byte.is_ascii_uppercase());
    if !named || !currency || !(1..=MOST_MINOR).contains(&new.amount_minor) {
        let detail =
            "A payment of 1 to 64 ASCII characters, an amount from 1 to 99999999, a currency of three capitals.";
        return refuse(422, "invalid_charge", detail);
    }
    let live_ms = office.faults.plan().authorizations_live_ms;
    let auth_code = format!("{:06X}", rand::rng().random_range(0..1 << 24));
    let turn = Turn {
        office,
        headers: &headers,
        on: On::Charge,
        path: "charge".to_owned(),
        body: &body,
        amount_minor: Some(new.amount_minor),
    };
    turn.take(move |conn| books::charge(conn, &new, &auth_code, now_ms(), live_ms), charge_news).await
}

pub(super) async fn capture(
    State(office): State<Office>,
    Path(payment): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let NewCapture { amount_minor } = match read(&body) {
        Ok(new) => new,
        Err(said) => return say(said),
    };
    if amount_minor < 1 {
        return refuse(422, "invalid_amount", "At least 1 is captured.");
    }
    let path = format!("capture {payment}");
    let turn = Turn { office, headers: &headers, on: On::Capture, path, body: &body, amount_minor: None };
    turn.take(move |conn| books::capture(conn, &payment, amount_minor, now_ms()), charge_news).await
}

pub(super) async fn void(
    State(office): State<Office>,
    Path(payment): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let path = format!("void {payment}");
    let turn = Turn { office, headers: &headers, on: On::Void, path, body: &body, amount_minor: None };
    turn.take(move |conn| books::void(conn, &payment, now_ms()), charge_news).await
}

pub(super) async fn refund(State(office): State<Office>, headers: HeaderMap, body: Bytes) -> Response {
    let new: NewRefund = match read(&body) {
        Ok(new) => new,
        Err(said) => return say(said),
    };
    if new.amount_minor < 1 || !(1..=64).contains(&new.refund.len()) {
        return refuse(422, "invalid_refund", "A name of 1 to 64 characters, and at least 1.");
    }
    let data = Data { payment: new.payment.clone(), charge: None, amount_minor: new.amount_minor };
    let path = "refund".to_owned();
    let turn = Turn { office, headers: &headers, on: On::Refund, path, body: &body, amount_minor: None };
    let news = |said: &Said| (said.status == 200).then(|| ("refund.updated".to_owned(), data));
    turn.take(move |conn| books::refund(conn, &new, now_ms()), news).await
}

pub(super) async fn look_up(State(office): State<Office>, Path(payment): Path<String>) -> Response {
    let fate = office.faults.fate(On::LookUp, "", None);
    if let Err(instead) = fate.before().await {
        return instead;
    }
    let found = office.books.run(move |conn| books::charges_of(conn, &payment, now_ms())).await;
    if let Err(instead) = fate.after().await {
        return instead;
    }
    match found {
        Ok((charges, closed)) => say(Said::ok(&Known { closed, charges })),
        Err(_) => broken(),
    }
}

pub(super) async fn look_up_refund(State(office): State<Office>, Path(refund): Path<String>) -> Response {
    let fate = office.faults.fate(On::LookUp, "", None);
    if let Err(instead) = fate.before().await {
        return instead;
    }
    let found = office.books.run(move |conn| books::refund_by_name(conn, &refund, now_ms())).await;
    match found {
        Ok(Some(refund)) => say(Said::ok(&refund)),
        Ok(None) => refuse(404, "unknown_refund", "No refund has this name."),
        Err(_) => broken(),
    }
}

/// What there is to tell of a charge that was changed.
fn charge_news(said: &Said) -> Option<(String, Data)> {
    #[derive(Deserialize)]
    struct Changed {
        id: Option<String>,
        payment: String,
        state: books::State,
        amount_minor: i64,
    }
    let changed: Changed = serde_json::from_str(&said.body).ok().filter(|_| said.status == 200)?;
    let data = Data { payment: changed.payment, charge: changed.id, amount_minor: changed.amount_minor };
    Some((format!("charge.{}", changed.state.word()), data))
}

/// A body that fits.
pub(super) fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, Said> {
    serde_json::from_slice(body).map_err(|error| Said::refused(400, "invalid_json", error.to_string(), None))
}
