//! Everything any test of this run made the server log, at the finest level.

use std::{
    io::{self, Write},
    sync::{Mutex, Once},
};
use tracing_subscriber::{filter::filter_fn, layer::SubscriberExt};

static CAPTURED: Mutex<Vec<u8>> = Mutex::new(Vec::new());

/// Starts capturing; once per run.
pub fn capture() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let finest = tracing_subscriber::fmt().with_max_level(tracing::Level::TRACE).with_ansi(false);
        let subscriber = finest.with_writer(|| Sink).finish().with(filter_fn(handsel_server::may_be_logged));
        tracing::subscriber::set_global_default(subscriber).unwrap();
    });
}

/// What was logged so far.
pub fn so_far() -> String {
    String::from_utf8_lossy(&CAPTURED.lock().unwrap()).into_owned()
}

struct Sink;

impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        CAPTURED.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
