//! Where merchants sell.

use super::{Made, Shown, made};
use crate::{
    app::{App, Caller},
    http::{
        json::{Json, Nothing},
        list::{List, ListParams},
        path::Id,
    },
};
use axum::extract::State;
use handsel_api::{
    SiteId,
    merchants::{CreateSite, Page, Site},
};

/// Make a site
#[utoipa::path(
    post, path = "/v1/sites", operation_id = "create_site", tag = "merchants", security(("operator" = [])),
    request_body = CreateSite,
    responses(
        (status = 201, body = Site),
        (status = 422, description = "`invalid_field`"),
    ),
)]
pub async fn create(State(app): State<App>, caller: Caller, Json(request): Json<CreateSite>) -> Made<Site> {
    app.create_site(&caller, request).await.map(made)
}

/// List sites, newest first
///
/// An operator sees all, a till its merchant's.
#[utoipa::path(
    get, path = "/v1/sites", operation_id = "list_sites", tag = "merchants", security(("operator" = []), ("key" = [])),
    params(ListParams),
    responses((status = 200, body = Page<Site>), (status = 422, description = "`invalid_field`")),
)]
pub async fn list(State(app): State<App>, caller: Caller, list: List<SiteId>) -> Shown<Page<Site>> {
    app.list_sites(&caller, list.limit, list.after).await.map(axum::Json)
}

/// Say that the sign hangs at a site's door
///
/// Nobody enrols at a site before. Said again, the first time stands.
#[utoipa::path(
    post, path = "/v1/sites/{id}/sign", operation_id = "confirm_sign", tag = "merchants", security(("operator" = [])),
    params(("id" = SiteId, Path, description = "The site")),
    responses((status = 200, body = Site), (status = 404, description = "`not_found`")),
)]
pub async fn confirm_sign(State(app): State<App>, caller: Caller, Id(site): Id<SiteId>, _: Nothing) -> Shown<Site> {
    app.confirm_sign(&caller, site).await.map(axum::Json)
}

/// Say that the sign hangs no longer
#[utoipa::path(
    delete, path = "/v1/sites/{id}/sign", operation_id = "take_sign_down", tag = "merchants", security(("operator" = [])),
    params(("id" = SiteId, Path, description = "The site")),
    responses((status = 200, body = Site), (status = 404, description = "`not_found`")),
)]
pub async fn take_sign_down(State(app): State<App>, caller: Caller, Id(site): Id<SiteId>, _: Nothing) -> Shown<Site> {
    app.take_sign_down(&caller, site).await.map(axum::Json)
}
