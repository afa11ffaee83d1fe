//! What commands for whoever writes a till have in common: a server, a key, and a stream that is followed.

use crate::demo::client::{Answer, Client};
use anyhow::{Context, Result, bail};
use std::{
    io::{BufRead, BufReader},
    time::Duration,
};

/// Where a key is looked for that is not given.
const KEY: &str = "HANDSEL_TILL_KEY";
/// Where a server is looked for that is not given.
const SERVER: &str = "HANDSEL_TILL_SERVER";
/// Where a server is without any of these.
const HERE: &str = "http://127.0.0.1:8321";
/// What to say when there is no answer at all.
pub(crate) const SILENT: &str = "the server does not answer; is it running? --server names another";
/// How long to wait before a stream that ended is opened again.
const AGAIN: Duration = Duration::from_secs(1);

/// Which server, and as whom.
#[derive(clap::Args)]
pub(crate) struct Till {
    /// The server; without it HANDSEL_TILL_SERVER in the environment, or http://127.0.0.1:8321.
    #[arg(long, value_name = "ADDRESS")]
    server: Option<String>,
    /// The till's key, hsk_test_…. Others on this machine see arguments; HANDSEL_TILL_KEY in the environment is not seen.
    #[arg(long)]
    key: Option<String>,
}

/// One item of a stream of server-sent events.
#[derive(Default)]
pub(crate) struct Item {
    /// What to go on after.
    pub(crate) id: Option<String>,
    /// What it holds.
    pub(crate) data: String,
}

impl Till {
    /// The server in this till's name.
    pub(crate) fn client(&self) -> Result<Client> {
        Ok(Client::new(self.server().trim_end_matches('/')).with_bearer(&self.key()?))
    }

    /// Where the server is.
    pub(crate) fn server(&self) -> String {
        self.server.clone().or_else(|| std::env::var(SERVER).ok()).unwrap_or_else(|| HERE.to_owned())
    }

    /// The key.
    pub(crate) fn key(&self) -> Result<String> {
        let key = self.key.clone().or_else(|| std::env::var(KEY).ok());
        key.with_context(|| format!("name the key: --key hsk_test_…, or {KEY} in the environment"))
    }
}

/// Hands every item of a stream to `take`, and opens it again when it ends. Ends only when it is refused.
pub(crate) fn follow(client: &Client, path: &str, take: &mut dyn FnMut(&Item) -> Result<()>) -> Result<()> {
    let mut last = None;
    let mut opened = false;
    loop {
        match client.stream(path, last.as_deref()) {
            Ok(Answer::Done(body)) => {
                opened = true;
                let mut reader = BufReader::new(body);
                while let Some(item) = next(&mut reader) {
                    take(&item)?;
                    last = item.id.or(last);
                }
            }
            Ok(Answer::Refused(problem)) => bail!("{}: {}", problem.code.name(), problem.detail),
            // It worked before: the server is being started again.
            Err(_) if opened => {}
            Err(error) => {
                return Err(error.context(SILENT));
            }
        }
        std::thread::sleep(AGAIN);
    }
}

/// The next item; `None` when the stream has ended or broken off. Comments keep it alive and say nothing.
fn next(reader: &mut dyn BufRead) -> Option<Item> {
    let mut item = Item::default();
    let mut line = String::new();
    loop {
        line.clear();
        if reader.read_line(&mut line).ok()? == 0 {
            return None;
        }
        match line.trim_end_matches(['\r', '\n']).split_once(": ") {
            Some(("id", id)) => item.id = Some(id.to_owned()),
            Some(("data", data)) => item.data.push_str(data),
            None if line.trim_end().is_empty() && !item.data.is_empty() => return Some(item),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn items_are_read_and_comments_passed_over() {
        let mut text =
            ": alive\n\nid: evt_1\nevent: payment.captured\ndata: {\"a\": 1}\n\n:\n\ndata: 2\r\n\r\nid: evt_3\n"
                .as_bytes();
        let first = next(&mut text).unwrap();
        assert_eq!((first.id.as_deref(), first.data.as_str()), (Some("evt_1"), "{\"a\": 1}"));
        let second = next(&mut text).unwrap();
        assert_eq!((second.id, second.data.as_str()), (None, "2"));
        assert!(next(&mut text).is_none(), "an item that broke off is none");
    }
}
