//! A till's own server, which webhooks are sent to.

use std::{
    collections::VecDeque,
    io::{BufRead, BufReader, Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    sync::{Arc, Condvar, Mutex},
    time::{Duration, Instant},
};
use ureq::http::HeaderMap;

/// What it does with the next requests.
#[derive(Clone, Copy)]
pub enum Reply {
    Status(u16),
    /// Answers with a redirect to this path of its own.
    Redirect(&'static str),
}

/// One request that came.
#[derive(Clone)]
pub struct Received {
    pub path: String,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
}

/// Answers 204 unless told otherwise, and keeps what came.
pub struct Receiver {
    pub address: SocketAddr,
    state: Arc<State>,
}

#[derive(Default)]
struct State {
    replies: Mutex<VecDeque<Reply>>,
    came: Mutex<Vec<Received>>,
    news: Condvar,
}

impl Receiver {
    pub fn start() -> Receiver {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let state: Arc<State> = Arc::default();
        let shared = Arc::clone(&state);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let shared = Arc::clone(&shared);
                std::thread::spawn(move || while serve(&stream, &shared).is_some() {});
            }
        });
        Receiver { address, state }
    }

    pub fn url(&self) -> String {
        format!("http://{}/hooks", self.address)
    }

    /// What to do with the next request that nothing is planned for yet.
    pub fn plan(&self, reply: Reply) {
        self.state.replies.lock().unwrap().push_back(reply);
    }

    /// Waits until `count` requests came, and returns all of them.
    pub fn wait(&self, count: usize) -> Vec<Received> {
        let until = Instant::now() + Duration::from_secs(30);
        let mut came = self.state.came.lock().unwrap();
        while came.len() < count {
            let left = until.checked_duration_since(Instant::now()).expect("too few requests came in time");
            came = self.state.news.wait_timeout(came, left).unwrap().0;
        }
        came.clone()
    }

    /// What came until now.
    pub fn so_far(&self) -> Vec<Received> {
        self.state.came.lock().unwrap().clone()
    }
}

impl Received {
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).unwrap_or_else(|| panic!("no {name}")).to_str().unwrap()
    }

    pub fn event(&self) -> handsel_api::events::Event {
        serde_json::from_slice(&self.body).unwrap()
    }
}

/// One request of a connection; `None` when there are no more.
fn serve(stream: &TcpStream, state: &State) -> Option<()> {
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    reader.read_line(&mut line).ok().filter(|&read| read > 0)?;
    let path = line.split(' ').nth(1)?.to_owned();
    let mut headers = HeaderMap::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        let Some((name, value)) = line.trim_end().split_once(": ") else { break };
        headers.insert(ureq::http::HeaderName::from_bytes(name.as_bytes()).unwrap(), value.parse().unwrap());
    }
    let length: usize = headers.get("content-length").map_or(0, |value| value.to_str().unwrap().parse().unwrap());
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    let reply = state.replies.lock().unwrap().pop_front().unwrap_or(Reply::Status(204));
    state.came.lock().unwrap().push(Received { path, headers, body });
    state.news.notify_all();
    let head = match reply {
        Reply::Status(status) => format!("HTTP/1.1 {status} x\r\ncontent-length: 0\r\n\r\n"),
        Reply::Redirect(to) => format!("HTTP/1.1 307 x\r\nlocation: {to}\r\ncontent-length: 0\r\n\r\n"),
    };
    (&mut &*stream).write_all(head.as_bytes()).ok()
}
