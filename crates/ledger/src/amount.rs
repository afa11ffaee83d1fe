//! Amounts of money: whole minor units, in one currency, within bounds.

use crate::Currency;

/// A positive amount of one currency in whole minor units, [`Amount::MIN_MINOR`] to [`Amount::MAX_MINOR`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Amount {
    minor: i64,
    currency: Currency,
}

/// A number that is no amount.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an amount is {} to {} whole minor units", Amount::MIN_MINOR, Amount::MAX_MINOR)]
pub struct OutOfRange;

impl Amount {
    /// The smallest amount, in minor units.
    pub const MIN_MINOR: i64 = 1;
    /// The largest amount, in minor units. A palm at a shop's till, not a house: 100,000 euros is already a mistyped sum, and
    /// small enough that no sum of transfers a machine can hold leaves an `i128`.
    pub const MAX_MINOR: i64 = 10_000_000;

    /// Takes whole minor units.
    ///
    /// # Errors
    /// [`OutOfRange`] below the smallest or above the largest amount.
    pub fn new(minor: i64, currency: Currency) -> Result<Amount, OutOfRange> {
        if (Self::MIN_MINOR..=Self::MAX_MINOR).contains(&minor) {
            Ok(Amount { minor, currency })
        } else {
            Err(OutOfRange)
        }
    }

    /// Whole minor units.
    pub fn minor(self) -> i64 {
        self.minor
    }

    /// Of which currency.
    pub fn currency(self) -> Currency {
        self.currency
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_stop_at_their_bounds() {
        let eur = Currency::parse("EUR").unwrap();
        for minor in [1, 2, 9_999_999, 10_000_000] {
            assert_eq!(Amount::new(minor, eur).map(Amount::minor), Ok(minor));
        }
        for minor in [0, -1, 10_000_001, i64::MAX, i64::MIN] {
            assert_eq!(Amount::new(minor, eur), Err(OutOfRange));
        }
    }
}
