//! Server-sent events.

use axum::response::{
    IntoResponse, Response, Sse,
    sse::{Event, KeepAlive},
};
use futures_util::{Stream, StreamExt};
use std::{convert::Infallible, time::Duration};

/// One item of a stream.
pub type Item = Event;

/// How often a silent stream says that it is alive: often enough for the proxies that end silent ones after a minute.
const KEEP_ALIVE: Duration = Duration::from_secs(15);

/// An answer that goes on until `items` ends.
pub fn answer(items: impl Stream<Item = Item> + Send + 'static) -> Response {
    Sse::new(items.map(Ok::<Item, Infallible>)).keep_alive(KeepAlive::new().interval(KEEP_ALIVE)).into_response()
}
