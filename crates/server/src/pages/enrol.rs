//! `/enrol`: from the age and the notice to a linked card. What happens on it is in `web/assets/js/enrol.js`.

use super::{Page, Shown, kiosk, message::Message, visitor::Kiosk, words};
use crate::{
    http::{Shared, language::InLanguage},
    notice::{self, Words},
};
use askama::Template;
use axum::{extract::State, response::IntoResponse};
use handsel_api::consents::{Notice, Purpose};

#[derive(Template)]
#[template(path = "enrol.html")]
struct EnrolPage {
    merchant: String,
    site: String,
    site_id: String,
    words: &'static Words,
    minimum_age: String,
    version: String,
    notice: Notice,
    /// What enrolling gives here now.
    gifts: Vec<Gift>,
    /// Whether a palm stays with its owner: `only`, `also`, or empty.
    held: &'static str,
    demo: bool,
    hands: bool,
    home: &'static str,
}

/// A promotion, in the words people read.
struct Gift {
    amount: String,
    days: String,
}

/// Where the sign does not hang.
const NO_SIGN: Message<'_> = Message {
    title: "Nobody enrols here yet",
    lines: &[
        "The sign about palms must hang at the door first. Whoever runs this shop prints it under Stores, hangs it, and says so \
         there.",
        "Cards work as always, at the same price.",
    ],
    code: None,
    links: &[("/kiosk", "Back"), ("/console/places", "To the console")],
    refresh: None,
};

pub(super) async fn show(State(shared): State<Shared>, Kiosk(site): Kiosk, InLanguage(language): InLanguage) -> Shown {
    let (site, merchant, demo) = kiosk::place(&shared, site).await?;
    let policy = shared.app.policy();
    if site.sign_confirmed_at.is_none() {
        return Ok(NO_SIGN.page().into_response());
    }
    let running = shared.app.running_promotions().await?;
    let gifts = running
        .into_iter()
        .filter(|one| one.currency == merchant.currency)
        .map(|one| Gift {
            amount: words::money(one.amount_minor, &one.currency),
            days: words::counted(one.days as usize, "day"),
        })
        .collect();
    let notice = shared.app.notice(Purpose::Payment, language);
    let page = EnrolPage {
        gifts,
        merchant: merchant.name,
        site: site.name,
        site_id: site.id.to_string(),
        words: notice::words(language),
        minimum_age: policy.minimum_age.to_string(),
        version: notice.version.to_string(),
        notice,
        held: kiosk::held(policy),
        demo,
        hands: shared.demo.is_some(),
        home: if demo { "/shop" } else { "/kiosk" },
    };
    Ok(Page(page).into_response())
}
