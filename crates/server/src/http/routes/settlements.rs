//! A merchant's books: a day's settlement, and sales and refunds as CSV.

use super::Shown;
use crate::{
    app::{Answer, App, Caller, Day, DayRange, Export, Refusal},
    http::path::{Id, Ids},
};
use axum::{
    body::{Body, Bytes},
    extract::{RawQuery, State},
    http::{HeaderValue, header},
    response::{IntoResponse, Response},
};
use futures_util::stream;
use handsel_api::{Code, MerchantId, settlements::Settlement};
use std::io;

/// Show a merchant's settlement of a day
///
/// What was captured, refunded and taken back on a day of UTC, and what the ledger's transfers say of the same day. Both
/// are read at one moment; `reconciled` says whether they agree, and `differences` where they do not.
#[utoipa::path(
    get, path = "/v1/merchants/{id}/settlements/{day}", operation_id = "show_settlement", tag = "settlements",
    security(("operator" = []), ("key" = [])),
    params(
        ("id" = MerchantId, Path, description = "The merchant"),
        ("day" = String, Path, description = "A day of UTC, `YYYY-MM-DD`"),
    ),
    responses((status = 200, body = Settlement), (status = 404, description = "`not_found`")),
)]
pub async fn show(
    State(app): State<App>,
    caller: Caller,
    Ids(merchant, day): Ids<MerchantId, Day>,
) -> Shown<Settlement> {
    app.settlement(&caller, merchant, day).await.map(axum::Json)
}

/// From which day to which, as the API's description words it.
#[derive(utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "only describes")]
pub struct RangeParams {
    /// The first day of UTC, `YYYY-MM-DD`.
    #[param(example = "2026-11-01")]
    from: String,
    /// The last day, included.
    #[param(example = "2026-11-30")]
    to: String,
}

/// Export a merchant's sales and refunds as CSV
///
/// RFC 4180 with a header, in UTF-8: a row per sale, then a row per refund, each oldest first. Amounts are positive. A text that
/// a table program would take for a formula has an apostrophe in front.
#[utoipa::path(
    get, path = "/v1/merchants/{id}/payments.csv", operation_id = "export_payments", tag = "settlements",
    security(("operator" = []), ("key" = [])),
    params(("id" = MerchantId, Path, description = "The merchant"), RangeParams),
    responses(
        (status = 200, content_type = "text/csv", body = String),
        (status = 404, description = "`not_found`"),
        (status = 422, description = "`invalid_field`"),
    ),
)]
pub async fn export(
    State(app): State<App>,
    caller: Caller,
    Id(merchant): Id<MerchantId>,
    RawQuery(query): RawQuery,
) -> Answer<Response> {
    let range = range(query.as_deref().unwrap_or_default())?;
    Ok(csv(app.export(&caller, merchant, range).await?))
}

/// The export as it is made. Where the store fails on the way, the connection breaks, so that nobody takes a part for the whole.
pub fn csv(export: Export) -> Response {
    let name = HeaderValue::from_str(&format!("attachment; filename=\"{}\"", export.file_name()));
    let parts = stream::try_unfold(export, async |mut export| match export.next().await {
        Ok(part) => Ok(part.map(|part| (Bytes::from(part), export))),
        Err(refusal) => {
            tracing::error!(code = refusal.code.name(), "an export broke off");
            Err(io::Error::other("the export broke off"))
        }
    });
    let mut response = Body::from_stream(parts).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/csv; charset=utf-8; header=present"));
    if let Ok(name) = name {
        headers.insert(header::CONTENT_DISPOSITION, name);
    }
    response
}

fn range(query: &str) -> Answer<DayRange> {
    let (mut from, mut to) = (None, None);
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        match pair.split_once('=').unwrap_or((pair, "")) {
            ("from", text) => from = Some(day("from", text)?),
            ("to", text) => to = Some(day("to", text)?),
            _ => return Err(Refusal::new(Code::UnknownField, "an export takes `from` and `to` only")),
        }
    }
    let missing = |field| Refusal::field(Code::InvalidField, field, "a day of UTC, YYYY-MM-DD");
    DayRange::new(from.ok_or_else(|| missing("from"))?, to.ok_or_else(|| missing("to"))?)
}

fn day(field: &'static str, text: &str) -> Answer<Day> {
    text.parse().map_err(|_| Refusal::field(Code::InvalidField, field, "a day of UTC, YYYY-MM-DD"))
}
