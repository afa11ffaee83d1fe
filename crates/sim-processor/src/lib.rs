//! A card company that does not exist: it moves sandbox money as a real one would, with real idempotency keys, and fails in
//! every way a real one can, on demand. Its books have one row per executed charge, so that they show who was charged twice.
//!
//! What it speaks, its cards, magic amounts and faults: docs/SIM-PROCESSOR.md. It has no keys and no accounts, so it belongs
//! on a loopback address.

mod books;
mod cards;
mod clock;
mod faults;
mod http;
mod pages;
mod running;
mod signature;
mod webhooks;

pub use books::OpenError;
pub use running::Running;
pub use webhooks::{BadSecret, Webhooks};

use books::Books;
use faults::Faults;
use std::{collections::HashSet, io, path::Path, sync::Arc, sync::Mutex};
use tokio::net::TcpListener;

/// A simulated processor with its books open.
pub struct SimProcessor {
    office: Office,
}

/// What every request can reach. Cloning shares it.
#[derive(Clone)]
pub(crate) struct Office {
    books: Books,
    faults: Arc<Faults>,
    webhooks: Arc<webhooks::Post>,
    /// Idempotency keys of requests that run right now.
    running: Arc<Mutex<HashSet<String>>>,
}

impl SimProcessor {
    /// Opens or makes its books, a SQLite file of its own that only its owner can read.
    ///
    /// # Errors
    /// What the system or SQLite said.
    pub fn open(books: &Path) -> Result<SimProcessor, OpenError> {
        let office = Office {
            books: Books::open(books)?,
            faults: Arc::default(),
            webhooks: Arc::default(),
            running: Arc::default(),
        };
        Ok(SimProcessor { office })
    }

    /// Tells somebody of every change.
    #[must_use]
    pub fn with_webhooks(self, webhooks: Webhooks) -> SimProcessor {
        self.office.webhooks.send_to(Some(webhooks));
        self
    }

    /// Serves until `shutdown`, then lets requests that run come to their end.
    ///
    /// # Errors
    /// When the listener breaks.
    pub async fn serve(self, listener: TcpListener, shutdown: impl Future<Output = ()> + Send) -> io::Result<()> {
        http::serve(self.office, listener, shutdown).await
    }

    /// Serves on a thread of its own, at a free port of loopback, until the answer is dropped.
    ///
    /// # Errors
    /// When the system has no port or no thread to give.
    pub fn start(self) -> io::Result<Running> {
        Running::start(self)
    }
}
