//! Legal holds: placed, listed, lifted.

use super::{
    super::{
        Page, Shown,
        form::Fields,
        visitor::{Operator, Tab},
        words,
    },
    Asked, Done, ROWS,
};
use crate::{
    app::{Answer, App, Day, Hold, HoldState, PlaceHold, Refusal},
    http::path::Id,
};
use askama::Template;
use axum::{
    extract::{Query, State},
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
};
use handsel_api::{HoldId, SubjectId};
use serde::Deserialize;

#[derive(Template)]
#[template(path = "console_holds.html")]
struct HoldsPage {
    here: Tab,
    done: Option<Done>,
    rows: Vec<Row>,
    next: Option<String>,
}

struct Row {
    id: String,
    subject: String,
    order: String,
    placed: String,
    until: String,
    state: &'static str,
    in_force: bool,
    leaving: bool,
}

/// What the form sends.
#[derive(Deserialize)]
pub(super) struct Typed {
    subject: String,
    order: String,
    until: String,
}

pub(super) async fn show(State(app): State<App>, operator: Operator, Query(asked): Query<Asked>) -> Shown {
    let done = match asked.done.as_str() {
        "placed" => Some("The hold is in force."),
        "lifted" => Some("The hold is lifted. What it alone kept is erased."),
        _ => None,
    };
    let done = done.map(|text| Done { text: text.to_owned(), bad: false });
    page(&app, operator, asked.after.as_deref(), done).await
}

pub(super) async fn place(State(app): State<App>, operator: Operator, Fields(typed): Fields<Typed>) -> Shown {
    let Ok(subject) = typed.subject.trim().parse::<SubjectId>() else {
        return refused(&app, operator, "A subject begins with sub_ and is listed under Subjects.".to_owned()).await;
    };
    let Ok(until) = typed.until.trim().parse::<Day>() else {
        return refused(&app, operator, "Write the last day as 2027-12-31.".to_owned()).await;
    };
    match app.place_hold(&operator.0, PlaceHold { subject, order: typed.order, until }).await {
        Ok(_) => Ok(Redirect::to("/console/holds?done=placed").into_response()),
        Err(refusal) => refused(&app, operator, said(&refusal)).await,
    }
}

pub(super) async fn lift(State(app): State<App>, operator: Operator, Id(hold): Id<HoldId>) -> Shown {
    match app.lift_hold(&operator.0, hold).await {
        Ok(()) => Ok(Redirect::to("/console/holds?done=lifted").into_response()),
        Err(refusal) => refused(&app, operator, said(&refusal)).await,
    }
}

async fn refused(app: &App, operator: Operator, text: String) -> Shown {
    let page = page(app, operator, None, Some(Done { text, bad: true })).await?;
    Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
}

async fn page(app: &App, operator: Operator, after: Option<&str>, done: Option<Done>) -> Answer<Response> {
    let after = after.and_then(|id| id.parse().ok());
    let list = app.list_holds(&operator.0, ROWS, after).await?;
    let rows = list.data.iter().map(row).collect();
    Ok(Page(HoldsPage { here: operator.at("/console/holds"), done, rows, next: list.next }).into_response())
}

fn row(hold: &Hold) -> Row {
    Row {
        id: hold.id.to_string(),
        subject: hold.subject.to_string(),
        order: hold.order.to_string(),
        placed: words::when(&hold.placed_at),
        until: words::when(&hold.until),
        state: match hold.state {
            HoldState::InForce => "In force",
            HoldState::Expired => "Over",
            HoldState::Lifted => "Lifted",
        },
        in_force: hold.state == HoldState::InForce,
        leaving: hold.leaving,
    }
}

fn said(refusal: &Refusal) -> String {
    format!("{}: {}", refusal.code.title(), refusal.detail)
}
