//! What people are told and asked before a palm is looked at, and the rules that anybody may read.

use crate::support::{Answer, Client, Server, Shop, hands};
use handsel_api::{
    Code,
    consents::{Consent, Language, Notice},
    merchants::{Merchant, Site},
    payments::{Decision, Identification},
    policy::{Jurisdiction, PublishedPolicy},
    subjects::{CreatedSubject, Erased, Subject},
};
use handsel_server::Config;
use serde_json::json;

fn browser(server: &Server, cookie: &str, token: &str) -> Client {
    let client = server.anyone().header("cookie", &format!("{cookie}={token}"));
    client.header("sec-fetch-site", "same-origin").header("accept", "text/html")
}

fn submit(client: &Client, path: &str, fields: &str) -> Answer {
    client.send("POST", path, Some("application/x-www-form-urlencoded"), fields.as_bytes().to_vec())
}

#[test]
fn anybody_reads_the_rules_in_both_languages() {
    let config = Config {
        jurisdiction: Jurisdiction::UsIl,
        operator: Some("Corner Store Limited".to_owned()),
        contact: Some("palms@corner.example".to_owned()),
        keep_unused_days: 90,
        ..Config::default()
    };
    let server = Server::start_with(tempfile::tempdir().unwrap(), config);
    let anyone = server.anyone();
    let published: PublishedPolicy = anyone.get("/policy.json").ok();
    assert_eq!((published.policy.retention.unused_days, published.legal_holds), (90, 0));
    assert_eq!((published.policy.jurisdiction, published.policy.minimum_age), (Jurisdiction::UsIl, 18));
    for (path, says) in [
        ("/policy", ["lang=\"en\"", "90 days", "Corner Store Limited", "palms@corner.example", "740 ILCS 14"]),
        (
            "/policy?language=es",
            ["lang=\"es\"", "90 días", "Corner Store Limited", "palms@corner.example", "740 ILCS 14"],
        ),
    ] {
        let page = anyone.get(path);
        assert_eq!(page.status, 200);
        for part in says {
            assert!(page.text().contains(part), "{path}: {part}");
        }
    }
    let [english, spanish] =
        ["en", "es"].map(|tag| anyone.get(&format!("/v1/notices/payment?language={tag}")).ok::<Notice>());
    assert_eq!((english.language, spanish.language), (Language::En, Language::Es));
    assert_ne!(english.sha256, spanish.sha256);
    for (query, refused) in [
        ("language=tlh", (422, Code::InvalidField)),
        ("language=", (422, Code::InvalidField)),
        ("language=EN", (422, Code::InvalidField)),
        ("lang=es", (400, Code::UnknownField)),
    ] {
        for path in ["/v1/notices/payment", "/policy"] {
            assert_eq!(anyone.get(&format!("{path}?{query}")).refused(), refused, "{path}?{query}");
        }
    }
    for purpose in ["advertising", "improvement", "face", "payments", "PAYMENT"] {
        assert_eq!(anyone.get(&format!("/v1/notices/{purpose}")).refused(), (404, Code::NotFound), "{purpose}");
    }
}

#[test]
fn nobody_is_signed_up_too_young_or_where_no_sign_hangs() {
    let server = Server::start();
    let operator = server.operator();
    let shop = Shop::open(&server, &operator);
    let subject = |of_age: serde_json::Value| json!({"site": shop.site, "display_name": "Wren", "of_age": of_age});
    assert_eq!(shop.till.post("/v1/subjects", &subject(json!(false))).refused(), (403, Code::Minor));
    assert_eq!(shop.till.post("/v1/subjects", &subject(json!("yes"))).refused(), (400, Code::InvalidJson));
    let silent = json!({"site": shop.site, "display_name": "Wren"});
    assert_eq!(shop.till.post("/v1/subjects", &silent).refused(), (400, Code::InvalidJson));

    let sign = format!("/v1/sites/{}/sign", shop.site);
    assert_eq!(shop.till.act(&sign).refused(), (403, Code::Forbidden));
    assert_eq!(operator.delete(&sign).ok::<Site>().sign_confirmed_at, None);
    assert_eq!(shop.till.post("/v1/subjects", &subject(json!(true))).refused(), (409, Code::SignMissing));
    assert_eq!(operator.act("/v1/sites/sit_01JD9VZZZZZZZZZZZZZZZZZZZZ/sign").refused(), (404, Code::NotFound));
    assert!(operator.act(&sign).ok::<Site>().sign_confirmed_at.is_some());
    shop.till.post("/v1/subjects", &subject(json!(true))).ok::<CreatedSubject>();
}

#[test]
fn a_consent_is_to_the_purpose_and_the_words_that_were_shown() {
    let server = Server::start();
    let shop = Shop::open(&server, &server.operator());
    let person = json!({"site": shop.site, "display_name": "Wren", "of_age": true});
    let made: CreatedSubject = shop.till.post("/v1/subjects", &person).ok();
    let path = format!("/v1/subjects/{}", made.subject.id);
    let notice = |purpose: &str| shop.till.get(&format!("/v1/notices/{purpose}?language=es")).ok::<Notice>();
    let signs = |purpose: &str, notice: &Notice| {
        let yes = json!({"purpose": purpose, "notice_version": notice.version, "notice_sha256": notice.sha256, "signature": "Wren"});
        shop.till.post(&format!("{path}/consents"), &yes)
    };
    for (purpose, shown, refused) in [
        ("payment", "entry", (422, Code::NoticeOutdated)),
        ("age_check", "payment", (422, Code::NoticeOutdated)),
        ("advertising", "payment", (422, Code::InvalidField)),
        ("improvement", "payment", (422, Code::InvalidField)),
    ] {
        assert_eq!(signs(purpose, &notice(shown)).refused(), refused, "{purpose} on {shown}");
    }
    let frame = || shop.till.frame(&format!("{path}/references"), &hands::right(1, 0));
    signs("loyalty", &notice("loyalty")).ok::<Consent>();
    assert_eq!(frame().refused(), (403, Code::ConsentRequired), "a consent to another purpose");
    let yes: Consent = signs("payment", &notice("payment")).ok();
    assert_eq!((yes.language, yes.device), (Some(Language::Es), Some(format!("till:{}", shop.merchant))));
    assert_eq!(frame().status, 201);
    let wallet = made.wallet_path.rsplit('/').next().unwrap();
    let page = browser(&server, "handsel_wallet", wallet).get("/wallet").text();
    for part in ["To pay with my palm", "in Spanish", "¿Para qué se usa?", &yes.notice_sha256, "deleted on"] {
        assert!(page.contains(part), "{part}: {page}");
    }
    let owner = server.with(wallet);
    assert!(owner.delete(&format!("{path}/consents/{}", yes.id)).ok::<Consent>().revoked_at.is_some());
    assert!(owner.get(&path).ok::<Subject>().references.is_empty(), "the last purpose that kept it");
    assert_eq!(frame().refused(), (403, Code::ConsentRequired), "a revoked consent");
}

/// `entry` and `age_check` can be signed, and nothing here reads a palm for them.
#[test]
fn a_palm_is_read_to_pay_or_not_at_all_whatever_its_owner_signed() {
    let server = Server::start();
    let shop = Shop::open(&server, &server.operator());
    let person = json!({"site": shop.site, "display_name": "Wren", "of_age": true});
    let made: CreatedSubject = shop.till.post("/v1/subjects", &person).ok();
    let path = format!("/v1/subjects/{}", made.subject.id);
    let payment = shop.ask(100);
    let asks = |query: &str, frame: &[u8]| shop.till.frame(&format!("/v1/payments/{payment}/identify{query}"), frame);
    let refused_unseen = || {
        for purpose in ["entry", "age_check", "loyalty", "advertising", "improvement", "", "PAYMENT"] {
            // Bytes that are no picture would be refused as such, had anybody looked.
            let problem = asks(&format!("?purpose={purpose}"), b"no picture").problem();
            assert_eq!((problem.status, problem.code), (422, Code::InvalidField), "{purpose}");
            assert_eq!(problem.field.as_deref(), Some("purpose"));
        }
        let twice = asks("?purpose=payment&purpose=entry", b"no picture").refused();
        assert_eq!(twice, (422, Code::InvalidField));
        assert_eq!(asks("?why=entry", b"no picture").refused(), (400, Code::UnknownField));
    };
    refused_unseen();
    for purpose in ["entry", "age_check"] {
        let notice: Notice = shop.till.get(&format!("/v1/notices/{purpose}")).ok();
        let yes = json!({"purpose": purpose, "notice_version": notice.version, "notice_sha256": notice.sha256, "signature": "Wren"});
        shop.till.post(&format!("{path}/consents"), &yes).ok::<Consent>();
    }
    assert_eq!(shop.till.frame(&format!("{path}/references"), &hands::right(1, 0)).status, 201);
    refused_unseen();
    let found: Identification = asks("?purpose=payment", &hands::right(1, 1)).ok();
    assert_eq!(found.decision, Decision::NoMatch, "who signed for doors and ages is nobody at a till");
    // Nor do other requests take a purpose.
    let open = json!({"site": shop.site, "amount_minor": 100, "currency": "EUR", "purpose": "entry"});
    let open = shop.till.header("idempotency-key", "with-a-purpose").post("/v1/payments", &open);
    assert_eq!(open.refused(), (400, Code::UnknownField));
}

#[test]
fn the_operator_prints_the_sign_and_says_that_it_hangs() {
    let server = Server::start();
    let token = server.operator_token();
    let operator = server.with(&token);
    let merchant: Merchant = operator.post("/v1/merchants", &json!({"name": "Ferns & <Co>", "currency": "EUR"})).ok();
    let site: Site = operator.post("/v1/sites", &json!({"merchant": merchant.id, "name": "Front"})).ok();
    let console = browser(&server, "handsel_operator", &token);
    let page = console.get("/console/places").text();
    assert!(page.contains("Nobody enrols here until it hangs"), "{page}");
    let pdf = console.get(&format!("/console/sites/{}/sign.pdf", site.id));
    assert_eq!((pdf.status, pdf.header("content-type")), (200, Some("application/pdf")));
    assert_eq!(server.anyone().get(&format!("/console/sites/{}/sign.pdf", site.id)).status, 401);
    let kiosk = submit(&console, &format!("/console/sites/{}/kiosk", site.id), "");
    let set = kiosk.header("set-cookie").unwrap().split(';').next().unwrap().to_owned();
    let kiosk = browser(&server, "handsel_kiosk", set.split_once('=').unwrap().1);
    assert!(kiosk.get("/enrol").text().contains("Nobody enrols here yet"));
    let said = submit(&console, &format!("/console/sites/{}/sign", site.id), "");
    assert_eq!((said.status, said.header("location")), (303, Some("/console/places?done=hangs")));
    assert!(console.get("/console/places").text().contains("It hangs, said by operator"));
    let enrol = kiosk.get("/enrol").text();
    let (age, notice) = (enrol.find("data-screen=\"age\"").unwrap(), enrol.find("data-screen=\"sign\"").unwrap());
    assert!(age < notice && enrol.contains("Are you 18 or older?"), "{enrol}");
    let spanish = kiosk.get("/enrol?language=es").text();
    assert!(spanish.contains("¿Tienes 18 años o más?") && spanish.contains("Paga con la palma"), "{spanish}");
    submit(&console, &format!("/console/sites/{}/sign/down", site.id), "");
    assert!(kiosk.get("/enrol").text().contains("Nobody enrols here yet"));
}

#[test]
fn an_order_is_noted_counted_and_lifted() {
    let server = Server::start();
    let token = server.operator_token();
    let shop = Shop::open(&server, &server.with(&token));
    let wren = shop.enrol(&server, "Wren", &[&hands::right(1, 0)]);
    let console = browser(&server, "handsel_operator", &token);
    for wrong in [
        "subject=nobody&order=24-CV-1&until=2099-01-01".to_owned(),
        format!("subject={}&order=24-CV-1&until=soon", wren.id),
        format!("subject={}&order=24-CV-1&until=2001-01-01", wren.id),
        format!("subject={}&order=&until=2001-01-01", wren.id),
    ] {
        assert_eq!(submit(&console, "/console/holds", &wrong).status, 422, "{wrong}");
    }
    let tomorrow = humantime::format_rfc3339(std::time::SystemTime::now() + std::time::Duration::from_secs(86_400));
    let fields = format!("subject={}&order=%3Cb%3E24-CV-1&until={}", wren.id, &tomorrow.to_string()[..10]);
    assert_eq!(submit(&console, "/console/holds", &fields).header("location"), Some("/console/holds?done=placed"));
    let page = console.get("/console/holds").text();
    assert!(page.contains("24-CV-1") && !page.contains("<b>24") && page.contains("In force"), "{page}");
    assert_eq!(server.anyone().get("/policy.json").ok::<PublishedPolicy>().legal_holds, 1);
    assert!(!server.anyone().get("/policy").text().contains("24-CV-1"), "only their number is public");

    let wallet = browser(&server, "handsel_wallet", &wren.wallet_token);
    let gone = submit(&wallet, "/wallet/delete", "sure=yes").text();
    assert!(gone.contains("An order keeps your sealed records until"), "{gone}");
    let found = shop.identify(shop.ask(100), &hands::right(1, 1));
    assert_eq!(found.decision, handsel_api::payments::Decision::NoMatch);
    let again: Erased = server.with(&token).delete(&format!("/v1/subjects/{}", wren.id)).ok();
    assert!(again.held_until.is_some() && again.references == 0);
    let lift = page.split('"').find(|part| part.ends_with("/lift")).unwrap();
    assert_eq!(submit(&console, lift, "").header("location"), Some("/console/holds?done=lifted"));
    assert_eq!(server.with(&token).delete(&format!("/v1/subjects/{}", wren.id)).refused(), (404, Code::NotFound));
    assert_eq!(server.anyone().get("/policy.json").ok::<PublishedPolicy>().legal_holds, 0);
}
