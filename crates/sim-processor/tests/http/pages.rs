//! The pages: a shopper names a card, and the books are shown.

use super::Sim;
use serde_json::json;

#[test]
fn a_shopper_names_a_card_and_comes_back() {
    let sim = Sim::open();
    let back = "http://shop.example/cards/7?x=1";
    let (_, made) = sim.post("/v1/card_setups", "unused", &json!({"return_url": back})).unwrap();
    let (id, url) = (made["id"].as_str().unwrap(), made["url"].as_str().unwrap());
    let shown = || sim.get(&format!("/v1/card_setups/{id}")).unwrap().1;
    assert_eq!(shown()["card"], json!(null));

    let mut page = sim.agent.get(url).call().unwrap();
    let text = page.body_mut().read_to_string().unwrap();
    assert!(text.contains("•••• 4444") && !text.contains("<script"), "{text}");
    let unknown = sim.agent.post(url).send_form([("card", "card_made_up")]).unwrap();
    assert_eq!(unknown.status(), 422);
    let chosen = sim.agent.post(url).send_form([("card", "card_mastercard_approved")]).unwrap();
    assert_eq!((chosen.status().as_u16(), chosen.headers()["location"].to_str().unwrap()), (303, back));
    sim.agent.post(url).send_form([("card", "card_visa_expired")]).unwrap();
    assert_eq!(
        shown()["card"],
        json!({"token": "card_mastercard_approved", "brand": "mastercard", "last4": "4444", "fingerprint": "4444"}),
        "the first card named stays"
    );

    assert_eq!(sim.get("/v1/card_setups/set_0").unwrap().0, 404);
    assert_eq!(sim.agent.get(format!("{}/cards/set_0", sim.running.url())).call().unwrap().status(), 404);
    for wrong in ["javascript:alert(1)", "http://a b", "http://a\r\nb", "/wallet"] {
        assert_eq!(sim.post("/v1/card_setups", "unused", &json!({"return_url": wrong})).unwrap().0, 422, "{wrong}");
    }
}

#[test]
fn the_books_are_a_page() {
    let sim = Sim::open();
    let page = || sim.agent.get(sim.running.url()).call().unwrap().body_mut().read_to_string().unwrap();
    assert!(page().contains("Nothing was charged yet"));
    sim.charge("pay_<b>", 500, true);
    let text = page();
    assert!(text.contains("Nobody was charged twice") && text.contains("pay_&#60;b&#62;"), "{text}");
    sim.charge("pay_<b>", 500, true);
    assert!(page().contains("Somebody was charged or refunded twice"));
}
