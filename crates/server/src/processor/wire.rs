//! The wire to a processor: HTTP with kept connections and a limit on time and size. Whatever is not an answer is silence.

use super::Silent;
use crate::config::BaseUrl;
use reqwest::{Client, Method, RequestBuilder, StatusCode, redirect};
use serde::de::DeserializeOwned;
use std::time::Duration;

/// How long a call may take. A card's bank answers within a few seconds, or not at all.
const PATIENCE: Duration = Duration::from_secs(10);
/// The longest answer that is read.
const LONGEST: usize = 1024 * 1024;

/// A way to one processor.
pub(super) struct Wire {
    client: Client,
    base: BaseUrl,
}

/// An answer: whatever its status, the processor gave it.
pub(super) struct Answer {
    pub(super) status: StatusCode,
    body: Vec<u8>,
}

impl Wire {
    pub(super) fn to(base: &BaseUrl) -> Wire {
        Wire { client: client(base.is_plain()), base: base.clone() }
    }

    /// A request to `path`, which begins with a slash.
    pub(super) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.client.request(method, format!("{}{path}", self.base.as_str()))
    }

    /// Sends it and reads the answer whole.
    pub(super) async fn send(&self, request: RequestBuilder) -> Result<Answer, Silent> {
        let mut response = request.send().await.map_err(|error| silent(&error))?;
        let mut body = Vec::new();
        while let Some(part) = response.chunk().await.map_err(|error| silent(&error))? {
            if body.len() + part.len() > LONGEST {
                tracing::error!("the processor's answer is too long");
                return Err(Silent);
            }
            body.extend_from_slice(&part);
        }
        Ok(Answer { status: response.status(), body })
    }
}

/// A client that says what is answered, redirects and all.
pub(super) fn client(plain: bool) -> Client {
    crate::tls::choose();
    let mut client = Client::builder().timeout(PATIENCE).redirect(redirect::Policy::none()).tcp_nodelay(true);
    if plain {
        // At loopback, always: no proxy leads here, and nobody's certificate is read, which takes a while.
        client = client.no_proxy().tls_certs_only([]);
    }
    #[expect(clippy::expect_used, reason = "it fails only without a TLS library, which is chosen above")]
    client.build().expect("an HTTP client")
}

impl Answer {
    /// What it says. An answer that does not fit says nothing.
    pub(super) fn read<T: DeserializeOwned>(&self) -> Result<T, Silent> {
        serde_json::from_slice(&self.body).map_err(|error| {
            // serde's words name fields and types, never values of ours; a wrong type's value is the processor's own.
            tracing::error!(status = self.status.as_u16(), line = error.line(), "the processor's answer does not fit");
            Silent
        })
    }

    /// Neither done nor refused.
    pub(super) fn unclear<T>(&self, call: &'static str) -> Result<T, Silent> {
        tracing::warn!(status = self.status.as_u16(), call, "the processor did not say how it ended");
        Err(Silent)
    }
}

/// The error's own text may hold an address with a secret in it.
fn silent(error: &reqwest::Error) -> Silent {
    tracing::warn!(timeout = error.is_timeout(), connect = error.is_connect(), "the processor did not answer");
    Silent
}
