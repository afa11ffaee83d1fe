//! Who looks at a page: each kind of session as an extractor, and the page that says how to get one.

use super::message::{self, Message};
use crate::{
    app::Caller,
    http::{Shared, caller::caller_as, cookies::As},
};
use axum::{
    extract::{FromRequestParts, OptionalFromRequestParts},
    http::{StatusCode, request::Parts},
    response::{IntoResponse, Response},
};
use handsel_api::{SiteId, SubjectId};
use std::convert::Infallible;

/// Whoever runs this installation.
pub(super) struct Operator;

/// A kiosk bound to this site.
pub(super) struct Kiosk(pub(super) SiteId);

/// Somebody at their own wallet.
pub(super) struct Wallet(pub(super) SubjectId);

impl Operator {
    /// As the domain knows them.
    pub(super) const CALLER: Caller = Caller::Operator;
}

impl Wallet {
    /// As the domain knows them.
    pub(super) fn caller(&self) -> Caller {
        Caller::Subject(self.0)
    }
}

impl FromRequestParts<Shared> for Operator {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, shared: &Shared) -> Result<Operator, Response> {
        let found = caller_as(&shared.app, &parts.headers, As::Operator).await;
        found.map(|_| Operator).ok_or_else(|| closed(&message::OPERATOR))
    }
}

impl OptionalFromRequestParts<Shared> for Operator {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, shared: &Shared) -> Result<Option<Operator>, Infallible> {
        Ok(caller_as(&shared.app, &parts.headers, As::Operator).await.map(|_| Operator))
    }
}

impl FromRequestParts<Shared> for Kiosk {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, shared: &Shared) -> Result<Kiosk, Response> {
        kiosk(parts, shared).await.ok_or_else(|| closed(&message::KIOSK))
    }
}

impl OptionalFromRequestParts<Shared> for Kiosk {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, shared: &Shared) -> Result<Option<Kiosk>, Infallible> {
        Ok(kiosk(parts, shared).await)
    }
}

impl FromRequestParts<Shared> for Wallet {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, shared: &Shared) -> Result<Wallet, Response> {
        match caller_as(&shared.app, &parts.headers, As::Wallet).await {
            Some(Caller::Subject(id)) => Ok(Wallet(id)),
            _ => Err(closed(&message::WALLET)),
        }
    }
}

async fn kiosk(parts: &Parts, shared: &Shared) -> Option<Kiosk> {
    match caller_as(&shared.app, &parts.headers, As::Kiosk).await? {
        Caller::Kiosk(site) => Some(Kiosk(site)),
        _ => None,
    }
}

fn closed(message: &Message<'_>) -> Response {
    (StatusCode::UNAUTHORIZED, message.page()).into_response()
}
