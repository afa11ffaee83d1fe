//! Every payment, newest first, with a refund beside each that has something left to give back.

use super::{
    super::{
        Page, Shown,
        visitor::{Operator, Tab},
        words,
    },
    Asked, Done, ROWS,
};
use crate::app::{Answer, App};
use askama::Template;
use axum::{
    extract::{Query, State},
    response::{IntoResponse, Redirect, Response},
};
use handsel_api::{
    SiteId,
    payments::{Payment, PaymentStatus},
};
use std::collections::HashMap;

#[derive(Template)]
#[template(path = "console_payments.html")]
struct PaymentsPage {
    here: Tab,
    done: Option<Done>,
    rows: Vec<Row>,
    next: Option<String>,
}

struct Row {
    id: String,
    created_at: String,
    when: String,
    place: String,
    status: &'static str,
    tone: &'static str,
    means: &'static str,
    amount: String,
    refunded: String,
    currency: String,
    /// Whether it can be disputed.
    paid: bool,
    /// What is left to give back, as the form takes it.
    refundable: Option<String>,
    /// Names the refund this form would make, so that sending it twice gives back once.
    key: String,
}

pub(super) async fn show(State(app): State<App>, operator: Operator, Query(asked): Query<Asked>) -> Shown {
    if !operator.sees("/console") {
        return Ok(Redirect::to(operator.home()).into_response());
    }
    let done = (asked.done == "refunded").then(|| Done { text: "Given back.".to_owned(), bad: false });
    page(&app, operator, asked.after.as_deref(), done).await
}

/// The page, also as the answer to a refund that was refused.
pub(super) async fn page(app: &App, operator: Operator, after: Option<&str>, done: Option<Done>) -> Answer<Response> {
    let after = after.and_then(|id| id.parse().ok());
    let list = app.list_payments(&operator.0, ROWS, after).await?;
    let mut places: HashMap<SiteId, String> = HashMap::new();
    let mut rows = Vec::with_capacity(list.data.len());
    for payment in list.data {
        if let std::collections::hash_map::Entry::Vacant(vacant) = places.entry(payment.site) {
            let (site, merchant) = app.site(payment.site).await?;
            vacant.insert(format!("{}, {}", merchant.name, site.name));
        }
        rows.push(row(&payment, places[&payment.site].clone()));
    }
    Ok(Page(PaymentsPage { here: operator.at("/console"), done, rows, next: list.next }).into_response())
}

fn row(payment: &Payment, place: String) -> Row {
    let left = payment.captured_minor.unwrap_or(0) - payment.refunded_minor;
    let captured = payment.status == PaymentStatus::Captured;
    let money = |minor| words::money(minor, &payment.currency);
    let offline = payment.offline_at.is_some();
    Row {
        id: payment.id.to_string(),
        when: words::when(&payment.created_at),
        created_at: payment.created_at.clone(),
        place,
        status: match payment.status {
            PaymentStatus::Captured if left == 0 => "Refunded",
            // The goods are gone.
            PaymentStatus::Declined | PaymentStatus::Cancelled if offline => {
                "Taken offline, not charged: the store’s loss"
            }
            status => words::status(status),
        },
        tone: match payment.status {
            PaymentStatus::Captured if left > 0 => "full",
            PaymentStatus::Declined => "off",
            PaymentStatus::Cancelled if offline => "off",
            _ => "",
        },
        means: payment.means.map_or("–", words::means),
        amount: money(payment.captured_minor.unwrap_or(payment.amount_minor)),
        refunded: if payment.refunded_minor > 0 { money(payment.refunded_minor) } else { "–".to_owned() },
        currency: payment.currency.clone(),
        paid: captured,
        refundable: (captured && left > 0).then(|| words::plain_money(left, &payment.currency)),
        key: crate::ids::next().to_string(),
    }
}
