//! `/wallet`: what a shopper has here, and every way to take it back. Plain forms; only passkeys need a script.

mod acts;
mod held;
mod show;
mod uses;

use super::code;
use crate::http::Shared;
use axum::{
    Router,
    extract::DefaultBodyLimit,
    routing::{get, post},
};

pub(super) fn routes() -> Router<Shared> {
    Router::new()
        .route("/wallet", get(show::show))
        .route("/wallet/export", get(show::export))
        .route("/wallet/freeze", post(acts::freeze))
        .route("/wallet/unfreeze", post(acts::unfreeze))
        .route("/wallet/palms/{id}/delete", post(acts::delete_palm))
        .route("/wallet/held", get(held::show))
        .route("/wallet/held/code", post(held::code).layer(DefaultBodyLimit::max(held::LONGEST_CODE)))
        .route("/wallet/held/{id}/unlock", post(held::unlock))
        .route("/wallet/held/{id}/delete", post(held::delete))
        .route("/wallet/cards", post(acts::add_card))
        .route("/wallet/cards/link", post(acts::link_card))
        .route("/wallet/cards/{id}/delete", post(acts::delete_card))
        .route("/wallet/numbers", post(acts::link_number))
        .route("/wallet/numbers/{id}/delete", post(acts::unlink_number))
        .route("/wallet/consents/{id}/revoke", post(acts::revoke))
        .route("/wallet/uses.tlog", get(uses::download))
        .route("/wallet/delete", get(show::before_leaving).post(acts::leave))
        .route("/wallet/passkeys/start", post(acts::begin_passkey))
        .route("/wallet/passkeys/finish", post(acts::add_passkey))
        .route("/wallet/passkeys/{id}/delete", post(acts::remove_passkey))
        .route("/wallet/contacts", post(code::add))
        .route("/wallet/contacts/confirm", post(code::confirm))
        .route("/wallet/contacts/{id}/delete", post(acts::remove_contact))
        .route("/wallet/sessions/{id}/end", post(acts::end_session))
        .route("/wallet/close", post(acts::close))
}
