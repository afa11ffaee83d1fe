//! The pipe to the reader.

use anyhow::Result;
use std::io::{BufWriter, ErrorKind, Write};

/// Standard output, until nobody reads it.
pub(crate) struct Output(BufWriter<std::io::StdoutLock<'static>>);

impl Output {
    pub(crate) fn new() -> Output {
        Output(BufWriter::with_capacity(1 << 20, std::io::stdout().lock()))
    }

    /// Writes one record; false when the reader is gone.
    pub(crate) fn write(&mut self, record: &[u8]) -> Result<bool> {
        match self.0.write_all(record) {
            Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(false),
            written => Ok(written.map(|()| true)?),
        }
    }

    pub(crate) fn finish(mut self) -> Result<()> {
        match self.0.flush() {
            Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(error.into()),
            _ => Ok(()),
        }
    }
}
