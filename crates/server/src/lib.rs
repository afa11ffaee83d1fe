//! The server: HTTP, SQL and pages. The domain is [`app`]; the rest of this crate shows it and keeps it.

mod accuracy;
pub mod app;
pub mod backup;
mod clock;
pub mod config;
pub mod custody;
pub mod doctor;
mod epochs;
mod erased;
pub mod failpoint;
mod galleries;
mod held;
pub mod http;
mod ids;
mod jurisdiction;
mod load;
mod log;
pub mod matchers;
mod nobody;
mod notice;
mod offline;
pub mod pages;
mod pairwise;
mod palms;
mod payment_state;
mod policy;
pub mod privacy;
mod processor;
pub mod residue;
mod secret;
mod sender;
pub mod signing;
pub mod site;
mod store;
mod store_url;
mod tls;
mod vault;

pub use app::{App, StartError, operator_link};
pub use config::{Config, ProcessorConfig};
pub use held::show as show_held;
pub use http::{router, serve};
pub use load::LoadError;
pub use policy::NoPolicy;
pub use store_url::{NoStoreUrl, StoreUrl};

/// Whether something may be logged at all, whatever level is asked for: a library below traces what people's devices answered.
pub fn may_be_logged(what: &tracing::Metadata<'_>) -> bool {
    *what.level() <= tracing::Level::WARN || !what.target().starts_with("webauthn_rs")
}
