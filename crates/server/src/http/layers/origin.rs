//! Against forged requests: what a cookie pays for must come from a page of ours.
//!
//! Our cookies are `SameSite=Strict` already; this also stops another port of the same machine, which is the same site.

use super::host;
use crate::{
    app::Refusal,
    http::cookies::{self, As},
};
use axum::{
    extract::Request,
    http::{HeaderMap, Method, Uri, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use handsel_api::Code;

/// Refuses an unsafe request on a cookie's authority that does not say it comes from here, and one without any authority
/// that a browser says comes from elsewhere: its answer could set a cookie.
pub async fn check(request: Request, next: Next) -> Response {
    let safe = matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS);
    let headers = request.headers();
    if safe || !(by_cookie(headers) || from_elsewhere(headers)) || from_here(headers, request.uri()) {
        return next.run(request).await;
    }
    let detail = "a session acts only for pages of this server; programs use Authorization: Bearer";
    Refusal::header(Code::Forbidden, "origin", detail).into_response()
}

fn by_cookie(headers: &HeaderMap) -> bool {
    !headers.contains_key(header::AUTHORIZATION) && any_cookie(headers)
}

fn any_cookie(headers: &HeaderMap) -> bool {
    let has = |kind: &As| [false, true].iter().any(|secure| cookies::read(headers, *kind, *secure).is_some());
    As::ALL.iter().any(has)
}

fn from_elsewhere(headers: &HeaderMap) -> bool {
    !headers.contains_key(header::AUTHORIZATION) && headers.contains_key("sec-fetch-site")
}

fn from_here(headers: &HeaderMap, uri: &Uri) -> bool {
    if let Some(site) = headers.get("sec-fetch-site") {
        return site == "same-origin" || site == "none";
    }
    let origin = headers.get(header::ORIGIN).and_then(|value| value.to_str().ok());
    let (Some(origin), Some(host)) = (origin, host::host(headers, uri)) else { return false };
    let authority = origin.strip_prefix("http://").or_else(|| origin.strip_prefix("https://"));
    authority.is_some_and(|authority| authority.eq_ignore_ascii_case(host))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn from(pairs: &[(&'static str, &'static str)]) -> bool {
        let mut headers = HeaderMap::new();
        headers.insert("host", "localhost:8321".parse().unwrap());
        for (name, value) in pairs {
            headers.insert(*name, value.parse().unwrap());
        }
        from_here(&headers, &Uri::from_static("/v1/payments"))
    }

    #[test]
    fn a_request_must_say_that_it_comes_from_here() {
        assert!(from(&[("sec-fetch-site", "same-origin")]));
        assert!(from(&[("sec-fetch-site", "none")]));
        assert!(from(&[("origin", "http://localhost:8321")]));
        for other in ["cross-site", "same-site", "", "SAME-ORIGIN"] {
            assert!(!from(&[("sec-fetch-site", other), ("origin", "http://localhost:8321")]), "{other}");
        }
        for other in ["http://localhost:9999", "http://localhost", "null", "http://evil.example", "localhost:8321"] {
            assert!(!from(&[("origin", other)]), "{other}");
        }
        assert!(!from(&[]));
    }
}
