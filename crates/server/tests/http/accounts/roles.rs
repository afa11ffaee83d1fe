//! Staff: every page of the console and every route of the operator, by role.

use super::{page, staff, submit, with_session};
use crate::support::{Authenticator, Client, Server, Shop, hands};
use handsel_api::Code;
use handsel_server::app::{Caller, Role};
use serde_json::{Value, json};

#[test]
fn each_role_sees_its_pages_and_no_other() {
    let server = Server::start();
    Shop::open(&server, &server.operator());
    let everybody = Role::ALL.map(|role| staff(&server, role, "Fern").0.header("accept", "text/html"));
    // Owner, manager, support, auditor.
    let table = [
        ("/console/help", [200, 403, 200, 403]),
        ("/console/disputes", [200, 200, 403, 200]),
        ("/console/settlement", [200, 200, 403, 200]),
        ("/console/subjects", [200, 403, 403, 403]),
        ("/console/holds", [200, 403, 403, 200]),
        ("/console/requests", [200, 403, 403, 200]),
        ("/console/backups", [200, 403, 403, 200]),
        ("/console/credits", [200, 200, 403, 200]),
        ("/console/quality", [200, 200, 403, 200]),
        ("/console/places", [200, 200, 403, 403]),
        ("/console/webhooks", [200, 200, 403, 403]),
        ("/console/custody", [200, 403, 403, 200]),
        ("/console/staff", [200, 403, 403, 403]),
        ("/console/you", [200, 200, 200, 200]),
        ("/console", [200, 200, 303, 303]),
    ];
    for (path, expected) in table {
        assert_eq!(everybody.each_ref().map(|client| client.get(path).status), expected, "{path}");
    }
    // Every page that is offered opens, and none has a button that would be refused.
    for client in &everybody {
        let you = client.get("/console/you").text();
        let nav = you.split_once("aria-label=\"Console\"").unwrap().1.split_once("</nav>").unwrap().0;
        let tabs: Vec<&str> = nav.split("href=\"").skip(1).map(|part| part.split('"').next().unwrap()).collect();
        assert!(tabs.contains(&"/console/you"), "{tabs:?}");
        for tab in tabs {
            let shown = client.get(tab);
            assert_eq!(shown.status, 200, "{tab}");
        }
    }
    let auditor = &everybody[3];
    for path in [
        "/console/disputes",
        "/console/holds",
        "/console/custody",
        "/console/settlement",
        "/console/quality",
        "/console/requests",
        "/console/backups",
    ] {
        let page = auditor.get(path).text();
        assert_eq!(page.matches("method=\"post\"").count(), 1, "an auditor's only button is to sign out: {path}");
    }
}

#[test]
fn each_role_does_what_it_is_for_over_the_api() {
    let server = Server::start();
    let operator = server.operator();
    let shop = Shop::open(&server, &operator);
    let shopper = shop.sign(&server, "Wren", "visa_approved");
    let paid = shop.pay_by_card(500);
    let everybody = Role::ALL.map(|role| staff(&server, role, "Fern").0.header("handsel-as", "operator").fresh_key());
    let (merchant, site, subject, payment) = (shop.merchant, shop.site, shopper.id, paid.id);
    let day = &paid.created_at[..10];
    // What is asked, and whether owner, manager, support, auditor may.
    let table: Vec<(&str, String, Value, [bool; 4])> = vec![
        ("POST", "/v1/merchants".into(), json!({"name": "Other", "currency": "EUR"}), [true, true, false, false]),
        ("GET", "/v1/merchants".into(), Value::Null, [true, true, false, true]),
        ("POST", format!("/v1/merchants/{merchant}/keys"), json!({}), [true, true, false, false]),
        ("GET", format!("/v1/merchants/{merchant}/keys"), Value::Null, [true, true, false, true]),
        ("POST", "/v1/sites".into(), json!({"merchant": merchant, "name": "Back"}), [true, true, false, false]),
        ("GET", "/v1/sites".into(), Value::Null, [true, true, false, false]),
        ("POST", format!("/v1/sites/{site}/sign"), Value::Null, [true, true, false, false]),
        ("GET", "/v1/payments".into(), Value::Null, [true, true, false, false]),
        ("GET", format!("/v1/payments/{payment}"), Value::Null, [true, true, true, true]),
        ("GET", format!("/v1/payments/{payment}/refunds"), Value::Null, [true, true, false, false]),
        (
            "POST",
            format!("/v1/payments/{payment}/refunds"),
            json!({"amount_minor": 1, "currency": "EUR"}),
            [true, true, false, false],
        ),
        ("GET", "/v1/events".into(), Value::Null, [true, true, false, false]),
        ("GET", "/v1/webhook_endpoints".into(), Value::Null, [true, true, false, false]),
        ("GET", "/v1/scanners".into(), Value::Null, [true, true, false, false]),
        ("GET", format!("/v1/merchants/{merchant}/settlements/{day}"), Value::Null, [true, true, false, true]),
        (
            "GET",
            format!("/v1/merchants/{merchant}/payments.csv?from={day}&to={day}"),
            Value::Null,
            [true, true, false, true],
        ),
        ("GET", "/v1/disputes".into(), Value::Null, [true, true, false, true]),
        (
            "POST",
            format!("/v1/payments/{payment}/disputes"),
            json!({"opened_by": "operator"}),
            [true, true, false, false],
        ),
        ("GET", "/v1/promotions".into(), Value::Null, [true, true, false, true]),
        ("GET", "/v1/custody".into(), Value::Null, [true, false, false, true]),
        ("POST", "/v1/custody/rotate_keys".into(), Value::Null, [true, false, false, false]),
        ("POST", "/v1/custody/revoke_epoch".into(), Value::Null, [true, false, false, false]),
        ("GET", format!("/v1/subjects/{subject}/credits"), Value::Null, [true, false, true, false]),
        ("POST", format!("/v1/subjects/{subject}/credits/take_back"), Value::Null, [true, true, false, false]),
        ("POST", format!("/v1/subjects/{subject}/freeze"), Value::Null, [true, false, true, false]),
        ("POST", format!("/v1/subjects/{subject}/unfreeze"), Value::Null, [true, false, true, false]),
        ("GET", format!("/v1/subjects/{subject}/loyalty"), Value::Null, [false, false, false, false]),
        ("GET", format!("/v1/subjects/{subject}/export"), Value::Null, [true, false, true, false]),
        ("GET", "/v1/incidents".into(), Value::Null, [true, true, false, true]),
    ];
    for (method, path, body, expected) in &table {
        for (client, (role, may)) in everybody.iter().zip(Role::ALL.iter().zip(expected)) {
            let media_type = (!body.is_null()).then_some("application/json");
            let sent = if body.is_null() { Vec::new() } else { body.to_string().into_bytes() };
            let answer = client.send(method, path, media_type, sent);
            let at = format!("{role:?} {method} {path}: {}", answer.text());
            if *may {
                assert_ne!(answer.status, 403, "{at}");
                assert!(answer.status < 300 || answer.status == 409, "{at}");
            } else {
                assert_eq!(answer.refused(), (403, Code::Forbidden), "{at}");
            }
        }
    }
    // Whom a role may not know of is not even there.
    let seen = everybody.each_ref().map(|client| client.get(&format!("/v1/subjects/{subject}")).status);
    assert_eq!(seen, [200, 404, 200, 404]);
}

#[test]
fn support_helps_whoever_shows_a_receipt() {
    let server = Server::start();
    let shop = Shop::open(&server, &server.operator());
    let [first, second, third] = [0, 1, 2].map(|take| hands::right(1, take));
    let shopper = shop.enrol(&server, "Wren", &[&first, &second]);
    let receipt = shop.pay(500, &third).receipt_path.unwrap();
    let by_card = shop.pay_by_card(500).receipt_path.unwrap();
    let (support, _) = staff(&server, Role::Support, "Fern");
    let (manager, _) = staff(&server, Role::Manager, "Ash");
    let ask = |client: &Client, path: &str, receipt: &str| {
        submit(client, &format!("/console/help{path}"), &format!("receipt={receipt}&sure=yes"))
    };
    assert_eq!(ask(&manager, "", &receipt).status, 403);
    for wrong in ["", "https://here.example/receipts/nothing", by_card.as_str()] {
        assert_eq!(ask(&support, "", wrong).status, 422, "{wrong}");
    }
    let found = ask(&support, "", &format!("https://here.example{receipt}"));
    assert!(found.status == 200 && found.text().contains("Wren"), "{}", found.text());
    assert!(ask(&support, "/freeze", &receipt).text().contains("Frozen"));
    assert!(ask(&support, "/unfreeze", &receipt).text().contains("Active"));
    assert!(
        submit(&support, "/console/help/erase", &format!("receipt={receipt}")).status >= 400,
        "a box is to be ticked"
    );
    assert!(ask(&support, "/erase", &receipt).text().contains("deleted"));
    assert_eq!(shopper.wallet.get(&format!("/v1/subjects/{}", shopper.id)).status, 401);
}

#[test]
fn owners_invite_change_and_remove_and_one_of_them_stays() {
    let server = Server::start();
    let first = server.operator_token();
    let operator = page(&server).header("cookie", &format!("handsel_operator={first}"));
    let made = submit(&operator, "/console/staff/invite", "role=owner").text();
    let token = made.split("/join/").nth(1).unwrap().split(['"', '<']).next().unwrap().to_owned();
    assert!(page(&server).get(&format!("/join/{token}")).text().contains("owner"));
    let (mut device, mut late) = (Authenticator::new(), Authenticator::new());
    let question: Value = page(&server).post(&format!("/join/{token}/start"), &json!({"name": "Ash"})).ok();
    let owner = with_session(&server, &device.join(&page(&server), &token, "Fern"));
    let second = page(&server).post(&format!("/join/{token}/finish"), &late.make(&question, ""));
    assert_eq!(second.refused(), (401, Code::Unauthenticated), "a link works once");
    assert_eq!(page(&server).get(&format!("/join/{token}")).status, 401);

    let (manager, mut theirs) = staff(&server, Role::Manager, "Hazel");
    assert_eq!(manager.get("/console/places").status, 200);
    let list = owner.get("/console/staff").text();
    assert!(list.contains("Fern") && list.contains("Hazel"), "{list}");
    let of = |name: &str, act: &str| {
        let part = list.split("<li>").find(|part| part.contains(&format!("<h2>{name}</h2>"))).unwrap();
        part.split('"').find(|part| part.starts_with("/console/staff/") && part.ends_with(act)).unwrap().to_owned()
    };
    assert_eq!(submit(&manager, &of("Hazel", "/role"), "role=owner").status, 403);
    assert_eq!(submit(&owner, &of("Hazel", "/role"), "role=auditor").status, 303);
    assert_eq!(manager.get("/console/places").status, 403, "at once, in a session that is open");
    for last in [("/role", "role=manager"), ("/remove", "")] {
        assert_eq!(submit(&owner, &of("Fern", last.0), last.1).status, 422, "the only owner stays");
    }
    // A lost device: a new link lets in whoever it was.
    let again = submit(&owner, &of("Hazel", "/link"), "").text();
    let again = again.split("/join/").nth(1).unwrap().split(['"', '<']).next().unwrap().to_owned();
    let back = with_session(&server, &late.join(&page(&server), &again, "Somebody else"));
    assert!(back.get("/console/you").text().contains("Hazel"));
    assert_eq!(submit(&owner, &of("Hazel", "/remove"), "").status, 303);
    assert_eq!((manager.get("/console/you").status, back.get("/console/you").status), (401, 401));
    assert_eq!(theirs.sign_in(&page(&server)).refused(), (401, Code::Unauthenticated));
    let gone = server.runtime.block_on(server.app.list_staff(&Caller::Operator)).unwrap();
    assert_eq!(gone.len(), 1);
}
