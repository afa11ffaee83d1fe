//! Tills' keys.

use super::{Done, Made, Shown, made};
use crate::{
    app::{App, Caller},
    http::{
        json::Maybe,
        list::{List, ListParams},
        path::{Id, Ids},
    },
};
use axum::{extract::State, http::StatusCode};
use handsel_api::{
    KeyId, MerchantId,
    keys::{CreateKey, Key, NewKey},
    merchants::Page,
};

/// Make a till's key
///
/// The only time the key is shown; only its hash is kept. Without a body, a test key that may do everything a till can.
#[utoipa::path(
    post, path = "/v1/merchants/{id}/keys", operation_id = "create_key", tag = "keys", security(("operator" = [])),
    params(("id" = MerchantId, Path, description = "The merchant")),
    request_body = Option<CreateKey>,
    responses(
        (status = 201, body = NewKey),
        (status = 404, description = "`not_found`"),
        (status = 422, description = "`invalid_field`"),
    ),
)]
pub async fn create(
    State(app): State<App>,
    caller: Caller,
    Id(merchant): Id<MerchantId>,
    Maybe(request): Maybe<CreateKey>,
) -> Made<NewKey> {
    app.create_key(&caller, merchant, request).await.map(made)
}

/// List a merchant's keys, newest first
///
/// Revoked ones too. Of a key, its beginning and its last four characters are known.
#[utoipa::path(
    get, path = "/v1/merchants/{id}/keys", operation_id = "list_keys", tag = "keys", security(("operator" = [])),
    params(("id" = MerchantId, Path, description = "The merchant"), ListParams),
    responses(
        (status = 200, body = Page<Key>),
        (status = 404, description = "`not_found`"),
        (status = 422, description = "`invalid_field`"),
    ),
)]
pub async fn list(
    State(app): State<App>,
    caller: Caller,
    Id(merchant): Id<MerchantId>,
    list: List<KeyId>,
) -> Shown<Page<Key>> {
    app.list_keys(&caller, merchant, list.limit, list.after).await.map(axum::Json)
}

/// Revoke a key, at once and for good
#[utoipa::path(
    delete, path = "/v1/merchants/{id}/keys/{key}", operation_id = "revoke_key", tag = "keys",
    security(("operator" = [])),
    params(
        ("id" = MerchantId, Path, description = "The merchant"),
        ("key" = KeyId, Path, description = "The key's id, which is not the key"),
    ),
    responses((status = 204), (status = 404, description = "`not_found`")),
)]
pub async fn revoke(State(app): State<App>, caller: Caller, Ids(merchant, key): Ids<MerchantId, KeyId>) -> Done {
    app.revoke_key(&caller, merchant, key).await.map(|()| StatusCode::NO_CONTENT)
}
