//! The server: HTTP, SQL and pages. The domain is [`app`]; the rest of this crate shows it and keeps it.

pub mod app;
mod clock;
pub mod config;
pub mod custody;
pub mod doctor;
mod epochs;
pub mod failpoint;
mod galleries;
mod held;
pub mod http;
mod ids;
mod jurisdiction;
mod load;
pub mod matchers;
mod nobody;
mod notice;
mod offline;
pub mod pages;
mod pairwise;
mod palms;
mod payment_state;
mod policy;
mod processor;
mod secret;
pub mod signing;
pub mod site;
mod store;
mod store_url;
mod tls;
mod vault;

pub use app::{App, StartError};
pub use config::{Config, ProcessorConfig};
pub use http::{router, serve};
pub use load::LoadError;
pub use policy::NoPolicy;
pub use store_url::{NoStoreUrl, StoreUrl};
