use crate::support::{Server, Shop, hands};
use handsel_api::{
    Code,
    consents::{Consent, Notice},
    subjects::{CreatedSubject, Subject},
};
use serde_json::json;

#[test]
fn anybody_may_read_the_notice() {
    let server = Server::start();
    let notice: Notice = server.anyone().get("/v1/notices/payment").ok();
    assert!(notice.version >= 1 && notice.sha256.len() == 64 && !notice.paragraphs.is_empty());
    assert_eq!(server.anyone().get("/v1/notices/advertising").refused(), (404, Code::NotFound));
}

#[test]
fn only_the_notice_in_force_can_be_signed() {
    let server = Server::start();
    let shop = Shop::open(&server, &server.operator());
    let made: CreatedSubject =
        shop.till.post("/v1/subjects", &json!({"site": shop.site, "display_name": "Wren", "of_age": true})).ok();
    let path = format!("/v1/subjects/{}/consents", made.subject.id);
    let notice: Notice = server.anyone().get("/v1/notices/payment").ok();
    let signed = |version: u32, sha256: &str, name: &str| {
        let notice = json!({"purpose": "payment", "notice_version": version, "notice_sha256": sha256});
        with(notice, "signature", name)
    };
    for (body, code) in [
        (signed(notice.version + 1, &notice.sha256, "Wren"), Code::NoticeOutdated),
        (signed(notice.version, &"0".repeat(64), "Wren"), Code::NoticeOutdated),
        (signed(notice.version, &notice.sha256, ""), Code::InvalidField),
        (signed(notice.version, &notice.sha256, &"x".repeat(81)), Code::InvalidField),
    ] {
        assert_eq!(shop.till.post(&path, &body).refused(), (422, code), "{body}");
    }
    let yes: Consent = shop.till.post(&path, &signed(notice.version, &notice.sha256, "Wren")).ok();
    assert_eq!((yes.notice_sha256, yes.revoked_at), (notice.sha256, None));
}

fn with(mut request: serde_json::Value, field: &str, value: &str) -> serde_json::Value {
    request[field] = value.into();
    request
}

#[test]
fn without_a_consent_no_frame_is_looked_at() {
    let server = Server::start();
    let shop = Shop::open(&server, &server.operator());
    let made: CreatedSubject =
        shop.till.post("/v1/subjects", &json!({"site": shop.site, "display_name": "Wren", "of_age": true})).ok();
    let path = format!("/v1/subjects/{}/references", made.subject.id);
    assert_eq!(shop.till.frame(&path, &hands::right(1, 0)).refused(), (403, Code::ConsentRequired));
    // Bytes that are no image would be refused as such if anybody had looked.
    assert_eq!(shop.till.frame(&path, b"not an image").refused(), (403, Code::ConsentRequired));
    shop.consent(made.subject.id, "Wren");
    assert_eq!(shop.till.frame(&path, b"not an image").refused(), (422, Code::InvalidFrame));
}

#[test]
fn a_revoked_consent_erases_the_palms_that_rested_on_it() {
    let server = Server::start();
    let shop = Shop::open(&server, &server.operator());
    let shopper = shop.enrol(&server, "Wren", &[&hands::right(1, 0)]);
    let path = format!("/v1/subjects/{}", shopper.id);
    assert_eq!(shopper.wallet.get(&path).ok::<Subject>().references.len(), 1);
    let revoked: Consent = shopper.wallet.delete(&format!("{path}/consents/{}", shopper.consent.id)).ok();
    assert!(revoked.revoked_at.is_some());
    assert!(shopper.wallet.get(&path).ok::<Subject>().references.is_empty());
    let answer = shop.till.frame(&format!("{path}/references"), &hands::right(1, 1));
    assert_eq!(answer.refused(), (403, Code::ConsentRequired));
    let found = shop.identify(shop.ask(100), &hands::right(1, 1));
    assert_eq!(found.decision, handsel_api::payments::Decision::NoMatch);
}
