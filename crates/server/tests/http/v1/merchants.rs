use crate::support::{Server, Shop};
use handsel_api::{
    Code,
    merchants::{Merchant, Page, Site},
};
use serde_json::json;

#[test]
fn merchants_are_made_and_listed_newest_first() {
    let server = Server::start();
    let operator = server.operator();
    let made: Vec<Merchant> = (0..5)
        .map(|n| operator.post("/v1/merchants", &json!({"name": format!("Shop {n}"), "currency": "EUR"})).ok())
        .collect();
    let mut seen = Vec::new();
    let mut path = "/v1/merchants?limit=2".to_owned();
    loop {
        let page: Page<Merchant> = operator.get(&path).ok();
        assert!(page.data.len() <= 2);
        seen.extend(page.data.into_iter().map(|merchant| merchant.id));
        let Some(next) = page.next else { break };
        path = format!("/v1/merchants?limit=2&after={next}");
    }
    let newest_first: Vec<_> = made.iter().rev().map(|merchant| merchant.id).collect();
    assert_eq!(seen, newest_first);
}

#[test]
fn a_lists_query_is_checked() {
    let server = Server::start();
    let operator = server.operator();
    for (query, code, field) in [
        ("limit=0", Code::InvalidField, Some("limit")),
        ("limit=101", Code::InvalidField, Some("limit")),
        ("limit=-1", Code::InvalidField, Some("limit")),
        ("limit=", Code::InvalidField, Some("limit")),
        ("limit=1e1", Code::InvalidField, Some("limit")),
        ("after=pay_01JD9VZZZZZZZZZZZZZZZZZZZZ", Code::InvalidField, Some("after")),
        ("after=%27", Code::InvalidField, Some("after")),
        ("offset=3", Code::UnknownField, None),
    ] {
        let problem = operator.get(&format!("/v1/merchants?{query}")).problem();
        assert_eq!((problem.code, problem.field.as_deref()), (code, field), "{query}");
    }
    assert_eq!(operator.get("/v1/merchants?").status, 200);
}

#[test]
fn names_and_currencies_are_checked() {
    let server = Server::start();
    let operator = server.operator();
    for (body, field) in [
        (json!({"name": "", "currency": "EUR"}), "/name"),
        (json!({"name": "x".repeat(61), "currency": "EUR"}), "/name"),
        (json!({"name": "Shop", "currency": "euro"}), "/currency"),
        (json!({"name": "Shop", "currency": ""}), "/currency"),
    ] {
        let problem = operator.post("/v1/merchants", &body).problem();
        assert_eq!((problem.code, problem.field.as_deref()), (Code::InvalidField, Some(field)), "{body}");
    }
}

#[test]
fn a_till_sees_its_own_sites_only() {
    let server = Server::start();
    let operator = server.operator();
    let (ours, _) = (Shop::open(&server, &operator), Shop::open(&server, &operator));
    assert_eq!(operator.get("/v1/sites").ok::<Page<Site>>().data.len(), 2);
    let seen: Page<Site> = ours.till.get("/v1/sites").ok();
    assert_eq!(seen.data.iter().map(|site| site.id).collect::<Vec<_>>(), [ours.site]);
}

#[test]
fn a_key_or_site_needs_its_merchant() {
    let server = Server::start();
    let operator = server.operator();
    let nobody = "mer_01JD9VZZZZZZZZZZZZZZZZZZZZ";
    assert_eq!(operator.act(&format!("/v1/merchants/{nobody}/keys")).refused(), (404, Code::NotFound));
    let site = operator.post("/v1/sites", &json!({"merchant": nobody, "name": "x"})).problem();
    assert_eq!((site.code, site.field.as_deref()), (Code::InvalidField, Some("/merchant")));
}
