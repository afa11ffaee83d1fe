//! Disputes: opening one moves no money; a lost one takes back what remained paid.

use super::{Made, Shown, made};
use crate::{
    app::{App, Caller},
    http::{
        json::Json,
        list::{List, ListParams},
        path::Id,
    },
};
use axum::extract::State;
use handsel_api::{
    DisputeId, PaymentId,
    disputes::{CloseDispute, Dispute, OpenDispute},
    merchants::Page,
};

/// Open a dispute of the processor's or the operator's about a captured payment
///
/// A shopper opens theirs with the receipt. The palm is not frozen by this; a subject's own `freeze` does that.
#[utoipa::path(
    post, path = "/v1/payments/{id}/disputes", operation_id = "open_dispute", tag = "disputes",
    security(("operator" = [])),
    params(("id" = PaymentId, Path, description = "The payment")),
    request_body = OpenDispute,
    responses(
        (status = 201, body = Dispute),
        (status = 404, description = "`not_found`"),
        (status = 409, description = "`wrong_state`: not captured, one is open already, or one was lost"),
        (status = 422, description = "`invalid_field`"),
    ),
)]
pub async fn open(
    State(app): State<App>,
    caller: Caller,
    Id(payment): Id<PaymentId>,
    Json(request): Json<OpenDispute>,
) -> Made<Dispute> {
    app.open_dispute(&caller, payment, request).await.map(made)
}

/// List disputes, newest first
///
/// An operator sees all with their notes, a till its merchant's without.
#[utoipa::path(
    get, path = "/v1/disputes", operation_id = "list_disputes", tag = "disputes",
    security(("operator" = []), ("key" = [])),
    params(ListParams),
    responses((status = 200, body = Page<Dispute>), (status = 422, description = "`invalid_field`")),
)]
pub async fn list(State(app): State<App>, caller: Caller, list: List<DisputeId>) -> Shown<Page<Dispute>> {
    app.list_disputes(&caller, list.limit, list.after).await.map(axum::Json)
}

/// Close a dispute
///
/// Closing it again the same way changes nothing; another way is refused.
#[utoipa::path(
    post, path = "/v1/disputes/{id}/close", operation_id = "close_dispute", tag = "disputes",
    security(("operator" = [])),
    params(("id" = DisputeId, Path, description = "The dispute")),
    request_body = CloseDispute,
    responses(
        (status = 200, body = Dispute),
        (status = 404, description = "`not_found`"),
        (status = 409, description = "`wrong_state`: closed another way, or the payment's money was taken back before"),
        (status = 422, description = "`invalid_field`"),
    ),
)]
pub async fn close(
    State(app): State<App>,
    caller: Caller,
    Id(dispute): Id<DisputeId>,
    Json(request): Json<CloseDispute>,
) -> Shown<Dispute> {
    app.close_dispute(&caller, dispute, request).await.map(axum::Json)
}
