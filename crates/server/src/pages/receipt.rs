//! `/receipts/{secret}`: a till slip for whoever holds it, as a page, as text, as JSON and as a PDF; and "this wasn't me".

pub(in crate::pages) mod pdf;
mod shape;
pub(in crate::pages) mod slip;
#[cfg(test)]
mod tests;
mod text;

use super::{Page, Shown};
use crate::{
    app::{App, Refusal},
    http::path::Id,
};
use askama::Template;
use axum::{
    Json,
    extract::{RawQuery, State},
    http::{HeaderValue, header},
    response::{IntoResponse, Redirect, Response},
};
use handsel_api::{Code, receipts::Receipt};
use slip::{On, Slip};
use text::Columns;

#[derive(Template)]
#[template(path = "receipt.html")]
pub(super) struct ReceiptPage {
    slip: Slip,
    receipt: Receipt,
    secret: String,
}

/// The forms of a receipt, by the end of its address.
enum Form {
    Page,
    Text,
    Json,
    Pdf,
}

pub(super) async fn show(State(app): State<App>, Id(file): Id<String>, RawQuery(query): RawQuery) -> Shown {
    let (secret, form) = match file.rsplit_once('.') {
        None => (file.as_str(), Form::Page),
        Some((secret, "txt")) => (secret, Form::Text),
        Some((secret, "json")) => (secret, Form::Json),
        Some((secret, "pdf")) => (secret, Form::Pdf),
        Some(_) => return Err(Refusal::new(Code::NotFound, "A receipt is a page, .txt, .json or .pdf.")),
    };
    let columns = columns(query.as_deref().unwrap_or_default())?;
    let receipt = app.receipt(secret).await?;
    match form {
        Form::Page => Ok(Page(page(receipt, secret.to_owned())).into_response()),
        Form::Json => Ok(Json(receipt).into_response()),
        Form::Text => Ok(file_of(&receipt, "txt", "text/plain; charset=utf-8", text::write(&receipt, columns))),
        Form::Pdf => {
            // Milliseconds of shaping and packing, so not on a thread that answers others.
            let drawn = tokio::task::spawn_blocking(move || pdf::write(&receipt).map(|bytes| (receipt, bytes))).await;
            let (receipt, bytes) = drawn.map_err(|_| Refusal::internal("a receipt's PDF broke off"))??;
            Ok(file_of(&receipt, "pdf", "application/pdf", bytes))
        }
    }
}

pub(super) async fn dispute(State(app): State<App>, Id(secret): Id<String>) -> Shown {
    app.dispute(&secret).await?;
    Ok(Redirect::to(&format!("/receipts/{secret}")).into_response())
}

pub(super) fn page(receipt: Receipt, secret: String) -> ReceiptPage {
    ReceiptPage { slip: Slip::of(&receipt, On::Screen), receipt, secret }
}

/// A file that a browser shows, and saves under the payment's name: the address is a secret.
fn file_of(receipt: &Receipt, ending: &str, media_type: &'static str, body: impl IntoResponse) -> Response {
    let mut response = body.into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type));
    // An id is letters, digits and a line, so this is always a header.
    if let Ok(name) = HeaderValue::from_str(&format!("inline; filename=\"receipt-{}.{ending}\"", receipt.payment)) {
        headers.insert(header::CONTENT_DISPOSITION, name);
    }
    response
}

/// `?columns=32` or `?columns=42`; without it 42.
fn columns(query: &str) -> Result<Columns, Refusal> {
    let mut columns = Columns::C42;
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        columns = match pair {
            "columns=32" => Columns::C32,
            "columns=42" => Columns::C42,
            other if other.starts_with("columns=") => {
                return Err(Refusal::field(Code::InvalidField, "columns", "32 or 42."));
            }
            _ => return Err(Refusal::new(Code::UnknownField, "A receipt takes `columns` only.")),
        };
    }
    Ok(columns)
}
