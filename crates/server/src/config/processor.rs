//! Which processor moves the money.

use serde::Deserialize;
use std::{fmt, net::IpAddr};
use zeroize::Zeroizing;

/// Which processor, and how it is reached.
#[derive(Debug, Clone, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum ProcessorConfig {
    /// A simulated one: `handsel sim-processor`. `handsel serve` starts one by itself when none is named.
    Sim {
        /// Where it serves.
        url: BaseUrl,
        /// What it signs webhooks with, `whsec_…`.
        #[serde(default)]
        webhook_secret: Option<SecretText>,
    },
    /// Stripe.
    Stripe {
        /// Its API; another one only for tests.
        #[serde(default = "BaseUrl::stripe")]
        url: BaseUrl,
        /// `sk_…` or `rk_…`.
        secret_key: SecretText,
        /// The webhook endpoint's own, `whsec_…`.
        #[serde(default)]
        webhook_secret: Option<SecretText>,
    },
    /// Hyperswitch, which leads to many others.
    Hyperswitch {
        /// The router.
        url: BaseUrl,
        /// The merchant's API key.
        secret_key: SecretText,
        /// The payment response hash key.
        #[serde(default)]
        webhook_secret: Option<SecretText>,
    },
}

/// A secret in the configuration. Nothing prints it.
#[derive(Clone, Deserialize)]
#[serde(from = "String")]
pub struct SecretText(Zeroizing<String>);

impl SecretText {
    /// The secret.
    pub(crate) fn text(&self) -> &str {
        &self.0
    }
}

impl From<String> for SecretText {
    fn from(text: String) -> SecretText {
        SecretText(Zeroizing::new(text))
    }
}

impl fmt::Debug for SecretText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretText(…)")
    }
}

/// A server's address: `https://host` or, at loopback, `http://host:port`; a path may follow.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct BaseUrl(String);

/// Why a text is no address of a processor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a processor's url is https://host, or http://host:port at loopback, without user, query or fragment")]
pub struct NoBaseUrl;

impl BaseUrl {
    fn stripe() -> BaseUrl {
        BaseUrl("https://api.stripe.com".to_owned())
    }

    /// Without a slash at its end.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    /// Without TLS, which is at loopback only.
    pub(crate) fn is_plain(&self) -> bool {
        self.0.starts_with("http://")
    }
}

impl TryFrom<String> for BaseUrl {
    type Error = NoBaseUrl;

    fn try_from(text: String) -> Result<BaseUrl, NoBaseUrl> {
        let url = reqwest::Url::parse(&text).map_err(|_| NoBaseUrl)?;
        let host = url.host_str().ok_or(NoBaseUrl)?;
        let address = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
        let loopback = host == "localhost" || address.is_ok_and(|address| address.is_loopback());
        // A key must not travel in the clear.
        let safe = url.scheme() == "https" || url.scheme() == "http" && loopback;
        let bare =
            url.username().is_empty() && url.password().is_none() && url.query().is_none() && url.fragment().is_none();
        if safe && bare { Ok(BaseUrl(url.as_str().trim_end_matches('/').to_owned())) } else { Err(NoBaseUrl) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: &str) -> Result<ProcessorConfig, serde_json::Error> {
        serde_json::from_str(json)
    }

    #[test]
    fn what_is_unknown_or_unsafe_is_refused_and_no_secret_is_printed() {
        let stripe = read(r#"{"kind":"stripe","secret_key":"sk_test_hush","webhook_secret":"whsec_hush"}"#).unwrap();
        let shown = format!("{stripe:?}");
        assert!(shown.contains("https://api.stripe.com") && !shown.contains("hush"), "{shown}");
        for wrong in [
            r#"{"kind":"stripe"}"#,
            r#"{"kind":"stripe","secret_key":"sk","secret":"x"}"#,
            r#"{"kind":"paypal","url":"https://x"}"#,
            r#"{"kind":"sim","url":"http://processor.example"}"#,
            r#"{"kind":"sim","url":"https://user:hush@processor.example"}"#,
            r#"{"kind":"sim","url":"ftp://127.0.0.1"}"#,
            r#"{"kind":"sim","url":"https://x/?y"}"#,
        ] {
            let refused = read(wrong).unwrap_err().to_string();
            assert!(!refused.contains("hush"), "{refused}");
        }
        for (text, plain) in
            [("http://127.0.0.1:4/", true), ("http://[::1]:4", true), ("https://x.example/api/", false)]
        {
            let url = BaseUrl::try_from(text.to_owned()).unwrap();
            assert_eq!((url.is_plain(), url.as_str()), (plain, text.trim_end_matches('/')));
        }
    }
}
