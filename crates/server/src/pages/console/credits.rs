//! Promotions: made, ended, printed as vouchers; and a subject's credits taken back.

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
    app::{Answer, App, Refusal, RequestKey},
    http::path::Id,
};
use askama::Template;
use axum::{
    extract::{Query, State},
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
};
use handsel_api::{
    PromotionId, SubjectId,
    credits::{CreatePromotion, CreateVouchers, Promotion, Vouchers},
};
use handsel_ledger::Currency;
use serde::Deserialize;

#[derive(Template)]
#[template(path = "console_credits.html")]
struct CreditsPage {
    here: Tab,
    done: Option<Done>,
    rows: Vec<Row>,
    next: Option<String>,
    currencies: Vec<&'static str>,
    /// Codes that were just made.
    vouchers: Option<Printed>,
}

struct Row {
    id: String,
    name: String,
    amount: String,
    lasts: String,
    time: String,
    given: u64,
    running: bool,
}

struct Printed {
    worth: String,
    until: String,
    codes: Vec<String>,
}

/// What the form that makes one sends.
#[derive(Deserialize)]
pub(super) struct Making {
    name: String,
    amount: String,
    currency: String,
    days: u32,
    /// The last day, UTC; may be empty.
    #[serde(default)]
    last_day: String,
}

/// What the form that makes vouchers sends.
#[derive(Deserialize)]
pub(super) struct Printing {
    count: u32,
}

/// Whose credits are taken back.
#[derive(Deserialize)]
pub(super) struct Taking {
    subject: String,
}

pub(super) async fn show(State(app): State<App>, operator: Operator, Query(asked): Query<Asked>) -> Shown {
    let done = match asked.done.as_str() {
        "made" => Some("The promotion runs."),
        "ended" => Some("The promotion is ended. What was given stays."),
        "taken" => Some("What was left is taken back."),
        _ => None,
    };
    page(&app, operator, asked.after.as_deref(), done.map(|text| Done { text: text.to_owned(), bad: false }), None)
        .await
}

pub(super) async fn make(State(app): State<App>, operator: Operator, Fields(typed): Fields<Making>) -> Shown {
    let Some(amount_minor) = words::read_money(&typed.amount, &typed.currency) else {
        return refused(&app, operator, "An amount like 10.00.".to_owned()).await;
    };
    let last_day = typed.last_day.trim();
    let until = (!last_day.is_empty()).then(|| format!("{last_day}T23:59:59Z"));
    let create = CreatePromotion {
        name: typed.name,
        amount_minor,
        currency: typed.currency,
        from: None,
        until,
        days: typed.days,
    };
    match app.create_promotion(&operator.0, create).await {
        Ok(_) => Ok(Redirect::to("/console/credits?done=made").into_response()),
        Err(refusal) => refused(&app, operator, said(&refusal)).await,
    }
}

pub(super) async fn end(State(app): State<App>, operator: Operator, Id(id): Id<PromotionId>) -> Shown {
    app.end_promotion(&operator.0, id).await?;
    Ok(Redirect::to("/console/credits?done=ended").into_response())
}

/// Makes codes and shows them, once.
pub(super) async fn print(
    State(app): State<App>,
    operator: Operator,
    Id(id): Id<PromotionId>,
    Fields(typed): Fields<Printing>,
) -> Shown {
    let create = CreateVouchers { count: typed.count };
    match app.create_vouchers(&operator.0, &RequestKey::unique(), id, create).await {
        Ok(made) => page(&app, operator, None, None, Some(printed(made))).await,
        Err(refusal) => refused(&app, operator, said(&refusal)).await,
    }
}

pub(super) async fn take_back(State(app): State<App>, operator: Operator, Fields(typed): Fields<Taking>) -> Shown {
    let Ok(subject) = typed.subject.trim().parse::<SubjectId>() else {
        return refused(&app, operator, "A subject’s number begins with sub_ and stands under Subjects.".to_owned())
            .await;
    };
    match app.take_back_credits(&operator.0, subject).await {
        Ok(_) => Ok(Redirect::to("/console/credits?done=taken").into_response()),
        Err(refusal) => refused(&app, operator, said(&refusal)).await,
    }
}

async fn refused(app: &App, operator: Operator, text: String) -> Shown {
    let page = page(app, operator, None, Some(Done { text, bad: true }), None).await?;
    Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
}

async fn page(
    app: &App,
    operator: Operator,
    after: Option<&str>,
    done: Option<Done>,
    vouchers: Option<Printed>,
) -> Answer<Response> {
    let after = after.and_then(|id| id.parse().ok());
    let list = app.list_promotions(&operator.0, ROWS, after).await?;
    let running: Vec<PromotionId> = app.running_promotions().await?.into_iter().map(|one| one.id).collect();
    let rows = list.data.into_iter().map(|one| row(&running, one)).collect();
    let currencies = Currency::all().map(Currency::code).collect();
    let page = CreditsPage { here: operator.at("/console/credits"), done, rows, next: list.next, currencies, vouchers };
    Ok(Page(page).into_response())
}

fn row(running: &[PromotionId], promotion: Promotion) -> Row {
    let from = words::when(&promotion.from);
    let time = match (&promotion.ended_at, &promotion.until) {
        (Some(ended), _) => format!("from {from}, ended {}", words::when(ended)),
        (None, Some(until)) => format!("from {from} until {}", words::when(until)),
        (None, None) => format!("since {from}"),
    };
    Row {
        id: promotion.id.to_string(),
        amount: words::money(promotion.amount_minor, &promotion.currency),
        lasts: words::counted(promotion.days as usize, "day"),
        given: promotion.given_count,
        running: running.contains(&promotion.id),
        name: promotion.name,
        time,
    }
}

fn printed(made: Vouchers) -> Printed {
    Printed {
        worth: words::money(made.amount_minor, &made.currency),
        until: words::when(&made.expires_at),
        codes: made.codes,
    }
}

fn said(refusal: &Refusal) -> String {
    format!("{}: {}", refusal.code.title(), refusal.detail)
}
