//! Who signs in, and what each may do.

mod backups;
mod codes;
mod passkeys;
mod roles;
mod sessions;

use crate::support::{Answer, Authenticator, Client, Server};
use handsel_server::app::{Caller, Role};

/// A browser on a page of ours, without a session.
fn page(server: &Server) -> Client {
    server.anyone().header("sec-fetch-site", "same-origin")
}

/// A browser with the session that an answer opened.
fn with_session(server: &Server, answer: &Answer) -> Client {
    assert_eq!(answer.status, 200, "{}", answer.text());
    let cookie = answer.header("set-cookie").unwrap().split(';').next().unwrap();
    page(server).header("cookie", cookie)
}

/// Somebody who works here, with their device.
fn staff(server: &Server, role: Role, name: &str) -> (Client, Authenticator) {
    let token = server.runtime.block_on(server.app.invite(&Caller::Operator, role)).unwrap();
    let mut device = Authenticator::new();
    let joined = device.join(&page(server), &token, name);
    (with_session(server, &joined), device)
}

fn submit(client: &Client, path: &str, fields: &str) -> Answer {
    client.send("POST", path, Some("application/x-www-form-urlencoded"), fields.as_bytes().to_vec())
}
