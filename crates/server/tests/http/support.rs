//! What the tests stand on: a server, clients, a shop, hands, broken files, and a look into the store.

pub mod authenticator;
pub mod client;
pub mod files;
pub mod hands;
pub mod log;
pub mod processor;
pub mod receiver;
pub mod server;
pub mod shop;
pub mod sse;
pub mod store;

pub use authenticator::Authenticator;
pub use client::{Answer, Client};
pub use receiver::Receiver;
pub use server::{Server, WEBHOOK_SECRET};
pub use shop::{Shop, Shopper};
pub use sse::Sse;
