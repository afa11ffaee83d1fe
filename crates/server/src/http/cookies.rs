//! Session cookies: their names, and how they are set, cleared and read.

use axum::http::{HeaderMap, HeaderValue, header};

/// Which session a cookie holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum As {
    /// Whoever runs this installation.
    Operator,
    /// A kiosk bound to one site.
    Kiosk,
    /// Somebody at their own wallet.
    Wallet,
}

impl As {
    /// Every kind, in the order they are tried when a request does not say which.
    pub const ALL: [As; 3] = [As::Operator, As::Kiosk, As::Wallet];

    /// The cookie's name. Where browsers come over TLS it is one that only this very host can set, and only over TLS.
    pub fn cookie(self, secure: bool) -> &'static str {
        match (self, secure) {
            (As::Operator, false) => "handsel_operator",
            (As::Kiosk, false) => "handsel_kiosk",
            (As::Wallet, false) => "handsel_wallet",
            (As::Operator, true) => "__Host-handsel_operator",
            (As::Kiosk, true) => "__Host-handsel_kiosk",
            (As::Wallet, true) => "__Host-handsel_wallet",
        }
    }

    /// The kind a `handsel-as` header names.
    pub fn from_header(text: &str) -> Option<As> {
        match text {
            "operator" => Some(As::Operator),
            "kiosk" => Some(As::Kiosk),
            "wallet" => Some(As::Wallet),
            _ => None,
        }
    }

    /// How long a browser keeps it, in seconds: as long as the session lasts, and for a wallet 30 days.
    fn max_age_s(self) -> u32 {
        match self {
            As::Operator | As::Kiosk => 12 * 3600,
            As::Wallet => 30 * 24 * 3600,
        }
    }
}

/// The `set-cookie` that starts a session. `None` for a token no cookie can hold, which none of ours is.
///
/// Marked `Secure` where browsers come over TLS. Otherwise not: an installation listens on plain HTTP at loopback, where some
/// browsers would drop it.
pub fn set(kind: As, token: &str, secure: bool) -> Option<HeaderValue> {
    let fits = token.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-');
    let text = format!("{}={token}; {}; Max-Age={}", kind.cookie(secure), attributes(secure), kind.max_age_s());
    HeaderValue::from_str(&text).ok().filter(|_| fits)
}

/// The `set-cookie` that ends a session.
pub fn clear(kind: As, secure: bool) -> Option<HeaderValue> {
    HeaderValue::from_str(&format!("{}=; {}; Max-Age=0", kind.cookie(secure), attributes(secure))).ok()
}

/// The token a request's cookie holds.
pub fn read(headers: &HeaderMap, kind: As, secure: bool) -> Option<&str> {
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|line| line.to_str().ok())
        .flat_map(|line| line.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(name, _)| *name == kind.cookie(secure))
        .map(|(_, token)| token)
        .filter(|token| !token.is_empty())
}

fn attributes(secure: bool) -> &'static str {
    if secure { "HttpOnly; SameSite=Strict; Path=/; Secure" } else { "HttpOnly; SameSite=Strict; Path=/" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cookie_survives_the_round_trip_among_others() {
        let set = set(As::Kiosk, "hsq_abc-1", false).unwrap();
        let text = set.to_str().unwrap();
        assert!(text.contains("HttpOnly") && text.contains("SameSite=Strict"), "{text}");
        let mut headers = HeaderMap::new();
        let sent = format!("a=b; {}; handsel_wallet=", text.split(';').next().unwrap());
        headers.insert(header::COOKIE, HeaderValue::from_str(&sent).unwrap());
        assert_eq!(read(&headers, As::Kiosk, false), Some("hsq_abc-1"));
        assert_eq!(read(&headers, As::Operator, false), None);
        assert_eq!(read(&headers, As::Wallet, false), None, "an empty cookie is none");
    }

    #[test]
    fn over_tls_only_this_host_can_have_set_it() {
        let set = set(As::Operator, "hso_1", true).unwrap();
        let text = set.to_str().unwrap();
        assert!(text.starts_with("__Host-handsel_operator=hso_1;") && text.contains("; Secure"), "{text}");
        assert!(text.contains("Path=/;") && !text.contains("Domain"), "what the name asks for: {text}");
        let mut headers = HeaderMap::new();
        headers.insert(header::COOKIE, HeaderValue::from_static("handsel_operator=planted"));
        assert_eq!(read(&headers, As::Operator, true), None);
    }

    #[test]
    fn a_token_cannot_smuggle_attributes() {
        assert_eq!(super::set(As::Wallet, "x; Domain=elsewhere", true), None);
        assert_eq!(super::set(As::Wallet, "x\r\ny", false), None);
    }
}
