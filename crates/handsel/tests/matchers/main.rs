//! Many machines: real NATS servers, real matchers, killed with signal 9 under load. Every answer is compared with a gallery in
//! memory over the same references.

mod database;
mod leaving;
mod load;
mod shop;
mod strangers;
mod world;

#[path = "../../src/demo/client.rs"]
#[allow(dead_code, unreachable_pub, reason = "the demo uses more of it")]
mod client;
/// As the binary has it.
mod demo {
    pub(crate) use crate::client;
}
#[path = "../../src/demo/files.rs"]
#[allow(dead_code, unreachable_pub, reason = "the demo uses more of it")]
mod files;
#[path = "../../src/privacy/look.rs"]
#[allow(dead_code, unreachable_pub, reason = "the check of privacy uses more of it")]
mod look;
#[path = "../../src/bench/machines.rs"]
#[allow(dead_code, unreachable_pub, reason = "the measurement uses more of it")]
mod machines;
#[path = "../../src/privacy/server.rs"]
#[allow(dead_code, unreachable_pub, reason = "the check of privacy uses more of it")]
mod people;
#[path = "../../../../tests/support/postgres.rs"]
mod postgres;
#[path = "../../src/demo/story.rs"]
#[allow(dead_code, unreachable_pub, reason = "the demo uses more of it")]
mod story;
