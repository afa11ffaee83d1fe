//! `/enrol`: from the notice to a linked card. What happens on it is in `web/assets/js/enrol.js`.

use super::{Page, Shown, kiosk, visitor::Kiosk, words};
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
    /// What enrolling gives here now.
    gifts: Vec<Gift>,
    demo: bool,
    hands: bool,
    home: &'static str,
}

/// A promotion, in the words people read.
struct Gift {
    amount: String,
    days: String,
}

pub(super) async fn show(State(shared): State<Shared>, Kiosk(site): Kiosk) -> Shown {
    let (site, merchant, demo) = kiosk::place(&shared, site).await?;
    let running = shared.app.running_promotions().await?;
    let gifts = running
        .into_iter()
        .filter(|one| one.currency == merchant.currency)
        .map(|one| Gift {
            amount: words::money(one.amount_minor, &one.currency),
            days: words::counted(one.days as usize, "day"),
        })
        .collect();
    let page = EnrolPage {
        gifts,
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
