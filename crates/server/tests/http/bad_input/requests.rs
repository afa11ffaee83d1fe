use super::{Expected, World, expect};
use crate::support::Answer;
use handsel_api::Code;
use serde_json::{Value, json};

/// `POST /v1/payments` with a fresh key and a body in which `at` was replaced.
fn ask(world: &World, at: &str, value: Value) -> Answer {
    let mut body = json!({"site": world.shop.site, "amount_minor": 500, "currency": "EUR"});
    body[at] = value;
    world.till().fresh_key().post("/v1/payments", &body)
}

fn ask_text(world: &World, body: &str) -> Answer {
    let body = body.replace("SITE", &format!("\"site\":\"{}\"", world.shop.site));
    world.till().fresh_key().post_text("/v1/payments", &body)
}

#[test]
fn amounts_and_currencies() {
    let world = World::new();
    let range = || expect(422, Code::AmountOutOfRange).field("/amount_minor");
    let shape = || expect(400, Code::InvalidJson).field("/amount_minor");
    let value = || expect(422, Code::InvalidField).field("/amount_minor");
    let no_site = || expect(422, Code::InvalidField).field("/site");
    let table: Vec<(&str, &str, Value, Expected)> = vec![
        ("a negative amount", "amount_minor", json!(-1), range()),
        ("the smallest number", "amount_minor", json!(i64::MIN), range()),
        ("nothing at all", "amount_minor", json!(0), range()),
        ("an enormous amount", "amount_minor", json!(10_000_001), range()),
        ("the largest number", "amount_minor", json!(i64::MAX), range()),
        ("past the largest number", "amount_minor", json!(u64::MAX), value()),
        ("an amount as text", "amount_minor", json!("500"), shape()),
        ("an amount with a fraction", "amount_minor", json!(5.5), shape()),
        ("an amount as a fraction", "amount_minor", json!(500.0), shape()),
        ("no amount", "amount_minor", Value::Null, shape()),
        ("an amount of things", "amount_minor", json!([500]), shape()),
        ("another currency", "currency", json!("USD"), expect(422, Code::CurrencyMismatch).field("/currency")),
        ("no currency there is", "currency", json!("eur"), expect(422, Code::CurrencyMismatch).field("/currency")),
        ("a currency as a number", "currency", json!(978), expect(400, Code::InvalidJson).field("/currency")),
        ("an unknown field", "tip_minor", json!(100), expect(400, Code::UnknownField).field("/tip_minor")),
        ("an unknown field of nothing", "palm", Value::Null, expect(400, Code::UnknownField).field("/palm")),
        ("a malformed id", "site", json!("sit_1"), expect(422, Code::InvalidField).field("/site")),
        ("an id of another kind", "site", json!(world.payment), expect(422, Code::InvalidField).field("/site")),
        ("an id of nothing", "site", json!("sit_01JD9VZZZZZZZZZZZZZZZZZZZZ"), no_site()),
        (
            "a till's number that is too long",
            "client_reference",
            json!("x".repeat(65)),
            expect(422, Code::InvalidField).field("/client_reference"),
        ),
    ];
    for (name, at, value, expected) in table {
        world.check(name, &expected, |world| ask(world, at, value));
    }
}

#[test]
fn bodies() {
    let world = World::new();
    let json = || expect(400, Code::InvalidJson);
    let media_type = || expect(415, Code::UnsupportedMediaType).field("content-type");
    let long = format!("{{SITE,\"amount_minor\":1,\"currency\":\"{}\"}}", "x".repeat(70_000));
    let deep = format!("{{\"site\":{}", "[".repeat(50_000));
    let table: Vec<(&str, &str, Expected)> = vec![
        ("not JSON", "amount=500", json()),
        ("half of JSON", "{SITE,\"amount_minor\":", json()),
        ("JSON and more", "{SITE,\"amount_minor\":1,\"currency\":\"EUR\"}{}", json()),
        ("a list", "[]", json()),
        ("a field missing", "{SITE,\"amount_minor\":1}", json().field("/currency")),
        ("a field twice", "{SITE,\"amount_minor\":1,\"amount_minor\":2}", json().field("/amount_minor")),
        ("not a number", "{SITE,\"amount_minor\":NaN,\"currency\":\"EUR\"}", json()),
        ("a body that never ends", &long, expect(413, Code::BodyTooLarge)),
        ("nesting that never ends", &deep, json()),
        ("text that is not UTF-8", "{SITE,\"currency\":\"\\ud800\"}", json()),
    ];
    for (name, body, expected) in table {
        world.check(name, &expected, |world| ask_text(world, body));
    }
    world.check("an empty body", &json(), |world| world.till().fresh_key().act("/v1/payments"));
    let form = |world: &World, media_type: &str| {
        let body = b"amount_minor=500&currency=EUR".to_vec();
        world.till().fresh_key().send("POST", "/v1/payments", Some(media_type), body)
    };
    world.check("a form", &media_type(), |world| form(world, "application/x-www-form-urlencoded"));
    world.check("no media type that is one", &media_type(), |world| form(world, "json"));
    let cancel = format!("/v1/payments/{}/cancel", world.payment);
    let field = expect(400, Code::UnknownField).field("/why");
    world.check("a field where none is taken", &field, |world| world.till().post(&cancel, &json!({"why": "x"})));
}

#[test]
fn keys_ids_and_methods() {
    let world = World::new();
    let refunds = format!("/v1/payments/{}/refunds", world.paid);
    let refund = json!({"amount_minor": 100, "currency": "EUR"});
    let key = "idempotency-key";

    let named = world.till().header(key, "a-sale");
    let body = json!({"site": world.shop.site, "amount_minor": 500, "currency": "EUR"});
    assert_eq!(named.post("/v1/payments", &body).status, 201);
    let other = json!({"site": world.shop.site, "amount_minor": 501, "currency": "EUR"});
    let mismatch = expect(422, Code::IdempotencyMismatch).field(key);
    world.check("the same key with another body", &mismatch, |_| named.post("/v1/payments", &other));

    let missing = || expect(400, Code::IdempotencyKeyMissing).field(key);
    world.check("a payment without a key", &missing(), |world| world.till().post("/v1/payments", &body));
    world.check("a refund without a key", &missing(), |world| world.till().post(&refunds, &refund));
    for action in ["confirm", "card"] {
        let path = format!("/v1/payments/{}/{action}", world.payment);
        world.check("a charge without a key", &missing(), |world| world.till().act(&path));
    }

    let unauthenticated = || expect(401, Code::Unauthenticated);
    for token in ["hsk_test_wrong", "hsw_wrong", "hso_wrong", &world.shop.key[..20], &format!("{}x", world.shop.key)] {
        let stranger = world.server.with(token).fresh_key();
        world.check("an unknown key", &unauthenticated(), |_| stranger.post("/v1/payments", &body));
        world.check("an unknown key", &unauthenticated(), |_| stranger.post(&refunds, &refund));
    }
    let path = format!("/v1/payments/{}", world.paid);
    let hidden = || expect(404, Code::NotFound);
    let forbidden = || expect(403, Code::Forbidden);
    let strangers = world.elsewhere.till.fresh_key();
    world.check("another merchant's payment", &hidden(), |_| strangers.get(&path));
    world.check("another merchant's refund", &hidden(), |world| {
        world.elsewhere.till.fresh_key().post(&refunds, &refund)
    });
    world.check("another merchant's subject", &hidden(), |world| {
        strangers.get(&format!("/v1/subjects/{}", world.shopper.id))
    });
    world.check("a wallet at a till's place", &forbidden(), |world| {
        world.shopper.wallet.fresh_key().post("/v1/payments", &body)
    });

    for id in ["pay_1", "1", "%00", "pay_01JD9VZZZZZZZZZZZZZZZZZZZZ", "sit_01JD9VZZZZZZZZZZZZZZZZZZZZ", "..%2f.."] {
        world.check(id, &hidden(), |world| world.till().get(&format!("/v1/payments/{id}")));
        world.check(id, &hidden(), |world| world.till().fresh_key().act(&format!("/v1/payments/{id}/confirm")));
    }
    for method in ["PUT", "PATCH", "DELETE", "BREW"] {
        let wrong = expect(405, Code::MethodNotAllowed);
        world.check(method, &wrong, |world| world.till().send(method, "/v1/payments", None, Vec::new()));
    }
}
