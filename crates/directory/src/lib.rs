//! A key directory beside the log: that somebody's uses are all that there are.
//!
//! The log proves that each of somebody's uses stands in it, and not that there are no others. The directory is a tree that only grows
//! and in which everybody has one place, that nobody finds without a [`Secret`] of theirs. What stands there is a sum over all of their uses; each
//! time uses are added there is a new version of it, and the old ones stay. The tree's root is an entry of the log, a [`Statement`], so
//! witnesses fix it. Whoever has the secret can be shown which version is the last one, and that it sums up exactly these uses: a use that is
//! left out does not fit.
//!
//! The tree is that of the crate [`akd`] (SEEMless and Parakeet, as WhatsApp's key transparency uses it): places are hidden by a verifiable
//! random function, and strangers can check that each epoch's tree continues the one before, without learning whose places were added.
//!
//! - [`Directory`] is the writer; its nodes are in a file of their own.
//! - [`Completeness`] is the proof, which [`Completeness::check`] checks offline.
//! - [`audit`] checks, from public files alone, that the directory only grew.
//!
//! Nothing that reads foreign bytes panics.

pub mod audit;
mod directory;
mod nodes;
mod proof;
mod records;
mod statement;
mod uses;

pub use directory::{Directory, Error};
pub use proof::{Complete, Completeness, Incomplete, NEWEST, NotCompleteness, Trusted};
pub use statement::Statement;
pub use uses::{Secret, Use};

/// How the tree hashes: the one configuration of the crate that is in use elsewhere and was looked at by others.
type Hashing = akd::WhatsAppV1Configuration;
