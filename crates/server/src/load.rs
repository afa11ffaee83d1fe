//! From sealed rows to palms in memory: the one place where stored templates are opened and taken into a gallery.

use crate::{
    epochs::BARE,
    galleries::Galleries,
    residue::wipe_stack,
    store::{Store, StoreError, references, references::StoredTemplate},
    vault::{SubjectKey, Vault, What},
};
use handsel_api::{SubjectId, references::Hand};
use handsel_gallery::InsertError;
use handsel_palm::{Side, Template, TemplateError};
use std::sync::Arc;

/// Why stored templates could not be taken in; each says what to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum LoadError {
    /// A stored template does not open.
    #[error("{damaged} stored templates do not open: the store is damaged. Restore a backup")]
    Damaged {
        /// How many.
        damaged: usize,
    },
    /// Stored templates were drawn by another version of the extractor, and cannot be compared with new ones.
    #[error(
        "{count} stored templates were made by another extractor ({error}): start the version that made them; to move to this \
         one, erase these palms there first"
    )]
    OtherExtractor {
        /// How many.
        count: usize,
        /// What the first of them is.
        error: TemplateError,
    },
}

/// What could not be taken in so far.
#[derive(Debug, Default)]
pub(crate) struct Refused {
    damaged: usize,
    foreign: usize,
    first: Option<TemplateError>,
}

impl Refused {
    fn add(&mut self, other: Refused) {
        self.damaged += other.damaged;
        self.foreign += other.foreign;
        self.first = self.first.or(other.first);
    }

    /// Nothing was refused.
    ///
    /// # Errors
    /// [`LoadError`]: something was.
    pub(crate) fn nothing(&self) -> Result<(), LoadError> {
        match self.first {
            _ if self.damaged > 0 => Err(LoadError::Damaged { damaged: self.damaged }),
            Some(error) => Err(LoadError::OtherExtractor { count: self.foreign, error }),
            None => Ok(()),
        }
    }
}

/// No subject's id comes after this one: ids are of digits and letters.
const END: &str = "~";

/// Reads every template of the store into memory: a few threads, each of which reads, opens and takes in its share of the
/// subjects.
pub(crate) async fn all(store: &Store, vault: &Arc<Vault>) -> Result<(Arc<Galleries>, Refused), StoreError> {
    let shares = std::thread::available_parallelism().map_or(1, usize::from).min(store.readers());
    let cuts = references::cuts(&mut *store.read().await?, shares as i64).await?;
    let from = std::iter::once(String::new()).chain(cuts.iter().cloned());
    let to = cuts.iter().cloned().chain([END.to_owned()]);
    let galleries = Arc::new(Galleries::default());
    let mut opened = Vec::new();
    for (from, to) in from.zip(to) {
        let (store, vault, galleries) = (store.clone(), Arc::clone(vault), Arc::clone(&galleries));
        opened.push(tokio::task::spawn_blocking(move || {
            let mut intake = Intake::new(&galleries, &vault);
            store.each_template(&from, &to, &mut |stored| intake.take(&stored))?;
            let refused = intake.refused;
            wipe_stack();
            Ok::<_, StoreError>(refused)
        }));
    }
    let mut refused = Refused::default();
    for share in opened {
        let share = share.await.map_err(|_| StoreError::Broken("a template broke off the start".to_owned()))?;
        refused.add(share?);
    }
    Ok((galleries, refused))
}

/// Opens templates and inserts them; see [`Intake`]. References that were of another epoch before are of the one in their rows then.
pub(crate) fn take_in(galleries: &Galleries, vault: &Vault, rows: &[StoredTemplate<'_>], refused: &mut Refused) {
    let mut intake = Intake::new(galleries, vault);
    rows.iter().for_each(|stored| intake.take(stored));
    refused.add(intake.refused);
    // All captures of a reference change their epoch at once, so any row tells it.
    rows.iter().for_each(|stored| galleries.keep_only(stored.reference.0.into(), stored.epoch));
}

/// Opens one stored template, and reads it: bare, or under its epoch's transform.
pub(crate) fn open(key: &SubjectKey, stored: &StoredTemplate<'_>) -> Result<Template, TemplateError> {
    let reference = stored.reference.to_string();
    let what = What::Template { reference: &reference, position: stored.position, epoch: stored.epoch };
    let bytes = key.open(what, &stored.sealed).map_err(|_| TemplateError::Damaged)?;
    let template = Template::from_bytes(&bytes)?;
    // What is sealed as one must be one: a bare template among others could be found by bare probes.
    if template.is_bare() == (stored.epoch == BARE) { Ok(template) } else { Err(TemplateError::Damaged) }
}

/// Opens templates and inserts them. What is there already stays: within an epoch a stored template never changes. Quickest for rows in order of
/// subjects, whose keys are unwrapped once each.
struct Intake<'a> {
    galleries: &'a Galleries,
    vault: &'a Vault,
    /// The key of the subject whose templates come now; `None` when it does not unwrap.
    key: Option<(SubjectId, Option<SubjectKey>)>,
    refused: Refused,
}

impl<'a> Intake<'a> {
    fn new(galleries: &'a Galleries, vault: &'a Vault) -> Intake<'a> {
        Intake { galleries, vault, key: None, refused: Refused::default() }
    }

    fn take(&mut self, stored: &StoredTemplate<'_>) {
        if self.key.as_ref().is_none_or(|(subject, _)| *subject != stored.subject) {
            self.key = Some((stored.subject, self.vault.subject_key(stored.subject, &stored.wrapped_key).ok()));
        }
        let key = self.key.as_ref().and_then(|(_, key)| key.as_ref());
        match key.map(|key| open(key, stored)) {
            Some(Ok(template)) => {
                let capture = u8::try_from(stored.position).unwrap_or(u8::MAX);
                let key = stored.reference.0.into();
                let taken = self.galleries.insert(stored.epoch, key, side(stored.hand), capture, template);
                self.refused.damaged += usize::from(!matches!(taken, Ok(()) | Err(InsertError::Duplicate)));
            }
            Some(Err(error @ (TemplateError::UnknownVersion(_) | TemplateError::OtherModel))) => {
                self.refused.foreign += 1;
                self.refused.first.get_or_insert(error);
            }
            Some(Err(TemplateError::Damaged)) | None => self.refused.damaged += 1,
        }
    }
}

/// The side of a hand.
pub(crate) fn side(hand: Hand) -> Side {
    match hand {
        Hand::Left => Side::Left,
        Hand::Right => Side::Right,
    }
}
