//! Payments up to the shopper's yes. Nothing here moves money.

use super::Shown;
use crate::{
    app::{App, Caller},
    http::{
        cohort::Among,
        frame::Upload,
        json::{Json, Nothing},
        list::{List, ListParams},
        once::{IdempotencyKey, Once},
        path::Id,
        purpose::{PurposeParams, ToPay},
    },
};
use axum::{extract::State, http::StatusCode, response::Response};
use handsel_api::{
    PaymentId,
    keys::Scope,
    merchants::Page,
    payments::{CreatePayment, Identification, Payment, StepUp},
};

/// Ask for an amount at a site
#[utoipa::path(
    post, path = "/v1/payments", operation_id = "create_payment", tag = "payments",
    security(("operator" = []), ("key" = []), ("kiosk" = [])),
    params(IdempotencyKey),
    request_body = CreatePayment,
    responses(
        (status = 201, body = Payment),
        (status = 409, description = "`idempotency_conflict`"),
        (
            status = 422,
            description = "`amount_out_of_range`, `currency_mismatch`, `invalid_field`, `idempotency_mismatch`",
        ),
    ),
)]
pub async fn create(once: Once<CreatePayment>) -> Response {
    once.answer(StatusCode::CREATED, Scope::PaymentsWrite, async |app, caller, request, create| {
        app.create_payment(&caller, &request, create).await
    })
    .await
}

/// List payments, newest first
///
/// An operator sees all, a till its merchant's.
#[utoipa::path(
    get, path = "/v1/payments", operation_id = "list_payments", tag = "payments",
    security(("operator" = []), ("key" = [])),
    params(ListParams),
    responses((status = 200, body = Page<Payment>), (status = 422, description = "`invalid_field`")),
)]
pub async fn list(State(app): State<App>, caller: Caller, list: List<PaymentId>) -> Shown<Page<Payment>> {
    app.list_payments(&caller, list.limit, list.after).await.map(axum::Json)
}

/// Show a payment
#[utoipa::path(
    get, path = "/v1/payments/{id}", operation_id = "show_payment", tag = "payments",
    security(("operator" = []), ("key" = []), ("kiosk" = [])),
    params(("id" = PaymentId, Path, description = "The payment")),
    responses((status = 200, body = Payment), (status = 404, description = "`not_found`")),
)]
pub async fn show(State(app): State<App>, caller: Caller, Id(payment): Id<PaymentId>) -> Shown<Payment> {
    app.payment(&caller, payment).await.map(axum::Json)
}

/// Look for whoever holds their hand over the scanner
///
/// The body is one frame. A palm nobody here has is an answer, `"decision": "no_match"`. Charges nothing. A payment takes
/// eight accepted captures.
#[utoipa::path(
    post, path = "/v1/payments/{id}/identify", operation_id = "identify", tag = "payments",
    security(("operator" = []), ("key" = []), ("kiosk" = [])),
    params(
        PurposeParams,
        ("id" = PaymentId, Path, description = "The payment"),
        (
            "handsel-cohort" = Option<String>, Header,
            description = "Among whom to look: `site` (who paid here by palm before), `phone_last4=1234` (typed by the shopper), or \
                `shoppers=pw_…,pw_…` (up to 100 phones nearby). Everyone without it",
        ),
    ),
    request_body(content(
        (String = "image/jpeg"),
        (String = "image/png"),
        (String = "image/webp"),
    ), description = "One frame, at most 20 MB and 20 megapixels"),
    responses(
        (status = 200, body = Identification),
        (status = 400, description = "`unknown_field`"),
        (status = 403, description = "`custody_forbidden`"),
        (status = 404, description = "`not_found`"),
        (status = 409, description = "`wrong_state`"),
        (status = 413, description = "`frame_too_large`"),
        (status = 422, description = "`invalid_frame`, `capture_rejected` with `quality.reasons`, `no_payment_method`, `invalid_field`"),
        (status = 429, description = "`too_many_attempts`"),
    ),
)]
pub async fn identify(
    State(app): State<App>,
    Id(payment): Id<PaymentId>,
    _: ToPay,
    Among(cohort): Among,
    upload: Upload,
) -> Shown<Identification> {
    app.identify(&upload.caller, payment, cohort, upload.frame).await.map(axum::Json)
}

/// Give one more proof: the last four digits of the phone
#[utoipa::path(
    post, path = "/v1/payments/{id}/step_up", operation_id = "step_up", tag = "payments",
    security(("operator" = []), ("key" = []), ("kiosk" = [])),
    params(("id" = PaymentId, Path, description = "The payment")),
    request_body = StepUp,
    responses(
        (status = 200, body = Payment),
        (status = 404, description = "`not_found`"),
        (status = 409, description = "`wrong_state`"),
        (status = 422, description = "`step_up_failed`, `invalid_field`"),
        (status = 429, description = "`too_many_attempts`"),
    ),
)]
pub async fn step_up(
    State(app): State<App>,
    caller: Caller,
    Id(payment): Id<PaymentId>,
    Json(proof): Json<StepUp>,
) -> Shown<Payment> {
    app.step_up(&caller, payment, proof).await.map(axum::Json)
}

/// Give a payment up before anything was charged
#[utoipa::path(
    post, path = "/v1/payments/{id}/cancel", operation_id = "cancel_payment", tag = "payments",
    security(("operator" = []), ("key" = []), ("kiosk" = [])),
    params(("id" = PaymentId, Path, description = "The payment")),
    responses(
        (status = 200, body = Payment),
        (status = 404, description = "`not_found`"),
        (status = 409, description = "`wrong_state`"),
    ),
)]
pub async fn cancel(State(app): State<App>, caller: Caller, Id(payment): Id<PaymentId>, _: Nothing) -> Shown<Payment> {
    app.cancel(&caller, payment).await.map(axum::Json)
}
