//! `/policy`: what this installation does with palms, for anybody to read.

use super::{Page, Shown, words};
use crate::{
    app::App,
    http::language::InLanguage,
    notice::{self, Words},
};
use askama::Template;
use axum::{extract::State, response::IntoResponse};
use handsel_api::consents::{Notice, Paragraph, Purpose};

#[derive(Template)]
#[template(path = "policy.html")]
struct PolicyPage {
    words: &'static Words,
    title: String,
    rules: Vec<Paragraph>,
    legal_holds: u64,
    enforced: Option<String>,
    notices: Vec<Notice>,
}

pub(super) async fn show(State(app): State<App>, InLanguage(language): InLanguage) -> Shown {
    let published = app.published_policy().await?;
    let told = notice::rules(language, &published.policy);
    let page = PolicyPage {
        words: notice::words(language),
        title: told.title,
        rules: told.paragraphs,
        legal_holds: published.legal_holds,
        enforced: published.enforced_at.as_deref().map(words::when),
        notices: Purpose::ALL.map(|purpose| app.notice(purpose, language)).into(),
    };
    Ok(Page(page).into_response())
}
