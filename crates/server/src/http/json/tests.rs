use super::*;
use axum::http::HeaderValue;
use handsel_api::{payments::CreatePayment, subjects::AddPaymentMethod};

fn refused<T: DeserializeOwned>(body: &str) -> (Code, Option<String>) {
    let mut headers = HeaderMap::new();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json; charset=utf-8"));
    match parse::<T>(&headers, body.as_bytes()) {
        Ok(_) => panic!("accepted {body}"),
        Err(refusal) => (refusal.code, refusal.field),
    }
}

const SITE: &str = r#""site":"sit_01JD9VZZZZZZZZZZZZZZZZZZZZ""#;

#[test]
fn each_mistake_has_its_code_and_place() {
    let at = |field: &str| Some(field.to_owned());
    for (body, code, field) in [
        ("", Code::InvalidJson, None),
        ("hello", Code::InvalidJson, None),
        ("{", Code::InvalidJson, None),
        ("[]", Code::InvalidJson, None),
        ("{}", Code::InvalidJson, at("/site")),
        (r#"{SITE,"amount_minor":1,"currency":"EUR"} {}"#, Code::InvalidJson, None),
        (r#"{SITE,"amount_minor":1,"currency":"EUR","tip":5}"#, Code::UnknownField, at("/tip")),
        (r#"{"a/b":1}"#, Code::UnknownField, at("/a~1b")),
        (r#"{SITE,"amount_minor":"12","currency":"EUR"}"#, Code::InvalidJson, at("/amount_minor")),
        (r#"{SITE,"amount_minor":12.5,"currency":"EUR"}"#, Code::InvalidJson, at("/amount_minor")),
        (r#"{SITE,"amount_minor":1e300,"currency":"EUR"}"#, Code::InvalidJson, at("/amount_minor")),
        (r#"{SITE,"amount_minor":18446744073709551615}"#, Code::InvalidField, at("/amount_minor")),
        (r#"{SITE,"amount_minor":1}"#, Code::InvalidJson, at("/currency")),
        (r#"{SITE,SITE}"#, Code::InvalidJson, at("/site")),
        (r#"{"site":"pay_01JD9VZZZZZZZZZZZZZZZZZZZZ"}"#, Code::InvalidField, at("/site")),
    ] {
        assert_eq!(refused::<CreatePayment>(&body.replace("SITE", SITE)), (code, field), "{body}");
    }
    assert_eq!(refused::<AddPaymentMethod>(r#"{"sandbox_card":"amex"}"#), (Code::InvalidField, at("/sandbox_card")));
    assert_eq!(refused::<Nothing>(r#"{"amount_minor":1}"#), (Code::UnknownField, at("/amount_minor")));
}

#[test]
fn deep_nesting_is_refused_and_not_followed() {
    let deep = format!("{{\"site\":{}", "[".repeat(60_000));
    assert_eq!(refused::<CreatePayment>(&deep).0, Code::InvalidJson);
}

#[test]
fn only_json_is_read_as_json() {
    for media_type in ["text/plain", "application/x-www-form-urlencoded", "application/jsonp", ""] {
        let mut headers = HeaderMap::new();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_str(media_type).unwrap());
        let refusal = parse::<CreatePayment>(&headers, b"{}").err().unwrap();
        assert_eq!((refusal.code, refusal.field.as_deref()), (Code::UnsupportedMediaType, Some("content-type")));
    }
}
