//! For whoever tests against it: faults, webhooks, and the judge.

use super::{
    charges::read,
    say,
    turn::{broken, refuse},
};
use crate::{
    Office, Webhooks,
    books::{self, Audit, PaymentAudit, Said},
    faults::Plan,
};
use axum::{
    body::Bytes,
    extract::{Query, State},
    response::Response,
};
use serde::{Deserialize, Serialize};

/// `PUT /webhooks`; an empty URL tells nobody.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct To {
    url: String,
    #[serde(default)]
    secret: String,
}

/// Which payments.
#[derive(Deserialize)]
pub(super) struct Which {
    payment: Option<String>,
    limit: Option<u32>,
}

#[derive(Serialize)]
struct Audited {
    totals: Audit,
    payments: Vec<PaymentAudit>,
}

pub(super) async fn faults(State(office): State<Office>) -> Response {
    say(Said::ok(&office.faults.plan()))
}

pub(super) async fn set_faults(State(office): State<Office>, body: Bytes) -> Response {
    let plan: Plan = match read(&body) {
        Ok(plan) => plan,
        Err(said) => return say(said),
    };
    if let Err(why) = plan.check() {
        return refuse(422, "invalid_faults", why);
    }
    office.faults.set(plan);
    faults(State(office)).await
}

pub(super) async fn set_webhooks(State(office): State<Office>, body: Bytes) -> Response {
    let to: To = match read(&body) {
        Ok(to) => to,
        Err(said) => return say(said),
    };
    if to.url.is_empty() {
        office.webhooks.send_to(None);
        return say(Said { status: 200, body: "{}".to_owned() });
    }
    match Webhooks::new(to.url, &to.secret) {
        Ok(webhooks) => {
            office.webhooks.send_to(Some(webhooks));
            say(Said { status: 200, body: "{}".to_owned() })
        }
        Err(why) => refuse(422, "invalid_secret", why.to_string()),
    }
}

pub(super) async fn audit(State(office): State<Office>, Query(which): Query<Which>) -> Response {
    let limit = which.limit.map_or(i64::MAX, i64::from);
    let audited = office.books.run(move |conn| {
        Ok(Audited { totals: books::totals(conn)?, payments: books::audit(conn, which.payment.as_deref(), limit)? })
    });
    match audited.await {
        Ok(audited) => say(Said::ok(&audited)),
        Err(_) => broken(),
    }
}

pub(super) async fn totals(State(office): State<Office>) -> Response {
    match office.books.run(books::totals).await {
        Ok(totals) => say(Said::ok(&totals)),
        Err(_) => broken(),
    }
}
