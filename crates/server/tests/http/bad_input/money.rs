//! Everything wrong that can be said about money: each gets its own answer, and neither the ledger nor the processor's books
//! change by it.

use super::{Expected, World, expect};
use crate::support::{
    Answer, Client,
    processor::{PATH, about, tell},
    store,
};
use handsel_api::{
    Code, PaymentId,
    keys::NewKey,
    payments::{Payment, PaymentStatus},
};
use serde_json::{Value, json};
use std::time::Duration;

/// Payments of every kind.
struct Money {
    world: World,
    /// Set aside, 10.00.
    held: PaymentId,
    /// Set aside, 10.00, and 4.00 of it taken.
    part: PaymentId,
    /// Set aside and let go.
    voided: PaymentId,
    /// Set aside, and its week is over.
    expired: PaymentId,
    /// A card was refused.
    declined: PaymentId,
    /// A key that was revoked.
    revoked: Client,
}

impl Money {
    fn new() -> Money {
        let world = World::new();
        let (till, operator) = (world.till().clone(), world.server.operator());
        let set_aside = || -> PaymentId {
            let body = json!({"site": world.shop.site, "amount_minor": 1000, "currency": "EUR", "capture": "later"});
            let id = till.fresh_key().post("/v1/payments", &body).ok::<Payment>().id;
            let held: Payment = till.fresh_key().post(&format!("/v1/payments/{id}/card"), &card(0)).ok();
            assert_eq!(held.status, PaymentStatus::Authorized);
            id
        };
        let (held, part, voided, expired) = (set_aside(), set_aside(), set_aside(), set_aside());
        let four = json!({"amount_minor": 400});
        let taken: Payment = till.fresh_key().post(&format!("/v1/payments/{part}/capture"), &four).ok();
        assert_eq!(taken.captured_minor, Some(400));
        assert_eq!(till.act(&format!("/v1/payments/{voided}/cancel")).status, 200);
        store::let_a_week_go_by(&world.server, expired);
        // The server lets go of it at the processor by itself; then nothing moves any more.
        let processor = Client::new(world.server.processor.address(), None);
        let mut looks = 0;
        while !processor.get(&format!("/v1/payments/{expired}")).text().contains("voided") {
            looks += 1;
            assert!(looks < 100, "the processor still holds it");
            std::thread::sleep(Duration::from_millis(100));
        }
        let declined = world.shop.ask(500);
        let refused = json!({"sandbox_card": "visa_declined"});
        assert_eq!(till.fresh_key().post(&format!("/v1/payments/{declined}/card"), &refused).status, 200);
        let keys = format!("/v1/merchants/{}/keys", world.shop.merchant);
        let key: NewKey = operator.act(&keys).ok();
        assert_eq!(operator.delete(&format!("{keys}/{}", key.id)).status, 204);
        let revoked = world.server.with(&key.key);
        Money { held, part, voided, expired, declined, revoked, world }
    }

    /// Sends one bad request; neither what is paid nor what is owed may change by it.
    fn check(&self, name: &str, expected: &Expected, send: impl FnOnce(&World) -> Answer) {
        let before = self.books();
        self.world.check(name, expected, send);
        assert_eq!(self.books(), before, "{name} moved money");
    }

    /// Every transfer, every payment as the till sees it, and what the processor took.
    fn books(&self) -> (Vec<store::Entry>, String, String) {
        let processor = Client::new(self.world.server.processor.address(), None);
        let payments = self.world.till().get("/v1/payments?limit=100");
        assert_eq!(payments.status, 200);
        let totals = processor.get("/audit/totals");
        assert_eq!(totals.status, 200);
        (store::ledger(&self.world.server), payments.text(), totals.text())
    }
}

fn card(tip_minor: i64) -> Value {
    json!({"sandbox_card": "visa_approved", "tip_minor": tip_minor})
}

fn wrong_state() -> Expected {
    expect(409, Code::WrongState)
}

fn range(field: &'static str) -> Expected {
    expect(422, Code::AmountOutOfRange).field(field)
}

/// What an amount may not be, as JSON spells it, wherever one is taken.
fn no_amounts() -> Vec<(&'static str, Expected)> {
    let amount = "/amount_minor";
    let shape = || expect(400, Code::InvalidJson).field(amount);
    vec![
        ("0", range(amount)),
        ("-1", range(amount)),
        ("-9223372036854775808", range(amount)),
        ("9223372036854775808", expect(422, Code::InvalidField).field(amount)),
        ("18446744073709551616", shape()),
        ("12.345", shape()),
        ("12.00", shape()),
        ("1e2", shape()),
        ("\"1240\"", shape()),
        ("\"12.40\"", shape()),
        ("true", shape()),
        ("[1240]", shape()),
        ("{\"minor\":1240}", shape()),
    ]
}

#[test]
fn no_amount_is_taken_for_another() {
    let money = Money::new();
    let site = money.world.shop.site;
    let refunds = format!("/v1/payments/{}/refunds", money.world.paid);
    let capture = format!("/v1/payments/{}/capture", money.held);
    for (amount, expected) in no_amounts() {
        let sale = format!("{{\"site\":\"{site}\",\"amount_minor\":{amount},\"currency\":\"EUR\"}}");
        let refund = format!("{{\"amount_minor\":{amount},\"currency\":\"EUR\"}}");
        let part = format!("{{\"amount_minor\":{amount}}}");
        for (path, body) in [("/v1/payments", sale), (&refunds, refund), (&capture, part)] {
            let send = |world: &World| world.till().fresh_key().post_text(path, &body);
            money.check(&format!("{path} of {amount}"), &expected, send);
        }
    }
    let sale = |amount: i64, currency: &str| json!({"site": site, "amount_minor": amount, "currency": currency});
    let currency = || expect(422, Code::CurrencyMismatch).field("/currency");
    let table: Vec<(&str, Value, Expected)> = vec![
        ("a sale above the most", sale(10_000_001, "EUR"), range("/amount_minor")),
        ("the largest number", sale(i64::MAX, "EUR"), range("/amount_minor")),
        ("another currency", sale(500, "USD"), currency()),
        ("a currency in small letters", sale(500, "eur"), currency()),
        ("no currency", sale(500, ""), currency()),
    ];
    for (name, body, expected) in table {
        money.check(name, &expected, |world| world.till().fresh_key().post("/v1/payments", &body));
    }
}

#[test]
fn what_does_not_follow_from_where_a_payment_stands_is_refused() {
    let money = Money::new();
    let world = &money.world;
    let Money { held, part, voided, expired, declined, .. } = money;
    let (paid, waiting) = (world.paid, world.payment);
    let nobodys: PaymentId = "pay_01JD9VZZZZZZZZZZZZZZZZZZZZ".parse().unwrap();
    let back = |minor: i64| json!({"amount_minor": minor, "currency": "EUR"});
    let dollars = json!({"amount_minor": 100, "currency": "USD"});
    let take = |minor: i64| json!({"amount_minor": minor});
    let all = json!({});
    let too_large = || expect(409, Code::RefundTooLarge).field("/amount_minor");
    let over = || expect(409, Code::AuthorizationExpired);
    let above = || expect(409, Code::CaptureTooLarge).field("/amount_minor");
    let table: Vec<(&str, PaymentId, &str, Value, Expected)> = vec![
        ("a refund above the capture", paid, "refunds", back(1001), too_large()),
        ("a refund above the most", paid, "refunds", back(10_000_001), range("/amount_minor")),
        ("a refund above the part that was captured", part, "refunds", back(401), too_large()),
        ("a refund in another currency", paid, "refunds", dollars, expect(422, Code::CurrencyMismatch)),
        ("a refund of what is set aside", held, "refunds", back(1), wrong_state()),
        ("a refund of what was let go", voided, "refunds", back(1), wrong_state()),
        ("a refund of what was refused", declined, "refunds", back(1), wrong_state()),
        ("a refund of what nobody paid", waiting, "refunds", back(1), wrong_state()),
        ("a refund of nothing", nobodys, "refunds", back(1), expect(404, Code::NotFound)),
        ("a capture above what is set aside", held, "capture", take(1001), above()),
        ("a second capture of another amount", part, "capture", take(600), wrong_state()),
        ("a second capture of everything", part, "capture", all.clone(), wrong_state()),
        ("a capture after a void", voided, "capture", all.clone(), wrong_state()),
        ("a capture after a refusal", declined, "capture", all.clone(), wrong_state()),
        ("a capture of what is open", waiting, "capture", all.clone(), wrong_state()),
        ("a capture after its week", expired, "capture", all.clone(), over()),
        ("a part after its week", expired, "capture", take(1), over()),
        ("a capture of nothing", nobodys, "capture", all.clone(), expect(404, Code::NotFound)),
        ("a void after the capture", paid, "cancel", all.clone(), wrong_state()),
        ("a void after a part", part, "cancel", all.clone(), wrong_state()),
        ("a void after a refusal", declined, "cancel", all.clone(), wrong_state()),
        ("a void of nothing", nobodys, "cancel", all.clone(), expect(404, Code::NotFound)),
        ("a tip above the amount", waiting, "card", card(501), range("/tip_minor")),
        ("a tip below nothing", waiting, "card", card(-1), range("/tip_minor")),
        ("a second card", paid, "card", card(0), wrong_state()),
        ("a card for what is set aside", held, "card", card(0), wrong_state()),
        ("a card after a void", voided, "card", card(0), wrong_state()),
        ("a card after its week", expired, "card", card(0), wrong_state()),
        ("a yes without a hand", waiting, "confirm", all.clone(), wrong_state()),
        ("a yes to what is paid", paid, "confirm", all.clone(), wrong_state()),
        ("a tip on what is paid", paid, "confirm", json!({"tip_minor": 1}), wrong_state()),
    ];
    for (name, id, action, body, expected) in table {
        let path = format!("/v1/payments/{id}/{action}");
        money.check(name, &expected, |world| world.till().fresh_key().post(&path, &body));
    }
    // The same when the week is over by then: what was taken is not told to be uncharged.
    store::let_a_week_go_by(&world.server, part);
    let late = format!("/v1/payments/{part}/capture");
    money.check("a second capture, later", &wrong_state(), |world| world.till().fresh_key().post(&late, &take(600)));
}

#[test]
fn who_may_not_and_what_does_not_arrive_moves_nothing() {
    let money = Money::new();
    let world = &money.world;
    let unauthenticated = || expect(401, Code::Unauthenticated);
    let not_found = || expect(404, Code::NotFound);
    let sale = |site: &str| json!({"site": site, "amount_minor": 500, "currency": "EUR"});
    let (ours, theirs) = (world.shop.site.to_string(), world.elsewhere.site.to_string());
    let refunds = format!("/v1/payments/{}/refunds", world.paid);
    let capture = format!("/v1/payments/{}/capture", money.held);
    let cancel = format!("/v1/payments/{}/cancel", money.held);
    let back = json!({"amount_minor": 100, "currency": "EUR"});
    let requests =
        [("/v1/payments", sale(&ours)), (&refunds, back.clone()), (&capture, json!({})), (&cancel, json!({}))];
    for (path, body) in &requests {
        let send = |client: &Client| client.fresh_key().post(path, body);
        money.check("a revoked key", &unauthenticated(), |_| send(&money.revoked));
        money.check("no key", &unauthenticated(), |world| send(&world.server.anyone()));
        money.check("another merchant", &not_found(), |world| send(&world.elsewhere.till));
        money.check("a wallet", &expect(403, Code::Forbidden), |world| send(&world.shopper.wallet));
        if *path != cancel {
            let missing = expect(400, Code::IdempotencyKeyMissing).field("idempotency-key");
            money.check("no Idempotency-Key", &missing, |world| world.till().post(path, body));
        }
        let large = format!("{{\"pad\":\"{}\"}}", "x".repeat(64 * 1024));
        let too_large = expect(413, Code::BodyTooLarge);
        money.check("a body over the limit", &too_large, |world| world.till().fresh_key().post_text(path, &large));
    }
    money.check("another merchant's site", &not_found(), |world| {
        world.till().fresh_key().post("/v1/payments", &sale(&theirs))
    });
    let no_site = expect(422, Code::InvalidField).field("/site");
    money.check("no site there is", &no_site, |world| {
        world.till().fresh_key().post("/v1/payments", &sale("sit_01JD9VZZZZZZZZZZZZZZZZZZZZ"))
    });
    let nobody = "/v1/merchants/mer_01JD9VZZZZZZZZZZZZZZZZZZZZ/settlements/2026-01-01";
    money.check("no merchant there is", &not_found(), |world| world.till().get(nobody));

    let named = world.till().header("idempotency-key", "a-refund");
    assert_eq!(named.post(&refunds, &back).status, 201);
    let other = json!({"amount_minor": 200, "currency": "EUR"});
    let mismatch = || expect(422, Code::IdempotencyMismatch).field("idempotency-key");
    money.check("its key again, and another amount", &mismatch(), |_| named.post(&refunds, &other));
    money.check("its key again, and another path", &mismatch(), |_| named.post(&capture, &json!({})));
    let before = money.books();
    let again = named.post(&refunds, &back);
    assert_eq!((again.status, again.header("idempotent-replayed")), (201, Some("true")));
    assert_eq!(money.books(), before, "a repeated refund is one refund");
}

#[test]
fn what_the_processor_is_said_to_say_moves_nothing() {
    let money = Money::new();
    let server = &money.world.server;
    let event = about(money.held);
    let bad_signature = || expect(401, Code::BadSignature);
    let too_large = format!("{{\"pad\":\"{}\"}}", "x".repeat(64 * 1024));
    let table: Vec<(&str, Expected, Answer)> = vec![
        ("signed by somebody else", bad_signature(), tell(server, "evt_1", 0, &event, false)),
        ("not signed", bad_signature(), server.anyone().post_text(PATH, &event)),
        ("too old", expect(422, Code::EventTooOld), tell(server, "evt_1", 301, &event, true)),
        ("from the future", expect(422, Code::EventFromTheFuture), tell(server, "evt_1", -400, &event, true)),
        ("about nothing", expect(400, Code::InvalidJson), tell(server, "evt_1", 0, "{}", true)),
        ("not JSON", expect(400, Code::InvalidJson), tell(server, "evt_1", 0, "captured", true)),
        ("over the limit", expect(413, Code::BodyTooLarge), tell(server, "evt_1", 0, &too_large, true)),
    ];
    for (name, expected, answer) in table {
        money.check(&format!("an event {name}"), &expected, |_| answer);
    }
    // These are taken, since the processor would tell them again and again; they move nothing either.
    let before = money.books();
    for (id, event) in [
        ("evt_unknown", about("pay_01JD9VZZZZZZZZZZZZZZZZZZZZ")),
        ("evt_foreign", about("pay_of_somebody_else")),
        ("evt_held", event.clone()),
        ("evt_held", event),
        ("evt_paid", about(money.world.paid)),
        ("evt_voided", about(money.voided)),
        ("evt_expired", about(money.expired)),
    ] {
        assert_eq!(tell(server, id, 0, &event, true).status, 204, "{id}");
        assert_eq!(money.books(), before, "{id}");
    }
}
