//! Every dispute, newest first: opened for a processor or by the operator, and closed.

use super::{
    super::{
        Page, Shown,
        form::Fields,
        visitor::{Operator, Tab},
        words,
    },
    Done, ROWS,
};
use crate::{
    app::{Answer, App, Refusal},
    http::path::Id,
};
use askama::Template;
use axum::{
    extract::{Query, State},
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
};
use handsel_api::{
    DisputeId, PaymentId,
    disputes::{CloseDispute, Dispute, DisputeOutcome, DisputeStatus, OpenDispute, OpenedBy},
};
use serde::Deserialize;

#[derive(Template)]
#[template(path = "console_disputes.html")]
struct DisputesPage {
    here: Tab,
    done: Option<Done>,
    /// About which payment the form is, where somebody came from one.
    payment: String,
    rows: Vec<Row>,
    next: Option<String>,
}

struct Row {
    id: String,
    payment: String,
    place: String,
    opened_at: String,
    opened: String,
    closed: Option<String>,
    by: &'static str,
    status: &'static str,
    tone: &'static str,
    open: bool,
    amount: String,
    note: Option<String>,
}

/// The query of the page.
#[derive(Default, Deserialize)]
pub(super) struct Asked {
    /// Only what is older than this id.
    after: Option<String>,
    /// About which payment the form is.
    #[serde(default)]
    payment: String,
    /// What was done just now.
    #[serde(default)]
    done: String,
}

/// What the form that opens one sends.
#[derive(Deserialize)]
pub(super) struct Opening {
    payment: String,
    by: OpenedBy,
    #[serde(default)]
    note: String,
}

/// What the form that closes one sends.
#[derive(Deserialize)]
pub(super) struct Closing {
    outcome: DisputeOutcome,
    #[serde(default)]
    note: String,
}

pub(super) async fn show(State(app): State<App>, operator: Operator, Query(asked): Query<Asked>) -> Shown {
    let done = match asked.done.as_str() {
        "opened" => Some("The dispute is open."),
        "closed" => Some("The dispute is closed."),
        _ => None,
    };
    let done = done.map(|text| Done { text: text.to_owned(), bad: false });
    page(&app, operator, asked.after.as_deref(), asked.payment, done).await
}

pub(super) async fn open(State(app): State<App>, operator: Operator, Fields(typed): Fields<Opening>) -> Shown {
    let Ok(payment) = typed.payment.trim().parse::<PaymentId>() else {
        let text = "A payment’s number begins with pay_ and stands on its receipt as the reference.".to_owned();
        return refused(&app, operator, typed.payment, text).await;
    };
    let open = OpenDispute { opened_by: typed.by, note: filled(typed.note) };
    match app.open_dispute(&operator.0, payment, open).await {
        Ok(_) => Ok(Redirect::to("/console/disputes?done=opened").into_response()),
        Err(refusal) => refused(&app, operator, typed.payment, said(&refusal)).await,
    }
}

pub(super) async fn close(
    State(app): State<App>,
    operator: Operator,
    Id(id): Id<DisputeId>,
    Fields(typed): Fields<Closing>,
) -> Shown {
    let close = CloseDispute { outcome: typed.outcome, note: filled(typed.note) };
    match app.close_dispute(&operator.0, id, close).await {
        Ok(_) => Ok(Redirect::to("/console/disputes?done=closed").into_response()),
        Err(refusal) => refused(&app, operator, String::new(), said(&refusal)).await,
    }
}

async fn refused(app: &App, operator: Operator, payment: String, text: String) -> Shown {
    let page = page(app, operator, None, payment, Some(Done { text, bad: true })).await?;
    Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
}

async fn page(
    app: &App,
    operator: Operator,
    after: Option<&str>,
    payment: String,
    done: Option<Done>,
) -> Answer<Response> {
    let after = after.and_then(|id| id.parse().ok());
    let list = app.list_disputes(&operator.0, ROWS, after).await?;
    let mut rows = Vec::with_capacity(list.data.len());
    for dispute in list.data {
        let about = app.payment(&operator.0, dispute.payment).await?;
        let (site, merchant) = app.site(about.site).await?;
        rows.push(row(dispute, format!("{}, {}", merchant.name, site.name)));
    }
    Ok(Page(DisputesPage { here: operator.at("/console/disputes"), done, payment, rows, next: list.next })
        .into_response())
}

fn row(dispute: Dispute, place: String) -> Row {
    Row {
        id: dispute.id.to_string(),
        payment: dispute.payment.to_string(),
        place,
        opened: words::when(&dispute.opened_at),
        opened_at: dispute.opened_at,
        closed: dispute.closed_at.as_deref().map(words::when),
        by: words::disputer(dispute.opened_by),
        status: match dispute.status {
            DisputeStatus::Open => "Open",
            DisputeStatus::Won => "Won",
            DisputeStatus::Lost => "Lost",
            DisputeStatus::Withdrawn => "Withdrawn",
        },
        tone: match dispute.status {
            DisputeStatus::Open => "full",
            DisputeStatus::Lost => "off",
            DisputeStatus::Won | DisputeStatus::Withdrawn => "",
        },
        open: dispute.status == DisputeStatus::Open,
        amount: words::money(dispute.amount_minor, &dispute.currency),
        note: dispute.note,
    }
}

/// An empty field is no note.
fn filled(note: String) -> Option<String> {
    (!note.trim().is_empty()).then_some(note)
}

fn said(refusal: &Refusal) -> String {
    format!("{}: {}", refusal.code.title(), refusal.detail)
}
