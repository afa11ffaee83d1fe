//! The palms in memory: a gallery for each epoch, of templates under its transform. Usually one; two while references are re-keyed.

use crate::store::epochs::Number;
use handsel_gallery::{Among, Buckets, Found, Gallery, InsertError, Key};
use handsel_palm::{Probe, Side, Template};
use std::{
    collections::BTreeMap,
    ops::Bound,
    sync::{
        Arc, PoisonError, RwLock,
        atomic::{AtomicU64, Ordering},
    },
};

/// A gallery for each epoch.
///
/// A reference that is re-keyed is taken into the newer epoch's gallery before it leaves the older one's, and searches go from older
/// ones to newer ones: so none misses it. It may be found twice, which [`Found::merge`] takes as once.
#[derive(Debug, Default)]
pub(crate) struct Galleries {
    of_epochs: RwLock<BTreeMap<Number, Arc<Gallery>>>,
    /// How many searches there were.
    searches: AtomicU64,
}

/// There are palms of an epoch that no probe was given for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct NoProbe;

impl Galleries {
    /// Takes in a capture of an epoch.
    pub(crate) fn insert(
        &self,
        epoch: Number,
        key: Key,
        side: Side,
        capture: u8,
        template: Template,
    ) -> Result<(), InsertError> {
        self.of(epoch).insert(key, side, capture, template)
    }

    /// Takes a reference out of every epoch's gallery but this one's. Call it when all its captures are in there.
    pub(crate) fn keep_only(&self, key: Key, epoch: Number) {
        for (other, gallery) in self.all() {
            if other != epoch {
                gallery.remove(key);
            }
        }
    }

    /// Forgets a reference; its bytes are overwritten before this returns.
    pub(crate) fn remove(&self, key: Key) {
        self.all().iter().for_each(|(_, gallery)| {
            gallery.remove(key);
        });
    }

    /// Forgets every reference of some buckets.
    pub(crate) fn remove_buckets(&self, buckets: Buckets) {
        self.all().iter().for_each(|(_, gallery)| gallery.remove_buckets(buckets));
    }

    /// Whether there are palms of more than one epoch: references are being re-keyed.
    pub(crate) fn of_several_epochs(&self) -> bool {
        self.of_epochs.read().unwrap_or_else(PoisonError::into_inner).len() > 1
    }

    /// Lets go of the galleries of older epochs in which nobody is left. Call it from where references are re-keyed alone.
    pub(crate) fn drop_empty(&self) {
        let mut all = self.of_epochs.write().unwrap_or_else(PoisonError::into_inner);
        let newest = all.last_key_value().map(|(&epoch, _)| epoch);
        all.retain(|&epoch, gallery| Some(epoch) == newest || !gallery.is_empty());
    }

    /// How many searches there were, counted here, where palms are compared.
    pub(crate) fn searches(&self) -> u64 {
        self.searches.load(Ordering::SeqCst)
    }

    /// How many references there are.
    pub(crate) fn len(&self) -> usize {
        self.all().iter().map(|(_, gallery)| gallery.len()).sum()
    }

    /// Searches all epochs' references, exactly, with the probe for each. Keeps the calling thread busy.
    ///
    /// # Errors
    /// [`NoProbe`]: then nobody may be taken for not there.
    pub(crate) fn search(
        &self,
        probe: impl Fn(Number) -> Option<Arc<Probe>>,
        side: Side,
        among: &Among,
    ) -> Result<Found, NoProbe> {
        self.searches.fetch_add(1, Ordering::SeqCst);
        let mut found = Found::default();
        let mut searched = Bound::Unbounded;
        // The next newer one is looked up only when the one before was searched: it may have come meanwhile.
        while let Some((epoch, gallery)) = self.after(searched) {
            searched = Bound::Excluded(epoch);
            match probe(epoch) {
                Some(probe) => found.merge(gallery.search(&probe, side, among)),
                None if gallery.is_empty() => {}
                None => return Err(NoProbe),
            }
        }
        Ok(found)
    }

    fn after(&self, searched: Bound<Number>) -> Option<(Number, Arc<Gallery>)> {
        let all = self.of_epochs.read().unwrap_or_else(PoisonError::into_inner);
        all.range((searched, Bound::Unbounded)).next().map(|(&epoch, gallery)| (epoch, Arc::clone(gallery)))
    }

    fn of(&self, epoch: Number) -> Arc<Gallery> {
        if let Some(gallery) = self.of_epochs.read().unwrap_or_else(PoisonError::into_inner).get(&epoch) {
            return Arc::clone(gallery);
        }
        Arc::clone(self.of_epochs.write().unwrap_or_else(PoisonError::into_inner).entry(epoch).or_default())
    }

    fn all(&self) -> Vec<(Number, Arc<Gallery>)> {
        let all = self.of_epochs.read().unwrap_or_else(PoisonError::into_inner);
        all.iter().map(|(&epoch, gallery)| (epoch, Arc::clone(gallery))).collect()
    }
}
