//! The cards there are. Each is a token, as a real processor's would be; there are no numbers.

use crate::books::Decline;
use serde::Serialize;

/// A sandbox card.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Card {
    /// What merchants name it by.
    pub(crate) token: &'static str,
    pub(crate) brand: &'static str,
    pub(crate) last4: &'static str,
    /// The same for the same card, whoever links it.
    pub(crate) fingerprint: &'static str,
    /// What becomes of every charge, in words for the page that shows the cards.
    #[serde(skip)]
    pub(crate) says: &'static str,
    /// Why every charge is refused, if it is.
    #[serde(skip)]
    pub(crate) declines: Option<Decline>,
}

/// Every card.
pub(crate) const CARDS: [Card; 6] = [
    card("card_visa_approved", "visa", "4242", "Approved", None),
    card("card_mastercard_approved", "mastercard", "4444", "Approved", None),
    card("card_visa_declined", "visa", "0002", "Always declined", Some(Decline::Refused)),
    card("card_visa_insufficient_funds", "visa", "9995", "Not enough money on it", Some(Decline::InsufficientFunds)),
    card("card_visa_expired", "visa", "0069", "Expired", Some(Decline::Expired)),
    card(
        "card_visa_authentication",
        "visa",
        "3155",
        "Its bank wants to ask first",
        Some(Decline::AuthenticationRequired),
    ),
];

const fn card(
    token: &'static str,
    brand: &'static str,
    last4: &'static str,
    says: &'static str,
    declines: Option<Decline>,
) -> Card {
    // A card's last digits are unique here, so that they can be its fingerprint.
    Card { token, brand, last4, fingerprint: last4, says, declines }
}

/// The card a token names.
pub(crate) fn by_token(token: &str) -> Option<&'static Card> {
    CARDS.iter().find(|card| card.token == token)
}
