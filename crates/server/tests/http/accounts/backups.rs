//! Backups by the console: made, downloaded, tried; and what is no backup.

use super::{page, staff, submit};
use crate::support::{Answer, Client, Server, Shop, hands};
use handsel_server::app::Role;

const LOCK: &str = "correct horse battery";

fn make(client: &Client, lock: &str, again: &str) -> Answer {
    let field = |text: &str| text.replace(' ', "+");
    submit(client, "/console/backups", &format!("lock={}&again={}", field(lock), field(again)))
}

/// Sends the form that tries one, as a browser does.
fn attempt(client: &Client, key: &str, file: Option<&[u8]>) -> Answer {
    let mut body = format!("--edge\r\nContent-Disposition: form-data; name=\"key\"\r\n\r\n{key}\r\n").into_bytes();
    if let Some(file) = file {
        body.extend_from_slice(
            b"--edge\r\nContent-Disposition: form-data; name=\"file\"; filename=\"b.age\"\r\nContent-Type: application/octet-stream\r\n\r\n",
        );
        body.extend_from_slice(file);
        body.extend_from_slice(b"\r\n");
    }
    body.extend_from_slice(b"--edge--\r\n");
    client.send("POST", "/console/backups/try", Some("multipart/form-data; boundary=edge"), body)
}

#[test]
fn an_owner_downloads_a_backup_and_sees_that_it_could_be_put_back() {
    let server = Server::start();
    let shop = Shop::open(&server, &server.operator());
    shop.enrol(&server, "Zebulon Quarterstaff", &[&hands::right(41, 0)]);
    let owner = staff(&server, Role::Owner, "Fern").0.header("accept", "text/html");
    let shown = owner.get("/console/backups").text();
    assert_eq!(shown.matches(">Never<").count(), 3, "{shown}");

    let made = make(&owner, LOCK, LOCK);
    assert_eq!(made.status, 200, "{}", made.text());
    let disposition = made.header("content-disposition").unwrap().to_owned();
    assert!(disposition.starts_with("attachment; filename=\"handsel-20") && disposition.ends_with(".age\""));
    let backup = made.body.clone();
    assert!(backup.starts_with(b"age-encryption.org/v1"));
    assert!(!backup.windows(7).any(|bytes| bytes == b"Zebulon"));

    let tried = attempt(&owner, LOCK, Some(&backup));
    assert_eq!(tried.status, 200, "{}", tried.text());
    assert!(
        tried.text().contains("It can be put back: 1 person, 1 template, all of which open. 0 people"),
        "{}",
        tried.text()
    );
    assert_eq!(owner.get("/console/backups").text().matches(">Never<").count(), 1, "it was never put back");

    let cut = &backup[..backup.len() - 100];
    let mut bent = backup.clone();
    let middle = bent.len() / 2;
    bent[middle] ^= 1;
    let refused = [
        (attempt(&owner, "wrong horse battery", Some(&backup)), "does not open this backup"),
        (attempt(&owner, "short", Some(&backup)), "twelve characters"),
        (attempt(&owner, "AGE-SECRET-KEY-1NONE", Some(&backup)), "no secret key of age"),
        (attempt(&owner, LOCK, Some(cut)), "breaks off or was changed"),
        (attempt(&owner, LOCK, Some(&bent)), "breaks off or was changed"),
        (attempt(&owner, LOCK, Some(&b"a picture of a cat\n".repeat(20))), "no backup of Handsel"),
        (attempt(&owner, LOCK, Some(b"")), "breaks off"),
        (attempt(&owner, LOCK, None), "Choose the file"),
        (
            owner.send("POST", "/console/backups/try", Some("multipart/form-data; boundary=edge"), b"--edge".to_vec()),
            "broke off",
        ),
        (make(&owner, LOCK, "correct horse batterz"), "not the same"),
        (make(&owner, "short", "short"), "twelve characters"),
        (make(&owner, "age1nobody", "age1nobody"), "no recipient of age"),
    ];
    for (answer, why) in refused {
        assert_eq!(answer.status, 422, "{why}: {}", answer.text());
        assert!(answer.text().contains(why), "{why}: {}", answer.text());
    }
    // Nothing of it is left in the data folder.
    let left = std::fs::read_dir(server.data.path()).unwrap().map(|entry| entry.unwrap().file_name());
    let left: Vec<_> = left.filter(|name| name.to_string_lossy().starts_with('.')).collect();
    assert!(left.is_empty(), "{left:?}");
}

#[test]
fn a_backup_is_for_owners() {
    let server = Server::start();
    Shop::open(&server, &server.operator());
    for role in [Role::Manager, Role::Support, Role::Auditor] {
        let client = staff(&server, role, "Fern").0.header("accept", "text/html");
        assert_eq!(make(&client, LOCK, LOCK).status, 403, "{role:?}");
        assert_eq!(attempt(&client, LOCK, Some(b"anything")).status, 403, "{role:?}");
    }
    let anyone = page(&server).header("accept", "text/html");
    assert_eq!(make(&anyone, LOCK, LOCK).status, 401);
    assert_eq!(attempt(&anyone, LOCK, Some(b"anything")).status, 401);
}
