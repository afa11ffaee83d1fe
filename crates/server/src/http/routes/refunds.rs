//! Money given back.

use super::Shown;
use crate::{
    app::{App, Caller},
    http::{
        once::{IdempotencyKey, Once},
        path::Id,
    },
};
use axum::{extract::State, http::StatusCode, response::Response};
use handsel_api::{
    PaymentId,
    keys::Scope,
    payments::{CreateRefund, Refund},
};

/// Give back a part or all of what was captured
#[utoipa::path(
    post, path = "/v1/payments/{id}/refunds", operation_id = "create_refund", tag = "refunds",
    security(("operator" = []), ("key" = [])),
    params(("id" = PaymentId, Path, description = "The payment"), IdempotencyKey),
    request_body = CreateRefund,
    responses(
        (status = 201, body = Refund),
        (status = 404, description = "`not_found`"),
        (status = 409, description = "`wrong_state`, `refund_too_large`, `idempotency_conflict`"),
        (status = 422, description = "`amount_out_of_range`, `currency_mismatch`, `idempotency_mismatch`"),
    ),
)]
pub async fn create(Id(payment): Id<PaymentId>, once: Once<CreateRefund>) -> Response {
    once.answer(StatusCode::CREATED, Scope::RefundsWrite, async move |app, caller, request, create| {
        app.refund(&caller, &request, payment, create).await
    })
    .await
}

/// List the refunds of a payment, newest first
#[utoipa::path(
    get, path = "/v1/payments/{id}/refunds", operation_id = "list_refunds", tag = "refunds",
    security(("operator" = []), ("key" = [])),
    params(("id" = PaymentId, Path, description = "The payment")),
    responses((status = 200, body = Vec<Refund>), (status = 404, description = "`not_found`")),
)]
pub async fn list(State(app): State<App>, caller: Caller, Id(payment): Id<PaymentId>) -> Shown<Vec<Refund>> {
    app.list_refunds(&caller, payment).await.map(axum::Json)
}
