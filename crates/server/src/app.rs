//! The domain: one method per action, grouped by area in `app/`. Knows no HTTP.
//!
//! Every method that acts for somebody takes a [`Caller`] and asks [`access`] first. An expected refusal is a
//! [`Refusal`] with the code of the HTTP API; the caller shows it as it is.

mod about;
pub mod access;
mod audit;
mod backups;
mod card_setups;
mod charge;
mod codes;
mod cohort;
mod consents;
mod counts;
mod courier;
mod credits;
mod custody;
mod demo;
mod directory;
mod disputes;
mod drift;
mod erase;
mod events;
mod export;
mod held;
mod help;
mod holds;
mod idempotency;
pub(crate) mod identify;
mod incidents;
mod keys;
mod leave;
mod legal_requests;
mod logging;
pub(crate) mod look;
mod loyalty;
mod measure;
mod merchants;
mod offline;
mod passkeys;
mod payment_methods;
pub(crate) mod payments;
mod person;
mod processor_events;
mod promotions;
mod publish;
mod reading;
mod ready;
mod receipts;
mod references;
mod refunds;
mod retention;
mod scanners;
mod sessions;
mod settle;
mod settlements;
mod signs;
mod staff;
pub(crate) mod start;
pub(crate) mod subjects;
mod tender;
#[cfg(test)]
mod tests;
mod transparency;
mod uses;
mod verify;
pub(crate) mod view;
mod vouchers;
mod webhooks;
mod worker;

pub use access::{Account, Caller, Role, Scopes, Staff, Till};
pub(crate) use audit::SEEN;
pub use card_setups::CameBack;
pub use codes::ShownContact;
pub use cohort::{COHORT, Cohort, MOST_SHOPPERS};
pub use counts::{CaptureCount, CaptureOutcome, CapturePurpose, Counts, PaymentCount};
pub use demo::{BorrowedHand, DemoHands, DemoShopper};
pub use events::{Follower, Place};
pub use export::{DayRange, Export};
pub use holds::{Hold, HoldState, PlaceHold};
pub use idempotency::{Begun, RequestKey};
pub use keys::Pace;
pub use legal_requests::{Disclosure, LegalRequest, NoteRequest, RequestTexts, Ruling};
pub use passkeys::{Begun as BegunPasskey, PasskeyAnswer, ShownPasskey, SignedIn};
pub(crate) use reading::Permit;
pub use receipts::SubjectPayment;
pub use sessions::{SignedInDevice, operator_link};
pub use settlements::Day;
pub use staff::{ShownStaff, StaffLink};
pub use start::StartError;
pub use subjects::SubjectRow;
pub use transparency::Told;
pub use webhooks::Delivery;

use crate::{
    epochs::Epochs,
    log::Log,
    palms::{Palms, Unavailable},
    processor::breaker::Breaker,
    signing::Signer,
    store::{Store, StoreError},
    vault::{DoesNotOpen, RewrapError, TokenError, Vault},
};
use handsel_api::{Code, MerchantId, PaymentId, SiteId, policy::Policy, references::Quality};
use handsel_gallery::TargetFpir;
use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, Mutex},
};

/// One installation. Cloning shares it.
#[derive(Clone)]
pub struct App(Arc<Parts>);

/// What an installation is made of.
pub(crate) struct Parts {
    /// Keeps other processes out, until [`App::close`] or the end.
    lock: Mutex<Option<std::fs::File>>,
    store: Store,
    vault: Arc<Vault>,
    policy: Policy,
    palms: Palms,
    epochs: Arc<Epochs>,
    /// Where every use of a palm is written down.
    log: Arc<Log>,
    /// Shows that somebody's uses in the log are all.
    directory: tokio::sync::Mutex<directory::Telling>,
    /// Who sees that the log only grows.
    witnesses: publish::Witnesses,
    /// Where the key files are.
    keys_dir: std::path::PathBuf,
    /// Where the next key-encryption keys are made, if not there.
    token: Option<crate::config::TokenConfig>,
    processor: Breaker,
    risk: TargetFpir,
    /// Where everything lies.
    data_dir: std::path::PathBuf,
    /// The one-time administrator link, while it is unused.
    admin: Mutex<Option<sessions::AdminLink>>,
    /// One-time codes that were asked for, and who carries them; `None` where nobody does.
    codes: Option<codes::Codes>,
    /// Makes and checks passkeys.
    passkeys: passkeys::Passkeys,
    /// Where everything lies, without secrets of other services: what a backup is made of.
    installation: crate::config::Config,
    /// Held while a backup is made or tried.
    backing_up: tokio::sync::Mutex<()>,
    /// Held while palms and the store change together.
    enrolling: tokio::sync::Mutex<()>,
    /// Held while the demo store is made.
    making_demo: tokio::sync::Mutex<()>,
    /// How many frames are looked at at once.
    looking: tokio::sync::Semaphore,
    /// Whose sites are, and in which currency they sell: of those that were asked about.
    sellers: Mutex<HashMap<SiteId, (MerchantId, String)>>,
    /// Payments that this process is settling right now.
    settling: Mutex<HashSet<PaymentId>>,
    /// Payments for which this process is looking at a hand right now.
    identifying: Mutex<HashSet<PaymentId>>,
    /// Requests that run right now.
    requests: idempotency::Requests,
    last_probe: ready::LastProbe,
    /// Further names the server is reached under.
    hosts: Vec<String>,
    /// The address people have in their browser.
    public_url: crate::config::PublicUrl,
    /// Only whoever is on this machine reaches the server.
    at_loopback: bool,
    /// Shops may be cut off: their agents get palms.
    offline: bool,
    /// Where scanners are planned, as the configuration says.
    planned: Vec<String>,
    /// What is answered to everybody, for as long as it is fresh.
    answers: transparency::Kept,
    /// Every key of every till.
    keys: keys::Keys,
    /// Tells whoever follows events that there are new ones.
    feed: events::Feed,
    /// Signs webhooks.
    signer: Signer,
    /// Sends webhooks.
    webhooks: reqwest::Client,
}

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

    /// There is no such thing, or not for this caller.
    pub(crate) fn not_found(what: &'static str) -> Refusal {
        Refusal::new(Code::NotFound, format!("There is no such {what} here."))
    }

    /// Something that must not happen did; `what` goes to the log only.
    pub(crate) fn internal(what: &'static str) -> Refusal {
        tracing::error!(what, "internal error");
        Refusal::new(Code::Internal, "Retry with the same Idempotency-Key; the log says more under this request id.")
    }
}

impl From<StoreError> for Refusal {
    fn from(error: StoreError) -> Refusal {
        tracing::error!(%error, "the store refused");
        match error {
            StoreError::Unavailable(_) => Refusal::new(
                Code::StoreUnavailable,
                "Nothing of this step was kept. Retry; if it lasts, look at the disk's free space and permissions, or at the \
                 database that is the store.",
            ),
            StoreError::LogUnavailable(_) => Refusal::new(
                Code::LogUnavailable,
                "Nothing of this step was kept, and nobody was told anything: it could not be written down. Pay by card; if it lasts, \
                 look at the disk of the log's folder.",
            ),
            StoreError::Constraint(_) | StoreError::Broken(_) => Refusal::internal("store"),
        }
    }
}

impl From<sqlx::Error> for Refusal {
    fn from(error: sqlx::Error) -> Refusal {
        StoreError::from(error).into()
    }
}

impl From<Unavailable> for Refusal {
    fn from(_: Unavailable) -> Refusal {
        Refusal::new(
            Code::GalleryUnavailable,
            "Show the hand again in a moment, or pay by card: the payment is still open.",
        )
    }
}

impl From<DoesNotOpen> for Refusal {
    fn from(_: DoesNotOpen) -> Refusal {
        Refusal::internal("sealed data does not open")
    }
}

impl From<TokenError> for Refusal {
    fn from(error: TokenError) -> Refusal {
        tracing::error!(%error, "no key can be wrapped");
        Refusal::internal("the token")
    }
}

impl From<RewrapError> for Refusal {
    fn from(error: RewrapError) -> Refusal {
        match error {
            RewrapError::Key(error) => error.into(),
            RewrapError::Token(error) => error.into(),
        }
    }
}

/// Cleans a text a person typed: trims it, and refuses control characters and lengths outside 1–`most` characters.
pub(crate) fn text(field: &'static str, value: &str, most: usize) -> Answer<String> {
    let value = value.trim();
    let length = value.chars().count();
    if length == 0 || length > most || value.chars().any(char::is_control) {
        return Err(Refusal::field(Code::InvalidField, field, format!("1 to {most} characters, on one line.")));
    }
    Ok(value.to_owned())
}
