//! The palms that can be searched, wherever they are held.

use crate::{app::Permit, matchers::Coordinator};
use handsel_api::ReferenceId;
use handsel_gallery::{Among, Buckets, Found, Gallery, InsertError};
use handsel_palm::{Probe, Score, Side, Template};
use std::sync::Arc;

/// The palms that can be searched. Cloning shares them.
#[derive(Clone, Debug)]
pub(crate) enum Palms {
    /// All in the memory of this process.
    Here(Arc<Gallery>),
    /// In the memory of matchers.
    AtMatchers(Arc<Coordinator>),
}

/// Not everybody could be searched, so the search has no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not every palm could be searched")]
pub(crate) struct Unavailable;

impl Palms {
    /// Searches exactly, on threads that may take their time. What is found is not decided yet.
    pub(crate) async fn search(
        &self,
        _: Permit,
        probe: Arc<Probe>,
        side: Side,
        among: Among,
    ) -> Result<Found, Unavailable> {
        match self {
            Palms::Here(gallery) => {
                let gallery = Arc::clone(gallery);
                let searching = tokio::task::spawn_blocking(move || gallery.search(&probe, side, &among));
                searching.await.map_err(|_| Unavailable)
            }
            Palms::AtMatchers(coordinator) => coordinator.search(&probe, side, &among).await,
        }
    }

    /// The best score of one reference, `None` if it is not there.
    pub(crate) async fn verify(
        &self,
        permit: Permit,
        reference: ReferenceId,
        probe: Arc<Probe>,
        side: Side,
    ) -> Result<Option<Score>, Unavailable> {
        let found = self.search(permit, probe, side, Among::Only(vec![reference.0.into()])).await?;
        Ok(found.best.map(|best| best.score))
    }

    /// How many palms the memory of this process holds.
    pub(crate) fn len(&self) -> usize {
        match self {
            Palms::Here(gallery) => gallery.len(),
            Palms::AtMatchers(_) => 0,
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
            // They read it from the store; no search that starts from here on is answered by one that has not.
            Palms::AtMatchers(coordinator) => {
                coordinator.hint();
                Ok(())
            }
        }
    }

    /// Overwrites palms whose rows are gone. At matchers, waits until they have done so, for two seconds at most; a search that
    /// starts after this never finds them either way.
    pub(crate) async fn forget(&self, references: &[ReferenceId]) {
        match self {
            Palms::Here(gallery) => references.iter().for_each(|reference| {
                gallery.remove(reference.0.into());
            }),
            Palms::AtMatchers(coordinator) => coordinator.followed().await,
        }
    }

    /// Whether every palm could be searched now.
    pub(crate) fn are_held(&self) -> bool {
        match self {
            Palms::Here(_) => true,
            Palms::AtMatchers(coordinator) => coordinator.held() == Buckets::ALL,
        }
    }
}
