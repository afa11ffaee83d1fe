//! The references in memory, and the search over all of them.

use crate::{
    Decision, Found, Key, TargetFpir,
    bucket::{BUCKETS, Buckets, bucket},
    queue::{Job, Queue},
    residue::wipe_stack,
    shelf::Shelf,
};
use handsel_palm::{Probe, Side, Template};
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

/// References held in memory. Searches run concurrently with each other and with what is enrolled and erased: each of these waits
/// for a part of one bucket at most, never for a search.
pub struct Gallery {
    shelves: Vec<RwLock<Shelf>>,
    queue: Queue,
    threads: usize,
}

/// Among whom a search looks. It sets how many comparisons share the accepted risk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Among {
    /// Every reference in the given buckets.
    Buckets(Buckets),
    /// These references alone, as far as they are there: a cohort that the caller knows the person to be of.
    Only(Vec<Key>),
}

impl Among {
    /// Every reference there is.
    pub const EVERYONE: Among = Among::Buckets(Buckets::ALL);
}

/// Why a template was not taken in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InsertError {
    /// It has no features.
    #[error("the template has no features, so it could match nobody")]
    NoFeatures,
    /// This capture of this reference is there already.
    #[error("this capture of this reference is in the gallery already")]
    Duplicate,
    /// The reference is of the other hand.
    #[error("the reference is of the other hand")]
    OtherHand,
    /// No place is left.
    #[error("the gallery is full")]
    Full,
}

/// How much of a stack comparing takes at most, in bytes.
const COMPARING: usize = 128 << 10;
/// Fewer references than this of a cohort are not: their codes take a millisecond.
const WORTH_A_THREAD_CODES: usize = 64;
/// Fewer templates than this are not worth a second thread: it takes as long to start as to read their vectors.
const WORTH_A_THREAD: u64 = 4_096;

impl Gallery {
    /// An empty gallery, searched by as many threads as there are processors.
    pub fn new() -> Gallery {
        Gallery::with_threads(std::thread::available_parallelism().map_or(1, usize::from))
    }

    /// An empty gallery, searched by at most `threads` threads at once, at least one.
    pub fn with_threads(threads: usize) -> Gallery {
        let shelves = (0..BUCKETS).map(|_| RwLock::default()).collect();
        Gallery { shelves, queue: Queue::default(), threads: threads.max(1) }
    }

    /// Adds a reference's capture number `capture`.
    ///
    /// Cost: the template's own bytes, however many there are.
    ///
    /// # Errors
    /// [`InsertError`]; nothing is changed then.
    pub fn insert(&self, key: Key, side: Side, capture: u8, template: Template) -> Result<(), InsertError> {
        self.write(bucket(key)).insert(key, side, capture, template)
    }

    /// Forgets a reference; its bytes are overwritten before this returns. False if it was not there.
    ///
    /// Cost: the reference's own bytes, however many there are.
    pub fn remove(&self, key: Key) -> bool {
        self.write(bucket(key)).remove(key)
    }

    /// Forgets every reference of some buckets.
    pub fn remove_buckets(&self, buckets: Buckets) {
        buckets.iter().for_each(|bucket| *self.write(bucket) = Shelf::default());
    }

    /// How many references there are.
    pub fn len(&self) -> usize {
        (0..BUCKETS).map(|bucket| self.read(bucket).len()).sum()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Searches all references of one side, exactly, and decides.
    pub fn identify(&self, probe: &Arc<Probe>, side: Side, risk: TargetFpir) -> Decision {
        self.search(probe, side, &Among::EVERYONE).decide(risk)
    }

    /// Searches the references of one side, exactly.
    ///
    /// Cost: the leading part of every vector of that side, the rest of those that may be close enough, and the code of
    /// those that are; on all threads together. Searches that wait for each other share one pass. A cohort costs its own members.
    pub fn search(&self, probe: &Arc<Probe>, side: Side, among: &Among) -> Found {
        let buckets = match among {
            Among::Buckets(buckets) => *buckets,
            Among::Only(keys) => return self.search_only(probe, side, keys),
        };
        let Some(job) = Job::new(probe, side, buckets) else {
            // A probe without features matches nobody.
            let comparisons = buckets.iter().map(|bucket| self.read(bucket).templates(side)).sum();
            return Found { comparisons, ..Found::default() };
        };
        self.queue.run(job, |jobs| self.pass(jobs))
    }

    fn search_only(&self, probe: &Probe, side: Side, keys: &[Key]) -> Found {
        let mut keys = keys.to_vec();
        keys.sort_unstable();
        keys.dedup();
        let of_some = |keys: &[Key]| {
            let mut found = Found::default();
            for &key in keys {
                if let Some((score, comparisons)) = self.read(bucket(key)).verify(key, side, probe) {
                    found.comparisons += comparisons;
                    found.add(key, score);
                }
            }
            wipe_stack::<COMPARING>();
            found
        };
        let share = keys.len().div_ceil(self.threads).max(WORTH_A_THREAD_CODES);
        std::thread::scope(|scope| {
            let mut shares = keys.chunks(share);
            let first = shares.next().unwrap_or_default();
            let others: Vec<_> = shares.map(|keys| scope.spawn(|| of_some(keys))).collect();
            let mut found = of_some(first);
            for other in others {
                found.merge(other.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)));
            }
            found
        })
    }

    /// Searches for several probes at once; gives what each found.
    fn pass(&self, jobs: &[Job]) -> Vec<Found> {
        let templates = |side| (0..BUCKETS).map(|bucket| self.read(bucket).templates(side)).sum::<u64>();
        let work: u64 = jobs.iter().map(|job| templates(job.side)).sum();
        let threads = self.threads.min(1 + (work / WORTH_A_THREAD) as usize);
        let next = std::sync::atomic::AtomicUsize::new(0);
        let worker = || {
            let mut found = vec![Found::default(); jobs.len()];
            loop {
                let bucket = next.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
                if bucket >= BUCKETS {
                    wipe_stack::<COMPARING>();
                    return found;
                }
                crate::shelf::search(|| self.read(bucket), bucket, jobs, &mut found);
            }
        };
        if threads == 1 {
            return worker();
        }
        std::thread::scope(|scope| {
            let others: Vec<_> = (1..threads).map(|_| scope.spawn(worker)).collect();
            let mut found = worker();
            for other in others {
                let other = other.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
                found.iter_mut().zip(other).for_each(|(found, other)| found.merge(other));
            }
            found
        })
    }

    // A panic while a lock is held cannot leave a reference half written: a poisoned lock is as good as a sound one.
    fn read(&self, bucket: usize) -> RwLockReadGuard<'_, Shelf> {
        self.shelves[bucket].read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self, bucket: usize) -> RwLockWriteGuard<'_, Shelf> {
        self.shelves[bucket].write().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for Gallery {
    fn default() -> Gallery {
        Gallery::new()
    }
}

impl std::fmt::Debug for Gallery {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Gallery(..)")
    }
}
