//! How much may be paid while a shop is cut off. The agent keeps to it, and the server holds what it hands in against it again.
//!
//! The numbers are minor units of whatever the currency is: 25.00 where it has two digits, and never worth much more.

use crate::clock::day;

/// The most of one payment, tip included.
pub(crate) const MOST_A_PAYMENT: i64 = 2_500;
/// The most of one person on one day of UTC.
pub(crate) const MOST_A_PERSON_A_DAY: i64 = 5_000;
/// The most of one agent – a shop's scanner – within 24 hours, which is as long as it can be cut off.
pub(crate) const MOST_AN_AGENT: i64 = 50_000;
/// Within which time an agent's payments count together.
pub(crate) const AGENT_WINDOW_MS: i64 = super::VALID_MS;

/// What was taken before the payment that is asked about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Spent {
    /// By this agent within [`AGENT_WINDOW_MS`].
    pub(crate) agent_minor: i64,
    /// From this person on this day.
    pub(crate) person_minor: i64,
}

/// Which limit a payment would break.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Limit {
    Payment,
    Person,
    Agent,
}

impl Limit {
    /// The limit that a payment would break, if any.
    pub(crate) fn broken(total_minor: i64, spent: Spent) -> Option<Limit> {
        if total_minor > MOST_A_PAYMENT {
            Some(Limit::Payment)
        } else if spent.person_minor.saturating_add(total_minor) > MOST_A_PERSON_A_DAY {
            Some(Limit::Person)
        } else if spent.agent_minor.saturating_add(total_minor) > MOST_AN_AGENT {
            Some(Limit::Agent)
        } else {
            None
        }
    }

    /// What it is, for whoever stands at the till.
    pub(crate) fn detail(self) -> String {
        match self {
            Limit::Payment => format!("At most {MOST_A_PAYMENT} a payment, in minor units and with the tip."),
            Limit::Person => format!("At most {MOST_A_PERSON_A_DAY} a person and day, in minor units."),
            Limit::Agent => format!("At most {MOST_AN_AGENT} at this scanner within 24 hours, in minor units."),
        }
    }
}

/// The day of UTC that a time is in: from its first millisecond to the next one's.
pub(crate) fn day_of(ms: i64) -> (i64, i64) {
    const DAY_MS: i64 = 24 * 60 * 60 * 1000;
    let start = ms.div_euclid(DAY_MS) * DAY_MS;
    debug_assert_eq!(day(start), day(ms));
    (start, start + DAY_MS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_limit_holds_to_the_last_minor_unit() {
        let spent = |agent_minor, person_minor| Spent { agent_minor, person_minor };
        for (total, before, broken) in [
            (2_500, spent(0, 0), None),
            (2_501, spent(0, 0), Some(Limit::Payment)),
            (i64::MAX, spent(i64::MAX, i64::MAX), Some(Limit::Payment)),
            (2_500, spent(0, 2_500), None),
            (2_500, spent(0, 2_501), Some(Limit::Person)),
            (1, spent(0, 5_000), Some(Limit::Person)),
            (1, spent(49_999, 0), None),
            (2, spent(49_999, 0), Some(Limit::Agent)),
        ] {
            assert_eq!(Limit::broken(total, before), broken, "{total} after {before:?}");
        }
    }

    #[test]
    fn a_day_begins_and_ends_at_midnight() {
        let noon = 1_795_305_600_000 + 12 * 60 * 60 * 1000;
        let (start, end) = day_of(noon);
        assert_eq!((start, end), (1_795_305_600_000, 1_795_392_000_000));
        assert_eq!((day_of(start), day_of(end - 1), day_of(end).0), ((start, end), (start, end), end));
    }
}
