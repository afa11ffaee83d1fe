//! The driver against an independent double, and against recorded shapes where that double has gaps.

mod localstripe;
mod shapes;

use super::*;
use crate::processor::CardToken;
use handsel_ledger::Currency;
use ulid::Ulid;

fn amount(minor: i64, currency: &str) -> Amount {
    Amount::new(minor, Currency::parse(currency).unwrap()).unwrap()
}

fn payment(n: u128) -> PaymentId {
    PaymentId(Ulid::from_parts(1, n))
}

/// Asked for just now.
fn at(payment: PaymentId) -> ChargeAt {
    ChargeAt { payment, reference: None, asked_ms: now_ms() }
}

fn charge(payment: PaymentId, minor: i64, card: &CardToken, take: Take) -> Charge {
    Charge { payment, amount: amount(minor, "EUR"), card: card.clone(), take }
}

fn driver(url: &str) -> Stripe {
    let url = BaseUrl::try_from(url.to_owned()).unwrap();
    let secret = |text: &str| SecretText::from(text.to_owned());
    Stripe::new(&url, secret("sk_test_12345"), Some(secret("whsec_of_a_test")))
}
