//! Pages as a browser without scripts sees them.

use crate::support::{Answer, Client, Receiver, Server, Shop, hands};
use handsel_api::{payments::Payment, subjects::Subject};

/// A browser that holds one session.
fn browser(server: &Server, cookie: &str, token: &str) -> Client {
    let client = server.anyone().header("cookie", &format!("{cookie}={token}"));
    client.header("sec-fetch-site", "same-origin").header("accept", "text/html")
}

fn submit(client: &Client, path: &str, fields: &str) -> Answer {
    client.send("POST", path, Some("application/x-www-form-urlencoded"), fields.as_bytes().to_vec())
}

/// The value of the cookie an answer sets.
fn cookie(answer: &Answer, name: &str) -> String {
    let set = answer.header("set-cookie").unwrap();
    let (pair, attributes) = set.split_once(';').unwrap();
    assert!(attributes.contains("HttpOnly") && attributes.contains("SameSite=Strict"), "{attributes}");
    pair.strip_prefix(&format!("{name}=")).unwrap().to_owned()
}

#[test]
fn the_first_page_is_open_and_the_others_say_how_to_get_in() {
    let server = Server::start();
    let anyone = server.anyone();
    let first = anyone.get("/");
    assert_eq!((first.status, first.header("content-type")), (200, Some("text/html; charset=utf-8")));
    assert!(first.text().contains("Set up a store"));
    for path in [
        "/setup",
        "/console",
        "/console/settlement",
        "/console/disputes",
        "/console/credits",
        "/console/places",
        "/console/holds",
        "/console/requests",
        "/console/webhooks",
        "/console/custody",
        "/kiosk",
        "/enrol",
        "/shop",
        "/wallet",
        "/wallet/delete",
    ] {
        let closed = anyone.get(path);
        assert_eq!(closed.status, 401, "{path}");
        assert!(closed.text().contains("<h1>"), "{path}");
    }
    assert_eq!(anyone.get("/wallet/hsw_nobody").status, 404);
    assert_eq!(anyone.act("/try").status, 404, "no drawn hands here, so no demo");
}

#[test]
fn assets_are_kept_for_good_under_their_own_version() {
    let server = Server::start();
    let first = server.anyone().get("/").text();
    let path = first.split("href=\"").find(|rest| rest.starts_with("/assets/") && rest.contains("base.css")).unwrap();
    let path = path.split('"').next().unwrap();
    let style = server.anyone().get(path);
    assert_eq!((style.status, style.header("content-type")), (200, Some("text/css")));
    assert!(style.header("cache-control").unwrap().contains("immutable"));
    let old = server.anyone().get("/assets/000000000000/css/base.css");
    assert_eq!((old.status, old.header("cache-control")), (200, Some("no-store")));
    assert_eq!(server.anyone().get("/assets/000000000000/../askama.toml").status, 404);
}

#[test]
fn the_administrator_link_works_once_and_sets_up_a_store() {
    let server = Server::start();
    let link = server.runtime.block_on(server.app.admin_link_token());
    let claimed = server.anyone().get(&format!("/admin/{link}"));
    let operator = browser(&server, "handsel_operator", &cookie(&claimed, "handsel_operator"));
    assert_eq!(server.anyone().get(&format!("/admin/{link}")).status, 410);
    assert_eq!(operator.get("/setup").status, 200);

    for wrong in ["name=&currency=EUR&site=Front", "name=Shop&currency=XXX&site=Front", "name=Shop&currency=EUR&site="]
    {
        assert_eq!(submit(&operator, "/setup", wrong).status, 422, "{wrong}");
    }
    let made = submit(&operator, "/setup", "name=%3Cb%3EShop&currency=EUR&site=Front");
    assert_eq!(made.status, 200, "{}", made.text());
    assert!(!made.text().contains("<b>Shop"), "a name is never markup");
    let key = made.text().split("hsk_test_").nth(1).unwrap().split('<').next().unwrap().to_owned();
    assert_eq!(server.with(&format!("hsk_test_{key}")).get("/v1/sites").status, 200);

    let places = operator.get("/console/places").text();
    let open = places.split('"').find(|part| part.starts_with("/console/sites/")).unwrap();
    let kiosk = submit(&operator, open, "");
    assert_eq!((kiosk.status, kiosk.header("location")), (303, Some("/kiosk")));
    let kiosk = browser(&server, "handsel_kiosk", &cookie(&kiosk, "handsel_kiosk"));
    assert_eq!((kiosk.get("/kiosk").status, kiosk.get("/enrol").status), (200, 200));
    assert_eq!(kiosk.get("/console").status, 401, "a kiosk is no operator");
}

#[test]
fn credits_are_started_printed_shown_and_taken_back() {
    let server = Server::start();
    let token = server.operator_token();
    let shop = Shop::open(&server, &server.with(&token));
    let operator = browser(&server, "handsel_operator", &token);
    let places = operator.get("/console/places").text();
    let open = places.split('"').find(|part| part.starts_with("/console/sites/")).unwrap();
    let kiosk = browser(&server, "handsel_kiosk", &cookie(&submit(&operator, open, ""), "handsel_kiosk"));
    assert!(!kiosk.get("/enrol").text().contains("of credit"));
    let page = operator.get("/console/credits").text();
    assert!(page.contains("No promotion runs"), "{page}");
    for wrong in ["amount=ten&days=30&last_day=", "amount=4&days=0&last_day=", "amount=4&days=30&last_day=2001-01-01"] {
        let answer = submit(&operator, "/console/credits", &format!("name=Welcome&currency=EUR&{wrong}"));
        assert_eq!(answer.status, 422, "{wrong}");
    }
    let started = submit(&operator, "/console/credits", "name=Welcome&currency=EUR&amount=4.00&days=30&last_day=");
    assert_eq!((started.status, started.header("location")), (303, Some("/console/credits?done=made")));
    let page = operator.get("/console/credits").text();
    assert!(page.contains("€4.00") && page.contains("30 days") && page.contains("Runs"), "{page}");
    let told = kiosk.get("/enrol").text();
    assert!(told.contains("€4.00 of credit") && told.contains("You need no palm for it"), "{told}");

    let print = page.split('"').find(|part| part.ends_with("/vouchers")).unwrap();
    let printed = submit(&operator, print, "count=3").text();
    assert!(printed.contains("3 vouchers of €4.00"), "{printed}");
    let wren = shop.enrol(&server, "Wren", &[&hands::right(7, 0), &hands::right(7, 1)]);
    let wallet = browser(&server, "handsel_wallet", &wren.wallet_token);
    let own = wallet.get("/wallet").text();
    assert!(own.contains("Welcome") && own.contains("of €4.00, until"), "{own}");
    let taken = submit(&operator, "/console/credits/take_back", &format!("subject={}", wren.id));
    assert_eq!((taken.status, taken.header("location")), (303, Some("/console/credits?done=taken")));
    assert_eq!(submit(&operator, "/console/credits/take_back", "subject=nobody").status, 422);
    assert!(wallet.get("/wallet").text().contains("taken back by the operator"));
    let end = page.split('"').find(|part| part.ends_with("/end")).unwrap();
    assert_eq!(submit(&operator, end, "").header("location"), Some("/console/credits?done=ended"));
    assert!(!kiosk.get("/enrol").text().contains("of credit"));
}

#[test]
fn a_wallet_links_a_number_where_its_owner_paid() {
    let server = Server::start();
    let shop = Shop::open(&server, &server.operator());
    let wren = shop.enrol(&server, "Wren", &[&hands::right(7, 0), &hands::right(7, 1)]);
    let wallet = browser(&server, "handsel_wallet", &wren.wallet_token);
    assert!(!wallet.get("/wallet").text().contains("Customer numbers"), "nowhere to link one yet");
    shop.pay(500, &hands::right(7, 2));
    let page = wallet.get("/wallet").text();
    let sha256 = page.split("name=\"sha256\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    let form = |number: &str, sha256: &str| {
        let fields = format!("merchant={}&number={number}&signature=Wren&sha256={sha256}", shop.merchant);
        submit(&wallet, "/wallet/numbers", &fields)
    };
    assert_eq!(form("M-4471", &"0".repeat(64)).status, 422, "another text than was shown");
    assert_eq!(form("M-4471", &sha256).header("location"), Some("/wallet?done=number"));
    let page = wallet.get("/wallet").text();
    assert!(page.contains("M-4471") && page.contains("To give my customer number"), "{page}");
    let unlink = format!("/wallet/numbers/{}/delete", shop.merchant);
    assert_eq!(submit(&wallet, &unlink, "").header("location"), Some("/wallet?done=unnumber"));
    assert!(!wallet.get("/wallet").text().contains("M-4471"));
}

#[test]
fn a_refund_form_sent_twice_gives_back_once() {
    let server = Server::start();
    let token = server.operator_token();
    let shop = Shop::open(&server, &server.with(&token));
    let paid = shop.pay_by_card(1000);
    let operator = browser(&server, "handsel_operator", &token);
    let path = format!("/console/payments/{}/refund", paid.id);
    let refunded = || shop.till.get(&format!("/v1/payments/{}", paid.id)).ok::<Payment>().refunded_minor;
    for _ in 0..2 {
        let answer = submit(&operator, &path, "key=a&amount=3.50");
        assert_eq!((answer.status, answer.header("location")), (303, Some("/console?done=refunded")));
        assert_eq!(refunded(), 350);
    }
    for refused in
        ["key=a&amount=3.51", "key=b&amount=6.51", "key=c&amount=lots", "key=d&amount=0.001", "key=e&amount=0"]
    {
        assert_eq!(submit(&operator, &path, refused).status, 422, "{refused}");
        assert_eq!(refunded(), 350, "{refused}");
    }
    assert_eq!(submit(&operator, &path, "key=f&amount=6,50").status, 303);
    assert_eq!(refunded(), 1000);
}

#[test]
fn the_console_makes_scanners_and_revokes_keys() {
    let server = Server::start();
    let token = server.operator_token();
    let shop = Shop::open(&server, &server.with(&token));
    let operator = browser(&server, "handsel_operator", &token);
    assert_eq!(submit(&operator, &format!("/console/sites/{}/scanners", shop.site), "name=%3Cb%3ETwo").status, 303);
    let page = operator.get("/console/places").text();
    assert!(!page.contains("<b>Two") && page.contains("may do everything") && !page.contains(&shop.key), "{page}");
    let find = |start: &str, end: &str| page.split('"').find(|part| part.starts_with(start) && part.ends_with(end));
    let opened = submit(&operator, find("/console/scanners/", "/open").unwrap(), "");
    let kiosk = browser(&server, "handsel_kiosk", &cookie(&opened, "handsel_kiosk"));
    let screen = kiosk.get(opened.header("location").unwrap());
    assert!(screen.status == 200 && screen.text().contains("data-scanner=\"scn_"), "{}", screen.text());
    assert_eq!(kiosk.get("/kiosk?scanner=scn_01JD9VZZZZZZZZZZZZZZZZZZZZ").status, 404);
    assert_eq!(shop.till.get("/v1/sites").status, 200);
    assert_eq!(submit(&operator, find("/console/merchants/", "/revoke").unwrap(), "").status, 303);
    assert_eq!(shop.till.get("/v1/sites").status, 401);
    assert!(!operator.get("/console/places").text().contains("/revoke"));
}

#[test]
fn the_console_sends_events_and_sends_them_again() {
    let (server, receiver) = (Server::start(), Receiver::start());
    let token = server.operator_token();
    let shop = Shop::open(&server, &server.with(&token));
    let operator = browser(&server, "handsel_operator", &token);
    let wrong = submit(&operator, "/console/webhooks", &format!("merchant={}&url=http://till.example/", shop.merchant));
    assert!(wrong.status == 422 && wrong.text().contains("loopback"), "{}", wrong.text());
    let made = submit(&operator, "/console/webhooks", &format!("merchant={}&url={}", shop.merchant, receiver.url()));
    assert!(made.status == 200 && made.text().contains("whsec_") && made.text().contains("whpk_"), "{}", made.text());
    shop.ask(500);
    receiver.wait(1);
    let arrived = (0..100).find_map(|_| {
        std::thread::sleep(std::time::Duration::from_millis(20));
        Some(operator.get("/console/webhooks").text()).filter(|page| page.contains("Arrived"))
    });
    let page = arrived.expect("its delivery is shown");
    assert!(page.contains("payment.created") && page.contains(&receiver.url()) && !page.contains("whsec_"));
    let replay = page.split('"').find(|part| part.starts_with("/console/events/")).unwrap();
    let again = submit(&operator, replay, "");
    assert_eq!((again.status, again.header("location")), (303, Some("/console/webhooks?done=replayed")));
    let came = receiver.wait(2);
    assert_eq!(came[0].header("webhook-id"), came[1].header("webhook-id"));
    for (act, status) in [("rotate", 200), ("delete", 303)] {
        let ending = format!("/{act}");
        let path = page.split('"').find(|part| part.starts_with("/console/webhooks/") && part.ends_with(&ending));
        assert_eq!(submit(&operator, path.unwrap(), "").status, status, "{act}");
    }
    assert!(!operator.get("/console/webhooks").text().contains(&receiver.url()));
}

#[test]
fn a_wallet_freezes_reports_and_leaves_without_scripts() {
    let server = Server::start();
    let shop = Shop::open(&server, &server.operator());
    let shopper = shop.enrol(&server, "Nora <i>", &[&hands::right(7, 0), &hands::right(7, 1)]);
    let paid = shop.pay(1240, &hands::right(7, 2));
    let opened = server.anyone().get(&format!("/wallet/{}", shopper.wallet_token));
    assert_eq!(opened.status, 200);
    let wallet = browser(&server, "handsel_wallet", &cookie(&opened, "handsel_wallet"));
    let page = wallet.get("/wallet").text();
    assert!(page.contains("Right palm") && page.contains("Visa •• 4242") && page.contains("€12.40"));
    assert!(!page.contains("<i>"), "a name is never markup");

    let status = || shopper.wallet.get(&format!("/v1/subjects/{}", shopper.id)).ok::<Subject>().status;
    let receipt = paid.receipt_path.unwrap();
    let slip = server.anyone().get(&receipt).text();
    assert!(slip.contains("Corner Store") && slip.contains("€12.40") && slip.contains("This wasn’t me"));
    assert_eq!(submit(&server.anyone(), &format!("{receipt}/dispute"), "").status, 303);
    assert_eq!(status(), handsel_api::subjects::SubjectStatus::Frozen);
    assert_eq!(submit(&wallet, "/wallet/unfreeze", "").status, 303);
    assert_eq!(status(), handsel_api::subjects::SubjectStatus::Active);

    assert_eq!(submit(&wallet, "/wallet/delete", "").status, 422, "not without saying so");
    assert_eq!(submit(&wallet, "/wallet/delete", "sure=yes").status, 200);
    assert_eq!(wallet.get("/wallet").status, 401);
    assert_eq!(server.anyone().get(&format!("/wallet/{}", shopper.wallet_token)).status, 404);
    assert!(!server.anyone().get(&receipt).text().contains("This wasn’t me"), "nobody is left to freeze");
}

#[test]
fn the_console_settles_a_day_and_closes_a_dispute() {
    let server = Server::start();
    let token = server.operator_token();
    let empty = browser(&server, "handsel_operator", &token).get("/console/settlement");
    assert!(empty.status == 200 && empty.text().contains("No store yet"));
    let shop = Shop::open(&server, &server.with(&token));
    let paid = shop.pay_by_card(1000);
    let operator = browser(&server, "handsel_operator", &token);
    let day = &paid.created_at[..10];
    let page = operator.get(&format!("/console/settlement?merchant={}&day={day}", shop.merchant)).text();
    assert!(page.contains("Payments and ledger agree") && page.contains("€10.00") && page.contains("none"), "{page}");
    assert!(page.contains(&format!("/v1/merchants/{}/payments.csv", shop.merchant)));
    let other = operator.get(&format!("/console/settlement?merchant={}&day=2020-02-30", shop.merchant));
    assert_eq!(other.status, 200, "what is no day is today");

    let opened = submit(&operator, "/console/disputes", &format!("payment={}&by=processor&note=%3Cb%3ECase", paid.id));
    assert_eq!((opened.status, opened.header("location")), (303, Some("/console/disputes?done=opened")));
    let again = submit(&operator, "/console/disputes", &format!("payment={}&by=processor&note=", paid.id));
    assert!(again.status == 422 && again.text().contains("is open already"), "{}", again.text());
    assert_eq!(submit(&operator, "/console/disputes", "payment=4471&by=operator").status, 422);
    let page = operator.get("/console/disputes").text();
    assert!(page.contains("&#60;b&#62;Case") && !page.contains("<b>"), "a note is never markup");
    let close = page.split('"').find(|part| part.starts_with("/console/disputes/dsp_")).unwrap();
    assert_eq!(submit(&operator, close, "outcome=lost&note=").status, 303);
    assert_eq!(submit(&operator, close, "outcome=won&note=").status, 422);
    let receipt = server.anyone().get(&paid.receipt_path.unwrap()).text();
    assert!(receipt.contains("the money goes back to the card"), "{receipt}");
}
