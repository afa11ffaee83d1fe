//! What must be gone once somebody is erased, read beside a running server: for `handsel privacy-check` and tests, which look for it
//! where it must not be.

use crate::{
    clock::now_ms,
    config::Config,
    epochs::Epochs,
    secret::hex,
    store::{Place, Store, log_entries, references, retention, subjects},
    vault::{Vault, What},
};
use handsel_api::SubjectId;
use handsel_log::commitment::Opening;
use zeroize::Zeroizing;

/// What one thing about a subject is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Trace {
    /// A template as it lies in the store.
    SealedTemplate,
    /// A template as memory holds it, under its epoch's key.
    Template,
    /// The vector of one, as the gallery lays it out: a line of 64 bytes apart.
    Vector,
    /// A template that anything could be compared with. A shop that may be cut off holds such.
    BareTemplate,
    /// The vector of that, as a gallery lays it out.
    BareVector,
    /// The subject's key.
    Key,
    /// That key as it lies in the store.
    WrappedKey,
    /// What they want to be called.
    Name,
    /// What an entry of the log about them opens to, as it lies in the store.
    SealedOpening,
    /// The random bytes of one: without them nobody can say what the entry commits to.
    OpeningRandom,
}

/// One thing about a subject, and its bytes. Wiped when dropped.
pub struct Found {
    /// What it is.
    pub what: Trace,
    /// How it looks in memory or in a file.
    pub bytes: Zeroizing<Vec<u8>>,
}

/// Where the vector stands in a template's record, and which of its numbers are stored whole: see `handsel_palm::Template::to_bytes`.
const WHOLE: std::ops::Range<usize> = 9 + 96..9 + 256;

/// How many of the log's entries about a subject are looked for, the newest.
const LATEST_ENTRIES: u32 = 200;

/// Everything about a subject that could be found somewhere.
///
/// # Errors
/// Why it cannot be read.
pub async fn traces(config: &Config, subject: SubjectId) -> Result<Vec<Found>, String> {
    let reader = Store::open_reader(&Place::of(config)).await.map_err(text)?;
    let vault = Vault::of(config, false).map_err(text)?;
    let mut moment = reader.snapshot().await.map_err(text)?;
    let epochs = Epochs::load(&mut moment, &vault, now_ms()).await.map_err(text)?;
    let stored = subjects::subject(&mut moment, subject).await.map_err(text)?.ok_or("there is no such subject")?;
    let key = vault.subject_key(subject, &stored.wrapped_key).map_err(text)?;
    let mut found = vec![
        Found { what: Trace::Key, bytes: Zeroizing::new(key.exposed().to_vec()) },
        Found { what: Trace::WrappedKey, bytes: Zeroizing::new(stored.wrapped_key.sealed.to_vec()) },
        Found {
            what: Trace::Name,
            bytes: Zeroizing::new(
                key.open_text(What::DisplayName, &stored.name_sealed).map_err(text)?.as_bytes().to_vec(),
            ),
        },
    ];
    for palm in references::references(&mut moment, subject).await.map_err(text)? {
        for stored in references::templates_of(&mut moment, palm.id).await.map_err(text)? {
            let under = crate::load::open(&key, &stored).map_err(text)?.to_bytes();
            let bare = epochs.bare(&key, &stored).map_err(text)?.ok_or("a template of no epoch")?.to_bytes();
            let vector = |of: &[u8]| Zeroizing::new(of[WHOLE].iter().map(|step| step ^ 0x80).collect());
            found.push(Found { what: Trace::SealedTemplate, bytes: Zeroizing::new(stored.sealed.to_vec()) });
            found.push(Found { what: Trace::Vector, bytes: vector(&under) });
            found.push(Found { what: Trace::BareVector, bytes: vector(&bare) });
            found.push(Found { what: Trace::Template, bytes: under });
            found.push(Found { what: Trace::BareTemplate, bytes: bare });
        }
    }
    for entry in log_entries::of_subject(&mut moment, subject, LATEST_ENTRIES, None).await.map_err(text)? {
        let what = hex(&entry.commitment);
        let opening = key.open(What::Opening { commitment: &what }, &entry.sealed).map_err(text)?;
        let random = Opening::parse(&opening).map_err(|_| "an opening that is none")?.random().to_vec();
        found.push(Found { what: Trace::SealedOpening, bytes: Zeroizing::new(entry.sealed) });
        found.push(Found { what: Trace::OpeningRandom, bytes: Zeroizing::new(random) });
    }
    Ok(found)
}

/// Makes the store say that a subject did nothing for so many days. For rehearsals, while no server runs.
///
/// # Errors
/// Why it cannot be written.
pub async fn pretend_unused(config: &Config, subject: SubjectId, days: u32) -> Result<(), String> {
    let store = Store::open(&Place::of(config)).await.map_err(text)?;
    let mut tx = store.write().await.map_err(text)?;
    retention::pretend_unused(&mut tx, subject, i64::from(days) * 24 * 60 * 60 * 1000).await.map_err(text)?;
    tx.commit().await.map_err(text)?;
    store.close().await;
    Ok(())
}

fn text(error: impl std::fmt::Display) -> String {
    error.to_string()
}
