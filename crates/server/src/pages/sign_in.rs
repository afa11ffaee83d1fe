//! `/sign-in`: by passkey, into a wallet or the console, whichever it belongs to. `/join`: a staff link makes the first passkey.

use super::{
    Page, Shown,
    ways::{self, NewPasskey},
    words,
};
use crate::{
    app::{Account, App, PasskeyAnswer, Refusal, Role, SignedIn},
    http::{
        cookies::{self, As},
        json::Json,
        path::Id,
    },
};
use askama::Template;
use axum::{
    extract::State,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use handsel_api::Code;
use serde::Deserialize;
use webauthn_rs::prelude::PublicKeyCredential;

/// Where somebody wanted to go.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Door {
    /// To their wallet.
    Wallet,
    /// To the console.
    Console,
    /// To either.
    Either,
}

#[derive(Template)]
#[template(path = "sign_in.html")]
struct SignInPage {
    host: String,
    wallet: bool,
    console: bool,
    codes: bool,
}

#[derive(Template)]
#[template(path = "join.html")]
struct JoinPage {
    host: String,
    token: String,
    role: &'static str,
    /// What the role may do.
    may: &'static str,
    /// Whoever comes back has a name already.
    back: bool,
}

/// What somebody is called who joins.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Named {
    #[serde(default)]
    name: String,
}

pub(super) async fn show(State(app): State<App>) -> Response {
    page(&app, Door::Either).into_response()
}

/// The page for somebody who has no session for where they wanted to go.
pub(super) fn closed(app: &App, door: Door) -> Response {
    (StatusCode::UNAUTHORIZED, page(app, door)).into_response()
}

fn page(app: &App, door: Door) -> Page<SignInPage> {
    let host = app.public_url().host().to_owned();
    Page(SignInPage { host, wallet: door != Door::Console, console: door != Door::Wallet, codes: app.sends_codes() })
}

pub(super) async fn begin(State(app): State<App>) -> Shown {
    Ok(axum::Json(app.begin_sign_in().await?).into_response())
}

pub(super) async fn finish(
    State(app): State<App>,
    headers: HeaderMap,
    Json(answer): Json<PasskeyAnswer<PublicKeyCredential>>,
) -> Shown {
    let signed_in = app.sign_in(answer, &ways::device(&headers)).await?;
    enter(&app, &headers, signed_in).await
}

pub(super) async fn join_page(State(app): State<App>, Id(token): Id<String>) -> Shown {
    let link = app.staff_link(&token).await?;
    let (role, may) = words::role(link.role);
    let host = app.public_url().host().to_owned();
    Ok(Page(JoinPage { host, token, role, may, back: link.staff.is_some() }).into_response())
}

pub(super) async fn begin_joining(State(app): State<App>, Id(token): Id<String>, Json(who): Json<Named>) -> Shown {
    Ok(axum::Json(app.begin_joining(&token, &who.name).await?).into_response())
}

pub(super) async fn join(
    State(app): State<App>,
    Id(token): Id<String>,
    headers: HeaderMap,
    Json(answer): Json<NewPasskey>,
) -> Shown {
    let signed_in = app.join(&token, answer, &ways::device(&headers)).await?;
    enter(&app, &headers, signed_in).await
}

/// Starts the session, and says where to go on.
async fn enter(app: &App, headers: &HeaderMap, signed_in: SignedIn) -> Shown {
    let cookie = session(app, headers, &signed_in).await?;
    let mut response = ways::go_on(match signed_in.account {
        Account::Subject(_) => "/wallet",
        Account::Staff(_) => "/console",
    });
    response.headers_mut().append(header::SET_COOKIE, cookie);
    Ok(response)
}

/// The cookie of somebody who has just signed in, in place of the session that this browser had.
pub(super) async fn session(app: &App, headers: &HeaderMap, signed_in: &SignedIn) -> Result<HeaderValue, Refusal> {
    let kind = match signed_in.account {
        Account::Subject(_) => As::Wallet,
        Account::Staff(_) => As::Operator,
    };
    let secure = app.public_url().is_secure();
    if let Some(before) = cookies::read(headers, kind, secure) {
        app.sign_out(before).await;
    }
    cookies::set(kind, &signed_in.token, secure)
        .ok_or_else(|| Refusal::new(Code::Internal, "the session does not fit into a cookie"))
}

/// A role as forms send it.
pub(super) const ROLES: [(&str, Role); 4] =
    [("owner", Role::Owner), ("manager", Role::Manager), ("support", Role::Support), ("auditor", Role::Auditor)];
