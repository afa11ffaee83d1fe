//! Helping somebody who shows a receipt: freeze, unfreeze, erase.

use super::{
    super::{
        Page, Shown,
        form::Fields,
        visitor::{Operator, Tab},
        words,
    },
    Done,
};
use crate::app::{App, Refusal};
use askama::Template;
use axum::{
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use handsel_api::{
    Code,
    subjects::{Subject, SubjectStatus},
};
use serde::Deserialize;

#[derive(Template)]
#[template(path = "console_help.html")]
struct HelpPage {
    here: Tab,
    done: Option<Done>,
    found: Option<Found>,
}

/// Whose palm paid.
struct Found {
    receipt: String,
    name: String,
    frozen: bool,
    palms: String,
    cards: String,
    since: String,
}

/// What the forms send.
#[derive(Deserialize)]
pub(super) struct Typed {
    receipt: String,
    #[serde(default)]
    sure: String,
}

pub(super) async fn show(operator: Operator) -> Shown {
    if !operator.sees("/console/help") {
        return Err(Refusal::new(Code::Forbidden, "This is for whoever helps people."));
    }
    Ok(page(operator, None, None))
}

pub(super) async fn find(State(app): State<App>, operator: Operator, Fields(typed): Fields<Typed>) -> Shown {
    match app.person_of_receipt(&operator.0, &typed.receipt).await {
        Ok(person) => Ok(page(operator, None, Some(found(person, typed.receipt)))),
        Err(refusal) => refused(operator, refusal),
    }
}

pub(super) async fn freeze(State(app): State<App>, operator: Operator, Fields(typed): Fields<Typed>) -> Shown {
    let person = app.person_of_receipt(&operator.0, &typed.receipt).await?;
    let frozen = app.freeze(&operator.0, person.id).await?;
    Ok(page(
        operator,
        said("Frozen: no palm of theirs pays until they or you say so."),
        Some(found(frozen, typed.receipt)),
    ))
}

pub(super) async fn unfreeze(State(app): State<App>, operator: Operator, Fields(typed): Fields<Typed>) -> Shown {
    let person = app.person_of_receipt(&operator.0, &typed.receipt).await?;
    let active = app.unfreeze(&operator.0, person.id).await?;
    Ok(page(operator, said("Their palms pay again."), Some(found(active, typed.receipt))))
}

pub(super) async fn erase(State(app): State<App>, operator: Operator, Fields(typed): Fields<Typed>) -> Shown {
    if typed.sure != "yes" {
        return Err(Refusal::new(Code::InvalidField, "tick the box to delete everything"));
    }
    let person = app.person_of_receipt(&operator.0, &typed.receipt).await?;
    let erased = app.erase_subject(&operator.0, person.id).await?;
    let text = match erased.held_until {
        Some(until) => format!("Out of use. An order keeps the sealed records until {}.", words::when(&until)),
        None => "Everything of theirs is deleted. Receipts stay, linked to nobody.".to_owned(),
    };
    Ok(page(operator, Some(Done { text, bad: false }), None))
}

fn refused(operator: Operator, refusal: Refusal) -> Shown {
    if refusal.code == Code::Forbidden {
        return Err(refusal);
    }
    let text = match refusal.code {
        Code::NotFound => format!("{} Copy the whole link from the receipt.", refusal.detail),
        _ => refusal.detail,
    };
    let page = page(operator, Some(Done { text, bad: true }), None);
    Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
}

fn page(operator: Operator, done: Option<Done>, found: Option<Found>) -> Response {
    Page(HelpPage { here: operator.at("/console/help"), done, found }).into_response()
}

fn said(text: &str) -> Option<Done> {
    Some(Done { text: text.to_owned(), bad: false })
}

fn found(person: Subject, receipt: String) -> Found {
    Found {
        receipt,
        frozen: person.status == SubjectStatus::Frozen,
        palms: words::counted(person.references.len(), "palm"),
        cards: words::counted(person.payment_methods.len(), "card"),
        since: words::when(&person.created_at),
        name: person.display_name,
    }
}
