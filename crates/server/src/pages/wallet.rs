//! `/wallet`: what a shopper has here, and every way to take it back. Plain forms; no scripts.

mod acts;
mod held;
mod show;
mod uses;

use crate::http::Shared;
use axum::{
    Router,
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
        .route("/wallet/close", post(acts::close))
}
