//! Where events are sent.

use super::{Done, Made, Shown, made};
use crate::{
    app::{App, Caller},
    http::{
        json::{Json, Nothing},
        list::{List, ListParams},
        path::Id,
    },
};
use axum::{extract::State, http::StatusCode};
use handsel_api::{
    WebhookEndpointId,
    merchants::Page,
    webhooks::{CreateWebhookEndpoint, WebhookEndpoint, WebhookKeys, WebhookSecret},
};

/// Have events sent to an address from now on
///
/// Signed as Standard Webhooks says, tried ten times over 75 hours. The only time the secret is shown. At most ten
/// endpoints for each merchant.
#[utoipa::path(
    post, path = "/v1/webhook_endpoints", operation_id = "create_webhook_endpoint", tag = "webhooks",
    security(("operator" = []), ("key" = [])),
    request_body = CreateWebhookEndpoint,
    responses(
        (status = 201, body = WebhookSecret),
        (status = 404, description = "`not_found`"),
        (status = 409, description = "`too_many_endpoints`"),
        (status = 422, description = "`invalid_field`"),
    ),
)]
pub async fn create(
    State(app): State<App>,
    caller: Caller,
    Json(request): Json<CreateWebhookEndpoint>,
) -> Made<WebhookSecret> {
    app.create_webhook_endpoint(&caller, request).await.map(made)
}

/// List webhook endpoints, newest first
///
/// An operator sees all, a till its merchant's.
#[utoipa::path(
    get, path = "/v1/webhook_endpoints", operation_id = "list_webhook_endpoints", tag = "webhooks",
    security(("operator" = []), ("key" = [])),
    params(ListParams),
    responses((status = 200, body = Page<WebhookEndpoint>), (status = 422, description = "`invalid_field`")),
)]
pub async fn list(
    State(app): State<App>,
    caller: Caller,
    list: List<WebhookEndpointId>,
) -> Shown<Page<WebhookEndpoint>> {
    app.list_webhook_endpoints(&caller, list.limit, list.after).await.map(axum::Json)
}

/// Send nothing more to an endpoint, and forget it
#[utoipa::path(
    delete, path = "/v1/webhook_endpoints/{id}", operation_id = "delete_webhook_endpoint", tag = "webhooks",
    security(("operator" = []), ("key" = [])),
    params(("id" = WebhookEndpointId, Path, description = "The endpoint")),
    responses((status = 204), (status = 404, description = "`not_found`")),
)]
pub async fn delete(State(app): State<App>, caller: Caller, Id(endpoint): Id<WebhookEndpointId>) -> Done {
    app.delete_webhook_endpoint(&caller, endpoint).await.map(|()| StatusCode::NO_CONTENT)
}

/// Give an endpoint a new secret
///
/// For 24 hours both the new and the old one sign.
#[utoipa::path(
    post, path = "/v1/webhook_endpoints/{id}/rotate_secret", operation_id = "rotate_webhook_secret", tag = "webhooks",
    security(("operator" = []), ("key" = [])),
    params(("id" = WebhookEndpointId, Path, description = "The endpoint")),
    responses((status = 200, body = WebhookSecret), (status = 404, description = "`not_found`")),
)]
pub async fn rotate(
    State(app): State<App>,
    caller: Caller,
    Id(endpoint): Id<WebhookEndpointId>,
    _: Nothing,
) -> Shown<WebhookSecret> {
    app.rotate_webhook_secret(&caller, endpoint).await.map(axum::Json)
}

/// Show the public keys that check this installation's signatures
#[utoipa::path(
    get, path = "/v1/webhook_keys", operation_id = "webhook_keys", tag = "webhooks",
    responses((status = 200, body = WebhookKeys)),
)]
pub async fn keys(State(app): State<App>) -> axum::Json<WebhookKeys> {
    axum::Json(app.webhook_keys())
}
