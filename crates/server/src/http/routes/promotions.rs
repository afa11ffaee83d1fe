//! Promotions and their vouchers.

use super::{Made, Shown, made};
use crate::{
    app::{App, Caller},
    http::{
        json::{Json, Nothing},
        list::{List, ListParams},
        once::{IdempotencyKey, Once},
        path::Id,
    },
};
use axum::{extract::State, http::StatusCode, response::Response};
use handsel_api::{
    PromotionId,
    credits::{CreatePromotion, CreateVouchers, Promotion, Vouchers},
    keys::Scope,
    merchants::Page,
};

/// Make a promotion: credits for whoever enrols
///
/// Given once to a subject and once for a card, in the moment that a palm is enrolled and a card linked. There is none until the operator
/// makes one. Whoever does not enrol gets the same by a voucher.
#[utoipa::path(
    post, path = "/v1/promotions", operation_id = "create_promotion", tag = "credits", security(("operator" = [])),
    request_body = CreatePromotion,
    responses(
        (status = 201, body = Promotion),
        (status = 422, description = "`invalid_field`, `amount_out_of_range`"),
    ),
)]
pub async fn create(State(app): State<App>, caller: Caller, Json(request): Json<CreatePromotion>) -> Made<Promotion> {
    app.create_promotion(&caller, request).await.map(made)
}

/// List promotions, newest first
#[utoipa::path(
    get, path = "/v1/promotions", operation_id = "list_promotions", tag = "credits", security(("operator" = [])),
    params(ListParams),
    responses((status = 200, body = Page<Promotion>), (status = 422, description = "`invalid_field`")),
)]
pub async fn list(State(app): State<App>, caller: Caller, list: List<PromotionId>) -> Shown<Page<Promotion>> {
    app.list_promotions(&caller, list.limit, list.after).await.map(axum::Json)
}

/// End a promotion
///
/// Nobody gets it any more; what was given can be spent until it expires. Ending it again changes nothing.
#[utoipa::path(
    post, path = "/v1/promotions/{id}/end", operation_id = "end_promotion", tag = "credits", security(("operator" = [])),
    params(("id" = PromotionId, Path, description = "The promotion")),
    responses((status = 200, body = Promotion), (status = 404, description = "`not_found`")),
)]
pub async fn end(State(app): State<App>, caller: Caller, Id(id): Id<PromotionId>, _: Nothing) -> Shown<Promotion> {
    app.end_promotion(&caller, id).await.map(axum::Json)
}

/// Make vouchers: the same credit without a palm
///
/// Each code is worth a promotion's credit as `credit_code` of a card payment, in one go or in parts. The codes are shown only now.
#[utoipa::path(
    post, path = "/v1/promotions/{id}/vouchers", operation_id = "create_vouchers", tag = "credits",
    security(("operator" = [])),
    params(("id" = PromotionId, Path, description = "The promotion"), IdempotencyKey),
    request_body = CreateVouchers,
    responses(
        (status = 201, body = Vouchers),
        (status = 404, description = "`not_found`"),
        (status = 409, description = "`wrong_state`: the promotion does not run now; `idempotency_conflict`"),
        (status = 422, description = "`invalid_field`, `idempotency_mismatch`"),
    ),
)]
pub async fn vouchers(Id(id): Id<PromotionId>, once: Once<CreateVouchers>) -> Response {
    once.answer(StatusCode::CREATED, Scope::PaymentsWrite, async move |app, caller, request, create| {
        app.create_vouchers(&caller, &request, id, create).await
    })
    .await
}
