//! Cards a subject pays with.

use super::{Done, Made, made};
use crate::{
    app::{App, Caller},
    http::{
        json::{Json, Nothing},
        path::{Id, Ids},
    },
};
use axum::{extract::State, http::StatusCode};
use handsel_api::{
    PaymentMethodId, SubjectId,
    subjects::{AddPaymentMethod, PaymentMethod},
};

/// Link a sandbox card
///
/// The newest one pays first. No card number ever enters this process.
#[utoipa::path(
    post, path = "/v1/subjects/{id}/payment_methods", operation_id = "add_payment_method", tag = "payment methods",
    security(("operator" = []), ("key" = []), ("kiosk" = []), ("wallet" = [])),
    params(("id" = SubjectId, Path, description = "The subject")),
    request_body = AddPaymentMethod,
    responses(
        (status = 201, body = PaymentMethod),
        (status = 404, description = "`not_found`"),
        (status = 422, description = "`invalid_field`"),
    ),
)]
pub async fn add(
    State(app): State<App>,
    caller: Caller,
    Id(subject): Id<SubjectId>,
    Json(request): Json<AddPaymentMethod>,
) -> Made<PaymentMethod> {
    app.add_payment_method(&caller, subject, request).await.map(made)
}

/// Unlink a card
#[utoipa::path(
    delete, path = "/v1/subjects/{id}/payment_methods/{method}", operation_id = "remove_payment_method",
    tag = "payment methods",
    security(("operator" = []), ("wallet" = [])),
    params(
        ("id" = SubjectId, Path, description = "The subject"),
        ("method" = PaymentMethodId, Path, description = "The card"),
    ),
    responses((status = 204, description = "Gone"), (status = 404, description = "`not_found`")),
)]
pub async fn remove(
    State(app): State<App>,
    caller: Caller,
    Ids(subject, method): Ids<SubjectId, PaymentMethodId>,
    _: Nothing,
) -> Done {
    app.remove_payment_method(&caller, subject, method).await.map(|()| StatusCode::NO_CONTENT)
}
