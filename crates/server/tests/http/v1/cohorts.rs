//! A search among those whom the till knows the person to be of.

use crate::support::{Server, Shop, hands};
use handsel_api::{
    Code, PaymentId,
    payments::{Decision, Identification},
};

fn found_in(shop: &Shop, cohort: &str, frame: &[u8]) -> (Decision, PaymentId) {
    let payment = shop.ask(100);
    let path = format!("/v1/payments/{payment}/identify");
    let found: Identification = shop.till.header("handsel-cohort", cohort).frame(&path, frame).ok();
    (found.decision, payment)
}

#[test]
fn only_members_of_the_cohort_are_found() {
    let server = Server::start();
    let operator = server.operator();
    let (here, there) = (Shop::open(&server, &operator), Shop::open(&server, &operator));
    here.enrol(&server, "Wren", &[&hands::right(1, 0)]);
    here.enrol(&server, "Moss", &[&hands::right(2, 0)]);
    let (wren, moss) = (hands::right(1, 1), hands::right(2, 1));
    let decide = |shop, cohort: &str, frame: &[u8]| found_in(shop, cohort, frame).0;

    assert_eq!(decide(&here, "site", &wren), Decision::NoMatch, "nobody has paid here yet");
    let name = here.pay(500, &wren).shopper.unwrap();
    assert_eq!(decide(&here, "site", &wren), Decision::Identified);
    assert_eq!(decide(&here, "site", &moss), Decision::NoMatch, "enrolled, but never paid here");
    assert_eq!(decide(&there, "site", &wren), Decision::NoMatch, "paid elsewhere");

    assert_eq!(decide(&here, "phone_last4=1234", &moss), Decision::Identified);
    assert_eq!(decide(&here, "phone_last4=4321", &moss), Decision::NoMatch);

    let named = format!("shoppers={name}");
    assert_eq!(decide(&here, &named, &wren), Decision::Identified);
    assert_eq!(decide(&here, &named, &moss), Decision::NoMatch);
    assert_eq!(decide(&there, &named, &wren), Decision::NoMatch, "a name of another merchant");

    let (_, payment) = found_in(&here, "site", &wren);
    assert_eq!(here.confirm(payment).status, 200, "who was found in a cohort pays like anybody");
}

#[test]
fn a_cohort_that_is_none_is_refused_before_the_frame_is_looked_at() {
    let server = Server::start();
    let shop = Shop::open(&server, &server.operator());
    let payment = shop.ask(100);
    let path = format!("/v1/payments/{payment}/identify");
    for wrong in ["", "everyone", "phone_last4=12", "shoppers=", "shoppers=pw_0", "site=all"] {
        let problem = shop.till.header("handsel-cohort", wrong).frame(&path, b"no picture").problem();
        assert_eq!((problem.status, problem.code), (422, Code::InvalidField), "{wrong}");
        assert_eq!(problem.field.as_deref(), Some("handsel-cohort"));
    }
    let twice = shop.till.header("handsel-cohort", "site").header("handsel-cohort", "phone_last4=1234");
    assert_eq!(twice.frame(&path, b"no picture").refused(), (422, Code::InvalidField));
}
