//! The palms that can be searched, wherever they are held.

use crate::{
    app::Permit, epochs::Epochs, galleries::Galleries, matchers::Coordinator, residue::wipe_stack,
    store::epochs::Number,
};
use handsel_api::ReferenceId;
use handsel_gallery::{Among, Buckets, Found, InsertError};
use handsel_palm::{Probe, Score, Side, Template};
use std::{sync::Arc, time::Duration};

/// The palms that can be searched. Cloning shares them.
#[derive(Clone, Debug)]
pub(crate) enum Palms {
    /// All in the memory of this process.
    Here(Arc<Galleries>, Arc<Epochs>),
    /// In the memory of matchers.
    AtMatchers(Arc<Coordinator>),
}

/// Not everybody could be searched, so the search has no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not every palm could be searched")]
pub(crate) struct Unavailable;

impl Palms {
    /// Searches exactly with a bare probe, on threads that may take their time. What is found is not decided yet.
    pub(crate) async fn search(
        &self,
        _: Permit,
        probe: Arc<Probe>,
        side: Side,
        among: Among,
    ) -> Result<Found, Unavailable> {
        match self {
            Palms::Here(galleries, epochs) => {
                let (galleries, epochs) = (Arc::clone(galleries), Arc::clone(epochs));
                let under = move |epoch| epochs.get(epoch).map(|epoch| epoch.probe(&probe));
                let searching = tokio::task::spawn_blocking(move || {
                    let found = galleries.search(under, side, &among);
                    wipe_stack();
                    found
                });
                searching.await.map_err(|_| Unavailable)?.map_err(|_| Unavailable)
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

    /// How many searches there were since this process began, counted where palms are compared or matchers asked to.
    pub(crate) fn searches(&self) -> u64 {
        match self {
            Palms::Here(galleries, _) => galleries.searches(),
            Palms::AtMatchers(coordinator) => coordinator.searches(),
        }
    }

    /// How many palms the memory of this process holds.
    pub(crate) fn len(&self) -> usize {
        match self {
            Palms::Here(galleries, _) => galleries.len(),
            Palms::AtMatchers(_) => 0,
        }
    }

    /// Takes in a capture of an epoch, whose row is committed.
    pub(crate) fn insert(
        &self,
        epoch: Number,
        reference: ReferenceId,
        side: Side,
        capture: u8,
        template: Template,
    ) -> Result<(), InsertError> {
        match self {
            Palms::Here(galleries, _) => galleries.insert(epoch, reference.0.into(), side, capture, template),
            // They read it from the store; no search that starts from here on is answered by one that has not.
            Palms::AtMatchers(coordinator) => {
                coordinator.hint();
                Ok(())
            }
        }
    }

    /// Takes references out of the galleries of epochs that they are not of any more: all their captures are in this one's.
    pub(crate) fn rekeyed(&self, references: &[ReferenceId], epoch: Number) {
        match self {
            Palms::Here(galleries, _) => {
                references.iter().for_each(|reference| galleries.keep_only(reference.0.into(), epoch));
            }
            Palms::AtMatchers(coordinator) => coordinator.hint(),
        }
    }

    /// Waits until matchers have followed what was re-keyed so far, for two seconds at most: whoever re-keys faster than they follow leaves
    /// them behind, and no search is answered by who is behind.
    pub(crate) async fn keep_pace(&self) {
        match self {
            Palms::Here(..) => {}
            Palms::AtMatchers(coordinator) => coordinator.followed().await,
        }
    }

    /// No reference is of an older epoch any more.
    pub(crate) async fn all_rekeyed(&self) {
        match self {
            Palms::Here(galleries, _) => galleries.drop_empty(),
            Palms::AtMatchers(coordinator) => coordinator.followed().await,
        }
    }

    /// How long a search may take that began before an epoch did, and so knows nothing of it. References are re-keyed after that.
    pub(crate) fn until_all_know_the_epoch(&self) -> Duration {
        match self {
            // Searches ask for newer epochs as they go.
            Palms::Here(..) => Duration::ZERO,
            Palms::AtMatchers(_) => Coordinator::LONGEST,
        }
    }

    /// Overwrites palms whose rows are gone. At matchers, waits until they have done so, for two seconds at most; a search that
    /// starts after this never finds them either way.
    pub(crate) async fn forget(&self, references: &[ReferenceId]) {
        match self {
            Palms::Here(galleries, _) => references.iter().for_each(|reference| galleries.remove(reference.0.into())),
            Palms::AtMatchers(coordinator) => coordinator.followed().await,
        }
    }

    /// Whether every palm could be searched now.
    pub(crate) fn are_held(&self) -> bool {
        match self {
            Palms::Here(..) => true,
            Palms::AtMatchers(coordinator) => coordinator.held() == Buckets::ALL,
        }
    }
}
