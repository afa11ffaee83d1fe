//! A matcher's palms: loaded from the store, kept up with its changes, moved as matchers come and go. One task does all of it in
//! turn, so that nothing overtakes anything.

use super::{
    matcher::MatcherError,
    members::{ANNOUNCED_TWICE, Member, Members},
    message::MatcherId,
    placement::{Share, share},
};
use crate::{
    galleries::Galleries,
    load::{self, Refused},
    residue::{Handling, wipe_stack},
    store::{
        OpenError, Reader, StoreError,
        changes::{self, Seq, StoredChange},
        references::{self, StoredTemplate},
    },
    vault::Vault,
};
use handsel_api::ReferenceId;
use handsel_gallery::{BUCKETS, Buckets, bucket};
use std::{
    collections::HashSet,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};
use tokio::sync::{Notify, watch};

/// How often the store is asked for changes when nobody says that there are any.
const POLL: Duration = Duration::from_millis(200);
/// References read at once. Each takes about 20 µs to open: changes wait no longer than that for a page.
const PAGE: u32 = 500;
/// Changes read at once.
const CHANGES: u32 = 1_000;
/// How long a spare bucket is still answered for after it is no longer announced: who asks has heard of that by then.
const SPARED: Duration = Duration::from_secs(1);

/// What a matcher holds, and how far it has followed.
pub(crate) struct Held {
    pub(crate) galleries: Galleries,
    pub(crate) state: watch::Sender<State>,
    /// Told when the store has something new.
    pub(crate) wake: Notify,
}

/// A moment of a matcher.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct State {
    /// Every reference of these is there.
    pub(crate) ready: Buckets,
    /// Those of them that others should count on.
    pub(crate) announced: Buckets,
    /// The last change that was followed, in every bucket.
    pub(crate) applied: Seq,
    /// How often buckets were given up: a search that saw this change has searched nothing.
    pub(crate) losses: u64,
    pub(crate) leaving: bool,
}

impl Held {
    pub(crate) fn new() -> Held {
        Held { galleries: Galleries::default(), state: watch::Sender::default(), wake: Notify::new() }
    }

    pub(crate) fn now(&self) -> State {
        *self.state.borrow()
    }

    /// Gives buckets up, before their bytes are overwritten.
    fn lose(&self, buckets: Buckets) {
        self.state.send_modify(|state| {
            state.ready.0 &= !buckets.0;
            state.announced.0 &= !buckets.0;
            state.losses += 1;
        });
        self.galleries.remove_buckets(buckets);
    }
}

/// The task that keeps [`Held`] true.
pub(crate) struct Keeper {
    pub(crate) me: MatcherId,
    pub(crate) replicas: usize,
    pub(crate) store: Reader,
    pub(crate) vault: Arc<Vault>,
    pub(crate) members: Arc<Mutex<Members>>,
    pub(crate) held: Arc<Held>,
}

/// Buckets on their way in.
struct Loading {
    buckets: Buckets,
    /// The last reference that was read.
    after: Option<ReferenceId>,
    start: Instant,
}

/// Why the keeper could not go on; it tries again after the first, and never after the second.
enum Failed {
    Store(StoreError),
    Final(MatcherError),
}

impl Keeper {
    /// Keeps until something is wrong for good.
    pub(crate) async fn run(self) -> MatcherError {
        let begin = Instant::now();
        let mut loading = None;
        let mut spare_since = [None; BUCKETS];
        let (mut begun, mut failing) = (false, false);
        loop {
            let turn = async {
                if !begun {
                    let seq = changes::last(&mut *self.store.read().await?).await?;
                    self.held.state.send_modify(|state| state.applied = seq);
                    begun = true;
                }
                self.follow(&mut loading).await?;
                self.load_page(&mut loading).await?;
                // Whoever is there already is heard of first, so that a matcher does not begin with what it need not hold.
                if loading.is_none() && begin.elapsed() >= ANNOUNCED_TWICE {
                    loading = self.place(&mut spare_since).await?;
                }
                Ok(())
            };
            match turn.await {
                Ok(()) => failing = false,
                Err(Failed::Final(error)) => return error,
                Err(Failed::Store(error)) => {
                    if !failing {
                        tracing::error!(%error, "the store cannot be followed; no search is answered past this until it can");
                    }
                    failing = true;
                    tokio::time::sleep(POLL).await;
                }
            }
            if loading.is_none() {
                tokio::select! {
                    () = self.held.wake.notified() => {}
                    () = tokio::time::sleep(POLL) => {}
                }
            }
        }
    }

    /// Makes every change of the store that was not made yet.
    async fn follow(&self, loading: &mut Option<Loading>) -> Result<(), Failed> {
        loop {
            let applied = self.held.now().applied;
            let mut new = changes::from(&mut *self.store.read().await?, applied, CHANGES).await?;
            let known = new.first().is_some_and(|change| change.seq == applied);
            if known {
                new.remove(0);
            }
            let gap = match new.first() {
                Some(next) => next.seq != applied + 1,
                None => !known,
            } || new.windows(2).any(|two| two[1].seq != two[0].seq + 1);
            if gap {
                return self.start_over(loading, applied, new.first().map(|next| next.seq)).await;
            }
            let Some(last) = new.last().map(|change| change.seq) else { return Ok(()) };
            self.apply(&new, loading).await?;
            self.held.state.send_modify(|state| state.applied = last);
        }
    }

    /// The list of changes does not go on where it was left: nothing that is held can be trusted.
    async fn start_over(&self, loading: &mut Option<Loading>, applied: Seq, next: Option<Seq>) -> Result<(), Failed> {
        tracing::warn!(
            applied,
            next,
            "changes are missing: this matcher was away for too long, or the store was replaced. Loading everything again"
        );
        *loading = None;
        self.held.lose(Buckets::ALL);
        let seq = changes::last(&mut *self.store.read().await?).await?;
        self.held.state.send_modify(|state| state.applied = seq);
        Ok(())
    }

    /// What is stored under a reference is there afterwards, and what is not, is not: a change can be made twice. A reference
    /// that stays is never gone in between.
    async fn apply(&self, new: &[StoredChange], loading: &Option<Loading>) -> Result<(), Failed> {
        let mine = Buckets(self.held.now().ready.0 | loading.as_ref().map_or(0, |loading| loading.buckets.0));
        let mut changed: Vec<ReferenceId> = new.iter().filter_map(|change| change.reference).collect();
        changed.sort_unstable_by_key(|reference| reference.0);
        changed.dedup();
        changed.retain(|reference| mine.contains(bucket(reference.0.into())));
        for some in changed.chunks(PAGE as usize) {
            let rows = references::templates_of_all(&mut *self.store.read().await?, some).await?;
            let there: HashSet<ReferenceId> = rows.iter().map(|row| row.reference).collect();
            let gone: Vec<_> = some.iter().filter(|reference| !there.contains(reference)).collect();
            gone.iter().for_each(|reference| self.held.galleries.remove(reference.0.into()));
            let leaves_something = !gone.is_empty() || self.held.galleries.of_several_epochs();
            self.take_in(rows).await?;
            if leaves_something {
                // Connections keep what they read of whoever is gone.
                self.store.renew().await;
            }
        }
        Ok(())
    }

    /// Reads the next references of the buckets that are being loaded. Each page is read after the changes before it were made, and
    /// the changes after it will be: so pages need not be of one moment.
    async fn load_page(&self, loading: &mut Option<Loading>) -> Result<(), Failed> {
        let Some(now) = loading else { return Ok(()) };
        let page = references::page_of_templates(&mut *self.store.read().await?, now.after, PAGE).await?;
        if let Some(last) = page.last() {
            now.after = Some(last.reference);
            let mine = |row: &StoredTemplate| now.buckets.contains(bucket(row.reference.0.into()));
            return self.take_in(page.into_iter().filter(mine).collect()).await;
        }
        let (buckets, ms) = (now.buckets, now.start.elapsed().as_millis() as u64);
        *loading = None;
        self.held.state.send_modify(|state| {
            state.ready.0 |= buckets.0;
            state.announced.0 |= buckets.0;
        });
        tracing::info!(buckets = buckets.len(), palms = self.held.galleries.len(), ms, "buckets were loaded");
        Ok(())
    }

    async fn take_in(&self, rows: Vec<StoredTemplate<'static>>) -> Result<(), Failed> {
        let (held, vault) = (Arc::clone(&self.held), Arc::clone(&self.vault));
        let _handling = Handling;
        let taking = tokio::task::spawn_blocking(move || {
            let mut refused = Refused::default();
            load::take_in(&held.galleries, &vault, &rows, &mut refused);
            held.galleries.drop_empty();
            drop(rows);
            wipe_stack();
            refused.nothing()
        });
        let taken = taking.await.map_err(|_| Failed::Final(MatcherError::BrokeOff))?;
        taken.map_err(|error| Failed::Final(error.into()))
    }

    /// Begins to load what is its own, and drops what others hold in its place.
    async fn place(&self, spare_since: &mut [Option<Instant>; BUCKETS]) -> Result<Option<Loading>, Failed> {
        let state = self.held.now();
        let Share { own, spare } = share(self.me, &self.others_and_me(state), self.replicas);
        let missing = Buckets(own.0 & !state.ready.0);
        if !missing.is_empty() {
            // Its writer may have been replaced by another release.
            match self.store.check_version().await {
                Ok(()) => {}
                Err(OpenError::Newer(version)) => return Err(Failed::Final(MatcherError::NewerStore(version))),
                Err(other) => return Err(Failed::Store(StoreError::Unavailable(other.to_string()))),
            }
            return Ok(Some(Loading { buckets: missing, after: None, start: Instant::now() }));
        }
        let spare = Buckets(spare.0 & state.ready.0);
        let announced = Buckets(state.ready.0 & !spare.0);
        if announced != state.announced {
            self.held.state.send_modify(|state| state.announced = announced);
        }
        for (bucket, since) in spare_since.iter_mut().enumerate() {
            *since = if spare.contains(bucket) { since.or(Some(Instant::now())) } else { None };
        }
        let due = |since: &Option<Instant>| since.is_some_and(|since| since.elapsed() >= SPARED);
        let drop: Buckets = (0..BUCKETS).filter(|&bucket| due(&spare_since[bucket])).collect();
        if !drop.is_empty() && !state.leaving {
            self.held.lose(drop);
            tracing::info!(buckets = drop.len(), palms = self.held.galleries.len(), "buckets were given to others");
        }
        Ok(None)
    }

    fn others_and_me(&self, state: State) -> Vec<(MatcherId, Member)> {
        let members = self.members.lock().unwrap_or_else(PoisonError::into_inner);
        let mut all: Vec<_> = members.live(Instant::now()).map(|(id, member)| (id, *member)).collect();
        all.retain(|(id, _)| *id != self.me);
        all.push((self.me, Member::own(state.leaving, state.ready, state.applied)));
        all
    }
}

impl From<StoreError> for Failed {
    fn from(error: StoreError) -> Failed {
        Failed::Store(error)
    }
}
