//! Reads server-sent events off a connection of its own.

use std::{
    io::{BufRead, BufReader, Write},
    net::{SocketAddr, TcpStream},
    time::Duration,
};

/// An open stream.
pub struct Sse {
    pub status: u16,
    reader: BufReader<TcpStream>,
}

/// One event of a stream.
#[derive(Debug)]
pub struct Item {
    pub id: String,
    pub event: String,
    pub data: String,
}

impl Sse {
    pub fn open(address: SocketAddr, path: &str, token: &str, last: Option<&str>) -> Sse {
        let mut stream = TcpStream::connect(address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(25))).unwrap();
        let last = last.map(|id| format!("last-event-id: {id}\r\n")).unwrap_or_default();
        let head = format!(
            "GET {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\nauthorization: Bearer {token}\r\n{last}\r\n"
        );
        stream.write_all(head.as_bytes()).unwrap();
        let mut reader = BufReader::new(stream);
        let mut line = String::new();
        reader.read_line(&mut line).unwrap();
        let status = line.split(' ').nth(1).unwrap().parse().unwrap();
        while line.trim_end() != "" {
            line.clear();
            reader.read_line(&mut line).unwrap();
        }
        Sse { status, reader }
    }

    /// The next event; `None` when the stream has ended. Chunk sizes and comments are passed over.
    pub fn next(&mut self) -> Option<Item> {
        let mut item = Item { id: String::new(), event: String::new(), data: String::new() };
        loop {
            let mut line = String::new();
            if self.reader.read_line(&mut line).unwrap() == 0 {
                return None;
            }
            match line.trim_end().split_once(": ") {
                Some(("id", id)) => id.clone_into(&mut item.id),
                Some(("event", event)) => event.clone_into(&mut item.event),
                Some(("data", data)) => data.clone_into(&mut item.data),
                _ if line.trim_end().is_empty() && !item.data.is_empty() => return Some(item),
                _ => {}
            }
        }
    }
}
