//! What a till gets while its shop is cut off, and what lies in the agent's folder.

use super::*;
use crate::offline::VALID_MS;
use serde_json::{Value, json};
use std::fs;

/// `503 offline`: its code and field.
fn problem(said: &(u16, Value)) -> (u16, &str) {
    (said.0, said.1["code"].as_str().unwrap_or_default())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hand_and_the_right_digits_pay_and_nothing_is_shown_before() {
    let away = Away::open().await;
    let (status, asked) = away.till.ask(1_000).await;
    assert_eq!((status, &asked["status"]), (201, &json!("requires_palm")));
    let id = asked["id"].as_str().unwrap();
    let (_, nobody) = away.till.identify(id, Drawn::new(5, Hand::Right).frame(0)).await;
    assert_eq!(nobody["decision"], "no_match", "{nobody}");
    assert_eq!(problem(&away.till.identify(id, b"no picture".to_vec()).await), (422, "invalid_frame"));
    let for_a_door = away.till.identify_for("entry", id, b"no picture".to_vec()).await;
    assert_eq!(problem(&for_a_door), (422, "invalid_field"), "not even looked at");
    let (_, found) = away.till.identify(id, away.hand.frame(2)).await;
    assert_eq!(found["decision"], "step_up", "however sure: {found}");
    let before = &found["payment"];
    assert_eq!((&before["shopper"], &before["initials"], &before["card"]), (&json!(null), &json!(null), &json!(null)));
    assert_eq!(problem(&away.till.confirm(id).await), (409, "wrong_state"), "not without the digits");
    assert_eq!(problem(&away.till.step_up(id, "0000").await), (422, "step_up_failed"));
    assert_eq!(problem(&away.till.step_up(id, "18l5").await), (422, "invalid_field"));
    let (status, known) = away.till.step_up(id, DIGITS).await;
    assert_eq!((status, &known["initials"], &known["card"]["last4"]), (200, &json!("WA"), &json!("4242")), "{known}");

    let confirm = format!("/v1/payments/{id}/confirm");
    let other = json!({"shopper": "pw_0"});
    assert_eq!(problem(&away.till.post(&confirm, &other).await), (409, "wrong_state"));
    assert_eq!(problem(&away.till.post(&confirm, &json!({"amount_minor": 999})).await), (409, "wrong_state"));
    assert_eq!(problem(&away.till.post(&confirm, &json!({"tip_minor": 1_001})).await), (422, "amount_out_of_range"));
    let yes = json!({"shopper": known["shopper"], "amount_minor": 1_000, "tip_minor": 100});
    let first = away.till.post_as("sale-1", &confirm, &yes).await;
    assert_eq!((first.0, &first.1["status"], &first.1["tip_minor"]), (200, &json!("accepted"), &json!(100)));
    assert_eq!(away.till.post_as("sale-1", &confirm, &yes).await, first, "asked again, the same");
    assert_eq!(problem(&away.till.post_as("sale-2", &confirm, &yes).await), (409, "wrong_state"));
    assert_eq!(away.agent().0.queue.waiting().await.unwrap(), (1, 1_100));
    let stranger = away.till.with_key("hsk_test_nobody");
    assert_eq!(problem(&stranger.show(id).await), (404, "not_found"));
    away.later(VALID_MS);
    assert_eq!(problem(&stranger.show(id).await), (404, "not_found"), "nor when the palms are too old");
    assert_eq!(away.till.show(id).await.1["status"], "accepted", "who asked may");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn wrong_digits_end_the_payment_and_then_the_palm() {
    let mut away = Away::open().await;
    for payment in 0..3 {
        let id = away.till.ask(100).await.1["id"].as_str().unwrap().to_owned();
        assert_eq!(away.till.identify(&id, away.hand.frame(2)).await.1["decision"], "step_up");
        for code in [(422, "step_up_failed"), (422, "step_up_failed"), (429, "too_many_attempts")] {
            assert_eq!(problem(&away.till.step_up(&id, "0000").await), code, "payment {payment}");
        }
        assert_eq!(problem(&away.till.step_up(&id, DIGITS).await), (409, "wrong_state"));
        assert_eq!(problem(&away.till.identify(&id, away.hand.frame(2)).await), (429, "too_many_attempts"));
        away.start_again(0).await;
    }
    let id = away.till.ask(100).await.1["id"].as_str().unwrap().to_owned();
    assert_eq!(away.till.identify(&id, away.hand.frame(2)).await.1["decision"], "no_match", "nine were enough");
    away.later(VALID_MS - 60_000);
    assert_eq!(problem(&away.till.show(&id).await), (200, ""));
    assert_eq!(away.till.show(&id).await.1["status"], "expired", "nobody came for ten minutes");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_limit_holds_at_the_till() {
    let away = Away::open().await;
    let too_much = away.till.ask(2_501).await;
    assert_eq!((problem(&too_much), &too_much.1["field"]), ((422, "offline_limit"), &json!("/amount_minor")));
    let id = away.till.up_to_the_yes(&away.hand, 2_500).await;
    let confirm = format!("/v1/payments/{id}/confirm");
    let tipped = away.till.post(&confirm, &json!({"tip_minor": 1})).await;
    assert_eq!(problem(&tipped), (422, "offline_limit"), "the tip counts");
    assert_eq!(away.till.confirm(&id).await.0, 200, "and without it they pay");
    away.till.pay(&away.hand, 2_500).await;
    let third = away.till.up_to_the_yes(&away.hand, 1).await;
    let refused = away.till.confirm(&third).await;
    assert_eq!(problem(&refused), (422, "offline_limit"));
    assert!(refused.1["detail"].as_str().unwrap().contains("5000 a person and day"), "{}", refused.1);
    assert_eq!(away.agent().0.queue.waiting().await.unwrap(), (2, 5_000));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn everything_else_says_that_the_server_cannot_be_reached() {
    let away = Away::open().await;
    let made_there = away.server.ask(100).await.1["id"].as_str().unwrap().to_owned();
    for path in ["/v1/payments", "/v1/sites", "/v1/events", "/healthz", "/v1/nothing"] {
        assert_eq!(problem(&away.till.get(path).await), (503, "offline"), "{path}");
    }
    assert_eq!(problem(&away.till.show(&made_there).await), (503, "offline"), "a payment stays where it was made");
    assert_eq!(problem(&away.till.confirm(&made_there).await), (503, "offline"));
    let id = away.till.ask(100).await.1["id"].as_str().unwrap().to_owned();
    let by_card = json!({"sandbox_card": "visa_approved"});
    assert_eq!(problem(&away.till.post(&format!("/v1/payments/{id}/card"), &by_card).await), (503, "offline"));
    let (status, given_up) = away.till.post(&format!("/v1/payments/{id}/cancel"), &json!({})).await;
    assert_eq!((status, &given_up["status"]), (200, &json!("cancelled")));

    let later = json!({"site": away.shop.site, "amount_minor": 1, "currency": "EUR", "capture": "later"});
    let elsewhere = json!({"site": "sit_01JD9VZZZZZZZZZZZZZZZZZZZZ", "amount_minor": 1, "currency": "EUR"});
    let dollars = json!({"site": away.shop.site, "amount_minor": 1, "currency": "USD"});
    let nothing = json!({"site": away.shop.site, "amount_minor": 0, "currency": "EUR"});
    let unknown = json!({"site": away.shop.site, "amount_minor": 1, "currency": "EUR", "colour": "red"});
    for (asks, said) in [
        (later, (503, "offline")),
        (elsewhere, (503, "offline")),
        (dollars, (422, "currency_mismatch")),
        (nothing, (422, "amount_out_of_range")),
        (unknown, (400, "unknown_field")),
    ] {
        assert_eq!(problem(&away.till.post("/v1/payments", &asks).await), said, "{asks}");
    }
    let stranger = away.till.with_key("hsk_test_nobody");
    assert_eq!(problem(&stranger.ask(100).await), (401, "unauthenticated"));
    let agents_own = away.till.with_key(&away.key);
    assert_eq!(problem(&agents_own.ask(100).await), (401, "unauthenticated"), "its key takes no payments");

    away.line.set(Passes::Everything);
    away.agent().set_up(true);
    assert_eq!(away.till.show(&made_there).await.1["status"], "requires_palm");
    assert_eq!(away.till.pay(&away.hand, 300).await["status"], "captured", "as if there were no agent");
    assert_eq!(away.till.ask(100_000).await.0, 201);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn while_the_server_answers_its_own_answers_come_back_whole_and_as_they_happen() {
    let away = Away::open().await;
    away.line.set(Passes::Everything);
    away.agent().set_up(true);
    let asks = json!({"site": away.shop.site, "amount_minor": 400, "currency": "EUR"});
    let mut events = away.till.stream("/v1/events/stream").await;
    let first = away.till.post_as("sale-9", "/v1/payments", &asks).await;
    let told = async {
        let mut told = String::new();
        while !told.contains("payment.created") {
            told.push_str(&String::from_utf8_lossy(&events.chunk().await.unwrap().expect("the stream goes on")));
        }
    };
    tokio::time::timeout(Duration::from_secs(20), told).await.expect("events come as they happen");
    assert_eq!(away.server.post_as("sale-9", "/v1/payments", &asks).await, first, "one request, whichever way it came");
    let refused = away.till.get("/v1/payments/pay_1?limit=%C3%A9").await;
    assert_eq!(problem(&refused), (404, "not_found"));
    let headers = away.till.headers("/v1/payments/pay_1").await;
    let body = away.till.get("/v1/payments/pay_1").await.1;
    assert!(headers.contains_key("ratelimit") && headers["x-request-id"].to_str().unwrap().starts_with("req_"));
    assert_eq!(headers["content-type"], "application/problem+json");
    assert_eq!(headers.get_all("x-request-id").iter().count(), 1);
    assert!(body["request_id"].is_string());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_a_day_the_palms_are_worth_nothing_and_gone() {
    for stops in [false, true] {
        let mut away = Away::open().await;
        let file = away.folder.path().join("palms.sealed");
        away.later(VALID_MS - 60_000);
        away.till.pay(&away.hand, 100).await;
        let id = away.till.up_to_the_yes(&away.hand, 100).await;
        assert!(file.exists());
        if stops {
            away.start_again(60_000).await;
        } else {
            away.later(60_000);
        }
        assert_eq!(problem(&away.till.ask(100).await), (503, "offline"), "stops: {stops}");
        assert_ne!(away.till.confirm(&id).await.0, 200, "not even who was recognised in time");
        assert!(!file.exists(), "the file is gone");
        assert_eq!(away.agent().0.queue.waiting().await.unwrap(), (1, 100), "what was taken is not");
        away.hand_in().await;
        // The agent's clock ran ahead of the server's by a day, so the server does not believe it.
        assert_eq!(away.charged().await, (700, 700));
        assert_eq!(away.agent().0.queue.waiting().await.unwrap(), (0, 0));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_clock_that_is_set_back_ends_it() {
    let mut away = Away::open().await;
    away.later(3 * 60 * 60 * 1000);
    away.start_again(0).await;
    assert_eq!(away.till.ask(100).await.0, 201);
    away.later(-2 * 60 * 60 * 1000);
    assert_eq!(away.till.ask(100).await.0, 201, "still after the palms came");
    away.start_again(0).await;
    assert_eq!(problem(&away.till.ask(100).await), (503, "offline"), "but not after what it was before");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_folder_holds_no_template_no_name_and_no_digits_in_the_clear() {
    let mut away = Away::open().await;
    away.till.pay(&away.hand, 100).await;
    let mut conn = away.shop.app.0.store.read().await.unwrap();
    let person = away.shop.app.person(&mut conn, away.wren).await.unwrap();
    let mut secrets = vec![b"Ashdown".to_vec(), away.wren.to_string().into_bytes(), away.wren.0.to_bytes().to_vec()];
    for reference in crate::store::references::references(&mut conn, away.wren).await.unwrap() {
        let of = reference.id.to_string();
        for stored in crate::store::references::templates_of(&mut conn, reference.id).await.unwrap() {
            let what = crate::vault::What::Template { reference: &of, position: stored.position, epoch: stored.epoch };
            let template = person.key.open(what, &stored.sealed).unwrap();
            secrets.extend(template.chunks_exact(32).skip(1).take(8).map(<[u8]>::to_vec));
        }
    }
    drop(conn);
    assert!(secrets.len() > 10);
    away.agent.take().unwrap().end().await;
    let mut folders = vec![away.folder.path().to_owned()];
    let mut looked_at = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let (path, mode) = {
                let entry = entry.unwrap();
                (entry.path(), std::os::unix::fs::PermissionsExt::mode(&entry.metadata().unwrap().permissions()))
            };
            assert_eq!(mode & 0o077, 0, "{} is for others too", path.display());
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let bytes = fs::read(&path).unwrap();
            // Ids and times in the queue may have any four digits in them.
            let digits = (!path.ends_with("queue.db")).then(|| DIGITS.as_bytes().to_vec());
            for secret in secrets.iter().chain(&digits) {
                let found = bytes.windows(secret.len()).any(|window| window == secret);
                assert!(!found, "{} holds {:?}", path.display(), String::from_utf8_lossy(secret));
            }
            looked_at.push(path.file_name().unwrap().to_str().unwrap().to_owned());
        }
    }
    for wanted in ["palms.sealed", "queue.db", "installation.key"] {
        assert!(looked_at.iter().any(|name| name == wanted), "{looked_at:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_who_agreed_and_paid_here_of_late_goes_to_an_agent_and_only_where_it_is_on() {
    let away = Away::open().await;
    let people = || away.agent().held().unwrap().0.gallery.len();
    assert_eq!(people(), 1);
    away.line.set(Passes::Everything);
    away.agent().set_up(true);
    // Somebody who enrolled and never paid; and somebody without a phone, who did.
    let (moss, _) = away.shop.shopper("Moss", Some("0000")).await;
    let (hand, other) = (Drawn::new(2, Hand::Right), Drawn::new(3, Hand::Right));
    away.shop.enrol(moss, &hand).await;
    let (rook, _) = away.shop.shopper("Rook", None).await;
    away.shop.enrol(rook, &other).await;
    away.server.pay(&other, 100).await;
    assert!(away.agent().fetch().await);
    assert_eq!(people(), 1);
    away.shop.app.freeze(&Caller::Operator, away.wren).await.unwrap();
    assert!(away.agent().fetch().await);
    assert_eq!(people(), 0, "gone with the next palms that came");
    away.shop.app.unfreeze(&Caller::Operator, away.wren).await.unwrap();
    assert!(away.agent().fetch().await);
    assert_eq!(people(), 1);
    let mut tx = away.shop.app.0.store.write().await.unwrap();
    let long_ago = crate::clock::now_ms() - 31 * 24 * 60 * 60 * 1000;
    sqlx::query("update payment set captured_ms = $1 where captured_ms is not null")
        .bind(long_ago)
        .execute(&mut *tx)
        .await
        .unwrap();
    tx.commit().await.unwrap();
    assert!(away.agent().fetch().await);
    assert_eq!(people(), 0, "nobody paid here within a month");

    // A key that is revoked: the agent wipes what it holds.
    let Caller::Till(till) = away.shop.app.caller_of(&away.key).await.unwrap() else { panic!() };
    away.shop.app.revoke_key(&Caller::Operator, away.shop.merchant, till.key.unwrap()).await.unwrap();
    assert!(!away.agent().fetch().await);
    assert!(away.agent().held().is_none() && !away.folder.path().join("palms.sealed").exists());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_key_is_one_agents_and_no_use_where_it_is_off() {
    use handsel_api::{Code, offline::AskForSubset};
    let away = Away::open().await;
    let agent = away.shop.app.caller_of(&away.key).await.unwrap();
    let ask = |site, public_key: &str| AskForSubset { site, public_key: public_key.to_owned() };
    let thief = "CQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
    let stolen = away.shop.app.offline_subset(&agent, ask(away.shop.site, thief)).await;
    assert_eq!(stolen.err().unwrap().code, Code::Forbidden);
    for (public_key, code) in [("", Code::InvalidField), ("AAAA", Code::InvalidField), ("*", Code::InvalidField)] {
        assert_eq!(
            away.shop.app.offline_subset(&agent, ask(away.shop.site, public_key)).await.err().unwrap().code,
            code
        );
    }
    let nowhere = SiteId(ulid::Ulid::from_parts(1, 1));
    assert_eq!(away.shop.app.offline_subset(&agent, ask(nowhere, thief)).await.err().unwrap().code, Code::InvalidField);
    assert_eq!(
        away.shop.app.offline_subset(&away.shop.till(), ask(away.shop.site, thief)).await.err().unwrap().code,
        Code::Forbidden
    );

    let off = Shop::open().await;
    let create = CreateKey { scopes: Some(vec![Scope::Offline]), ..CreateKey::default() };
    let refused = off.app.create_key(&Caller::Operator, off.merchant, create).await.err().unwrap();
    assert_eq!((refused.code, refused.field.as_deref()), (Code::InvalidField, Some("/scopes")));
}
