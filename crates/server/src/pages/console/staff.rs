//! Who works here: invited by a link, given another role, removed.

use super::{
    super::{
        Page, Shown,
        form::Fields,
        sign_in::ROLES,
        visitor::{Operator, Tab},
        words,
    },
    Asked, Done,
};
use crate::{
    app::{Answer, App, Refusal, Role, ShownStaff},
    http::{here::Here, path::Id},
};
use askama::Template;
use axum::{
    extract::{Query, State},
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
};
use handsel_api::StaffId;
use serde::Deserialize;

#[derive(Template)]
#[template(path = "console_staff.html")]
struct StaffPage {
    here: Tab,
    done: Option<Done>,
    rows: Vec<Row>,
    roles: Vec<Choice>,
    /// Shown once.
    link: Option<Link>,
}

struct Row {
    id: String,
    name: String,
    role: &'static str,
    since: String,
    roles: Vec<Choice>,
}

struct Choice {
    word: &'static str,
    name: &'static str,
    may: &'static str,
    chosen: bool,
}

struct Link {
    url: String,
    role: &'static str,
}

/// Which role a form names.
#[derive(Deserialize)]
pub(super) struct Chosen {
    role: Role,
}

pub(super) async fn show(State(app): State<App>, operator: Operator, Query(asked): Query<Asked>) -> Shown {
    let done = match asked.done.as_str() {
        "role" => Some("The role is changed, at once and everywhere."),
        "removed" => Some("Removed, and signed out everywhere."),
        _ => None,
    };
    page(&app, operator, done.map(|text| Done { text: text.to_owned(), bad: false }), None).await
}

pub(super) async fn invite(
    State(app): State<App>,
    operator: Operator,
    here: Here,
    Fields(typed): Fields<Chosen>,
) -> Shown {
    let token = app.invite(&operator.0, typed.role).await?;
    let link = Link { url: format!("{}/join/{token}", here.0), role: words::role(typed.role).0 };
    page(&app, operator, None, Some(link)).await
}

/// A new link for somebody who lost their device.
pub(super) async fn link(State(app): State<App>, operator: Operator, here: Here, Id(id): Id<StaffId>) -> Shown {
    let token = app.invite_again(&operator.0, id).await?;
    let link = Link { url: format!("{}/join/{token}", here.0), role: "Somebody who comes back" };
    page(&app, operator, None, Some(link)).await
}

pub(super) async fn set_role(
    State(app): State<App>,
    operator: Operator,
    Id(id): Id<StaffId>,
    Fields(typed): Fields<Chosen>,
) -> Shown {
    answered(&app, operator, app.set_role(&operator.0, id, typed.role).await, "/console/staff?done=role").await
}

pub(super) async fn remove(State(app): State<App>, operator: Operator, Id(id): Id<StaffId>) -> Shown {
    answered(&app, operator, app.remove_staff(&operator.0, id).await, "/console/staff?done=removed").await
}

async fn answered(app: &App, operator: Operator, done: Answer<()>, next: &str) -> Shown {
    match done {
        Ok(()) => Ok(Redirect::to(next).into_response()),
        Err(Refusal { code, detail, .. }) if code.status() == 422 => {
            let page = page(app, operator, Some(Done { text: detail, bad: true }), None).await?;
            Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
        }
        Err(refusal) => Err(refusal),
    }
}

async fn page(app: &App, operator: Operator, done: Option<Done>, link: Option<Link>) -> Answer<Response> {
    let rows = app.list_staff(&operator.0).await?.into_iter().map(row).collect();
    let page = StaffPage { here: operator.at("/console/staff"), done, rows, roles: choices(Role::Owner), link };
    Ok(Page(page).into_response())
}

fn row(one: ShownStaff) -> Row {
    Row {
        id: one.id.to_string(),
        name: one.name,
        role: words::role(one.role).0,
        since: words::when(&one.since),
        roles: choices(one.role),
    }
}

fn choices(chosen: Role) -> Vec<Choice> {
    let choice = |(word, role)| {
        let (name, may) = words::role(role);
        Choice { word, name, may, chosen: role == chosen }
    };
    ROLES.into_iter().map(choice).collect()
}
