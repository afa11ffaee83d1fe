//! `/enrol`: from the notice to a linked card. What happens on it is in `web/assets/js/enrol.js`.

use super::{Page, Shown, kiosk, visitor::Kiosk};
use crate::http::Shared;
use askama::Template;
use axum::{extract::State, response::IntoResponse};
use handsel_api::consents::{Notice, Purpose};

#[derive(Template)]
#[template(path = "enrol.html")]
struct EnrolPage {
    merchant: String,
    site: String,
    site_id: String,
    notice: Notice,
    demo: bool,
    hands: bool,
    home: &'static str,
}

pub(super) async fn show(State(shared): State<Shared>, Kiosk(site): Kiosk) -> Shown {
    let (site, merchant, demo) = kiosk::place(&shared, site).await?;
    let page = EnrolPage {
        merchant: merchant.name,
        site: site.name,
        site_id: site.id.to_string(),
        notice: shared.app.notice(Purpose::Payment),
        demo,
        hands: shared.demo.is_some(),
        home: if demo { "/shop" } else { "/kiosk" },
    };
    Ok(Page(page).into_response())
}
