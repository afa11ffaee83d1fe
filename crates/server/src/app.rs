//! The domain: one method per action, grouped by area in `app/`. Knows no HTTP.
//!
//! Every method that acts for somebody takes a [`Caller`] and asks [`access`] first. An expected refusal is a
//! [`Refusal`] with the code of the HTTP API; the caller shows it as it is.

pub mod access;
mod charge;
mod consents;
mod counts;
mod demo;
mod erase;
mod idempotency;
mod identify;
mod merchants;
mod payment_methods;
mod payments;
mod receipts;
mod references;
mod refunds;
mod sessions;
mod subjects;

pub use access::Caller;
pub use counts::{CaptureCount, CaptureOutcome, CapturePurpose, Counts, PaymentCount};
pub use demo::{BorrowedHand, DemoHands, DemoShopper};
pub use idempotency::{Begun, RequestKey};
pub use receipts::{Receipt, SubjectPayment};
pub use subjects::SubjectRow;

use crate::config::Config;
use handsel_api::{Code, references::Quality};
use std::path::PathBuf;

/// One installation. Cloning shares it.
#[derive(Clone)]
pub struct App {}

/// What a method answers: its result, or why not.
pub type Answer<T> = Result<T, Refusal>;

/// Why an action was not done. Shown to the caller as it is, so it never holds anything secret.
#[derive(Debug, Clone)]
pub struct Refusal {
    /// What to match on.
    pub code: Code,
    /// What is wrong this time, and what to do.
    pub detail: String,
    /// The field at fault, as a JSON pointer.
    pub field: Option<String>,
    /// For [`Code::CaptureRejected`]: why.
    pub quality: Option<Quality>,
}

impl Refusal {
    /// A refusal that names no field.
    pub fn new(code: Code, detail: impl Into<String>) -> Refusal {
        Refusal { code, detail: detail.into(), field: None, quality: None }
    }

    /// A refusal of one field's value.
    pub fn field(code: Code, field: &'static str, detail: impl Into<String>) -> Refusal {
        Refusal { code, detail: detail.into(), field: Some(field.to_owned()), quality: None }
    }
}

/// Why an installation could not be opened; each says what to do.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The data folder cannot be made or written.
    #[error("cannot use the data folder {path}: {why}. Make it writable for this user, or name another one")]
    DataDir {
        /// The folder.
        path: PathBuf,
        /// What the system said.
        why: std::io::Error,
    },
}

impl App {
    /// Opens the installation in `config.data_dir`, making what is not there: store, key file (mode 0600). Migrates, loads
    /// the gallery, and resolves payments that a stopped process left with the processor.
    ///
    /// # Errors
    /// [`StartError`], each with what to do.
    pub async fn open(config: &Config) -> Result<App, StartError> {
        let _ = config;
        todo!()
    }
}
