//! Merchants.

use super::{Made, Shown, made};
use crate::{
    app::{App, Caller},
    http::{
        json::Json,
        list::{List, ListParams},
    },
};
use axum::extract::State;
use handsel_api::{
    MerchantId,
    merchants::{CreateMerchant, Merchant, Page},
};

/// Make a merchant
#[utoipa::path(
    post, path = "/v1/merchants", operation_id = "create_merchant", tag = "merchants", security(("operator" = [])),
    request_body = CreateMerchant,
    responses((status = 201, body = Merchant), (status = 422, description = "`invalid_field`")),
)]
pub async fn create(State(app): State<App>, caller: Caller, Json(request): Json<CreateMerchant>) -> Made<Merchant> {
    app.create_merchant(&caller, request).await.map(made)
}

/// List merchants, newest first
#[utoipa::path(
    get, path = "/v1/merchants", operation_id = "list_merchants", tag = "merchants", security(("operator" = [])),
    params(ListParams),
    responses((status = 200, body = Page<Merchant>), (status = 422, description = "`invalid_field`")),
)]
pub async fn list(State(app): State<App>, caller: Caller, list: List<MerchantId>) -> Shown<Page<Merchant>> {
    app.list_merchants(&caller, list.limit, list.after).await.map(axum::Json)
}
