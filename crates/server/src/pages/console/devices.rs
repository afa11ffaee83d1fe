//! A store's keys and scanners: made, opened, revoked.

use super::super::{Shown, form::Fields, session, setup, visitor::Operator};
use crate::{
    app::App,
    http::{
        cookies::As,
        path::{Id, Ids},
    },
};
use axum::{
    extract::State,
    response::{IntoResponse, Redirect},
};
use handsel_api::{KeyId, MerchantId, ScannerId, SiteId, keys::CreateKey, scanners::CreateScanner};
use serde::Deserialize;

/// What the form sends.
#[derive(Deserialize)]
pub(super) struct Typed {
    name: String,
}

pub(super) async fn new_key(State(app): State<App>, operator: Operator, Id(id): Id<MerchantId>) -> Shown {
    let merchant = app.merchant(&operator.0, id).await?;
    let key = app.create_key(&operator.0, id, CreateKey::default()).await?;
    Ok(setup::key_page(merchant.name, key, None))
}

pub(super) async fn revoke_key(
    State(app): State<App>,
    operator: Operator,
    Ids(merchant, key): Ids<MerchantId, KeyId>,
) -> Shown {
    app.revoke_key(&operator.0, merchant, key).await?;
    Ok(Redirect::to("/console/places").into_response())
}

pub(super) async fn add_scanner(
    State(app): State<App>,
    operator: Operator,
    Id(site): Id<SiteId>,
    Fields(Typed { name }): Fields<Typed>,
) -> Shown {
    app.create_scanner(&operator.0, CreateScanner { site, name: name.trim().to_owned() }).await?;
    Ok(Redirect::to("/console/places").into_response())
}

/// Makes this screen the scanner.
pub(super) async fn open_scanner(State(app): State<App>, operator: Operator, Id(id): Id<ScannerId>) -> Shown {
    let scanner = app.scanner(&operator.0, id).await?;
    let token = app.open_kiosk(&operator.0, scanner.site).await?;
    session::redirect_as(&app, As::Kiosk, &token, &scanner.kiosk_path)
}
