//! Writes a log. See [`Writer`], and the life of an entry in the [crate's](crate) documentation.

mod edge;
mod files;
mod journal;
mod prove;
mod tree;
mod writer;

pub(crate) use files::{make_folder, replace, sync_folder};
pub use prove::{Prover, Unprovable};
pub use writer::{Error, MAX_ENTRY_BYTES, Writer};
