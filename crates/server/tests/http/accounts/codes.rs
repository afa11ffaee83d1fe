//! One-time codes: an address is confirmed, then opens the wallet; nobody learns who has one.

use super::{page, submit};
use crate::support::{Answer, Client, Server, Shop};
use handsel_server::config::{CodesConfig, Config};
use std::{fs, time::Duration};

/// A server that writes codes into a file.
fn with_codes() -> Server {
    let config = Config { codes: Some(CodesConfig::File), ..Config::default() };
    Server::start_with(tempfile::tempdir().unwrap(), config)
}

/// Waits for the newest code for an address in the demo's file.
fn code(server: &Server, address: &str) -> String {
    for _ in 0..100 {
        let text = fs::read_to_string(server.data.path().join("codes.txt")).unwrap_or_default();
        let found = text
            .lines()
            .rev()
            .find_map(|line| line.split_once(&format!(" {address} ")).map(|(_, code)| code.to_owned()));
        if let Some(code) = found {
            return code;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    panic!("no code came for {address}");
}

fn wallet(server: &Server, shop: &Shop, name: &str) -> Client {
    let shopper = shop.sign(server, name, "visa_approved");
    page(server).header("cookie", &format!("handsel_wallet={}", shopper.wallet_token)).header("accept", "text/html")
}

/// The page without what differs between two requests by itself.
fn shown(answer: &Answer, address: &str) -> String {
    answer.text().replace(address, "…")
}

#[test]
fn a_confirmed_address_opens_the_wallet_and_others_say_nothing() {
    let server = with_codes();
    let shop = Shop::open(&server, &server.operator());
    let wren = wallet(&server, &shop, "Wren");
    let sent = submit(&wren, "/wallet/contacts", "address=Wren%40mail.example");
    assert!(sent.status == 200 && sent.text().contains("codes.txt"), "{}", sent.text());
    let right = code(&server, "wren@mail.example");
    assert!(right.len() == 6 && right.bytes().all(|byte| byte.is_ascii_digit()), "{right}");
    let ash = wallet(&server, &shop, "Ash");
    let confirm = |client: &Client, code: &str| {
        submit(client, "/wallet/contacts/confirm", &format!("address=wren%40mail.example&code={code}"))
    };
    let not_it = if right == "000000" { "000001" } else { "000000" };
    assert_eq!(confirm(&wren, not_it).status, 401);
    assert_eq!(confirm(&wren, &right).status, 303);
    assert!(wren.get("/wallet").text().contains("wren@mail.example"));
    assert_eq!(confirm(&ash, &right).status, 401, "once, and for whoever asked");

    let anyone = page(&server).header("accept", "text/html");
    let known = submit(&anyone, "/sign-in/code", "address=%2B442079460000");
    let nobodys = submit(&anyone, "/sign-in/code", "address=nobody%40mail.example");
    assert_eq!((known.status, nobodys.status), (200, 200));
    assert_eq!(shown(&known, "+442079460000"), shown(&nobodys, "nobody@mail.example"));
    for bad in ["address=", "address=wren", "address=%2B44", "address=a%40b.c%0d%0ax"] {
        assert_eq!(submit(&anyone, "/sign-in/code", bad).status, 422, "{bad}");
    }
    // The store has neither the address nor a code.
    let files = ["handsel.db", "handsel.db-wal"].map(|name| fs::read(server.data.path().join(name)).unwrap());
    for file in files {
        assert!(!file.windows(17).any(|bytes| bytes == b"wren@mail.example"));
    }
}

#[test]
fn a_code_signs_in_and_its_removal_ends_that() {
    let server = with_codes();
    let shop = Shop::open(&server, &server.operator());
    let wren = wallet(&server, &shop, "Wren");
    submit(&wren, "/wallet/contacts", "address=%2B44%2020%207946%200000");
    let first = code(&server, "+442079460000");
    assert_eq!(submit(&wren, "/wallet/contacts/confirm", &format!("address=%2B442079460000&code={first}")).status, 303);
    // A code that did its work makes room for the next one.
    let anyone = page(&server).header("accept", "text/html");
    let ask = || assert_eq!(submit(&anyone, "/sign-in/code", "address=%2B44%207946%20%20").status, 422);
    ask();
    assert_eq!(submit(&anyone, "/sign-in/code", "address=%2B442079460000").status, 200);
    let second = (0..100).map(|_| {
        std::thread::sleep(Duration::from_millis(20));
        code(&server, "+442079460000")
    });
    let second = second.into_iter().find(|code| *code != first).expect("another code");
    let check = |code: &str| submit(&anyone, "/sign-in/code/check", &format!("address=%2B442079460000&code={code}"));
    assert_eq!(check(&first).status, 401);
    let spaced = format!("{}%20{}", &second[..3], &second[3..]);
    let opened = check(&spaced);
    assert_eq!((opened.status, opened.header("location")), (303, Some("/wallet")));
    let inside = page(&server).header("cookie", opened.header("set-cookie").unwrap().split(';').next().unwrap());
    assert!(inside.get("/wallet").text().contains("Wren’s wallet"));
    assert_eq!(check(&second).status, 401, "once");
    let listed = wren.get("/wallet").text();
    let remove =
        listed.split('"').find(|part| part.starts_with("/wallet/contacts/") && part.ends_with("/delete")).unwrap();
    assert_eq!(submit(&wren, remove, "").status, 303);
    assert_eq!(submit(&anyone, "/sign-in/code", "address=%2B442079460000").status, 200, "alike without a wallet");
    let ash = wallet(&server, &shop, "Ash");
    let other =
        listed.split('"').rfind(|part| part.starts_with("/wallet/contacts/") && part.ends_with("/delete")).unwrap();
    assert_eq!(submit(&ash, other, "").status, 404, "another's address");
}

#[test]
fn where_nobody_carries_codes_none_is_offered_or_made() {
    let server = Server::start();
    let shop = Shop::open(&server, &server.operator());
    let wren = wallet(&server, &shop, "Wren");
    let anyone = page(&server).header("accept", "text/html");
    assert!(!wren.get("/wallet").text().contains("/wallet/contacts"));
    assert!(!anyone.get("/sign-in").text().contains("/sign-in/code"));
    assert_eq!(submit(&wren, "/wallet/contacts", "address=wren%40mail.example").status, 404);
    assert_eq!(submit(&anyone, "/sign-in/code", "address=wren%40mail.example").status, 404);
    assert_eq!(submit(&anyone, "/sign-in/code/check", "address=wren%40mail.example&code=123456").status, 401);
    assert!(!server.data.path().join("codes.txt").exists());
}
