//! Bad input: each gets a clear answer that names the field or the reason, stores nothing, and leaves the server up.

mod books;
mod frames;
mod money;
mod requests;

use crate::support::{Answer, Client, Server, Shop, Shopper, store};
use handsel_api::{Code, PaymentId, Problem};

/// What a row of a table is tried on.
struct World {
    server: Server,
    shop: Shop,
    /// Another merchant.
    elsewhere: Shop,
    /// Signed, and without a palm yet.
    shopper: Shopper,
    /// Waits for a palm.
    payment: PaymentId,
    /// Paid by card, 10.00.
    paid: PaymentId,
}

/// What a problem must say.
struct Expected {
    status: u16,
    code: Code,
    field: Option<&'static str>,
    /// One of `quality.reasons`.
    reason: Option<&'static str>,
}

fn expect(status: u16, code: Code) -> Expected {
    Expected { status, code, field: None, reason: None }
}

impl Expected {
    fn field(self, field: &'static str) -> Expected {
        Expected { field: Some(field), ..self }
    }

    fn reason(self, reason: &'static str) -> Expected {
        Expected { reason: Some(reason), ..self }
    }
}

impl World {
    fn new() -> World {
        let server = Server::start();
        let operator = server.operator();
        let (shop, elsewhere) = (Shop::open(&server, &operator), Shop::open(&server, &operator));
        let shopper = shop.sign(&server, "Wren", "visa_approved");
        let (payment, paid) = (shop.ask(500), shop.pay_by_card(1000).id);
        World { server, shop, elsewhere, shopper, payment, paid }
    }

    fn till(&self) -> &Client {
        &self.shop.till
    }

    /// Sends one bad request and holds the answer, the store and the server against what is expected.
    fn check(&self, name: &str, expected: &Expected, send: impl FnOnce(&World) -> Answer) {
        let (before, payment_before) = (store::rows(&self.server), self.payment_now());
        let answer = send(self);
        assert_eq!(answer.status, expected.status, "{name}: {}", answer.text());
        let problem: Problem = answer.problem();
        assert_eq!(problem.code, expected.code, "{name}: {problem:?}");
        if expected.field.is_some() {
            assert_eq!(problem.field.as_deref(), expected.field, "{name}: {problem:?}");
        }
        if let Some(reason) = expected.reason {
            let reasons = problem.quality.expect(name).reasons;
            assert!(reasons.iter().any(|one| one == reason), "{name}: {reasons:?}");
        }
        assert_eq!(store::rows(&self.server), before, "{name} stored something");
        assert_eq!(self.payment_now(), payment_before, "{name} changed the payment");
        assert!(self.server.is_up(), "{name}");
    }

    fn payment_now(&self) -> String {
        self.till().get(&format!("/v1/payments/{}", self.payment)).text()
    }
}
