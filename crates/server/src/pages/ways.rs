//! The ways into an account: its passkeys, and where it is signed in. The same for a wallet and for staff.

use crate::{
    app::{Answer, App, Caller, PasskeyAnswer, ShownPasskey, SignedInDevice},
    http::cookies::{self, As},
};
use axum::{
    Json,
    http::{HeaderMap, header},
    response::{IntoResponse, Response},
};
use serde::Serialize;
use webauthn_rs::prelude::RegisterPublicKeyCredential;

use super::words;

/// A device's answer with a new passkey.
pub(super) type NewPasskey = PasskeyAnswer<RegisterPublicKeyCredential>;

/// What a page lists of an account.
pub(super) struct Ways {
    /// Where its forms go.
    pub(super) base: &'static str,
    /// The name that passkeys are bound to.
    pub(super) host: String,
    pub(super) passkeys: Vec<Way>,
    pub(super) sessions: Vec<Way>,
}

/// A passkey or a session.
pub(super) struct Way {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) about: String,
    /// The session that looks.
    pub(super) this: bool,
}

impl Ways {
    /// What the caller has; nothing for an operator without a name.
    pub(super) async fn of(app: &App, caller: &Caller, headers: &HeaderMap, kind: As) -> Answer<Ways> {
        let named = !matches!(caller, Caller::Operator);
        let token = cookies::read(headers, kind, app.public_url().is_secure());
        Ok(Ways {
            base: if kind == As::Wallet { "/wallet" } else { "/console/you" },
            host: app.public_url().host().to_owned(),
            passkeys: match named {
                true => app.passkeys(caller).await?.into_iter().map(passkey).collect(),
                false => Vec::new(),
            },
            sessions: match named {
                true => app.list_sessions(caller, token).await?.into_iter().map(session).collect(),
                false => Vec::new(),
            },
        })
    }
}

fn passkey(one: ShownPasskey) -> Way {
    let used = one
        .last_used_on
        .as_deref()
        .map_or_else(|| "not used yet".to_owned(), |day| format!("last used {}", words::day(day)));
    let about = format!("added {} · {used}", words::when(&one.created_at));
    Way { id: one.id.to_string(), name: one.name, about, this: false }
}

fn session(one: SignedInDevice) -> Way {
    let about = format!("since {} · last used {}", words::when(&one.since), words::when(&one.seen_at));
    Way { id: one.id.to_string(), name: one.device, about, this: one.this }
}

/// Where a script goes on.
#[derive(Serialize)]
struct GoOn {
    to: &'static str,
}

/// The answer to a script that did its part.
pub(super) fn go_on(to: &'static str) -> Response {
    Json(GoOn { to }).into_response()
}

/// What a browser and its system are called in a list: words of ours, since what it says of itself would tell people apart.
pub(super) fn device(headers: &HeaderMap) -> String {
    let said = headers.get(header::USER_AGENT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    // Each names those it descends from, so the youngest is looked for first.
    let first =
        |known: &[(&str, &'static str)]| known.iter().find(|(part, _)| said.contains(part)).map(|(_, name)| *name);
    let browser = first(&[
        ("Edg", "Edge"),
        ("OPR/", "Opera"),
        ("Firefox/", "Firefox"),
        ("Chrome/", "Chrome"),
        ("CriOS/", "Chrome"),
        ("Safari/", "Safari"),
    ]);
    let system = first(&[
        ("Android", "Android"),
        ("iPhone", "iPhone"),
        ("iPad", "iPad"),
        ("Mac OS X", "Mac"),
        ("Windows", "Windows"),
        ("Linux", "Linux"),
    ]);
    match (browser, system) {
        (Some(browser), Some(system)) => format!("{browser} on {system}"),
        (Some(one), None) | (None, Some(one)) => one.to_owned(),
        (None, None) => "A browser".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_browser_is_named_in_words_of_ours() {
        let named = |said: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::USER_AGENT, said.parse().unwrap());
            device(&headers)
        };
        let android =
            "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0 Safari/537.36";
        assert_eq!(named(android), "Chrome on Android");
        let iphone =
            "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1 Version/17.5 Safari/604.1";
        assert_eq!(named(iphone), "Safari on iPhone");
        assert_eq!(named("Mozilla/5.0 (X11; Linux x86_64; rv:127.0) Gecko/20100101 Firefox/127.0"), "Firefox on Linux");
        assert_eq!(named("<script>"), "A browser");
        assert_eq!(device(&HeaderMap::new()), "A browser");
    }
}
