//! Receipts in every form, settlements, exports and disputes, along the API.

use crate::support::{Answer, Server, Shop, hands};
use handsel_api::{
    Code,
    disputes::{Dispute, DisputeStatus},
    merchants::Page,
    payments::Payment,
    receipts::Receipt,
    settlements::Settlement,
};
use serde_json::json;

/// The day a payment was asked for, in UTC.
fn day(payment: &Payment) -> String {
    payment.created_at[..10].to_owned()
}

fn settlement(shop: &Shop, day: &str) -> Answer {
    shop.till.get(&format!("/v1/merchants/{}/settlements/{day}", shop.merchant))
}

#[test]
fn a_receipt_comes_in_every_form_and_only_by_its_secret() {
    let server = Server::start();
    let shop = Shop::open(&server, &server.operator());
    let paid = shop.pay_by_card(1_240);
    let refund = json!({"amount_minor": 240, "currency": "EUR"});
    assert_eq!(shop.till.fresh_key().post(&format!("/v1/payments/{}/refunds", paid.id), &refund).status, 201);
    let path = paid.receipt_path.unwrap();
    let anyone = server.anyone();
    let receipt: Receipt = anyone.get(&format!("/v1{path}")).ok();
    assert_eq!((receipt.payment, receipt.amount_minor, receipt.refunded_minor), (paid.id, 1_240, 240));
    assert_eq!((receipt.refunds.len(), receipt.can_dispute), (1, false), "paid by card");
    assert_eq!(anyone.get(&format!("{path}.json")).ok::<Receipt>(), receipt);

    let types = [
        ("", "text/html; charset=utf-8", "<!doctype html>"),
        (".txt", "text/plain; charset=utf-8", "Corner Store"),
        (".pdf", "application/pdf", "%PDF-1."),
        (".json", "application/json", "{"),
    ];
    for (ending, media_type, beginning) in types {
        let answer = anyone.get(&format!("{path}{ending}"));
        assert_eq!((answer.status, answer.header("content-type")), (200, Some(media_type)), "{ending}");
        assert!(answer.text().starts_with(beginning), "{ending}");
        assert_eq!(answer.header("cache-control"), Some("no-store"), "{ending}");
        if let Some(named) = answer.header("content-disposition") {
            assert_eq!(named, format!("inline; filename=\"receipt-{}{ending}\"", paid.id));
        }
    }
    for (query, widest) in [("", 42), ("?columns=42", 42), ("?columns=32", 32)] {
        let text = anyone.get(&format!("{path}.txt{query}")).text();
        assert_eq!(text.lines().map(str::len).max(), Some(widest), "{text}");
        assert!(text.contains("EUR 12.40") && text.contains("-EUR 2.40") && text.contains("EUR 10.00"), "{text}");
    }
}

#[test]
fn a_till_reads_its_own_books_and_nobody_elses() {
    let server = Server::start();
    let operator = server.operator();
    let (shop, elsewhere) = (Shop::open(&server, &operator), Shop::open(&server, &operator));
    let paid = shop.pay_by_card(1_000);
    let day = day(&paid);
    let settled: Settlement = settlement(&shop, &day).ok();
    assert_eq!((settled.captured.count, settled.captured.sum_minor, settled.net_minor), (1, 1_000, 1_000));
    assert_eq!((settled.ledger.opening_minor, settled.ledger.closing_minor), (0, 1_000));
    assert!(settled.reconciled && settled.differences.is_empty());
    let path = format!("/v1/merchants/{}", shop.merchant);
    assert_eq!(operator.get(&format!("{path}/settlements/{day}")).ok::<Settlement>(), settled);

    let csv = format!("{path}/payments.csv?from={day}&to={day}");
    let file = shop.till.get(&csv);
    assert_eq!(file.header("content-type"), Some("text/csv; charset=utf-8; header=present"));
    let named = format!("attachment; filename=\"payments-{day}-{day}.csv\"");
    assert_eq!(file.header("content-disposition"), Some(named.as_str()));
    let text = file.text();
    assert_eq!(text.matches("\r\n").count(), 2, "{text}");
    assert!(text.contains(&format!("{},,Front,,EUR,10.00,1000,card,visa,4242,", paid.id)), "{text}");

    for path in [format!("{path}/settlements/{day}"), csv] {
        assert_eq!(elsewhere.till.get(&path).refused(), (404, Code::NotFound), "{path}");
        assert_eq!(server.anyone().get(&path).refused(), (401, Code::Unauthenticated), "{path}");
        let shopper = shop.sign(&server, "Wren", "visa_approved");
        assert_eq!(shopper.wallet.get(&path).refused(), (403, Code::Forbidden), "{path}");
    }
}

#[test]
fn a_dispute_goes_from_the_receipt_to_the_settlement() {
    let server = Server::start();
    let operator = server.operator();
    let shop = Shop::open(&server, &operator);
    shop.enrol(&server, "Wren", &[&hands::right(7, 0), &hands::right(7, 1)]);
    let paid = shop.pay(1_000, &hands::right(7, 2));
    let receipt = paid.receipt_path.clone().unwrap();
    let dispute = format!("/v1{receipt}/dispute");
    for _ in 0..2 {
        assert_eq!(server.anyone().act(&dispute).status, 204);
    }
    let page: Page<Dispute> = shop.till.get("/v1/disputes").ok();
    assert_eq!(page.data.len(), 1);
    let id = page.data[0].id;
    let close = format!("/v1/disputes/{id}/close");
    let lost = json!({"outcome": "lost", "note": "The issuer decided."});
    assert_eq!(shop.till.post(&close, &lost).refused(), (403, Code::Forbidden));
    assert_eq!(operator.post(&close, &json!({"outcome": "open"})).refused(), (422, Code::InvalidField));
    let closed: Dispute = operator.post(&close, &lost).ok();
    assert_eq!((closed.status, closed.note.as_deref()), (DisputeStatus::Lost, Some("The issuer decided.")));
    let till = shop.till.get("/v1/disputes").text();
    assert!(!till.contains("note") && till.contains("lost"), "{till}");
    let shown: Receipt = server.anyone().get(&format!("/v1{receipt}")).ok();
    assert_eq!(shown.dispute.unwrap().status, DisputeStatus::Lost);
    let settled: Settlement = settlement(&shop, &day(&paid)).ok();
    assert_eq!((settled.taken_back.count, settled.net_minor, settled.ledger.closing_minor), (1, 0, 0));
    assert!(settled.reconciled && settled.ledger.taken_back == settled.taken_back);

    let card = shop.pay_by_card(100);
    let card_receipt = card.receipt_path.unwrap();
    assert_eq!(server.anyone().act(&format!("/v1{card_receipt}/dispute")).refused(), (409, Code::WrongState));
    let path = format!("/v1/payments/{}/disputes", card.id);
    let made = operator.post(&path, &json!({"opened_by": "processor"}));
    assert_eq!(made.status, 201, "{}", made.text());
    assert_eq!(operator.post(&path, &json!({"opened_by": "processor"})).refused(), (409, Code::WrongState));
    assert_eq!(operator.post(&path, &json!({"opened_by": "shopper"})).refused(), (422, Code::InvalidField));
    let odd = json!({"opened_by": "operator", "amount_minor": 1});
    assert_eq!(operator.post(&path, &odd).refused(), (400, Code::UnknownField));
    assert_eq!(shop.till.get("/v1/disputes?limit=1").ok::<Page<Dispute>>().data.len(), 1);
    assert_eq!(shop.till.get("/v1/disputes?after=pay_1").refused(), (422, Code::InvalidField));
}
