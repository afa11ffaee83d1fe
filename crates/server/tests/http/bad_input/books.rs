use super::{Expected, World, expect};
use crate::support::{Answer, Client};
use handsel_api::Code;
use serde_json::{Value, json};

#[test]
fn disputes() {
    let world = World::new();
    let operator = world.server.operator();
    let open = |id: String, body: Value| operator.post(&format!("/v1/payments/{id}/disputes"), &body);
    let by = |who: &str| json!({"opened_by": who});
    let note = |text: String| json!({"opened_by": "operator", "note": text});
    let (paid, waiting) = (world.paid.to_string(), world.payment.to_string());
    let value = |field| expect(422, Code::InvalidField).field(field);
    let table: Vec<(&str, Expected, Answer)> = vec![
        ("of what was not captured", expect(409, Code::WrongState), open(waiting, by("operator"))),
        ("of nothing", expect(404, Code::NotFound), open("pay_01JD9VZZZZZZZZZZZZZZZZZZZZ".to_owned(), by("operator"))),
        ("by a shopper without the receipt", value("/opened_by"), open(paid.clone(), by("shopper"))),
        ("by nobody", expect(400, Code::InvalidJson).field("/opened_by"), open(paid.clone(), json!({}))),
        ("with an empty note", value("/note"), open(paid.clone(), note(" ".to_owned()))),
        ("with too long a note", value("/note"), open(paid.clone(), note("é".repeat(501)))),
        ("with a note that rings", value("/note"), open(paid.clone(), note("\u{7}".to_owned()))),
        (
            "with an amount",
            expect(400, Code::UnknownField),
            open(paid, json!({"opened_by": "operator", "amount_minor": 1})),
        ),
    ];
    for (name, expected, answer) in table {
        world.check(&format!("a dispute {name}"), &expected, |_| answer);
    }
    let listed = world.till().get("/v1/disputes").text();
    assert!(listed.contains("\"data\":[]"), "{listed}");
    let close = "/v1/disputes/dsp_01JD9VZZZZZZZZZZZZZZZZZZZZ/close";
    let lost = json!({"outcome": "lost"});
    world.check("closing nothing", &expect(404, Code::NotFound), |_| operator.post(close, &lost));
    world.check("closing as a till", &expect(403, Code::Forbidden), |world| world.till().post(close, &lost));
}

#[test]
fn days_ranges_and_columns() {
    let world = World::new();
    let own = format!("/v1/merchants/{}", world.shop.merchant);
    let receipt = world.till().get(&format!("/v1/payments/{}", world.paid)).ok::<handsel_api::payments::Payment>();
    let receipt = receipt.receipt_path.unwrap();
    let field = |name| expect(422, Code::InvalidField).field(name);
    let unknown = || expect(400, Code::UnknownField);
    let gone = || expect(404, Code::NotFound);
    let table: Vec<(String, Expected)> = vec![
        (format!("{own}/settlements/today"), gone()),
        (format!("{own}/settlements/2026-02-30"), gone()),
        (format!("{own}/settlements/10000-01-01"), gone()),
        (format!("{own}/settlements/%F0%9F%96%90"), gone()),
        (format!("{own}/payments.csv"), field("from")),
        (format!("{own}/payments.csv?from=2026-01-01"), field("to")),
        (format!("{own}/payments.csv?from=2026-01-02&to=2026-01-01"), field("to")),
        (format!("{own}/payments.csv?from=yesterday&to=2026-01-01"), field("from")),
        (format!("{own}/payments.csv?from=2026-01-01&to=2026-01-01&site=1"), unknown()),
        ("/v1/merchants/mer_1/payments.csv?from=2026-01-01&to=2026-01-01".to_owned(), gone()),
        (format!("{receipt}.txt?columns=80"), field("columns")),
        (format!("{receipt}.txt?columns="), field("columns")),
        (format!("{receipt}.txt?width=32"), unknown()),
        (format!("{receipt}.exe"), gone()),
        (format!("{receipt}x.pdf"), gone()),
        ("/receipts/.pdf".to_owned(), gone()),
    ];
    for (path, expected) in table {
        world.check(&path, &expected, |world| world.till().get(&path));
    }
    let theirs = |client: &Client, path: &str| client.get(&format!("{own}/{path}"));
    for path in ["settlements/2026-01-01", "payments.csv?from=2026-01-01&to=2026-01-01"] {
        world.check(path, &gone(), |world| theirs(&world.elsewhere.till, path));
        world.check(path, &expect(401, Code::Unauthenticated), |world| theirs(&world.server.anyone(), path));
    }
}
