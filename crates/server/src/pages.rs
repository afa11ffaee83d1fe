//! Pages for people: the first page, the demo store, the kiosk, enrolling, the wallet, receipts, and the console.
//!
//! Templates are in `web/templates`, scripts and styles in `web/assets`; all of it is inside the binary. Everything but
//! the kiosk and enrolling works without scripts.

pub mod assets;
mod card;
mod code;
pub mod console;
mod demo;
mod enrol;
mod first;
mod form;
mod kiosk;
mod leave;
mod message;
mod policy;
mod problem;
mod receipt;
mod session;
mod setup;
mod shop;
mod sign;
mod sign_in;
mod transparency;
mod visitor;
mod wallet;
mod ways;
mod words;

pub use problem::{explained, problem};

use crate::{app::Refusal, http::Shared};
use askama::Template;
use axum::{
    Router,
    response::{Html, IntoResponse, Response},
    routing::{get, post},
};
use handsel_api::Code;

/// Every page there is.
pub fn routes() -> Router<Shared> {
    Router::new()
        .route("/", get(first::show))
        .route("/try", post(demo::open))
        .route("/demo/hands", get(demo::tray))
        .route("/demo/hands/{file}", get(demo::draw))
        .route("/shop", get(shop::show))
        .route("/shop/pay", post(shop::pay))
        .route("/admin/{token}", get(session::claim))
        .route("/sign-in", get(sign_in::show))
        .route("/sign-in/passkey/start", post(sign_in::begin))
        .route("/sign-in/passkey/finish", post(sign_in::finish))
        .route("/sign-in/code", post(code::ask))
        .route("/sign-in/code/check", post(code::check))
        .route("/join/{token}", get(sign_in::join_page))
        .route("/join/{token}/start", post(sign_in::begin_joining))
        .route("/join/{token}/finish", post(sign_in::join))
        .route("/setup", get(setup::show).post(setup::make))
        .route("/kiosk", get(kiosk::show))
        .route("/enrol", get(enrol::show))
        .route("/policy", get(policy::show))
        .route("/transparency", get(transparency::show))
        .route("/notices/{sha256}", get(transparency::notice))
        .route("/wallet/{secret}", get(session::open_wallet))
        .route("/leave/{link}", get(leave::ask).post(leave::erase))
        .route("/erasures/{id}", get(leave::receipt))
        .route("/cards/{id}", get(card::came_back))
        .route("/receipts/{secret}", get(receipt::show))
        .route("/receipts/{secret}/dispute", post(receipt::dispute))
        .route("/assets/{version}/{*path}", get(assets::serve))
        .merge(wallet::routes())
        .merge(console::routes())
}

/// A template as an answer.
struct Page<T>(T);

impl<T: Template> IntoResponse for Page<T> {
    fn into_response(self) -> Response {
        match self.0.render() {
            Ok(text) => Html(text).into_response(),
            Err(_) => Refusal::new(Code::Internal, "the page could not be written").into_response(),
        }
    }
}

/// What a handler of a page answers.
type Shown = Result<Response, Refusal>;
