//! The address people have in their browser.

use serde::Deserialize;
use std::str::FromStr;
use webauthn_rs::prelude::Url;

/// `https://` and a name; `http://` at localhost alone. Nothing after the name and its port.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct PublicUrl {
    origin: String,
    host: String,
    any_port: bool,
}

/// Why a text is no public address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "public_url is https:// and a name, such as https://pay.example; http:// only for localhost, and no number instead of a name"
)]
pub struct NoPublicUrl;

impl PublicUrl {
    /// This machine, for whoever sits at it; port 0 stands for whichever the system gave.
    pub fn localhost(port: u16) -> PublicUrl {
        let origin = if port == 0 { "http://localhost".to_owned() } else { format!("http://localhost:{port}") };
        PublicUrl { origin, host: "localhost".to_owned(), any_port: port == 0 }
    }

    /// Scheme, name and port.
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// The name that passkeys are bound to.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// Whether browsers reach it over TLS, so that cookies can be kept to it.
    pub fn is_secure(&self) -> bool {
        self.origin.starts_with("https://")
    }

    pub(crate) fn any_port(&self) -> bool {
        self.any_port
    }
}

impl FromStr for PublicUrl {
    type Err = NoPublicUrl;

    fn from_str(text: &str) -> Result<PublicUrl, NoPublicUrl> {
        let url = Url::parse(text.trim()).map_err(|_| NoPublicUrl)?;
        let host = url.domain().ok_or(NoPublicUrl)?.to_owned();
        let here = host == "localhost" && url.scheme() == "http";
        let bare = url.path() == "/" && url.query().is_none() && url.fragment().is_none();
        let nobody = url.username().is_empty() && url.password().is_none();
        if !(here || url.scheme() == "https") || !bare || !nobody {
            return Err(NoPublicUrl);
        }
        Ok(PublicUrl { origin: url.origin().ascii_serialization(), host, any_port: false })
    }
}

impl TryFrom<String> for PublicUrl {
    type Error = NoPublicUrl;

    fn try_from(text: String) -> Result<PublicUrl, NoPublicUrl> {
        text.parse()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_public_address_is_a_name_behind_tls_or_this_machine() {
        let good = |text: &str| text.parse::<PublicUrl>().unwrap();
        assert_eq!(good("https://Pay.Example/").origin(), "https://pay.example");
        assert_eq!(good("https://pay.example:8443").origin(), "https://pay.example:8443");
        assert_eq!(good("http://localhost:8321").host(), "localhost");
        assert!(good("https://pay.example").is_secure() && !good("http://localhost").is_secure());
        for bad in [
            "",
            "pay.example",
            "http://pay.example",
            "https://192.0.2.1",
            "https://[::1]",
            "https://pay.example/path",
            "https://pay.example/?q",
            "https://pay.example/#f",
            "https://me:pw@pay.example",
            "ftp://pay.example",
        ] {
            assert_eq!(bad.parse::<PublicUrl>(), Err(NoPublicUrl), "{bad}");
        }
    }
}
