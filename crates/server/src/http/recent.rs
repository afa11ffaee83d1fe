//! The last requests of the API, in memory: method, route, status, time, and which key. What the log has, for tills.

use super::layers::{pace::Paced, request_id::RequestId};
use crate::{app::Refusal, clock};
use axum::{
    extract::{MatchedPath, Request, State},
    middleware::Next,
    response::Response,
};
use handsel_api::{KeyId, logs::RequestLine};
use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, PoisonError},
    time::Instant,
};
use tokio::sync::broadcast::{self, error::RecvError};

/// How many requests are remembered.
const REMEMBERED: usize = 200;
/// How many lines a slow reader may be behind before it misses some.
const BEHIND: usize = 1_000;

/// One request, and whose it was.
#[derive(Debug, Clone)]
pub struct Line {
    /// What is shown.
    pub shown: RequestLine,
    /// With which key it came.
    pub key: Option<KeyId>,
}

/// The last requests. Cloning shares them.
#[derive(Clone)]
pub struct Recent(Arc<Mutex<Ring>>);

struct Ring {
    last: VecDeque<Arc<Line>>,
    news: broadcast::Sender<Arc<Line>>,
}

/// The requests that are remembered, then each new one.
pub struct Tail {
    remembered: VecDeque<Arc<Line>>,
    news: broadcast::Receiver<Arc<Line>>,
}

impl Default for Recent {
    fn default() -> Recent {
        let ring = Ring { last: VecDeque::with_capacity(REMEMBERED), news: broadcast::Sender::new(BEHIND) };
        Recent(Arc::new(Mutex::new(ring)))
    }
}

impl Recent {
    /// Follows from what is remembered on.
    pub fn tail(&self) -> Tail {
        let ring = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        Tail { remembered: ring.last.clone(), news: ring.news.subscribe() }
    }

    fn add(&self, line: Line) {
        let line = Arc::new(line);
        let mut ring = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if ring.last.len() == REMEMBERED {
            ring.last.pop_front();
        }
        ring.last.push_back(Arc::clone(&line));
        // Nobody may be following.
        let _ = ring.news.send(line);
    }
}

impl Tail {
    /// The next line; who is too slow misses some.
    pub async fn next(&mut self) -> Option<Arc<Line>> {
        if let Some(line) = self.remembered.pop_front() {
            return Some(line);
        }
        loop {
            match self.news.recv().await {
                Ok(line) => return Some(line),
                Err(RecvError::Lagged(_)) => {}
                Err(RecvError::Closed) => return None,
            }
        }
    }
}

/// Remembers requests of the API.
pub async fn note(State(recent): State<Recent>, request: Request, next: Next) -> Response {
    let route = request.extensions().get::<MatchedPath>().map(|path| path.as_str().to_owned());
    let Some(route) = route.filter(|route| route.starts_with("/v1/")) else { return next.run(request).await };
    let id = request.extensions().get::<RequestId>().map(ToString::to_string).unwrap_or_default();
    let method = request.method().to_string();
    let started = Instant::now();
    let response = next.run(request).await;
    let paced = response.extensions().get::<Paced>();
    let shown = RequestLine {
        at: clock::rfc3339(clock::now_ms()),
        request_id: id,
        method,
        route,
        status: response.status().as_u16(),
        ms: u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX),
        code: response.extensions().get::<Refusal>().map(|refusal| refusal.code.name()),
        key: paced.map(|paced| paced.hint.clone()),
    };
    let key = paced.map(|paced| paced.key);
    recent.add(Line { shown, key });
    response
}
