//! Signing in by a one-time code, and confirming an address by one. Plain forms; no scripts.

use super::{Page, Shown, form::Fields, sign_in, visitor::Wallet, ways};
use crate::app::{App, Refusal};
use askama::Template;
use axum::{
    extract::State,
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Redirect, Response},
};
use serde::Deserialize;

/// The page that asks for the code.
#[derive(Template)]
#[template(path = "code.html")]
struct CodePage {
    address: String,
    /// Where the code goes.
    action: &'static str,
    /// Where another address is typed.
    back: &'static str,
    /// Whether it signs in or confirms.
    sign_in: bool,
    /// Where codes are when nobody carries them.
    file: Option<&'static str>,
    wrong: Option<String>,
}

/// A mail address or a phone number.
#[derive(Deserialize)]
pub(super) struct Typed {
    address: String,
    #[serde(default)]
    code: String,
}

pub(super) async fn ask(State(app): State<App>, Fields(typed): Fields<Typed>) -> Shown {
    app.send_sign_in_code(&typed.address).await?;
    Ok(page(&app, typed.address, true, None))
}

pub(super) async fn check(State(app): State<App>, headers: HeaderMap, Fields(typed): Fields<Typed>) -> Shown {
    match app.sign_in_by_code(&typed.address, &typed.code, &ways::device(&headers)).await {
        Ok(signed_in) => {
            let cookie = sign_in::session(&app, &headers, &signed_in).await?;
            let mut response = Redirect::to("/wallet").into_response();
            response.headers_mut().append(axum::http::header::SET_COOKIE, cookie);
            Ok(response)
        }
        Err(refusal) => Ok(refused(&app, typed.address, true, refusal)),
    }
}

/// Sends a code to an address that is to open this wallet.
pub(super) async fn add(State(app): State<App>, wallet: Wallet, Fields(typed): Fields<Typed>) -> Shown {
    app.send_confirmation(&wallet.caller(), wallet.0, &typed.address).await?;
    Ok(page(&app, typed.address, false, None))
}

pub(super) async fn confirm(State(app): State<App>, wallet: Wallet, Fields(typed): Fields<Typed>) -> Shown {
    match app.confirm_contact(&wallet.caller(), wallet.0, &typed.address, &typed.code).await {
        Ok(()) => Ok(Redirect::to("/wallet?done=contact").into_response()),
        Err(refusal) => Ok(refused(&app, typed.address, false, refusal)),
    }
}

fn refused(app: &App, address: String, sign_in: bool, refusal: Refusal) -> Response {
    let status = StatusCode::from_u16(refusal.code.status()).unwrap_or(StatusCode::UNPROCESSABLE_ENTITY);
    (status, page(app, address, sign_in, Some(refusal.detail))).into_response()
}

fn page(app: &App, address: String, sign_in: bool, wrong: Option<String>) -> Response {
    let (action, back) = match sign_in {
        true => ("/sign-in/code/check", "/sign-in"),
        false => ("/wallet/contacts/confirm", "/wallet"),
    };
    Page(CodePage { address, action, back, sign_in, file: app.codes_file(), wrong }).into_response()
}
