//! Against DNS rebinding: at loopback, only names of loopback are answered.
//!
//! A page elsewhere can point its own name at 127.0.0.1 and would then be the same origin as this server. Its requests
//! still carry its own name in `host`.

use crate::app::Refusal;
use axum::{
    extract::{Request, State},
    http::{HeaderMap, Uri, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use handsel_api::Code;
use std::{net::SocketAddr, sync::Arc};

/// The hosts that are answered.
#[derive(Debug, Clone)]
pub enum Hosts {
    /// Every one: the server listens beyond loopback, under names it cannot know.
    Any,
    /// These, without port, in lower case.
    Only(Arc<[String]>),
}

impl Hosts {
    /// The rule for a server at `address` that is also reached under the `configured` names. Beyond loopback, without
    /// configured names, every host is answered.
    pub fn of(address: SocketAddr, configured: &[String]) -> Hosts {
        let ours = address.ip().is_loopback();
        if !ours && configured.is_empty() {
            return Hosts::Any;
        }
        let loopback = ["localhost", "127.0.0.1", "[::1]"].map(str::to_owned);
        Hosts::Only(loopback.into_iter().chain(configured.iter().map(|host| host.to_ascii_lowercase())).collect())
    }

    fn admit(&self, host: Option<&str>) -> bool {
        match (self, host) {
            (Hosts::Any, _) => true,
            (Hosts::Only(_), None) => false,
            (Hosts::Only(known), Some(host)) => {
                let name = without_port(host).to_ascii_lowercase();
                known.contains(&name)
            }
        }
    }
}

/// Refuses a host that is not ours.
pub async fn check(State(hosts): State<Hosts>, request: Request, next: Next) -> Response {
    if hosts.admit(host(request.headers(), request.uri())) {
        return next.run(request).await;
    }
    Refusal::header(Code::Forbidden, "host", "this server does not answer under that name; add it to the configuration")
        .into_response()
}

/// The host a request is for, with its port.
pub fn host<'a>(headers: &'a HeaderMap, uri: &'a Uri) -> Option<&'a str> {
    let header = headers.get(header::HOST).and_then(|value| value.to_str().ok());
    header.or_else(|| uri.authority().map(|authority| authority.as_str()))
}

fn without_port(host: &str) -> &str {
    match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|b| b.is_ascii_digit()) && !name.is_empty() => name,
        _ => host,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn at_loopback_only_names_of_loopback_are_answered() {
        let hosts = Hosts::of("127.0.0.1:8321".parse().unwrap(), &["till.example".into()]);
        for good in ["localhost", "LOCALHOST:8321", "127.0.0.1:1", "[::1]:8321", "[::1]", "till.example"] {
            assert!(hosts.admit(Some(good)), "{good}");
        }
        for bad in
            ["", "evil.example", "localhost.evil.example", "127.0.0.1.evil.example:8321", "evil:localhost", "::1"]
        {
            assert!(!hosts.admit(Some(bad)), "{bad}");
        }
        assert!(!hosts.admit(None));
    }

    #[test]
    fn beyond_loopback_the_configured_names_count() {
        let address = "0.0.0.0:8321".parse().unwrap();
        assert!(Hosts::of(address, &[]).admit(Some("anything.example")));
        let hosts = Hosts::of(address, &["till.example".into()]);
        assert!(hosts.admit(Some("till.example:443")) && !hosts.admit(Some("evil.example")));
    }
}
