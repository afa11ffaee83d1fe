//! What moves money to the merchant. Each is done once, however often it is sent.

use crate::http::{
    once::{IdempotencyKey, Once},
    path::Id,
};
use axum::{http::StatusCode, response::Response};
use handsel_api::{
    PaymentId,
    payments::{ConfirmPayment, PayByCard, Payment},
};

/// The shopper's yes: hold, then capture
///
/// A refused card is an answer, `"status": "declined"`.
#[utoipa::path(
    post, path = "/v1/payments/{id}/confirm", operation_id = "confirm_payment", tag = "payments",
    security(("operator" = []), ("key" = []), ("kiosk" = [])),
    params(("id" = PaymentId, Path, description = "The payment"), IdempotencyKey),
    request_body = Option<ConfirmPayment>,
    responses(
        (status = 200, body = Payment),
        (status = 404, description = "`not_found`"),
        (status = 409, description = "`wrong_state`, `idempotency_conflict`"),
        (status = 422, description = "`no_payment_method`, `idempotency_mismatch`"),
    ),
)]
pub async fn confirm(Id(payment): Id<PaymentId>, once: Once<ConfirmPayment>) -> Response {
    once.answer(StatusCode::OK, async move |app, caller, request, yes| {
        app.confirm(&caller, &request, payment, yes).await
    })
    .await
}

/// Pay by a card at the same till, at the same price
#[utoipa::path(
    post, path = "/v1/payments/{id}/card", operation_id = "pay_by_card", tag = "payments",
    security(("operator" = []), ("key" = []), ("kiosk" = [])),
    params(("id" = PaymentId, Path, description = "The payment"), IdempotencyKey),
    request_body = PayByCard,
    responses(
        (status = 200, body = Payment),
        (status = 404, description = "`not_found`"),
        (status = 409, description = "`wrong_state`, `idempotency_conflict`"),
        (status = 422, description = "`invalid_field`, `idempotency_mismatch`"),
    ),
)]
pub async fn card(Id(payment): Id<PaymentId>, once: Once<PayByCard>) -> Response {
    once.answer(StatusCode::OK, async move |app, caller, request, card| {
        app.pay_by_card(&caller, &request, payment, card).await
    })
    .await
}
