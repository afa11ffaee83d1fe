//! Scanners, and what they are asked to do.

use super::{Made, Shown, made};
use crate::{
    app::{Answer, App, Caller, Refusal},
    http::{
        json::{Json, Nothing},
        list::{List, ListParams},
        path::{Id, Ids},
    },
};
use axum::{
    extract::{FromRequestParts, State},
    http::{StatusCode, request::Parts},
    response::{IntoResponse, Response},
};
use handsel_api::{
    Code, ScannerActionId, ScannerId,
    id::NotAnId,
    merchants::Page,
    scanners::{CreateScanner, CreateScannerAction, Scanner, ScannerAction},
};
use std::time::Duration;

/// The longest a screen may wait, in seconds: before proxies lose patience.
const LONGEST_WAIT_S: u64 = 25;

/// Make a scanner at a site
///
/// Open its `kiosk_path` on the device, by a browser that is the site's kiosk.
#[utoipa::path(
    post, path = "/v1/scanners", operation_id = "create_scanner", tag = "scanners",
    security(("operator" = []), ("key" = [])),
    request_body = CreateScanner,
    responses(
        (status = 201, body = Scanner),
        (status = 404, description = "`not_found`"),
        (status = 422, description = "`invalid_field`"),
    ),
)]
pub async fn create(State(app): State<App>, caller: Caller, Json(request): Json<CreateScanner>) -> Made<Scanner> {
    app.create_scanner(&caller, request).await.map(made)
}

/// List scanners, newest first
///
/// An operator sees all, a till its merchant's.
#[utoipa::path(
    get, path = "/v1/scanners", operation_id = "list_scanners", tag = "scanners",
    security(("operator" = []), ("key" = [])),
    params(ListParams),
    responses((status = 200, body = Page<Scanner>), (status = 422, description = "`invalid_field`")),
)]
pub async fn list(State(app): State<App>, caller: Caller, list: List<ScannerId>) -> Shown<Page<Scanner>> {
    app.list_scanners(&caller, list.limit, list.after).await.map(axum::Json)
}

/// Ask a scanner to collect a payment
///
/// One thing at a time; asked for the same payment again, it goes on with it. It shows the payment for five minutes; what became of it
/// is an event, `scanner.action_updated`, and can be read.
#[utoipa::path(
    post, path = "/v1/scanners/{id}/actions", operation_id = "create_scanner_action", tag = "scanners",
    security(("operator" = []), ("key" = []), ("kiosk" = [])),
    params(("id" = ScannerId, Path, description = "The scanner")),
    request_body = CreateScannerAction,
    responses(
        (status = 202, description = "The scanner shows it", body = ScannerAction),
        (status = 404, description = "`not_found`"),
        (status = 409, description = "`scanner_busy`, `wrong_state`"),
        (status = 422, description = "`invalid_field`"),
    ),
)]
pub async fn start(
    State(app): State<App>,
    caller: Caller,
    Id(scanner): Id<ScannerId>,
    Json(request): Json<CreateScannerAction>,
) -> Answer<(StatusCode, axum::Json<ScannerAction>)> {
    let action = app.start_action(&caller, scanner, request).await?;
    Ok((StatusCode::ACCEPTED, axum::Json(action)))
}

/// How a screen waits for its next action.
#[derive(utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "only describes")]
struct WaitParams {
    /// How long to wait for another action than the one that is known, in seconds.
    #[param(minimum = 0, maximum = 25, default = 0)]
    wait_s: Option<u64>,
    /// The action that is known; none when left out.
    known: Option<ScannerActionId>,
}

/// What a screen knows, and how long it waits.
pub struct Waiting {
    wait: Duration,
    known: Option<ScannerActionId>,
}

impl<S: Send + Sync> FromRequestParts<S> for Waiting {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Waiting, Refusal> {
        let mut waiting = Waiting { wait: Duration::ZERO, known: None };
        for pair in parts.uri.query().unwrap_or_default().split('&').filter(|pair| !pair.is_empty()) {
            match pair.split_once('=').unwrap_or((pair, "")) {
                ("wait_s", text) => {
                    let wait_s = text.parse().ok().filter(|wait_s| *wait_s <= LONGEST_WAIT_S);
                    let refuse = || {
                        let detail = format!("Whole seconds, at most {LONGEST_WAIT_S}.");
                        Refusal::field(Code::InvalidField, "wait_s", detail)
                    };
                    waiting.wait = Duration::from_secs(wait_s.ok_or_else(refuse)?);
                }
                ("known", text) => {
                    let refuse = |why: NotAnId| Refusal::field(Code::InvalidField, "known", why.to_string());
                    waiting.known = Some(text.parse().map_err(refuse)?);
                }
                _ => return Err(Refusal::new(Code::UnknownField, "this takes `wait_s` and `known` only")),
            }
        }
        Ok(waiting)
    }
}

/// Show what a scanner is to do now
///
/// With `wait_s`, once that is something else than `known`, or when the time is over.
#[utoipa::path(
    get, path = "/v1/scanners/{id}/actions/current", operation_id = "current_scanner_action", tag = "scanners",
    security(("operator" = []), ("key" = []), ("kiosk" = [])),
    params(("id" = ScannerId, Path, description = "The scanner"), WaitParams),
    responses(
        (status = 200, body = ScannerAction),
        (status = 204, description = "Nothing"),
        (status = 404, description = "`not_found`"),
        (status = 422, description = "`invalid_field`"),
    ),
)]
pub async fn current(
    State(app): State<App>,
    caller: Caller,
    Id(scanner): Id<ScannerId>,
    waiting: Waiting,
) -> Answer<Response> {
    Ok(match app.next_action(&caller, scanner, waiting.known, waiting.wait).await? {
        Some(action) => axum::Json(action).into_response(),
        None => StatusCode::NO_CONTENT.into_response(),
    })
}

/// Show what a scanner was asked to do, and how far it is
#[utoipa::path(
    get, path = "/v1/scanners/{id}/actions/{action}", operation_id = "show_scanner_action", tag = "scanners",
    security(("operator" = []), ("key" = []), ("kiosk" = [])),
    params(
        ("id" = ScannerId, Path, description = "The scanner"),
        ("action" = ScannerActionId, Path, description = "The action"),
    ),
    responses((status = 200, body = ScannerAction), (status = 404, description = "`not_found`")),
)]
pub async fn show(
    State(app): State<App>,
    caller: Caller,
    Ids(scanner, action): Ids<ScannerId, ScannerActionId>,
) -> Shown<ScannerAction> {
    app.action(&caller, scanner, action).await.map(axum::Json)
}

/// Have a scanner stop
///
/// The payment stays open: cancel it, or collect it elsewhere.
#[utoipa::path(
    post, path = "/v1/scanners/{id}/actions/{action}/cancel", operation_id = "cancel_scanner_action",
    tag = "scanners", security(("operator" = []), ("key" = []), ("kiosk" = [])),
    params(
        ("id" = ScannerId, Path, description = "The scanner"),
        ("action" = ScannerActionId, Path, description = "The action"),
    ),
    responses(
        (status = 200, body = ScannerAction),
        (status = 404, description = "`not_found`"),
        (status = 409, description = "`wrong_state`"),
    ),
)]
pub async fn cancel(
    State(app): State<App>,
    caller: Caller,
    Ids(scanner, action): Ids<ScannerId, ScannerActionId>,
    _: Nothing,
) -> Shown<ScannerAction> {
    app.cancel_action(&caller, scanner, action).await.map(axum::Json)
}
