//! Whoever looks: their passkeys, and where they are signed in.

use super::{
    super::{
        Page, Shown,
        visitor::{Operator, Tab},
        ways::{self, NewPasskey, Ways},
        words,
    },
    Asked, Done,
};
use crate::{
    app::App,
    http::{cookies::As, json::Json, path::Id},
};
use askama::Template;
use axum::{
    extract::{Query, State},
    http::HeaderMap,
    response::{IntoResponse, Redirect},
};
use handsel_api::{PasskeyId, SessionId};

#[derive(Template)]
#[template(path = "console_you.html")]
struct YouPage {
    here: Tab,
    done: Option<Done>,
    /// `None` for whoever came by the operator's link.
    name: Option<String>,
    role: &'static str,
    may: &'static str,
    ways: Ways,
}

pub(super) async fn show(
    State(app): State<App>,
    operator: Operator,
    headers: HeaderMap,
    Query(asked): Query<Asked>,
) -> Shown {
    let done = match asked.done.as_str() {
        "passkey" => Some("The passkey is here."),
        "unpasskey" => Some("The passkey is removed. Your device may still list it; delete it there too."),
        "ended" => Some("That device is signed out."),
        _ => None,
    };
    let (role, may) = words::role(operator.0.role().unwrap_or(crate::app::Role::Auditor));
    let page = YouPage {
        here: operator.at("/console/you"),
        done: done.map(|text| Done { text: text.to_owned(), bad: false }),
        name: app.name_of(&operator.0).await?,
        role,
        may,
        ways: Ways::of(&app, &operator.0, &headers, As::Operator).await?,
    };
    Ok(Page(page).into_response())
}

pub(super) async fn begin(State(app): State<App>, operator: Operator) -> Shown {
    Ok(axum::Json(app.begin_passkey(&operator.0).await?).into_response())
}

pub(super) async fn add(State(app): State<App>, operator: Operator, Json(answer): Json<NewPasskey>) -> Shown {
    app.add_passkey(&operator.0, answer).await?;
    Ok(ways::go_on("/console/you?done=passkey"))
}

pub(super) async fn remove(State(app): State<App>, operator: Operator, Id(id): Id<PasskeyId>) -> Shown {
    app.remove_passkey(&operator.0, id).await?;
    Ok(Redirect::to("/console/you?done=unpasskey").into_response())
}

pub(super) async fn end(State(app): State<App>, operator: Operator, Id(id): Id<SessionId>) -> Shown {
    app.end_session(&operator.0, id).await?;
    Ok(Redirect::to("/console/you?done=ended").into_response())
}
