//! Requests of authorities: noted, decided, answered; and the moratorium.

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
    app::{Answer, App, Day, LegalRequest, NoteRequest, Refusal, RequestTexts, Ruling},
    http::path::Id,
};
use askama::Template;
use axum::{
    Json,
    extract::{Query, State},
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
};
use handsel_api::{
    LegalRequestId,
    transparency::{Part, RequestKind},
};
use serde::Deserialize;

#[derive(Template)]
#[template(path = "console_requests.html")]
struct RequestsPage {
    here: Tab,
    done: Option<Done>,
    rows: Vec<Row>,
    next: Option<String>,
    kinds: [(&'static str, &'static str); 4],
    /// A moratorium is in force and no end of it is announced.
    moratorium_open: bool,
    /// When the one in force ends.
    moratorium_ends: Option<String>,
}

struct Row {
    id: String,
    kind: &'static str,
    authority: String,
    reference: String,
    court: String,
    scope: String,
    subject: Option<String>,
    told: String,
    received: String,
    deadline: Option<String>,
    ruling: Option<String>,
    has_disclosure: bool,
    reason: Option<String>,
    decided: Option<String>,
    parts: [(&'static str, &'static str); 3],
}

/// What the form of a request sends.
#[derive(Deserialize)]
pub(super) struct Typed {
    kind: RequestKind,
    authority: String,
    reference: String,
    court: String,
    scope: String,
    subject: String,
    deadline: String,
    barred_until: String,
}

/// What the form of a decision sends.
#[derive(Deserialize)]
pub(super) struct Decided {
    decision: String,
    reason: String,
    membership: Option<String>,
    payments: Option<String>,
    cards: Option<String>,
}

pub(super) async fn show(State(app): State<App>, operator: Operator, Query(asked): Query<Asked>) -> Shown {
    let done = match asked.done.as_str() {
        "noted" => Some("The request is noted and counted."),
        "decided" => Some("The decision is noted."),
        "begun" => Some("The moratorium is in force, and public."),
        "announced" => Some("The end of the moratorium is announced. Until then it is in force."),
        _ => None,
    };
    let done = done.map(|text| Done { text: text.to_owned(), bad: false });
    page(&app, operator, asked.after.as_deref(), done).await
}

pub(super) async fn note(State(app): State<App>, operator: Operator, Fields(typed): Fields<Typed>) -> Shown {
    let (Ok(subject), Ok(deadline), Ok(barred_until)) =
        (optional(&typed.subject), optional::<Day>(&typed.deadline), optional::<Day>(&typed.barred_until))
    else {
        let text = "A subject begins with sub_ and is listed under Subjects; a day is written as 2027-12-31.";
        return refused(&app, operator, text.to_owned()).await;
    };
    let texts =
        RequestTexts { authority: typed.authority, reference: typed.reference, court: typed.court, scope: typed.scope };
    let note = NoteRequest { kind: typed.kind, subject, texts, deadline, barred_until };
    after(&app, operator, app.note_request(&operator.0, note).await.map(drop), "noted").await
}

pub(super) async fn decide(
    State(app): State<App>,
    operator: Operator,
    Id(id): Id<LegalRequestId>,
    Fields(decided): Fields<Decided>,
) -> Shown {
    let given =
        [(Part::Membership, decided.membership), (Part::Payments, decided.payments), (Part::Cards, decided.cards)];
    let ruling = match decided.decision.as_str() {
        "refused" => Ruling::Refused,
        "nothing_held" => Ruling::NothingHeld,
        "answered" => Ruling::Answered(given.into_iter().filter_map(|(part, yes)| yes.map(|_| part)).collect()),
        _ => return refused(&app, operator, "Choose a decision.".to_owned()).await,
    };
    after(&app, operator, app.decide_request(&operator.0, id, &ruling, &decided.reason).await, "decided").await
}

pub(super) async fn disclosure(State(app): State<App>, operator: Operator, Id(id): Id<LegalRequestId>) -> Shown {
    Ok(Json(app.disclosure(&operator.0, id).await?).into_response())
}

pub(super) async fn begin_moratorium(State(app): State<App>, operator: Operator) -> Shown {
    after(&app, operator, app.begin_moratorium(&operator.0).await, "begun").await
}

pub(super) async fn end_moratorium(State(app): State<App>, operator: Operator) -> Shown {
    after(&app, operator, app.end_moratorium(&operator.0).await, "announced").await
}

async fn after(app: &App, operator: Operator, answer: Answer<()>, done: &str) -> Shown {
    match answer {
        Ok(()) => Ok(Redirect::to(&format!("/console/requests?done={done}")).into_response()),
        Err(refusal) => refused(app, operator, said(&refusal)).await,
    }
}

async fn refused(app: &App, operator: Operator, text: String) -> Shown {
    let page = page(app, operator, None, Some(Done { text, bad: true })).await?;
    Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
}

async fn page(app: &App, operator: Operator, after: Option<&str>, done: Option<Done>) -> Answer<Response> {
    let after = after.and_then(|id| id.parse().ok());
    let list = app.list_requests(&operator.0, ROWS, after).await?;
    let moratoria = app.moratoria_now().await?;
    let in_force = moratoria.iter().find(|one| one.in_force);
    let page = RequestsPage {
        here: operator.at("/console/requests"),
        done,
        rows: list.data.into_iter().map(row).collect(),
        next: list.next,
        kinds: RequestKind::ALL.map(|kind| (kind.word(), words::request_kind(kind))),
        moratorium_open: in_force.is_some_and(|one| one.ends_at.is_none()),
        moratorium_ends: in_force.and_then(|one| one.ends_at.as_deref()).map(words::when),
    };
    Ok(Page(page).into_response())
}

fn row(request: LegalRequest) -> Row {
    let told_from = words::when(&request.told_from);
    let texts = request.texts.unwrap_or_else(|| RequestTexts {
        authority: "What was written went with whom it concerned".to_owned(),
        reference: String::new(),
        court: String::new(),
        scope: String::new(),
    });
    Row {
        id: request.id.to_string(),
        kind: words::request_kind(request.kind),
        authority: texts.authority,
        reference: texts.reference,
        court: texts.court,
        scope: texts.scope,
        subject: request.subject.map(|id| id.to_string()),
        told: if request.told {
            "They see it in their wallet".to_owned()
        } else {
            format!("An order keeps it from them until {told_from}")
        },
        received: words::when(&request.received_at),
        deadline: request.deadline.as_deref().map(words::when),
        has_disclosure: matches!(request.ruling, Some(Ruling::Answered(_))) && request.subject.is_some(),
        ruling: request.ruling.as_ref().map(words::ruling),
        reason: request.reason.map(|reason| reason.to_string()),
        decided: request.decided_at.as_deref().map(words::when),
        parts: Part::ALL.map(|part| (field(part), words::part(part))),
    }
}

fn field(part: Part) -> &'static str {
    match part {
        Part::Membership => "membership",
        Part::Payments => "payments",
        Part::Cards => "cards",
    }
}

/// What an empty field leaves out.
fn optional<T: std::str::FromStr>(text: &str) -> Result<Option<T>, T::Err> {
    let text = text.trim();
    if text.is_empty() { Ok(None) } else { text.parse().map(Some) }
}

fn said(refusal: &Refusal) -> String {
    format!("{}: {}", refusal.code.title(), refusal.detail)
}
