//! Passkeys: added, used, and refused when anything about them is wrong.

use super::{page, staff, submit, with_session};
use crate::support::{Authenticator, Client, Server, Shop};
use handsel_api::Code;
use handsel_server::app::Role;
use serde_json::{Value, json};

/// A wallet in a browser, and a device with a passkey for it.
fn wallet(server: &Server, name: &str) -> (Client, Authenticator) {
    let shop = Shop::open(server, &server.operator());
    let shopper = shop.sign(server, name, "visa_approved");
    let browser = page(server).header("cookie", &format!("handsel_wallet={}", shopper.wallet_token));
    let mut device = Authenticator::new();
    let question: Value = browser.post("/wallet/passkeys/start", &json!({})).ok();
    let selection = &question["publicKey"]["authenticatorSelection"];
    assert_eq!((&selection["residentKey"], &selection["userVerification"]), (&json!("required"), &json!("required")));
    let added = browser.post("/wallet/passkeys/finish", &device.make(&question, "My <phone>"));
    assert_eq!(added.status, 200, "{}", added.text());
    (browser, device)
}

#[test]
fn a_wallet_opens_by_passkey_until_that_is_removed() {
    let server = Server::start();
    let (browser, mut device) = wallet(&server, "Wren");
    let listed = browser.get("/wallet").text();
    assert!(listed.contains("My &#60;phone&#62;") && listed.contains("not used yet"), "{listed}");

    let came_back = device.sign_in(&page(&server));
    assert_eq!(came_back.ok::<Value>()["to"], "/wallet");
    assert!(came_back.header("set-cookie").unwrap().starts_with("handsel_wallet=hss_"));
    let again = with_session(&server, &came_back);
    let listed = again.get("/wallet").text();
    assert!(listed.contains("Wren’s wallet") && listed.contains("This device"), "{listed}");

    let remove = listed.split('"').find(|part| part.contains("/passkeys/psk_")).unwrap();
    assert_eq!(submit(&again, remove, "").status, 303);
    assert_eq!(device.sign_in(&page(&server)).refused(), (401, Code::Unauthenticated));
    assert_eq!(again.get("/wallet").status, 200, "who is in stays in");
}

#[test]
fn a_passkey_goes_with_its_owner() {
    let server = Server::start();
    let (browser, mut device) = wallet(&server, "Wren");
    let inside = with_session(&server, &device.sign_in(&page(&server)));
    assert_eq!(submit(&browser, "/wallet/delete", "sure=yes").status, 200);
    assert_eq!(inside.get("/wallet").status, 401);
    assert_eq!(device.sign_in(&page(&server)).refused(), (401, Code::Unauthenticated));
}

#[test]
fn what_does_not_fit_is_refused_and_all_refusals_are_alike() {
    let server = Server::start();
    let (_, mut device) = wallet(&server, "Wren");
    assert_eq!(device.sign_in(&page(&server)).status, 200);
    let ask = || page(&server).post("/sign-in/passkey/start", &json!({})).ok::<Value>();
    let finish = |answer: &Value| page(&server).post("/sign-in/passkey/finish", answer);
    let mut refusals = Vec::new();

    let elsewhere = "https://evil.example".to_owned();
    let here = std::mem::replace(&mut device.origin, elsewhere);
    refusals.push(("another origin", finish(&device.prove(&ask()))));
    device.origin = here;

    let verified = std::mem::replace(&mut device.flags, 0b001);
    refusals.push(("nobody recognised by the device", finish(&device.prove(&ask()))));
    device.flags = verified;

    let mut other = device.prove(&ask());
    other["ceremony"] = ask()["ceremony"].clone();
    refusals.push(("the answer to another question", finish(&other)));

    let mut stranger = Authenticator::new();
    let link =
        server.runtime.block_on(server.app.invite(&handsel_server::app::Caller::Operator, Role::Auditor)).unwrap();
    stranger.make(&page(&server).post(&format!("/join/{link}/start"), &json!({"name": "Ash"})).ok(), "");
    refusals.push(("a passkey of nobody", finish(&stranger.prove(&ask()))));

    let mut forged = device.prove(&ask());
    forged["credential"]["response"]["signature"] = json!("MEUCIQ");
    refusals.push(("a forged signature", finish(&forged)));

    // Somebody copied the device: theirs counts from before.
    assert_eq!(device.sign_in(&page(&server)).status, 200);
    device.counter -= 2;
    refusals.push(("a copied device", finish(&device.prove(&ask()))));
    device.counter += 5;

    let mut details: Vec<String> = Vec::new();
    for (what, answer) in refusals {
        assert_eq!(answer.refused(), (401, Code::Unauthenticated), "{what}");
        assert_eq!(answer.header("set-cookie"), None, "{what}");
        details.push(answer.problem().detail);
    }
    details.dedup();
    assert_eq!(details.len(), 1, "a refusal says nothing of what is known here: {details:?}");

    let question = ask();
    let answer = device.prove(&question);
    assert_eq!(finish(&answer).status, 200);
    assert_eq!(finish(&answer).refused(), (401, Code::Unauthenticated), "a question is answered once");
}

#[test]
fn a_device_s_answer_is_for_whoever_asked() {
    let server = Server::start();
    let (wren, _) = wallet(&server, "Wren");
    let (ash, _) = wallet(&server, "Ash");
    let mut device = Authenticator::new();
    let question: Value = wren.post("/wallet/passkeys/start", &json!({})).ok();
    let made = device.make(&question, "Stolen");
    assert_eq!(ash.post("/wallet/passkeys/finish", &made).refused(), (401, Code::Unauthenticated));
    assert!(!ash.get("/wallet").text().contains("Stolen"));
    // A staff link is no way into a wallet, nor a wallet one to staff.
    let (clerk, _) = staff(&server, Role::Support, "Fern");
    let question: Value = wren.post("/wallet/passkeys/start", &json!({})).ok();
    let made = device.make(&question, "Mine");
    assert_eq!(clerk.post("/console/you/passkeys/finish", &made).refused(), (401, Code::Unauthenticated));
    for bad in [json!({}), json!({"ceremony": "x"}), json!({"ceremony": 1, "credential": {}}), json!("x")] {
        let answer = page(&server).post("/sign-in/passkey/finish", &bad);
        assert!((400..=422).contains(&answer.problem().status), "{bad}");
    }
}
