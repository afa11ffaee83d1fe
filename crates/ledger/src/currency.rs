//! ISO 4217 currencies, as a closed list.

use std::fmt;

/// Alphabetic code and number of minor-unit digits, as ISO 4217:2015 lists them (amendment 177). Common ones only: what is
/// missing is refused rather than guessed, because the digits decide how much money a number means.
const CURRENCIES: &[(&str, u8)] = &[
    ("AED", 2),
    ("AUD", 2),
    ("BHD", 3),
    ("BRL", 2),
    ("CAD", 2),
    ("CHF", 2),
    ("CLP", 0),
    ("CNY", 2),
    ("COP", 2),
    ("CZK", 2),
    ("DKK", 2),
    ("EUR", 2),
    ("GBP", 2),
    ("HKD", 2),
    ("HUF", 2),
    ("IDR", 2),
    ("ILS", 2),
    ("INR", 2),
    ("ISK", 0),
    ("JOD", 3),
    ("JPY", 0),
    ("KRW", 0),
    ("KWD", 3),
    ("MXN", 2),
    ("MYR", 2),
    ("NOK", 2),
    ("NZD", 2),
    ("PHP", 2),
    ("PLN", 2),
    ("RON", 2),
    ("SAR", 2),
    ("SEK", 2),
    ("SGD", 2),
    ("THB", 2),
    ("TRY", 2),
    ("TWD", 2),
    ("UAH", 2),
    ("USD", 2),
    ("VND", 0),
    ("ZAR", 2),
];

/// A currency from the closed list.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Currency(u8);

impl Currency {
    /// Reads an alphabetic code in capitals; `None` for anything that is not in the list.
    pub fn parse(code: &str) -> Option<Currency> {
        let index = CURRENCIES.binary_search_by(|(known, _)| (*known).cmp(code)).ok()?;
        u8::try_from(index).ok().map(Currency)
    }

    /// Every currency there is, by code.
    pub fn all() -> impl Iterator<Item = Currency> {
        (0u8..).take(CURRENCIES.len()).map(Currency)
    }

    /// The alphabetic code: three capitals.
    pub fn code(self) -> &'static str {
        CURRENCIES[usize::from(self.0)].0
    }

    /// How many digits its minor unit has: 2 for cents, 0 for yen, 3 for fils.
    pub fn digits(self) -> u8 {
        CURRENCIES[usize::from(self.0)].1
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl fmt::Debug for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_is_sorted_and_every_code_reads_back() {
        assert!(CURRENCIES.windows(2).all(|pair| pair[0].0 < pair[1].0));
        for currency in Currency::all() {
            assert_eq!(Currency::parse(currency.code()), Some(currency));
        }
        assert_eq!(Currency::all().count(), CURRENCIES.len());
    }

    #[test]
    fn what_is_not_a_code_is_refused() {
        for text in ["", "eur", "EU", "EURO", "XXX", "XTS", "EUR ", "€"] {
            assert_eq!(Currency::parse(text), None, "{text}");
        }
    }
}
