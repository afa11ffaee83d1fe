//! Who has enrolled: no names, nothing biometric.

use super::{
    super::{
        Page, Shown,
        visitor::{Operator, Tab},
        words,
    },
    Asked, Done, ROWS,
};
use crate::app::{App, SubjectRow};
use askama::Template;
use axum::{
    extract::{Query, State},
    response::IntoResponse,
};
use handsel_api::subjects::SubjectStatus;

#[derive(Template)]
#[template(path = "console_subjects.html")]
struct SubjectsPage {
    here: Tab,
    done: Option<Done>,
    rows: Vec<Row>,
    next: Option<String>,
}

struct Row {
    id: String,
    frozen: bool,
    palms: u32,
    created: String,
    used: String,
}

pub(super) async fn show(State(app): State<App>, operator: Operator, Query(asked): Query<Asked>) -> Shown {
    let after = asked.after.as_deref().and_then(|id| id.parse().ok());
    let list = app.list_subjects(&operator.0, ROWS, after).await?;
    let rows = list.data.iter().map(row).collect();
    Ok(Page(SubjectsPage { here: operator.at("/console/subjects"), done: None, rows, next: list.next }).into_response())
}

fn row(subject: &SubjectRow) -> Row {
    Row {
        id: subject.id.to_string(),
        frozen: subject.status == SubjectStatus::Frozen,
        palms: subject.palms,
        created: words::when(&subject.created_at),
        used: subject.last_used_at.as_deref().map_or_else(|| "Never".to_owned(), words::when),
    }
}
