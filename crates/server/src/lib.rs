//! The server: HTTP, SQL and pages. The domain is [`app`]; the rest of this crate shows it and keeps it.

pub mod app;
pub mod config;
pub mod http;
pub mod pages;

pub use app::{App, StartError};
pub use config::Config;
pub use http::{router, serve};
