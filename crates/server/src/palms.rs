//! The palms that can be searched, wherever they are held.

use handsel_api::ReferenceId;
use handsel_gallery::{Among, Found, Gallery, InsertError};
use handsel_palm::{Probe, Score, Side, Template};
use std::sync::Arc;

/// The palms that can be searched. Cloning shares them.
#[derive(Clone, Debug)]
pub(crate) enum Palms {
    /// All in the memory of this process.
    Here(Arc<Gallery>),
}

/// Not everybody could be searched, so the search has no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not every palm could be searched")]
pub(crate) struct Unavailable;

impl Palms {
    /// Searches exactly, on threads that may take their time. What is found is not decided yet.
    pub(crate) async fn search(&self, probe: Arc<Probe>, side: Side, among: Among) -> Result<Found, Unavailable> {
        match self {
            Palms::Here(gallery) => {
                let gallery = Arc::clone(gallery);
                let searching = tokio::task::spawn_blocking(move || gallery.search(&probe, side, &among));
                searching.await.map_err(|_| Unavailable)
            }
        }
    }

    /// The best score of one reference, `None` if it is not there.
    pub(crate) async fn verify(
        &self,
        reference: ReferenceId,
        probe: Arc<Probe>,
        side: Side,
    ) -> Result<Option<Score>, Unavailable> {
        let found = self.search(probe, side, Among::Only(vec![reference.0.into()])).await?;
        Ok(found.best.map(|best| best.score))
    }

    /// How many palms the memory of this process holds.
    pub(crate) fn len(&self) -> usize {
        match self {
            Palms::Here(gallery) => gallery.len(),
        }
    }

    /// Takes in a capture whose row is committed.
    pub(crate) fn insert(
        &self,
        reference: ReferenceId,
        side: Side,
        capture: u8,
        template: Template,
    ) -> Result<(), InsertError> {
        match self {
            Palms::Here(gallery) => gallery.insert(reference.0.into(), side, capture, template),
        }
    }

    /// Overwrites palms whose rows are gone.
    pub(crate) async fn forget(&self, references: &[ReferenceId]) {
        match self {
            Palms::Here(gallery) => references.iter().for_each(|reference| {
                gallery.remove(reference.0.into());
            }),
        }
    }
}
