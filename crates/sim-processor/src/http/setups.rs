//! Cards that shoppers name themselves, on a page of ours: merchants never see more than a token.

use super::{
    charges::read,
    say,
    turn::{broken, refuse},
};
use crate::{
    Office,
    books::{self, Said},
    cards::{self, Card},
    clock::now_ms,
    faults::On,
};
use axum::{
    body::Bytes,
    extract::{Path, State},
    http::{HeaderMap, header},
    response::Response,
};
use rand::Rng;
use serde::{Deserialize, Serialize};

/// `POST /v1/card_setups`
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewSetup {
    return_url: String,
}

#[derive(Serialize)]
struct Shown {
    id: String,
    /// The page for the shopper.
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<String>,
    card: Option<&'static Card>,
}

pub(super) async fn create(State(office): State<Office>, headers: HeaderMap, body: Bytes) -> Response {
    let NewSetup { return_url } = match read(&body) {
        Ok(new) => new,
        Err(said) => return say(said),
    };
    let plain = return_url.is_ascii() && !return_url.bytes().any(|byte| byte.is_ascii_control() || byte == b' ');
    if !plain || !(return_url.starts_with("http://") || return_url.starts_with("https://")) {
        return refuse(422, "invalid_return_url", "An http or https URL.");
    }
    let Some(host) = headers.get(header::HOST).and_then(|host| host.to_str().ok()) else {
        return refuse(400, "no_host", "Send a Host header.");
    };
    let fate = office.faults.fate(On::Setup, "", None);
    if let Err(instead) = fate.before().await {
        return instead;
    }
    let id = format!("set_{:032x}", rand::rng().random::<u128>());
    let shown = Shown { url: Some(format!("http://{host}/cards/{id}")), id: id.clone(), card: None };
    match office.books.run(move |conn| books::new_setup(conn, &id, &return_url, now_ms())).await {
        Ok(()) => say(Said::ok(&shown)),
        Err(_) => broken(),
    }
}

pub(super) async fn show(State(office): State<Office>, Path(id): Path<String>) -> Response {
    let fate = office.faults.fate(On::LookUp, "", None);
    if let Err(instead) = fate.before().await {
        return instead;
    }
    match office.books.run(move |conn| books::setup(conn, &id)).await {
        Ok(Some(setup)) => {
            let card = setup.card.as_deref().and_then(cards::by_token);
            say(Said::ok(&Shown { id: setup.id, url: None, card }))
        }
        Ok(None) => refuse(404, "unknown_setup", "There is no such card setup."),
        Err(_) => broken(),
    }
}
