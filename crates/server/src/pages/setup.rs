//! `/setup`: a store, its first site and its till's key, in one form.

use super::{Page, Shown, form::Fields, visitor::Operator};
use crate::app::{App, Refusal};
use askama::Template;
use axum::{
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use handsel_api::{
    keys::{CreateKey, NewKey},
    merchants::{CreateMerchant, CreateSite},
};
use serde::Deserialize;

/// What the form offers: code and words. The domain knows more; these are asked for most.
const CURRENCIES: [(&str, &str); 10] = [
    ("EUR", "euro"),
    ("GBP", "pound sterling"),
    ("USD", "US dollar"),
    ("CHF", "Swiss franc"),
    ("SEK", "Swedish krona"),
    ("NOK", "Norwegian krone"),
    ("DKK", "Danish krone"),
    ("PLN", "Polish złoty"),
    ("JPY", "yen"),
    ("AUD", "Australian dollar"),
];

/// What was typed.
#[derive(Default, Deserialize)]
pub(super) struct Typed {
    name: String,
    currency: String,
    site: String,
}

#[derive(Template)]
#[template(path = "setup.html")]
struct SetupPage {
    form: Typed,
    currencies: &'static [(&'static str, &'static str)],
    wrong: Option<String>,
}

/// The key, shown once.
#[derive(Template)]
#[template(path = "setup_done.html")]
pub(super) struct KeyPage {
    merchant: String,
    key: String,
    site: Option<String>,
}

pub(super) async fn show(_: Operator) -> impl IntoResponse {
    form(Typed::default(), None)
}

pub(super) async fn make(State(app): State<App>, operator: Operator, Fields(typed): Fields<Typed>) -> Shown {
    // The site's name is looked at first: a store without a site would be left behind otherwise.
    if typed.site.trim().is_empty() {
        return Ok(refused(typed, "Name the first site.".to_owned()));
    }
    let create = CreateMerchant { name: typed.name.trim().to_owned(), currency: typed.currency.clone() };
    let merchant = match app.create_merchant(&operator.0, create).await {
        Ok(merchant) => merchant,
        Err(Refusal { detail, .. }) => return Ok(refused(typed, detail)),
    };
    let site = CreateSite { merchant: merchant.id, name: typed.site.trim().to_owned() };
    let site = app.create_site(&operator.0, site).await?;
    let key = app.create_key(&operator.0, merchant.id, CreateKey::default()).await?;
    Ok(key_page(merchant.name, key, Some(site.id.to_string())))
}

/// The page that shows a key once, and the way on.
pub(super) fn key_page(merchant: String, key: NewKey, site: Option<String>) -> Response {
    Page(KeyPage { merchant, key: key.key, site }).into_response()
}

fn refused(typed: Typed, wrong: String) -> Response {
    (StatusCode::UNPROCESSABLE_ENTITY, form(typed, Some(wrong))).into_response()
}

fn form(form: Typed, wrong: Option<String>) -> Page<SetupPage> {
    Page(SetupPage { form, currencies: &CURRENCIES, wrong })
}
