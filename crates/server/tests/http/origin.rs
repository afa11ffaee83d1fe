//! What a cookie pays for must come from a page of ours.

use crate::support::{Server, Shop};
use handsel_api::{Code, subjects::Subject};

#[test]
fn a_forged_request_changes_nothing() {
    let server = Server::start();
    let shop = Shop::open(&server, &server.operator());
    let ada = shop.sign(&server, "Wren", "visa_approved");
    let browser = server.anyone().header("cookie", &format!("handsel_wallet={}", ada.wallet_token));
    let path = format!("/v1/subjects/{}", ada.id);
    let forged = [
        vec![],
        vec![("sec-fetch-site", "cross-site")],
        vec![("sec-fetch-site", "same-site"), ("origin", "http://127.0.0.1:1")],
        vec![("origin", "https://evil.example")],
        vec![("origin", "null")],
    ];
    for headers in forged {
        let page = headers.iter().fold(browser.clone(), |page, (name, value)| page.header(name, value));
        for answer in [page.act(&format!("{path}/freeze")), page.delete(&path)] {
            let problem = answer.problem();
            assert_eq!((problem.code, problem.field.as_deref()), (Code::Forbidden, Some("origin")), "{headers:?}");
        }
    }
    assert_eq!(serde_json::to_value(browser.get(&path).ok::<Subject>().status).unwrap(), "active");
}

#[test]
fn a_page_of_ours_and_a_program_with_a_key_pass() {
    let server = Server::start();
    let shop = Shop::open(&server, &server.operator());
    let ada = shop.sign(&server, "Wren", "visa_approved");
    let browser = server.anyone().header("cookie", &format!("handsel_wallet={}", ada.wallet_token));
    let freeze = format!("/v1/subjects/{}/freeze", ada.id);
    assert_eq!(browser.header("sec-fetch-site", "same-origin").act(&freeze).status, 200);
    let origin = format!("http://{}", server.address);
    assert_eq!(browser.header("origin", &origin).act(&freeze).status, 200);
    assert_eq!(ada.wallet.header("sec-fetch-site", "cross-site").act(&freeze).status, 200, "no cookie was used");
}

/// A cookie of ours is not sent from elsewhere, but the answer could still set one: another till on this screen.
#[test]
fn a_page_elsewhere_opens_no_session_here() {
    let server = Server::start();
    for site in ["cross-site", "same-site"] {
        let answer = server.anyone().header("sec-fetch-site", site).act("/try");
        assert_eq!(answer.refused(), (403, Code::Forbidden), "{site}");
    }
    let answer = server.anyone().header("sec-fetch-site", "same-origin").act("/try");
    assert_ne!(answer.status, 403);
}
