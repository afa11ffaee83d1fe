//! `/console`: payments, disputes, settlements, subjects without biometrics, legal holds, requests of authorities, credits, quality and failures, stores and keys, webhooks,
//! palm keys, staff. Works without scripts, but for passkeys.

mod backups;
mod bars;
mod counts;
mod credits;
mod custody;
mod devices;
mod disputes;
mod help;
mod holds;
mod payments;
mod places;
mod refund;
mod requests;
mod settlement;
mod signs;
mod staff;
mod subjects;
mod webhooks;
mod you;

use super::session;
use crate::{
    app::{
        App,
        Role::{self, Auditor, Manager, Owner, Support},
    },
    http::{Shared, cookies::As},
};
use axum::{
    Router,
    extract::{DefaultBodyLimit, State},
    http::HeaderMap,
    response::Response,
    routing::{get, post},
};
use serde::Deserialize;

/// The console's pages: address, words, and whose they are.
const TABS: [(&str, &str, &[Role]); 15] = [
    ("/console", "Payments", &[Owner, Manager]),
    ("/console/help", "Help somebody", &[Owner, Support]),
    ("/console/disputes", "Disputes", &[Owner, Manager, Auditor]),
    ("/console/settlement", "Settlement", &[Owner, Manager, Auditor]),
    ("/console/subjects", "Subjects", &[Owner]),
    ("/console/holds", "Legal holds", &[Owner, Auditor]),
    ("/console/requests", "Requests", &[Owner, Auditor]),
    ("/console/credits", "Credits", &[Owner, Manager]),
    ("/console/quality", "Quality", &[Owner, Manager, Auditor]),
    ("/console/places", "Stores", &[Owner, Manager]),
    ("/console/webhooks", "Webhooks", &[Owner, Manager]),
    ("/console/custody", "Palm keys", &[Owner, Auditor]),
    ("/console/backups", "Backups", &[Owner, Auditor]),
    ("/console/staff", "Staff", &[Owner]),
    ("/console/you", "You", &Role::ALL),
];

/// The pages that are for a role.
pub(super) fn tabs(role: Role) -> impl Iterator<Item = (&'static str, &'static str)> {
    TABS.iter().filter(move |(_, _, roles)| roles.contains(&role)).map(|(path, words, _)| (*path, *words))
}

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
        .route("/console/backups", get(backups::show).post(backups::make))
        .route("/console/backups/try", post(backups::check).layer(DefaultBodyLimit::disable()))
        .route("/console/help", get(help::show).post(help::find))
        .route("/console/help/freeze", post(help::freeze))
        .route("/console/help/unfreeze", post(help::unfreeze))
        .route("/console/help/erase", post(help::erase))
        .route("/console/staff", get(staff::show))
        .route("/console/staff/invite", post(staff::invite))
        .route("/console/staff/{id}/role", post(staff::set_role))
        .route("/console/staff/{id}/link", post(staff::link))
        .route("/console/staff/{id}/remove", post(staff::remove))
        .route("/console/you", get(you::show))
        .route("/console/you/passkeys/start", post(you::begin))
        .route("/console/you/passkeys/finish", post(you::add))
        .route("/console/you/passkeys/{id}/delete", post(you::remove))
        .route("/console/you/sessions/{id}/end", post(you::end))
        .route("/console/leave", post(leave))
}

async fn leave(State(app): State<App>, headers: HeaderMap) -> Response {
    session::end(&app, &headers, As::Operator, "/").await
}
