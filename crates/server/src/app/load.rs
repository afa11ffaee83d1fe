//! Filling the gallery at start: a few threads, each of which reads, opens and takes in its share of the
//! subjects.

use crate::{
    store::{Store, StoreError, references, references::StoredTemplate},
    vault::{SubjectKey, Vault, What},
};
use handsel_api::SubjectId;
use handsel_gallery::Gallery;
use handsel_palm::{Template, TemplateError};
use std::sync::Arc;

/// No subject's id comes after this one: ids are of digits and letters.
const END: &str = "~";

/// A gallery, and what could not be taken into it.
pub(super) struct Loaded {
    pub(super) gallery: Arc<Gallery>,
    /// Templates that do not open, or that are there twice.
    pub(super) damaged: usize,
    /// Templates that another extractor made.
    pub(super) foreign: Vec<TemplateError>,
}

/// Reads every template of the store into memory.
pub(super) async fn load(store: &Arc<Store>, vault: &Arc<Vault>) -> Result<Loaded, StoreError> {
    let shares = std::thread::available_parallelism().map_or(1, usize::from).min(store.readers());
    let cuts = references::cuts(&mut *store.read().await?, shares as i64).await?;
    let from = std::iter::once(String::new()).chain(cuts.iter().cloned());
    let to = cuts.iter().cloned().chain([END.to_owned()]);
    let gallery = Arc::new(Gallery::new());
    let mut opened = Vec::new();
    for (from, to) in from.zip(to) {
        let (store, vault, gallery) = (Arc::clone(store), Arc::clone(vault), Arc::clone(&gallery));
        let mut opener = Opener { vault, gallery, key: None, damaged: 0, foreign: Vec::new() };
        opened.push(tokio::task::spawn_blocking(move || {
            store.each_template(&from, &to, &mut |stored| opener.take(&stored))?;
            Ok::<_, StoreError>((opener.damaged, opener.foreign))
        }));
    }
    let (mut damaged, mut foreign) = (0, Vec::new());
    for share in opened {
        let share = share.await.map_err(|_| StoreError::Broken("a template broke off the start".to_owned()))?;
        let (some, others) = share?;
        damaged += some;
        foreign.extend(others);
    }
    Ok(Loaded { gallery, damaged, foreign })
}

/// Opens sealed templates and takes them into the gallery.
struct Opener {
    vault: Arc<Vault>,
    gallery: Arc<Gallery>,
    /// The key of the subject whose templates come now; `None` when it does not unwrap.
    key: Option<(SubjectId, Option<SubjectKey>)>,
    damaged: usize,
    foreign: Vec<TemplateError>,
}

impl Opener {
    fn take(&mut self, stored: &StoredTemplate<'_>) {
        if self.key.as_ref().is_none_or(|(subject, _)| *subject != stored.subject) {
            self.key = Some((stored.subject, self.vault.subject_key(stored.subject, stored.wrapped_key).ok()));
        }
        let key = self.key.as_ref().and_then(|(_, key)| key.as_ref());
        let reference = stored.reference.to_string();
        let what = What::Template { reference: &reference, position: stored.position };
        let opened = key.and_then(|key| key.open(what, stored.sealed).ok());
        match opened.map(|bytes| Template::from_bytes(&bytes)) {
            Some(Ok(template)) => {
                let (side, capture) =
                    (super::look::side(stored.hand), u8::try_from(stored.position).unwrap_or(u8::MAX));
                let taken = self.gallery.insert(stored.reference.0.into(), side, capture, template);
                self.damaged += usize::from(taken.is_err());
            }
            Some(Err(error @ (TemplateError::UnknownVersion(_) | TemplateError::OtherModel))) => {
                self.foreign.push(error)
            }
            Some(Err(TemplateError::Damaged)) | None => self.damaged += 1,
        }
    }
}
