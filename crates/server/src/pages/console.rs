//! `/console`: payments, disputes, settlements, subjects without biometrics, legal holds, requests of authorities, credits, quality and failures, stores and keys, webhooks,
//! palm keys. Works without scripts.

mod bars;
mod counts;
mod credits;
mod custody;
mod devices;
mod disputes;
mod holds;
mod payments;
mod places;
mod refund;
mod requests;
mod settlement;
mod signs;
mod subjects;
mod webhooks;

use super::session;
use crate::{
    app::App,
    http::{Shared, cookies::As},
};
use axum::{
    Router,
    extract::State,
    http::HeaderMap,
    response::Response,
    routing::{get, post},
};
use serde::Deserialize;

/// The console's pages: address and words.
pub const TABS: [(&str, &str); 11] = [
    ("/console", "Payments"),
    ("/console/disputes", "Disputes"),
    ("/console/settlement", "Settlement"),
    ("/console/subjects", "Subjects"),
    ("/console/holds", "Legal holds"),
    ("/console/requests", "Requests"),
    ("/console/credits", "Credits"),
    ("/console/quality", "Quality"),
    ("/console/places", "Stores"),
    ("/console/webhooks", "Webhooks"),
    ("/console/custody", "Palm keys"),
];

/// The most stores and sites that are listed.
const MOST_PLACES: u32 = 100;

/// Rows on a page of a list.
const ROWS: u32 = 50;

/// The query of a console's page.
#[derive(Default, Deserialize)]
struct Asked {
    /// Only what is older than this id.
    after: Option<String>,
    /// What was done just now.
    #[serde(default)]
    done: String,
}

/// What was done just now, in words.
struct Done {
    text: String,
    bad: bool,
}

pub(super) fn routes() -> Router<Shared> {
    Router::new()
        .route("/console", get(payments::show))
        .route("/console/payments/{id}/refund", post(refund::refund))
        .route("/console/disputes", get(disputes::show).post(disputes::open))
        .route("/console/disputes/{id}/close", post(disputes::close))
        .route("/console/settlement", get(settlement::show))
        .route("/console/subjects", get(subjects::show))
        .route("/console/holds", get(holds::show).post(holds::place))
        .route("/console/holds/{id}/lift", post(holds::lift))
        .route("/console/requests", get(requests::show).post(requests::note))
        .route("/console/requests/{id}/decide", post(requests::decide))
        .route("/console/requests/{id}/disclosure.json", get(requests::disclosure))
        .route("/console/moratorium/begin", post(requests::begin_moratorium))
        .route("/console/moratorium/end", post(requests::end_moratorium))
        .route("/console/credits", get(credits::show).post(credits::make))
        .route("/console/credits/take_back", post(credits::take_back))
        .route("/console/promotions/{id}/end", post(credits::end))
        .route("/console/promotions/{id}/vouchers", post(credits::print))
        .route("/console/quality", get(counts::show))
        .route("/console/places", get(places::show))
        .route("/console/merchants/{id}/sites", post(places::add_site))
        .route("/console/merchants/{id}/keys", post(devices::new_key))
        .route("/console/merchants/{id}/keys/{key}/revoke", post(devices::revoke_key))
        .route("/console/sites/{id}/scanners", post(devices::add_scanner))
        .route("/console/scanners/{id}/open", post(devices::open_scanner))
        .route("/console/sites/{id}/sign.pdf", get(signs::print))
        .route("/console/sites/{id}/sign", post(signs::confirm))
        .route("/console/sites/{id}/sign/down", post(signs::take_down))
        .route("/console/sites/{id}/kiosk", post(places::open_kiosk))
        .route("/console/webhooks", get(webhooks::show).post(webhooks::create))
        .route("/console/webhooks/{id}/rotate", post(webhooks::rotate))
        .route("/console/webhooks/{id}/delete", post(webhooks::delete))
        .route("/console/events/{id}/replay", post(webhooks::replay))
        .route("/console/custody", get(custody::show))
        .route("/console/custody/revoke", post(custody::revoke))
        .route("/console/custody/rotate", post(custody::rotate))
        .route("/console/leave", post(leave))
}

async fn leave(State(app): State<App>, headers: HeaderMap) -> Response {
    session::end(&app, &headers, As::Operator, "/").await
}
