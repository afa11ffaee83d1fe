//! Numbers in merchants' programmes, and members' prices.

use super::{Done, Made, Shown, made};
use crate::{
    app::{App, Caller},
    http::{
        json::{Json, Nothing},
        path::{Id, Ids},
    },
};
use axum::{extract::State, http::StatusCode};
use handsel_api::{
    MerchantId, PaymentId, SubjectId,
    loyalty::{LinkLoyalty, Loyalty},
    payments::{LowerAmount, Payment},
};

/// Link a number in a merchant's programme
///
/// Rests on a consent to the purpose `loyalty`. That merchant's tills get it as `loyalty_number` of the payment, once the shopper is
/// recognised; nobody else does.
#[utoipa::path(
    post, path = "/v1/subjects/{id}/loyalty", operation_id = "link_loyalty", tag = "loyalty",
    security(("operator" = []), ("key" = []), ("kiosk" = []), ("wallet" = [])),
    params(("id" = SubjectId, Path, description = "The subject")),
    request_body = LinkLoyalty,
    responses(
        (status = 201, body = Loyalty),
        (status = 403, description = "`consent_required`"),
        (status = 404, description = "`not_found`"),
        (status = 422, description = "`invalid_field`"),
    ),
)]
pub async fn link(
    State(app): State<App>,
    caller: Caller,
    Id(subject): Id<SubjectId>,
    Json(request): Json<LinkLoyalty>,
) -> Made<Loyalty> {
    app.link_loyalty(&caller, subject, request).await.map(made)
}

/// List a subject's numbers
#[utoipa::path(
    get, path = "/v1/subjects/{id}/loyalty", operation_id = "list_loyalty", tag = "loyalty", security(("wallet" = [])),
    params(("id" = SubjectId, Path, description = "The subject")),
    responses((status = 200, body = Vec<Loyalty>), (status = 404, description = "`not_found`")),
)]
pub async fn list(State(app): State<App>, caller: Caller, Id(subject): Id<SubjectId>) -> Shown<Vec<Loyalty>> {
    app.loyalty(&caller, subject).await.map(axum::Json)
}

/// Unlink a number
#[utoipa::path(
    delete, path = "/v1/subjects/{id}/loyalty/{merchant}", operation_id = "unlink_loyalty", tag = "loyalty",
    security(("operator" = []), ("wallet" = [])),
    params(
        ("id" = SubjectId, Path, description = "The subject"),
        ("merchant" = MerchantId, Path, description = "Whose programme"),
    ),
    responses((status = 204, description = "Gone"), (status = 404, description = "`not_found`")),
)]
pub async fn unlink(
    State(app): State<App>,
    caller: Caller,
    Ids(subject, merchant): Ids<SubjectId, MerchantId>,
    _: Nothing,
) -> Done {
    app.unlink_loyalty(&caller, subject, merchant).await.map(|()| StatusCode::NO_CONTENT)
}

/// Lower what is due before the shopper's yes
///
/// For members' prices, while the payment is `requires_confirmation`. Never raises it. A screen that showed the amount from before, and
/// sends it with the yes, is refused and shows the new one.
#[utoipa::path(
    post, path = "/v1/payments/{id}/amount", operation_id = "lower_amount", tag = "loyalty",
    security(("operator" = []), ("key" = [])),
    params(("id" = PaymentId, Path, description = "The payment")),
    request_body = LowerAmount,
    responses(
        (status = 200, body = Payment),
        (status = 404, description = "`not_found`"),
        (status = 409, description = "`wrong_state`"),
        (status = 422, description = "`amount_out_of_range`"),
    ),
)]
pub async fn lower(
    State(app): State<App>,
    caller: Caller,
    Id(payment): Id<PaymentId>,
    Json(request): Json<LowerAmount>,
) -> Shown<Payment> {
    app.lower_amount(&caller, payment, request).await.map(axum::Json)
}
