//! Who asks: the key or wallet in `Authorization`, or the session in a cookie.

use super::{
    Shared,
    cookies::{self, As},
};
use crate::app::{App, Caller, Refusal};
use axum::{
    extract::FromRequestParts,
    http::{HeaderMap, header, request::Parts},
};
use handsel_api::Code;

/// Names which of a browser's sessions acts: `operator`, `kiosk` or `wallet`.
pub const AS_HEADER: &str = "handsel-as";

impl FromRequestParts<Shared> for Caller {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, shared: &Shared) -> Result<Caller, Refusal> {
        caller(&shared.app, &parts.headers).await
    }
}

/// Who a request speaks for. A key in `Authorization` counts alone; then the session that `handsel-as` names; then the
/// first valid one of operator, kiosk and wallet.
///
/// # Errors
/// [`Code::Unauthenticated`].
pub async fn caller(app: &App, headers: &HeaderMap) -> Result<Caller, Refusal> {
    if headers.contains_key(header::AUTHORIZATION) {
        let token = token(headers).ok_or_else(not_a_bearer)?;
        let found = app.caller_of(token).await;
        return found.map_err(|refusal| Refusal { field: Some("authorization".to_owned()), ..refusal });
    }
    if let Some(name) = headers.get(AS_HEADER) {
        let kind = name.to_str().ok().and_then(As::from_header).ok_or_else(unknown_session)?;
        return caller_as(app, headers, kind).await.ok_or_else(unknown_session);
    }
    for kind in As::ALL {
        if let Some(caller) = caller_as(app, headers, kind).await {
            return Ok(caller);
        }
    }
    Err(Refusal::new(Code::Unauthenticated, "this needs a key in Authorization: Bearer, or a session"))
}

/// Who the session of this kind speaks for, if there is a valid one.
pub async fn caller_as(app: &App, headers: &HeaderMap, kind: As) -> Option<Caller> {
    let found = app.authenticate(cookies::read(headers, kind, app.public_url().is_secure())?).await?;
    let fits = match kind {
        As::Operator => found.role().is_some(),
        As::Kiosk => matches!(found, Caller::Kiosk(_)),
        As::Wallet => matches!(found, Caller::Subject(_)),
    };
    fits.then_some(found)
}

/// The token of a request that has one.
pub(crate) fn token(headers: &HeaderMap) -> Option<&str> {
    headers.get(header::AUTHORIZATION)?.to_str().ok().and_then(bearer)
}

fn bearer(value: &str) -> Option<&str> {
    let (scheme, token) = value.split_once(' ')?;
    let token = token.trim();
    (scheme.eq_ignore_ascii_case("bearer") && !token.is_empty()).then_some(token)
}

fn not_a_bearer() -> Refusal {
    Refusal::header(Code::Unauthenticated, "authorization", "send Authorization: Bearer <key>")
}

fn unknown_session() -> Refusal {
    Refusal::header(Code::Unauthenticated, AS_HEADER, "no valid session of that kind; sign in again")
}

#[cfg(test)]
mod tests {
    use super::bearer;

    #[test]
    fn only_a_bearer_is_read() {
        assert_eq!(bearer("Bearer hsk_test_x"), Some("hsk_test_x"));
        assert_eq!(bearer("bearer  hsk_test_x "), Some("hsk_test_x"));
        for not_one in ["Basic abc", "Bearer", "Bearer ", "hsk_test_x", ""] {
            assert_eq!(bearer(not_one), None, "{not_one:?}");
        }
    }
}
