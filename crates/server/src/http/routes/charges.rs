//! What moves money to the merchant. Each is done once, however often it is sent.

use crate::http::{
    once::{IdempotencyKey, Once},
    path::Id,
};
use axum::{http::StatusCode, response::Response};
use handsel_api::{
    PaymentId,
    keys::Scope,
    payments::{CapturePayment, ConfirmPayment, PayByCard, Payment},
};

/// The shopper's yes: hold, then capture
///
/// A refused card is an answer, `"status": "declined"`, and so is a processor that does not, `"status": "unknown"`: it is not known yet
/// whether the card was charged. Do not take the money another way; ask for the payment until it is resolved, or wait for the event.
#[utoipa::path(
    post, path = "/v1/payments/{id}/confirm", operation_id = "confirm_payment", tag = "payments",
    security(("operator" = []), ("key" = []), ("kiosk" = [])),
    params(("id" = PaymentId, Path, description = "The payment"), IdempotencyKey),
    request_body = Option<ConfirmPayment>,
    responses(
        (status = 200, body = Payment),
        (status = 404, description = "`not_found`"),
        (status = 409, description = "`wrong_state`, `idempotency_conflict`"),
        (status = 422, description = "`no_payment_method`, `amount_out_of_range`, `idempotency_mismatch`"),
        (status = 503, description = "`processor_unavailable`"),
    ),
)]
pub async fn confirm(Id(payment): Id<PaymentId>, once: Once<ConfirmPayment>) -> Response {
    once.answer(StatusCode::OK, Scope::PaymentsWrite, async move |app, caller, request, yes| {
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
        (status = 422, description = "`invalid_field`, `amount_out_of_range`, `credit_code_spent`, `idempotency_mismatch`"),
        (status = 503, description = "`processor_unavailable`"),
    ),
)]
pub async fn card(Id(payment): Id<PaymentId>, once: Once<PayByCard>) -> Response {
    once.answer(StatusCode::OK, Scope::PaymentsWrite, async move |app, caller, request, card| {
        app.pay_by_card(&caller, &request, payment, card).await
    })
    .await
}

/// Take what was set aside, all or a part
///
/// For payments with `"capture": "later"`. What is not taken is let go; there is one capture. `…/cancel` lets all of it go.
#[utoipa::path(
    post, path = "/v1/payments/{id}/capture", operation_id = "capture_payment", tag = "payments",
    security(("operator" = []), ("key" = [])),
    params(("id" = PaymentId, Path, description = "The payment"), IdempotencyKey),
    request_body = Option<CapturePayment>,
    responses(
        (status = 200, body = Payment),
        (status = 404, description = "`not_found`"),
        (status = 409, description = "`wrong_state`, `capture_too_large`, `authorization_expired`, `idempotency_conflict`"),
        (status = 422, description = "`amount_out_of_range`, `idempotency_mismatch`"),
    ),
)]
pub async fn capture(Id(payment): Id<PaymentId>, once: Once<CapturePayment>) -> Response {
    once.answer(StatusCode::OK, Scope::PaymentsWrite, async move |app, caller, _, capture| {
        app.capture(&caller, payment, capture).await
    })
    .await
}
