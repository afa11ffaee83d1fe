//! The commands for whoever writes a till, against a running server and a till's own server.

use anyhow::{Context, Result, ensure};
use client::Client;
use handsel_api::{
    events::Event,
    keys::NewKey,
    merchants::{CreateMerchant, CreateSite, Merchant, Site},
};
use std::{
    io::{BufRead, BufReader, Read, Write},
    net::TcpListener,
    process::{Child, ChildStdout, Command, Stdio},
    sync::mpsc,
    time::Duration,
};

#[path = "../src/demo/client.rs"]
#[allow(dead_code, unreachable_pub, reason = "the demo uses more of it")]
mod client;

/// A process that ends with the test.
struct Running(Child);

impl Running {
    fn start(args: &[&str]) -> Result<Running> {
        let mut command = Command::new(env!("CARGO_BIN_EXE_handsel"));
        // What a till in the same terminal is told is nothing to a server, and an argument counts more.
        command.env("HANDSEL_TILL_KEY", "hsk_test_of_another").env("HANDSEL_TILL_SERVER", "http://127.0.0.1:1");
        Ok(Running(command.args(args).stdout(Stdio::piped()).stderr(Stdio::null()).spawn()?))
    }

    fn lines(&mut self) -> std::io::Lines<BufReader<ChildStdout>> {
        BufReader::new(self.0.stdout.take().expect("piped")).lines()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Answers 204 to each request of its own connection and hands its head and body on.
fn receive(listener: TcpListener) -> mpsc::Receiver<(String, Vec<u8>)> {
    let (sender, receiver) = mpsc::channel();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let mut reader = BufReader::new(&stream);
            loop {
                let mut head = String::new();
                while !head.ends_with("\r\n\r\n") && reader.read_line(&mut head).is_ok_and(|read| read > 0) {}
                let length =
                    head.lines().find_map(|line| line.to_lowercase().strip_prefix("content-length: ")?.parse().ok());
                let Some(length) = length else { break };
                let mut body = vec![0; length];
                if reader.read_exact(&mut body).is_err() || sender.send((head, body)).is_err() {
                    break;
                }
                let _ = (&stream).write_all(b"HTTP/1.1 204 x\r\n\r\n");
            }
        }
    });
    receiver
}

#[test]
fn what_is_triggered_is_listened_to_and_logged() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let data = folder.path().to_str().context("a plain path")?;
    let mut server = Running::start(&["serve", "--no-demo", "--listen", "127.0.0.1:0", "--data-dir", data])?;
    let mut lines = server.lines();
    let mut last_word = || -> Result<String> {
        let line = lines.next().context("the server ended")??;
        Ok(line.split_whitespace().last().context("an empty line")?.to_owned())
    };
    let (base, link) = (last_word()?, last_word()?);
    let base = base.trim_end_matches('/');
    let anyone = Client::new(base);
    let operator = anyone.with_bearer(&anyone.claim_admin(link.rsplit('/').next().context("a link")?)?);
    let merchant = CreateMerchant { name: "Fennel & Rye".into(), currency: "EUR".into() };
    let merchant: Merchant = operator.post("/v1/merchants", &merchant, None)?.done()?;
    let site = CreateSite { merchant: merchant.id, name: "Front".into() };
    operator.post::<Site>("/v1/sites", &site, None)?.done()?;
    let key: NewKey = operator.act(&format!("/v1/merchants/{}/keys", merchant.id), None)?.done()?;
    let till = ["--server", base, "--key", &key.key];

    let own = TcpListener::bind("127.0.0.1:0")?;
    let hooks = format!("http://{}/hooks", own.local_addr()?);
    let received = receive(own);
    let mut listening = Running::start(&[&["listen", "--forward-to", &hooks], till.as_slice()].concat())?;
    let mut said = listening.lines();
    let secret = said.next().context("a secret")??;
    let secret = secret.split_whitespace().last().context("a secret")?.to_owned();
    let verifier = standardwebhooks::Webhook::new(&secret)?;
    said.next();
    said.next();
    // It listens once it has asked; the log says so.
    let mut tail = Running::start(&[&["logs", "tail"], till.as_slice()].concat())?;
    let asked = tail.lines().map_while(Result::ok).find(|line| line.contains("/v1/events/stream"));
    let asked = asked.context("the log ended")?;
    ensure!(asked.contains("  200  ") && asked.contains("hsk_test_…") && !asked.contains(&key.key), "{asked}");

    for (happening, kinds) in [
        ("payment.captured", ["payment.created", "payment.captured"].as_slice()),
        ("payment.declined", &["payment.created", "payment.declined"]),
        ("payment.cancelled", &["payment.created", "payment.cancelled"]),
        ("refund.created", &["payment.created", "payment.captured", "refund.created"]),
    ] {
        let out = Command::new(env!("CARGO_BIN_EXE_handsel"))
            .args(["trigger", happening])
            .env("HANDSEL_TILL_SERVER", base)
            .env("HANDSEL_TILL_KEY", &key.key)
            .output()?;
        ensure!(out.status.success(), "{happening}: {}", String::from_utf8_lossy(&out.stderr));
        let payment = String::from_utf8(out.stdout)?.trim().to_owned();
        for kind in kinds {
            let (head, body) = received.recv_timeout(Duration::from_secs(20)).context(happening)?;
            let event: Event = serde_json::from_slice(&body)?;
            ensure!((event.kind.word(), event.data.payment.id.to_string()) == (*kind, payment.clone()), "{event:?}");
            let mut headers = ureq::http::HeaderMap::new();
            for line in head.lines().skip(1) {
                let Some((name, value)) = line.split_once(": ") else { continue };
                headers.insert(ureq::http::HeaderName::try_from(name)?, value.parse()?);
            }
            verifier.verify(&body, &headers).with_context(|| head.clone())?;
            ensure!(headers["webhook-id"] == event.id.to_string(), "{head}");
            let line = said.next().context("a line")??;
            ensure!(line.contains(kind) && line.contains(&payment) && line.ends_with("204"), "{line}");
        }
    }
    Ok(())
}
