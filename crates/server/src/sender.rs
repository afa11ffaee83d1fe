//! Carries one-time codes to whoever is to read them.

use crate::{
    clock::{now_ms, rfc3339},
    config::{BaseUrl, CodesConfig},
    ids,
    signing::{self, Signer},
};
use serde_json::json;
use std::{
    io::Write,
    path::{Path, PathBuf},
};

/// The file that codes are written into where nobody carries them.
pub(crate) const FILE: &str = "codes.txt";

/// Where somebody reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Channel {
    Mail,
    Phone,
}

/// A code did not get on its way; `0` is for the log and names nobody.
#[derive(Debug, thiserror::Error)]
#[error("a one-time code could not be sent: {0}")]
pub(crate) struct NotSent(String);

/// Carries codes, one way or another.
pub(crate) trait Sender: Send + Sync {
    /// Sends a code to an address.
    fn send<'a>(
        &'a self,
        channel: Channel,
        to: &'a str,
        code: &'a str,
    ) -> futures_util::future::BoxFuture<'a, Result<(), NotSent>>;
}

/// The sender that a configuration names.
pub(crate) fn of(codes: &CodesConfig, data_dir: &Path, client: reqwest::Client, signer: Signer) -> Box<dyn Sender> {
    match codes {
        CodesConfig::File => Box::new(ToFile(data_dir.join(FILE))),
        CodesConfig::Http { url } => Box::new(ToService { url: url.clone(), client, signer }),
    }
}

/// Into a file that the operator reads, for trying: newest last.
struct ToFile(PathBuf);

impl Sender for ToFile {
    fn send<'a>(
        &'a self,
        _: Channel,
        to: &'a str,
        code: &'a str,
    ) -> futures_util::future::BoxFuture<'a, Result<(), NotSent>> {
        let line = format!("{} {to} {code}\n", rfc3339(now_ms()));
        Box::pin(async move { append(&self.0, &line).map_err(|why| NotSent(why.to_string())) })
    }
}

fn append(path: &Path, line: &str) -> std::io::Result<()> {
    let mut options = std::fs::File::options();
    options.create(true).append(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)?.write_all(line.as_bytes())
}

/// To a service that sends mail and messages.
struct ToService {
    url: BaseUrl,
    client: reqwest::Client,
    signer: Signer,
}

impl Sender for ToService {
    fn send<'a>(
        &'a self,
        channel: Channel,
        to: &'a str,
        code: &'a str,
    ) -> futures_util::future::BoxFuture<'a, Result<(), NotSent>> {
        Box::pin(async move {
            let channel = match channel {
                Channel::Mail => "mail",
                Channel::Phone => "phone",
            };
            let body = json!({"type": "sign_in.code", "channel": channel, "to": to, "code": code}).to_string();
            let (id, now_s) = (format!("msg_{}", ids::next()), now_ms() / 1000);
            let signature = self.signer.sign(&[], &id, now_s, body.as_bytes());
            let request = self.client.post(self.url.as_str()).header("content-type", "application/json");
            let request =
                request.header(signing::ID, id).header(signing::TIMESTAMP, now_s).header(signing::SIGNATURE, signature);
            // What a client says of an error can hold the address it was for.
            let answer = request.body(body).send().await.map_err(|why| NotSent(why.without_url().to_string()))?;
            match answer.status() {
                status if status.is_success() => Ok(()),
                status => Err(NotSent(format!("the service answered {status}"))),
            }
        })
    }
}
