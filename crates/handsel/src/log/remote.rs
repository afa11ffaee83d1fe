//! A log somewhere on the network.

use handsel_log::{Source, read_at_most};
use std::{io, sync::Arc, time::Duration};
use ureq::{
    Agent,
    tls::{RootCerts, TlsConfig},
};

/// For one file.
const PATIENCE: Duration = Duration::from_secs(30);

/// A log's files below an address.
pub(super) struct Remote {
    agent: Agent,
    prefix: String,
}

impl Remote {
    pub(super) fn new(prefix: &str) -> Remote {
        let tls = TlsConfig::builder()
            .root_certs(RootCerts::PlatformVerifier)
            .unversioned_rustls_crypto_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .build();
        let config = Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .timeout_global(Some(PATIENCE))
            .tls_config(tls)
            .build();
        Remote { agent: config.into(), prefix: prefix.trim_end_matches('/').to_owned() }
    }
}

impl Source for Remote {
    fn read(&self, path: &str, limit: u64) -> io::Result<Option<Vec<u8>>> {
        let answer = self.agent.get(format!("{}/{path}", self.prefix)).call().map_err(io::Error::other)?;
        match answer.status().as_u16() {
            200 => read_at_most(answer.into_body().into_reader(), limit).map(Some),
            404 | 410 => Ok(None),
            status => Err(io::Error::other(format!("the server answered {status}"))),
        }
    }
}
