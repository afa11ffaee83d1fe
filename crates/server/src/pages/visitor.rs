//! Who looks at a page: each kind of session as an extractor, and the page that says how to get one.

use super::{
    console,
    message::{self, Message},
    sign_in::{self, Door},
};
use crate::{
    app::{Caller, Role},
    http::{Shared, caller::caller_as, cookies::As},
};
use axum::{
    extract::{FromRequestParts, OptionalFromRequestParts},
    http::{StatusCode, request::Parts},
    response::{IntoResponse, Response},
};
use handsel_api::{SiteId, SubjectId};
use std::convert::Infallible;

/// Whoever runs this installation or works for the operator.
#[derive(Clone, Copy)]
pub(super) struct Operator(pub(super) Caller);

/// A page of the console, and who looks at it.
pub(super) struct Tab {
    /// Its address.
    pub(super) path: &'static str,
    role: Role,
}

impl Tab {
    /// The pages that whoever looks may open: address and words.
    pub(super) fn tabs(&self) -> impl Iterator<Item = (&'static str, &'static str)> {
        console::tabs(self.role)
    }

    /// Whether buttons that change how stores run are for them.
    pub(super) fn runs(&self) -> bool {
        matches!(self.role, Role::Owner | Role::Manager)
    }

    /// Whether buttons of owners are for them.
    pub(super) fn owns(&self) -> bool {
        self.role == Role::Owner
    }
}

/// A kiosk bound to this site.
pub(super) struct Kiosk(pub(super) SiteId);

/// Somebody at their own wallet.
pub(super) struct Wallet(pub(super) SubjectId);

impl Operator {
    /// A page of the console for them.
    pub(super) fn at(self, path: &'static str) -> Tab {
        Tab { path, role: self.role() }
    }

    /// Whether this page of the console is for them.
    pub(super) fn sees(self, path: &str) -> bool {
        console::tabs(self.role()).any(|(tab, _)| tab == path)
    }

    /// The first page of theirs.
    pub(super) fn home(self) -> &'static str {
        console::tabs(self.role()).next().map_or("/console/you", |(path, _)| path)
    }

    fn role(self) -> Role {
        self.0.role().unwrap_or(Role::Auditor)
    }
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
        found.map(Operator).ok_or_else(|| sign_in::closed(&shared.app, Door::Console))
    }
}

impl OptionalFromRequestParts<Shared> for Operator {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, shared: &Shared) -> Result<Option<Operator>, Infallible> {
        Ok(caller_as(&shared.app, &parts.headers, As::Operator).await.map(Operator))
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
            _ => Err(sign_in::closed(&shared.app, Door::Wallet)),
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
