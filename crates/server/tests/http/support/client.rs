use handsel_api::{Code, Problem};
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::{
    io::{Read, Write},
    net::{SocketAddr, TcpStream},
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};
use ureq::{Agent, http};

/// Somebody who sends requests.
#[derive(Clone)]
pub struct Client {
    address: SocketAddr,
    token: Option<String>,
    headers: Vec<(String, String)>,
    agent: Agent,
}

/// What came back.
pub struct Answer {
    pub status: u16,
    pub headers: http::HeaderMap,
    pub body: Vec<u8>,
}

impl Client {
    pub fn new(address: SocketAddr, token: Option<String>) -> Client {
        let config = Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .allow_non_standard_methods(true)
            .timeout_global(Some(Duration::from_secs(120)))
            .build();
        Client { address, token, headers: Vec::new(), agent: config.into() }
    }

    /// The same with one more header on every request.
    pub fn header(&self, name: &str, value: &str) -> Client {
        let mut more = self.clone();
        more.headers.push((name.to_owned(), value.to_owned()));
        more
    }

    /// The same with an `Idempotency-Key` nobody used before.
    pub fn fresh_key(&self) -> Client {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        self.header("idempotency-key", &format!("test-{}", NEXT.fetch_add(1, Ordering::Relaxed)))
    }

    pub fn get(&self, path: &str) -> Answer {
        self.send("GET", path, None, Vec::new())
    }

    pub fn delete(&self, path: &str) -> Answer {
        self.send("DELETE", path, None, Vec::new())
    }

    /// A POST without a body.
    pub fn act(&self, path: &str) -> Answer {
        self.send("POST", path, None, Vec::new())
    }

    pub fn post(&self, path: &str, body: &Value) -> Answer {
        self.post_text(path, &body.to_string())
    }

    pub fn post_text(&self, path: &str, body: &str) -> Answer {
        self.send("POST", path, Some("application/json"), body.as_bytes().to_vec())
    }

    pub fn frame(&self, path: &str, frame: &[u8]) -> Answer {
        self.send("POST", path, Some("image/jpeg"), frame.to_vec())
    }

    pub fn send(&self, method: &str, path: &str, media_type: Option<&str>, body: Vec<u8>) -> Answer {
        let mut request = http::Request::builder().method(method).uri(format!("http://{}{path}", self.address));
        if let Some(token) = &self.token {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        if let Some(media_type) = media_type {
            request = request.header("content-type", media_type);
        }
        let mut response = self.agent.run(request.body(body).unwrap()).unwrap();
        let body = response.body_mut().with_config().limit(64 << 20).read_to_vec().unwrap();
        Answer { status: response.status().as_u16(), headers: response.headers().clone(), body }
    }

    /// Bytes as they are, and everything that comes back until the server closes; for what no client library sends.
    pub fn raw(&self, request: &str) -> String {
        let mut stream = TcpStream::connect(self.address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        stream.write_all(request.as_bytes()).unwrap();
        let mut back = Vec::new();
        let _ = stream.read_to_end(&mut back);
        String::from_utf8_lossy(&back).into_owned()
    }
}

impl Answer {
    /// The body, after a success.
    pub fn ok<T: DeserializeOwned>(&self) -> T {
        assert!((200..300).contains(&self.status), "{} {}", self.status, self.text());
        serde_json::from_slice(&self.body).unwrap()
    }

    /// The problem, after checking that it is worded as one.
    pub fn problem(&self) -> Problem {
        let problem: Problem =
            serde_json::from_slice(&self.body).unwrap_or_else(|why| panic!("{why}: {}", self.text()));
        assert_eq!(self.header("content-type"), Some("application/problem+json"));
        assert_eq!(problem.status, self.status);
        assert_eq!(problem.status, problem.code.status());
        assert_eq!(problem.kind, format!("/problems/{}", problem.code.name()));
        assert_eq!(problem.title, problem.code.title());
        assert!(!problem.detail.is_empty(), "{problem:?}");
        problem
    }

    /// Its status and code: `409 wrong_state`.
    pub fn refused(&self) -> (u16, Code) {
        (self.status, self.problem().code)
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}
