//! `/kiosk`: takes payments at one site. What happens on it is in `web/assets/js/kiosk`.

use super::{Page, Shown, visitor::Kiosk, words};
use crate::{
    app::{Caller, Refusal},
    http::Shared,
};
use askama::Template;
use axum::{
    extract::{Query, State},
    response::IntoResponse,
};
use handsel_api::{
    ScannerId, SiteId,
    merchants::{Merchant, Site},
    policy::{Policy, SearchedBy},
};
use serde::Deserialize;

/// The merchant whose kiosk belongs to the demo shop. One name in one place: [`App::demo_store`]'s.
pub(super) const DEMO_MERCHANT: &str = "Corner Store (demo)";

/// What a till may ask of the kiosk's page.
#[derive(Deserialize)]
pub(super) struct Asked {
    /// Skips the keypad.
    #[serde(default)]
    amount_minor: i64,
    /// The till's own number for this sale.
    #[serde(default)]
    reference: String,
    /// Which scanner this screen is, if tills ask it to collect payments.
    scanner: Option<ScannerId>,
}

#[derive(Template)]
#[template(path = "kiosk.html")]
struct KioskPage {
    merchant: String,
    site: String,
    site_id: String,
    currency: String,
    amount_minor: i64,
    amount: String,
    reference: String,
    scanner: String,
    scanner_name: String,
    /// Whether shoppers bring their palm: `only`, `also`, or empty.
    held: &'static str,
    demo: bool,
    hands: bool,
    home: &'static str,
}

pub(super) async fn show(State(shared): State<Shared>, Kiosk(site): Kiosk, Query(asked): Query<Asked>) -> Shown {
    let (site, merchant, demo) = place(&shared, site).await?;
    let scanner = match asked.scanner {
        Some(id) => Some(shared.app.scanner(&Caller::Kiosk(site.id), id).await?),
        None => None,
    };
    let amount_minor = asked.amount_minor.clamp(0, 10_000_000);
    let page = KioskPage {
        amount: words::money(amount_minor, &merchant.currency),
        merchant: merchant.name,
        site: site.name,
        site_id: site.id.to_string(),
        currency: merchant.currency,
        amount_minor,
        reference: asked.reference.chars().take(64).collect(),
        scanner: scanner.as_ref().map(|scanner| scanner.id.to_string()).unwrap_or_default(),
        scanner_name: scanner.map(|scanner| scanner.name).unwrap_or_default(),
        held: held(shared.app.policy()),
        demo,
        hands: shared.demo.is_some(),
        home: if demo && amount_minor > 0 { "/shop" } else { "" },
    };
    Ok(Page(page).into_response())
}

/// Whether palms stay with their owners here: every one, some, or none.
pub(super) fn held(policy: &Policy) -> &'static str {
    match (policy.held, policy.searched_by) {
        (true, SearchedBy::Nobody) => "only",
        (true, _) => "also",
        (false, _) => "",
    }
}

/// The site a kiosk is bound to, and whether it is the demo's.
pub(super) async fn place(shared: &Shared, site: SiteId) -> Result<(Site, Merchant, bool), Refusal> {
    let (site, merchant) = shared.app.site(site).await?;
    let demo = shared.demo.is_some() && merchant.name == DEMO_MERCHANT;
    Ok((site, merchant, demo))
}
