//! A server that answers what is written down, in order, and writes down what it was asked: for drivers whose processor cannot
//! run in a test. The shapes are those of the processors' own references.

use axum::{
    Router,
    body::Bytes,
    extract::State,
    http::{HeaderMap, Method, StatusCode, Uri, header},
    response::{IntoResponse, Response},
};
use std::{
    collections::VecDeque,
    sync::{Arc, Mutex},
};

/// (method, path without its query, status, body)
pub(crate) type Exchange = (&'static str, &'static str, u16, &'static str);

/// What was asked.
#[derive(Debug, Clone)]
pub(crate) struct Asked {
    pub(crate) path_and_query: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

#[derive(Clone, Default)]
pub(crate) struct Recorded {
    left: Arc<Mutex<VecDeque<Exchange>>>,
    asked: Arc<Mutex<Vec<Asked>>>,
}

impl Recorded {
    /// Serves these answers; where.
    pub(crate) async fn serve(exchanges: &[Exchange]) -> (Recorded, String) {
        let recorded =
            Recorded { left: Arc::new(Mutex::new(exchanges.iter().copied().collect())), asked: Arc::default() };
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let router = Router::new().fallback(answer).with_state(recorded.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        (recorded, url)
    }

    /// Everything asked so far; nothing may be left to answer.
    pub(crate) fn asked(&self) -> Vec<Asked> {
        let left = self.left.lock().unwrap();
        assert!(left.is_empty(), "never asked for: {left:?}");
        self.asked.lock().unwrap().clone()
    }
}

async fn answer(
    State(recorded): State<Recorded>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let body = String::from_utf8(body.to_vec()).unwrap();
    recorded.asked.lock().unwrap().push(Asked { path_and_query: uri.to_string(), headers, body });
    let next = recorded.left.lock().unwrap().pop_front();
    match next {
        Some((expected, path, status, body)) if expected == method.as_str() && path == uri.path() => {
            (StatusCode::from_u16(status).unwrap(), [(header::CONTENT_TYPE, "application/json")], body).into_response()
        }
        other => (StatusCode::IM_A_TEAPOT, format!("{method} {uri} where {other:?} was expected")).into_response(),
    }
}
