//! The server as its clients see it: real requests to a real server, each test with its own store. Mirrors the URLs.

#![expect(unreachable_pub, reason = "nobody is outside of a test")]

mod accounts;
mod bad_input;
mod headers;
mod host;
mod logs;
mod openapi;
mod origin;
mod pages;
mod probes;
mod problems;
mod shutdown;
mod support;
mod v1;
