//! Stores with their sites, scanners and keys, and a kiosk on this screen.

use super::{
    super::{
        Page, Shown,
        form::Fields,
        session,
        visitor::{Operator, Tab},
        words,
    },
    Asked, Done, MOST_PLACES,
};
use crate::{
    app::App,
    http::{cookies::As, path::Id},
};
use askama::Template;
use axum::{
    extract::{Query, State},
    response::{IntoResponse, Redirect},
};
use handsel_api::{
    MerchantId, SiteId,
    keys::{Key, Scope},
    merchants::{CreateSite, Site},
    scanners::Scanner,
};
use serde::Deserialize;

#[derive(Template)]
#[template(path = "console_places.html")]
struct PlacesPage {
    here: Tab,
    done: Option<Done>,
    merchants: Vec<Store>,
}

struct Store {
    id: String,
    name: String,
    currency: String,
    sites: Vec<Place>,
    keys: Vec<ShownKey>,
}

struct Place {
    site: Site,
    /// Who said when that the sign hangs at its door.
    sign: Option<String>,
    scanners: Vec<Scanner>,
}

/// A key that is good.
struct ShownKey {
    id: String,
    hint: String,
    scopes: String,
    used: String,
}

/// What the form sends.
#[derive(Deserialize)]
pub(super) struct Typed {
    name: String,
}

pub(super) async fn show(State(app): State<App>, operator: Operator, Query(asked): Query<Asked>) -> Shown {
    let done = match asked.done.as_str() {
        "hangs" => Some("Noted: the sign hangs. People may enrol there."),
        "down" => Some("Noted: the sign does not hang. Nobody enrols there."),
        _ => None,
    };
    let done = done.map(|text| Done { text: text.to_owned(), bad: false });
    let sites = app.list_sites(&operator.0, MOST_PLACES, None).await?.data;
    let scanners = app.list_scanners(&operator.0, MOST_PLACES, None).await?.data;
    let mut stores = Vec::new();
    for merchant in app.list_merchants(&operator.0, MOST_PLACES, None).await?.data {
        let keys = app.list_keys(&operator.0, merchant.id, MOST_PLACES, None).await?.data;
        let own = sites.iter().filter(|site| site.merchant == merchant.id).cloned();
        let place = |site: Site| Place {
            scanners: scanners.iter().filter(|scanner| scanner.site == site.id).cloned().collect(),
            sign: site
                .sign_confirmed_at
                .as_deref()
                .map(|at| format!("{}, {}", site.sign_confirmed_by.as_deref().unwrap_or("somebody"), words::when(at))),
            site,
        };
        stores.push(Store {
            id: merchant.id.to_string(),
            sites: own.map(place).collect(),
            keys: keys.iter().filter(|key| key.revoked_at.is_none()).map(shown).collect(),
            name: merchant.name,
            currency: merchant.currency,
        });
    }
    Ok(Page(PlacesPage { here: operator.at("/console/places"), done, merchants: stores }).into_response())
}

pub(super) async fn add_site(
    State(app): State<App>,
    operator: Operator,
    Id(merchant): Id<MerchantId>,
    Fields(Typed { name }): Fields<Typed>,
) -> Shown {
    app.create_site(&operator.0, CreateSite { merchant, name: name.trim().to_owned() }).await?;
    Ok(Redirect::to("/console/places").into_response())
}

/// Makes this screen the site's kiosk.
pub(super) async fn open_kiosk(State(app): State<App>, operator: Operator, Id(site): Id<SiteId>) -> Shown {
    let token = app.open_kiosk(&operator.0, site).await?;
    session::redirect_as(&app, As::Kiosk, &token, "/kiosk")
}

fn shown(key: &Key) -> ShownKey {
    let every = key.scopes == Scope::TILL;
    let scopes: Vec<&str> = key.scopes.iter().map(|scope| scope.word()).collect();
    ShownKey {
        id: key.id.to_string(),
        hint: key.hint.clone(),
        scopes: if every { "may do everything".to_owned() } else { scopes.join(", ") },
        used: key.last_used_on.as_deref().map_or_else(|| "never used".to_owned(), |day| format!("last used {day}")),
    }
}
