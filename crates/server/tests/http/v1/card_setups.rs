//! Linking a card on the processor's own page.

use crate::support::{Answer, Client, Server, Shop};
use handsel_api::{
    Code,
    subjects::{CardSetup, PaymentMethod, Subject},
};
use serde_json::json;

/// A shopper names a card on the processor's page; where their browser is sent then, as a path of this server.
fn choose(server: &Server, page: &str, card: &str) -> String {
    assert!(page.starts_with(&server.processor.url()), "{page}");
    let processor = Client::new(server.processor.address(), None);
    let path = page.strip_prefix(&server.processor.url()).unwrap();
    let form = format!("card={card}").into_bytes();
    let answer = processor.send("POST", path, Some("application/x-www-form-urlencoded"), form);
    let back = answer.header("location").unwrap().to_owned();
    back.strip_prefix(&format!("http://{}", server.address)).unwrap().to_owned()
}

fn cards(shopper: &crate::support::Shopper) -> Vec<PaymentMethod> {
    shopper.wallet.get(&format!("/v1/subjects/{}", shopper.id)).ok::<Subject>().payment_methods
}

fn refresh(answer: &Answer) -> Option<String> {
    Some(answer.text().split("content=\"0;url=").nth(1)?.split('"').next()?.to_owned())
}

#[test]
fn a_card_named_on_the_processors_page_is_linked_once_and_pays() {
    let server = Server::start();
    let shop = Shop::open(&server, &server.operator());
    let ada = shop.sign(&server, "Ada", "visa_declined");
    let path = format!("/v1/subjects/{}/card_setups", ada.id);
    let begin = |body: &serde_json::Value| -> CardSetup { shop.till.post(&path, body).ok() };
    let setup = begin(&json!({"return_url": "https://till.example/done?x=1"}));

    let none = server.anyone().get(&format!("/cards/{}", setup.id));
    assert!(none.status == 200 && none.text().contains("No card was linked"), "{}", none.text());
    assert_eq!(cards(&ada).len(), 1);

    let back = choose(&server, &setup.redirect_url, "card_mastercard_approved");
    for _ in 0..3 {
        let came_back = server.anyone().get(&back);
        assert_eq!((came_back.status, refresh(&came_back).as_deref()), (200, Some("https://till.example/done?x=1")));
    }
    let linked = cards(&ada);
    assert_eq!((linked.len(), linked[0].card.last4.as_str()), (2, "4444"), "the newest pays first");

    let to_wallet = begin(&json!({}));
    let back = choose(&server, &to_wallet.redirect_url, "card_visa_expired");
    assert_eq!(refresh(&server.anyone().get(&back)).as_deref(), Some("/wallet?done=card"));
    assert_eq!(cards(&ada)[0].card.last4, "0069");
}

#[test]
fn what_is_no_card_setup_is_refused() {
    let server = Server::start();
    let (shop, elsewhere) = (Shop::open(&server, &server.operator()), Shop::open(&server, &server.operator()));
    let ada = shop.sign(&server, "Ada", "visa_approved");
    let path = format!("/v1/subjects/{}/card_setups", ada.id);
    for url in [
        "javascript:alert(1)",
        "/wallet",
        "https://x y",
        "https://x\r\ny",
        "",
        &format!("https://{}", "x".repeat(2000)),
    ] {
        let refused = shop.till.post(&path, &json!({"return_url": url})).problem();
        assert_eq!((refused.code, refused.field.as_deref()), (Code::InvalidField, Some("/return_url")), "{url}");
    }
    assert_eq!(elsewhere.till.post(&path, &json!({})).refused(), (404, Code::NotFound));
    assert_eq!(server.anyone().post(&path, &json!({})).refused(), (401, Code::Unauthenticated));
    assert_eq!(server.anyone().get("/cards/cst_01ARZ3NDEKTSV4RRFFQ69G5FAV").status, 404);
    for _ in 1..10 {
        let card = json!({"sandbox_card": "visa_approved"});
        assert_eq!(shop.till.post(&format!("/v1/subjects/{}/payment_methods", ada.id), &card).status, 201);
    }
    assert_eq!(shop.till.post(&path, &json!({})).refused(), (429, Code::TooManyAttempts));
}

#[test]
fn a_processor_that_is_silent_links_nothing_and_says_so() {
    let server = Server::start();
    let shop = Shop::open(&server, &server.operator());
    let ada = shop.sign(&server, "Ada", "visa_approved");
    let path = format!("/v1/subjects/{}/card_setups", ada.id);
    let setup: CardSetup = shop.till.post(&path, &json!({})).ok();
    let back = choose(&server, &setup.redirect_url, "card_mastercard_approved");
    let processor = Client::new(server.processor.address(), None);
    let faults = |plan: &serde_json::Value| {
        let body = plan.to_string().into_bytes();
        assert_eq!(processor.send("PUT", "/faults", Some("application/json"), body).status, 200);
    };
    faults(&json!({"rates": {"drop_before": 1.0}}));
    assert_eq!(shop.till.post(&path, &json!({})).refused(), (503, Code::ProcessorUnavailable));
    assert_eq!(server.anyone().get(&back).status, 503);
    assert_eq!(cards(&ada).len(), 1);
    faults(&json!({}));
    assert_eq!(server.anyone().get(&back).status, 200);
    assert_eq!(cards(&ada).len(), 2);
}

#[test]
fn the_wallet_leads_to_the_processors_page_and_back() {
    let server = Server::start();
    let shop = Shop::open(&server, &server.operator());
    let ada = shop.sign(&server, "Ada", "visa_approved");
    let wallet = server.anyone().header("cookie", &format!("handsel_wallet={}", ada.wallet_token));
    let wallet = wallet.header("sec-fetch-site", "same-origin").header("accept", "text/html");
    assert!(wallet.get("/wallet").text().contains("Link a card"));
    let out = wallet.act("/wallet/cards/link");
    assert_eq!(out.status, 200, "{}", out.text());
    let back = choose(&server, &refresh(&out).unwrap(), "card_mastercard_approved");
    // On its way back a browser sends no session.
    assert_eq!(refresh(&server.anyone().get(&back)).as_deref(), Some("/wallet?done=card"));
    assert!(wallet.get("/wallet?done=card").text().contains("Mastercard •• 4444"));
    assert_eq!(server.anyone().act("/wallet/cards/link").status, 401);

    // Whoever leaves takes what they began with them.
    let begun = refresh(&wallet.act("/wallet/cards/link")).unwrap();
    let form = |fields: &str| fields.as_bytes().to_vec();
    let gone = wallet.send("POST", "/wallet/delete", Some("application/x-www-form-urlencoded"), form("sure=yes"));
    assert_eq!(gone.status, 200);
    let back = choose(&server, &begun, "card_mastercard_approved");
    assert_eq!(server.anyone().get(&back).status, 404);
}
