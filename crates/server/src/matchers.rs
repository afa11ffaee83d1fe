//! Many machines: matchers hold the palms in their memory, each a share, and the server searches all of them over NATS.
//!
//! ```text
//! server ── coordinator ──NATS──► matcher (buckets 0, 3, 5 …)      every bucket on at least two
//!    │          ▲                   │  ▲
//!    │          └─ announcements ───┘  │ templates and the list of changes
//!    └────────── writes ──────► store ─┘ read only
//! ```
//!
//! The store alone is true. It numbers every change of a template ([`crate::store::changes`]); a search requires the number that
//! was the last one when it began, and an answer counts only if every bucket answered, once, at or past it. Otherwise there is no
//! answer at all. NATS carries messages and is believed nothing: each is sealed under a key of the installation.

mod answer;
mod coordinator;
mod inbox;
mod keeper;
mod matcher;
mod members;
mod message;
mod nats;
mod pace;
mod placement;
mod plan;
mod rehearsal;
mod seal;
mod search;
pub(crate) mod wire;

pub(crate) use coordinator::Coordinator;
pub use matcher::{Matcher, MatcherError};
pub use nats::{NatsError, NatsServers};
pub use rehearsal::Rehearsal;
