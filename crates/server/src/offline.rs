//! A shop that is cut off from its server, as both sides understand it. The server's side is `app/offline.rs`, the shop's is
//! [`crate::site`]; docs/OFFLINE.md says what it is for and who carries the risk.

pub(crate) mod limits;
pub(crate) mod seal;
pub(crate) mod subset;

pub(crate) use limits::{Limit, MOST_A_PAYMENT, Spent};
pub(crate) use subset::{Palm, Person, Subset};

/// How long a subset is worth anything: 24 hours by the server's clock.
pub(crate) const VALID_MS: i64 = 24 * 60 * 60 * 1000;
