//! Links that open a session: the operator's one-time link, a shopper's wallet link, a kiosk on this screen.

use super::{Shown, message::Message, ways};
use crate::{
    app::{App, Caller, Refusal},
    http::{
        cookies::{self, As},
        path::Id,
    },
};
use axum::{
    extract::State,
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Redirect, Response},
};
use handsel_api::Code;

/// `GET /admin/{token}`: trades the one-time link for an operator's session.
pub(super) async fn claim(State(app): State<App>, Id(token): Id<String>) -> Shown {
    let Some(session) = app.claim_admin(&token).await else {
        let used = Message {
            title: "This link was used, or is too old",
            lines: &[
                "It works once, within a day. Run `handsel operator link` on the machine, and it prints a new one.",
            ],
            code: None,
            links: &[("/console", "To the console"), ("/", "To the first page")],
            refresh: None,
        };
        return Ok((StatusCode::GONE, used.page()).into_response());
    };
    let merchants = app.list_merchants(&Caller::Operator, 1, None).await?;
    let to = if merchants.data.is_empty() { "/setup" } else { "/console" };
    opened(&app, As::Operator, &session, "Signed in", to)
}

/// `GET /wallet/{secret}`: opens a session, so that the wallet's secret does not stay in the address bar.
///
/// The session is one of its own, so that it can be ended while the link stays good.
pub(super) async fn open_wallet(State(app): State<App>, headers: HeaderMap, Id(secret): Id<String>) -> Shown {
    match app.open_wallet(&secret, &ways::device(&headers)).await? {
        Some(session) => opened(&app, As::Wallet, &session, "Opening your wallet", "/wallet"),
        None => {
            let gone = Message {
                title: "No wallet has this link",
                lines: &["Its owner may have deleted everything, or the link was not copied whole."],
                code: None,
                links: &[("/", "To the first page")],
                refresh: None,
            };
            Ok((StatusCode::NOT_FOUND, gone.page()).into_response())
        }
    }
}

/// Starts a session and goes on to a page of ours by a form's redirect.
pub(super) fn redirect_as(app: &App, kind: As, token: &str, to: &str) -> Shown {
    with_cookie(app, kind, token, Redirect::to(to).into_response())
}

/// Ends a session, here and in the browser.
pub(super) async fn end(app: &App, headers: &HeaderMap, kind: As, to: &str) -> Response {
    let secure = app.public_url().is_secure();
    if let Some(token) = cookies::read(headers, kind, secure) {
        app.sign_out(token).await;
    }
    let mut response = Redirect::to(to).into_response();
    if let Some(cookie) = cookies::clear(kind, secure) {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    response
}

fn opened(app: &App, kind: As, token: &str, title: &str, to: &str) -> Shown {
    let message = Message { title, lines: &[], code: None, links: &[(to, "Go on")], refresh: Some(to) };
    with_cookie(app, kind, token, message.page().into_response())
}

fn with_cookie(app: &App, kind: As, token: &str, mut response: Response) -> Result<Response, Refusal> {
    let cookie = cookies::set(kind, token, app.public_url().is_secure())
        .ok_or_else(|| Refusal::new(Code::Internal, "the session does not fit into a cookie"))?;
    response.headers_mut().append(header::SET_COOKIE, cookie);
    Ok(response)
}
