//! Filling the gallery at start: read in a few streams side by side, opened and taken in on as many threads.

use crate::{
    store::{Store, StoreError, references, references::StoredTemplate},
    vault::{SubjectKey, Vault, What},
};
use handsel_api::SubjectId;
use handsel_gallery::Gallery;
use handsel_palm::{Template, TemplateError};
use std::sync::Arc;
use tokio::sync::mpsc;

/// Templates handed from a stream to its thread at once: few enough to stay in the processor's cache.
const AT_ONCE: usize = 256;
/// Batches that may wait for a thread; more would only take memory.
const WAITING: usize = 4;
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
pub(super) async fn load(store: &Store, vault: &Arc<Vault>) -> Result<Loaded, StoreError> {
    let shares = std::thread::available_parallelism().map_or(1, usize::from).min(store.readers());
    let cuts = references::cuts(&mut *store.read().await?, shares as i64).await?;
    let from = std::iter::once("").chain(cuts.iter().map(String::as_str));
    let to = cuts.iter().map(String::as_str).chain([END]);
    let gallery = Arc::new(Gallery::new());
    let mut openers = Vec::new();
    let streams = from.zip(to).map(|(from, to)| {
        let (sender, receiver) = mpsc::channel(WAITING);
        let (vault, gallery) = (Arc::clone(vault), Arc::clone(&gallery));
        let opener = Opener { vault, gallery, key: None, damaged: 0, foreign: Vec::new() };
        openers.push(tokio::task::spawn_blocking(move || opener.run(receiver)));
        read(store, from, to, sender)
    });
    futures_util::future::try_join_all(streams.collect::<Vec<_>>()).await?;
    let (mut damaged, mut foreign) = (0, Vec::new());
    for opener in openers {
        let opener = opener.await.map_err(|_| StoreError::Broken("a template broke off the start".to_owned()))?;
        damaged += opener.damaged;
        foreign.extend(opener.foreign);
    }
    Ok(Loaded { gallery, damaged, foreign })
}

async fn read(
    store: &Store,
    from: &str,
    to: &str,
    sender: mpsc::Sender<Vec<StoredTemplate>>,
) -> Result<(), StoreError> {
    let mut conn = store.read().await?;
    let mut batch = Vec::with_capacity(AT_ONCE);
    references::templates_between(&mut conn, from, to, async |template| {
        batch.push(template);
        batch.len() < AT_ONCE || sender.send(std::mem::replace(&mut batch, Vec::with_capacity(AT_ONCE))).await.is_ok()
    })
    .await?;
    // If nobody takes it, the thread has broken off and says so itself.
    let _ = sender.send(batch).await;
    Ok(())
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
    fn run(mut self, mut batches: mpsc::Receiver<Vec<StoredTemplate>>) -> Opener {
        while let Some(batch) = batches.blocking_recv() {
            batch.into_iter().for_each(|stored| self.take(&stored));
        }
        self.key = None;
        self
    }

    fn take(&mut self, stored: &StoredTemplate) {
        if self.key.as_ref().is_none_or(|(subject, _)| *subject != stored.subject) {
            self.key = Some((stored.subject, self.vault.subject_key(stored.subject, &stored.wrapped_key).ok()));
        }
        let key = self.key.as_ref().and_then(|(_, key)| key.as_ref());
        let reference = stored.reference.to_string();
        let what = What::Template { reference: &reference, position: stored.position };
        let opened = key.and_then(|key| key.open(what, &stored.sealed).ok());
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
