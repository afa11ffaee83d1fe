//! What happened: listed, and followed.

use crate::support::{Server, Shop, Sse, hands};
use handsel_api::{
    Code,
    events::{Event, EventKind},
    merchants::Page,
    payments::PaymentStatus,
};
use serde_json::json;

fn kinds(events: &[Event]) -> Vec<&'static str> {
    events.iter().map(|event| event.kind.word()).collect()
}

#[test]
fn what_happened_is_listed_newest_first_with_the_payment_as_it_is_now() {
    let server = Server::start();
    let operator = server.operator();
    let (shop, other) = (Shop::open(&server, &operator), Shop::open(&server, &operator));
    let paid = shop.pay_by_card(500);
    let refund = json!({"amount_minor": 200, "currency": "EUR"});
    assert_eq!(shop.till.fresh_key().post(&format!("/v1/payments/{}/refunds", paid.id), &refund).status, 201);
    let given_up = shop.ask(700);
    assert_eq!(shop.till.act(&format!("/v1/payments/{given_up}/cancel")).status, 200);
    assert_eq!(shop.till.act(&format!("/v1/payments/{given_up}/cancel")).status, 200, "twice is once");
    let declined = shop.ask(800);
    let card = json!({"sandbox_card": "visa_declined"});
    let answer = shop.till.fresh_key().post(&format!("/v1/payments/{declined}/card"), &card);
    assert_eq!(answer.status, 200, "{}", answer.text());
    other.pay_by_card(900);

    let page: Page<Event> = shop.till.get("/v1/events").ok();
    let expected = [
        "payment.declined",
        "payment.created",
        "payment.cancelled",
        "payment.created",
        "refund.created",
        "payment.captured",
        "payment.created",
    ];
    assert_eq!(kinds(&page.data), expected);
    let first = page.data.last().unwrap();
    assert_eq!((first.data.payment.status, first.data.payment.refunded_minor), (PaymentStatus::Captured, 200));
    assert_eq!(page.data[4].data.refund.as_ref().unwrap().amount_minor, 200);
    assert!(page.data.windows(2).all(|pair| pair[0].id > pair[1].id), "ids are in order");

    let mut walked = Vec::new();
    let mut path = "/v1/events?limit=3".to_owned();
    loop {
        let page: Page<Event> = shop.till.get(&path).ok();
        walked.extend(kinds(&page.data));
        let Some(next) = page.next else { break };
        path = format!("/v1/events?limit=3&after={next}");
    }
    assert_eq!(walked, expected, "page by page it is the same");
    assert_eq!(operator.get("/v1/events").ok::<Page<Event>>().data.len(), expected.len() + 2);
}

#[test]
fn a_match_is_an_event_without_anything_of_the_person() {
    let server = Server::start();
    let shop = Shop::open(&server, &server.operator());
    shop.enrol(&server, "Wren Oakley", &[&hands::right(61, 0), &hands::right(61, 1)]);
    let paid = shop.pay(450, &hands::right(61, 2));
    let answer = shop.till.get("/v1/events");
    assert!(answer.text().contains("payment.requires_confirmation"), "{}", answer.text());
    assert!(!answer.text().contains("initials") && !answer.text().contains("Wren"), "{}", answer.text());
    // "This wasn't me".
    assert_eq!(server.anyone().act(&format!("/v1{}/dispute", paid.receipt_path.unwrap())).status, 204);
    let page: Page<Event> = shop.till.get("/v1/events?limit=1").ok();
    assert_eq!(page.data[0].kind, EventKind::PaymentDisputed);
}

#[test]
fn a_stream_shows_what_happens_and_goes_on_where_it_was_cut_off() {
    let server = Server::start();
    let operator = server.operator();
    let (shop, other) = (Shop::open(&server, &operator), Shop::open(&server, &operator));
    shop.pay_by_card(100);
    let mut stream = Sse::open(server.address, "/v1/events/stream", &shop.key, None);
    assert_eq!(stream.status, 200);
    other.pay_by_card(200);
    let paid = shop.pay_by_card(300);
    let first = stream.next().unwrap();
    assert_eq!(first.event, "payment.created", "from now on, and of this merchant only");
    let event: Event = serde_json::from_str(&first.data).unwrap();
    assert_eq!((event.id.to_string(), event.data.payment.id), (first.id.clone(), paid.id));
    assert_eq!(stream.next().unwrap().event, "payment.captured");
    drop(stream);

    let missed = shop.pay_by_card(400);
    let mut again = Sse::open(server.address, "/v1/events/stream", &shop.key, Some(&first.id));
    let seen: Vec<(String, String)> = (0..3)
        .map(|_| again.next().unwrap())
        .map(|item| (item.event, serde_json::from_str::<Event>(&item.data).unwrap().data.payment.id.to_string()))
        .collect();
    let expected = [("payment.captured", paid.id), ("payment.created", missed.id), ("payment.captured", missed.id)];
    assert_eq!(seen, expected.map(|(kind, id)| (kind.to_owned(), id.to_string())));

    let wrong = shop.till.header("last-event-id", "pay_1").get("/v1/events/stream").problem();
    assert_eq!((wrong.code, wrong.field.as_deref()), (Code::InvalidField, Some("last-event-id")));
}

#[test]
fn streams_are_counted_and_end_with_their_key_and_with_the_server() {
    let mut server = Server::start();
    let operator = server.operator();
    let shop = Shop::open(&server, &operator);
    let second: handsel_api::keys::NewKey = operator.act(&format!("/v1/merchants/{}/keys", shop.merchant)).ok();
    let mut open: Vec<Sse> = (0..9).map(|_| Sse::open(server.address, "/v1/events/stream", &shop.key, None)).collect();
    let mut revoked = Sse::open(server.address, "/v1/events/stream", &second.key, None);
    assert_eq!(shop.till.get("/v1/events/stream").refused(), (429, Code::TooManyRequests));
    let path = format!("/v1/merchants/{}/keys/{}", shop.merchant, second.id);
    assert_eq!(operator.delete(&path).status, 204);
    shop.ask(100);
    assert!(revoked.next().is_none(), "its key was revoked before anything happened");
    assert!(open.iter_mut().all(|stream| stream.next().unwrap().event == "payment.created"));
    server.stop();
    assert!(open.iter_mut().all(|stream| stream.next().is_none()));
}
