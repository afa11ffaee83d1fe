//! Passing on: a request goes to the server as it came, and its answer comes back as it is.

use super::Agent;
use axum::{
    body::{Body, Bytes},
    http::{HeaderMap, HeaderName, Response, StatusCode, header, request::Parts},
};
use std::{sync::atomic::Ordering, time::Duration};

/// How long a till waits for the server before it is asked to do without.
const PATIENCE: Duration = Duration::from_secs(4);
/// How long anything else may take to begin to be answered: longer than the server waits for a processor or for news.
const LONGEST: Duration = Duration::from_secs(90);

/// What is about one connection alone (RFC 9110, 7.6.1), and what each side writes itself.
const OF_A_CONNECTION: [HeaderName; 9] = [
    header::CONNECTION,
    header::HOST,
    header::CONTENT_LENGTH,
    header::PROXY_AUTHENTICATE,
    header::PROXY_AUTHORIZATION,
    header::TE,
    header::TRAILER,
    header::TRANSFER_ENCODING,
    header::UPGRADE,
];

/// The server cannot be reached; whether it got the request is not known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Unreachable;

impl Agent {
    /// Whether the server answered last.
    pub(super) fn is_up(&self) -> bool {
        self.0.up.load(Ordering::Relaxed)
    }

    pub(crate) fn set_up(&self, up: bool) {
        if self.0.up.swap(up, Ordering::Relaxed) != up {
            if up {
                tracing::info!("the server answers again");
            } else {
                self.0.was_cut.store(true, Ordering::Relaxed);
                tracing::warn!("the server cannot be reached");
            }
        }
    }

    /// Passes a request on; `patient` if the agent cannot do it itself.
    pub(super) async fn pass_on(
        &self,
        parts: &Parts,
        body: Bytes,
        patient: bool,
    ) -> Result<Response<Body>, Unreachable> {
        if !self.is_up() {
            return Err(Unreachable);
        }
        let path = parts.uri.path_and_query().map_or("/", |path| path.as_str());
        let url = format!("{}{path}", self.0.server.as_str());
        let request = self.0.client.request(parts.method.clone(), url).headers(carried(&parts.headers)).body(body);
        let waits = if patient { LONGEST } else { PATIENCE };
        let answer = self.begun(tokio::time::timeout(waits, request.send()).await)?;
        let answer: Response<reqwest::Body> = answer.into();
        let (mut head, body) = answer.into_parts();
        head.headers = carried(&head.headers);
        Ok(Response::from_parts(head, Body::new(body)))
    }

    /// What came of asking the server, and whether it is there.
    pub(super) fn begun<E>(
        &self,
        sent: Result<Result<reqwest::Response, reqwest::Error>, E>,
    ) -> Result<reqwest::Response, Unreachable> {
        let answered = sent.ok().and_then(Result::ok);
        // The server never says these; what stands before it does when it is not there.
        let there = answered.filter(|it| !matches!(it.status(), StatusCode::BAD_GATEWAY | StatusCode::GATEWAY_TIMEOUT));
        self.set_up(there.is_some());
        there.ok_or(Unreachable)
    }
}

fn carried(headers: &HeaderMap) -> HeaderMap {
    let mut carried = headers.clone();
    // What `connection` names is of the connection, too.
    let named = headers.get_all(header::CONNECTION).iter().filter_map(|value| value.to_str().ok());
    for name in named.flat_map(|names| names.split(',')).filter_map(|name| name.trim().parse::<HeaderName>().ok()) {
        carried.remove(name);
    }
    for name in OF_A_CONNECTION {
        carried.remove(name);
    }
    carried.remove("keep-alive");
    carried
}
