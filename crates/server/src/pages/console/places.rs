//! Stores, their sites and keys, and a kiosk on this screen.

use super::{
    super::{Page, Shown, form::Fields, session, setup, visitor::Operator},
    Done, MOST_PLACES,
};
use crate::{
    app::{Answer, App, Refusal},
    http::{cookies::As, path::Id},
};
use askama::Template;
use axum::{
    extract::State,
    response::{IntoResponse, Redirect},
};
use handsel_api::{
    Code, MerchantId, SiteId,
    keys::CreateKey,
    merchants::{CreateSite, Merchant, Site},
};
use serde::Deserialize;

#[derive(Template)]
#[template(path = "console_places.html")]
struct PlacesPage {
    here: &'static str,
    done: Option<Done>,
    merchants: Vec<Store>,
}

struct Store {
    id: String,
    name: String,
    currency: String,
    sites: Vec<Site>,
}

/// What the form sends.
#[derive(Deserialize)]
pub(super) struct Typed {
    name: String,
}

pub(super) async fn show(State(app): State<App>, _: Operator) -> Shown {
    let sites = app.list_sites(&Operator::CALLER, MOST_PLACES, None).await?.data;
    let merchants = merchants(&app).await?.into_iter().map(|merchant| Store {
        id: merchant.id.to_string(),
        sites: sites.iter().filter(|site| site.merchant == merchant.id).cloned().collect(),
        name: merchant.name,
        currency: merchant.currency,
    });
    Ok(Page(PlacesPage { here: "/console/places", done: None, merchants: merchants.collect() }).into_response())
}

pub(super) async fn add_site(
    State(app): State<App>,
    _: Operator,
    Id(merchant): Id<MerchantId>,
    Fields(Typed { name }): Fields<Typed>,
) -> Shown {
    app.create_site(&Operator::CALLER, CreateSite { merchant, name: name.trim().to_owned() }).await?;
    Ok(Redirect::to("/console/places").into_response())
}

pub(super) async fn new_key(State(app): State<App>, _: Operator, Id(id): Id<MerchantId>) -> Shown {
    let found = merchants(&app).await?.into_iter().find(|merchant| merchant.id == id);
    let merchant = found.ok_or_else(|| Refusal::new(Code::NotFound, "no such store"))?;
    let key = app.create_key(&Operator::CALLER, id, CreateKey::default()).await?;
    Ok(setup::key_page(merchant.name, key, None))
}

/// Makes this screen the site's kiosk.
pub(super) async fn open_kiosk(State(app): State<App>, _: Operator, Id(site): Id<SiteId>) -> Shown {
    let token = app.open_kiosk(&Operator::CALLER, site).await?;
    session::redirect_as(As::Kiosk, &token, "/kiosk")
}

async fn merchants(app: &App) -> Answer<Vec<Merchant>> {
    Ok(app.list_merchants(&Operator::CALLER, MOST_PLACES, None).await?.data)
}
