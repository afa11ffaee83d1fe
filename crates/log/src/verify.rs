//! Checks what a log says, as a stranger would. It shares no code with the writer: the tree here is RFC 6962's recursive
//! definition and RFC 9162's checks of proofs, there it grows tile by tile. What both use says how things are written down
//! ([`Hash`](crate::Hash), [`Note`](crate::Note), [`Place`](crate::layout::Place)), and is checked against other people's code in the tests.
//!
//! Nothing here panics, whatever bytes it is given, and every refusal says why.

mod audit;
mod files;
mod reason;
mod tree;

pub use audit::{Expected, Report, audit};
pub use reason::{Fault, Reason};
pub use tree::{BadProof, consistency, inclusion, leaf_hash, root_of, root_of_nothing};
