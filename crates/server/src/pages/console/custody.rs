//! Under which keys palms are kept, and two buttons: revoke the epoch, rotate the key-encryption key.

use super::{
    super::{
        Page, Shown,
        visitor::{Operator, Tab},
        words,
    },
    Asked, Done,
};
use crate::app::{Answer, App, Refusal};
use askama::Template;
use axum::{
    extract::{Query, State},
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
};
use handsel_api::custody::{Custody, Epoch, EpochStatus};

#[derive(Template)]
#[template(path = "console_custody.html")]
struct CustodyPage {
    here: Tab,
    done: Option<Done>,
    rows: Vec<Row>,
    to_rekey: Option<String>,
    keys: Vec<Key>,
}

struct Row {
    number: i64,
    status: &'static str,
    tone: &'static str,
    templates: u64,
    began: String,
    ended: String,
}

struct Key {
    number: i64,
    wraps: u64,
    newest: bool,
}

pub(super) async fn show(State(app): State<App>, operator: Operator, Query(asked): Query<Asked>) -> Shown {
    let said = match asked.done.as_str() {
        "revoked" => Some("A new epoch has begun. Palms are re-keyed while everything goes on."),
        "rotated" => {
            Some("A new key-encryption key is made. Everything is wrapped by it now. Back the keys folder up.")
        }
        _ => None,
    };
    page(&app, operator, said.map(|text| Done { text: text.to_owned(), bad: false })).await
}

pub(super) async fn revoke(State(app): State<App>, operator: Operator) -> Shown {
    let revoked = app.revoke_epoch(&operator.0).await;
    answered(&app, operator, revoked, "/console/custody?done=revoked").await
}

pub(super) async fn rotate(State(app): State<App>, operator: Operator) -> Shown {
    let rotated = app.rotate_keys(&operator.0).await;
    answered(&app, operator, rotated, "/console/custody?done=rotated").await
}

async fn answered(app: &App, operator: Operator, done: Answer<Custody>, next: &str) -> Shown {
    match done {
        Ok(_) => Ok(Redirect::to(next).into_response()),
        Err(Refusal { code, detail, .. }) => {
            let done = Some(Done { text: format!("{}: {detail}", code.title()), bad: true });
            Ok((StatusCode::CONFLICT, page(app, operator, done).await?).into_response())
        }
    }
}

async fn page(app: &App, operator: Operator, done: Option<Done>) -> Answer<Response> {
    let custody = app.custody(&operator.0).await?;
    let newest = custody.newest_wrapping_key;
    let to_rekey = usize::try_from(custody.templates_to_rekey).unwrap_or(usize::MAX);
    let page = CustodyPage {
        here: operator.at("/console/custody"),
        done,
        rows: custody.epochs.iter().map(row).collect(),
        to_rekey: (to_rekey > 0).then(|| words::counted(to_rekey, "template")),
        keys: custody
            .wrapping_keys
            .iter()
            .map(|key| Key { number: key.number, wraps: key.wraps, newest: key.number == newest })
            .collect(),
    };
    Ok(Page(page).into_response())
}

fn row(epoch: &Epoch) -> Row {
    let (status, tone) = match epoch.status {
        EpochStatus::Current => ("Current", "full"),
        EpochStatus::Retiring => ("Retiring", ""),
        EpochStatus::Revoked => ("Key destroyed", "off"),
    };
    Row {
        number: epoch.number,
        status,
        tone,
        templates: epoch.templates,
        began: words::when(&epoch.began_at),
        ended: epoch.ended_at.as_deref().map(words::when).unwrap_or_default(),
    }
}
