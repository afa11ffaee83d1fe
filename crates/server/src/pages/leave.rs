//! `/leave/{link}`: a page that asks once and erases; and `/erasures/{id}`, the receipt of it.

use super::{Page, Shown, message::Message, words};
use crate::{
    app::{App, Refusal},
    http::path::Id,
    pages::form::Fields,
};
use askama::Template;
use axum::{
    Json,
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Redirect},
};
use handsel_api::{Code, erasure::ErasureReceipt};
use serde::Deserialize;

#[derive(Template)]
#[template(path = "leave.html")]
struct LeavePage {
    link: String,
}

#[derive(Template)]
#[template(path = "erasure.html")]
struct ErasurePage {
    receipt: ErasureReceipt,
    asked: String,
    erased: Option<String>,
    held_until: Option<String>,
    palms: String,
    payments: String,
}

/// Whether they said that they mean it.
#[derive(Deserialize)]
pub(super) struct Sure {
    #[serde(default)]
    sure: String,
}

pub(super) async fn ask(State(app): State<App>, Id(link): Id<String>) -> Shown {
    if !app.leads_to_somebody(&link).await? {
        let gone = Message {
            title: "Nobody is here by this link",
            lines: &["Everything was deleted already, or the link was not copied whole."],
            code: None,
            links: &[("/", "To the first page")],
            refresh: None,
        };
        return Ok((StatusCode::NOT_FOUND, gone.page()).into_response());
    }
    Ok(Page(LeavePage { link }).into_response())
}

pub(super) async fn erase(State(app): State<App>, Id(link): Id<String>, Fields(Sure { sure }): Fields<Sure>) -> Shown {
    if sure != "yes" {
        return Err(Refusal::new(Code::InvalidField, "tick the box to delete everything"));
    }
    let erased = app.erase_by_link(&link).await?;
    Ok(Redirect::to(&format!("/erasures/{}", erased.receipt.id)).into_response())
}

/// The receipt as a page, and with `.json` as what is verified.
pub(super) async fn receipt(State(app): State<App>, Id(file): Id<String>) -> Shown {
    if let Some(id) = file.strip_suffix(".json") {
        return Ok(Json(app.erasure_receipt(id).await?).into_response());
    }
    let receipt = app.erasure_receipt(&file).await?;
    let page = ErasurePage {
        asked: words::when(&receipt.asked_at),
        erased: receipt.erased_at.as_deref().map(words::when),
        held_until: receipt.held_until.as_deref().map(words::when),
        palms: words::counted(receipt.references as usize, "palm"),
        payments: words::counted(receipt.unlinked_payments as usize, "receipt"),
        receipt,
    };
    Ok(Page(page).into_response())
}
