//! The server's side: who is asked for what, and what their answers are worth together.

use super::{
    inbox::Inbox,
    members::{self, Members},
    message::{Announcement, Release},
    nats::{NatsError, NatsServers},
    pace::Pace,
    placement::buckets_of,
    seal::{Kind, Seal, write_hint},
    search::Search,
};
use crate::{epochs::Epochs, palms::Unavailable, store::Store, store::changes::Seq, vault::Vault};
use async_nats::Client;
use futures_util::StreamExt;
use handsel_gallery::{Among, BUCKETS, Buckets, Found};
use handsel_palm::{Probe, Side};
use std::{
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};
use tokio::{sync::Notify, task::JoinSet};

/// How long an erasure waits for the matchers to overwrite the palms.
const OVERWRITTEN: Duration = Duration::from_secs(2);
/// Searches all palms at the matchers.
pub(crate) struct Coordinator {
    parts: Arc<Parts>,
    /// End with it.
    _tasks: JoinSet<()>,
}

pub(super) struct Parts {
    client: Client,
    pub(super) seal: Arc<Seal>,
    store: Store,
    epochs: Arc<Epochs>,
    pub(super) inbox: Inbox,
    members: Mutex<Members>,
    /// Told of each announcement.
    heard: Notify,
    /// Told of each change.
    changed: Notify,
    pub(super) turn: AtomicUsize,
    pub(super) pace: Pace,
    /// How many searches there were.
    pub(super) searches: AtomicU64,
}

impl std::fmt::Debug for Coordinator {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Coordinator(..)")
    }
}

impl Coordinator {
    /// Connects to NATS and listens for matchers; there may be none yet.
    ///
    /// # Errors
    /// [`NatsError`].
    pub(crate) async fn connect(
        servers: &NatsServers,
        store: Store,
        vault: Arc<Vault>,
        epochs: Arc<Epochs>,
    ) -> Result<Coordinator, NatsError> {
        let client = servers.connect("handsel server").await?;
        let seal = Arc::new(Seal::new(vault));
        let failed = |error: async_nats::SubscribeError| NatsError::Unreachable(error.to_string());
        let mut announced = client.subscribe(seal.subject("announce")).await.map_err(failed)?;
        let (inbox, arriving) = Inbox::open(client.clone(), Arc::clone(&seal)).await.map_err(failed)?;
        let members = Mutex::new(Members::new(Release::own()));
        let (heard, changed, turn) = (Notify::new(), Notify::new(), AtomicUsize::new(0));
        let parts = Arc::new(Parts {
            client,
            seal,
            store,
            epochs,
            inbox,
            members,
            heard,
            changed,
            turn,
            pace: Pace::default(),
            searches: AtomicU64::new(0),
        });
        let mut tasks = JoinSet::new();
        let of = Arc::clone(&parts);
        tasks.spawn(async move { of.inbox.receive(arriving).await });
        let of = Arc::clone(&parts);
        tasks.spawn(async move {
            while let Some(message) = announced.next().await {
                of.hear(&message.payload);
            }
        });
        let of = Arc::clone(&parts);
        tasks.spawn(async move { of.pass_on_hints().await });
        let of = Arc::clone(&parts);
        tasks.spawn(async move { of.watch().await });
        Ok(Coordinator { parts, _tasks: tasks })
    }

    /// The longest that a search takes.
    pub(crate) const LONGEST: Duration = Pace::LONGEST;

    /// Searches exactly with a bare probe, at the matchers. What is found is not decided yet.
    ///
    /// # Errors
    /// [`Unavailable`]: not every bucket that can hold one of `among` was searched, at or past the last change of the store when
    /// this began.
    pub(crate) async fn search(&self, probe: &Arc<Probe>, side: Side, among: &Among) -> Result<Found, Unavailable> {
        let start = Instant::now();
        self.parts.searches.fetch_add(1, Ordering::SeqCst);
        // Before the number: an older epoch that is missing here was left by every template before that.
        let epochs = self.parts.epochs.in_use();
        let required = self.parts.last_change().await?;
        let probes = epochs.iter().map(|epoch| (epoch.number, epoch.probe(probe).to_bytes())).collect();
        let needed = match among {
            Among::Buckets(buckets) => *buckets,
            Among::Only(keys) => buckets_of(keys),
        };
        let search = Search { parts: &self.parts, required, side, among, probes };
        let found = search.run(needed).await;
        if let Err(missing) = found {
            tracing::warn!(buckets = missing.len(), ms = start.elapsed().as_millis() as u64, "a search has no answer");
        }
        found.map_err(|_| Unavailable)
    }

    /// How many searches matchers were asked for.
    pub(crate) fn searches(&self) -> u64 {
        self.parts.searches.load(Ordering::SeqCst)
    }

    /// Tells the matchers that something changed. They would notice by themselves within 200 ms.
    pub(crate) fn hint(&self) {
        self.parts.changed.notify_one();
    }

    /// Waits until every matcher that is alive has followed all committed changes, two seconds at most. Who has not is logged: no
    /// search is answered by it before it has.
    pub(crate) async fn followed(&self) {
        let parts = &self.parts;
        let Ok(seq) = parts.last_change().await else { return };
        parts.send_hint(seq).await;
        let deadline = Instant::now() + OVERWRITTEN;
        loop {
            let heard = parts.heard.notified();
            let behind = parts.behind(seq);
            if behind.is_empty() {
                return;
            }
            if Instant::now() >= deadline {
                tracing::warn!(
                    matchers = behind.join(" "),
                    "what was erased or re-keyed is not overwritten at every matcher yet"
                );
                return;
            }
            // A matcher that dies is not heard of.
            let _ = tokio::time::timeout(Duration::from_millis(100), heard).await;
        }
    }

    /// The buckets that somebody alive holds.
    pub(crate) fn held(&self) -> Buckets {
        self.parts.members().held(Instant::now())
    }

    /// For each bucket, how many matchers that are alive hold it.
    pub(crate) fn holders(&self) -> [usize; BUCKETS] {
        self.parts.members().holders(Instant::now())
    }
}

impl Parts {
    async fn last_change(&self) -> Result<Seq, Unavailable> {
        self.store.last_change().await.map_err(|error| {
            tracing::error!(%error, "the store does not say how far it is");
            Unavailable
        })
    }

    fn hear(&self, sealed: &[u8]) {
        let Some((release, announcement)) = self.seal.open(Kind::Announcement, sealed, Announcement::read) else {
            return;
        };
        if !self.members().hear(release, announcement, Instant::now()) {
            self.seal.refuse("an announcement came twice, or from a clock that differs by more than 30 s");
        }
        self.heard.notify_waiters();
    }

    async fn pass_on_hints(&self) {
        loop {
            self.changed.notified().await;
            if let Ok(seq) = self.last_change().await {
                self.send_hint(seq).await;
            }
        }
    }

    async fn send_hint(&self, seq: Seq) {
        let sealed = self.seal.seal(Kind::Hint, &write_hint(seq));
        // Without it they look a moment later.
        let _ = self.client.publish(self.seal.subject("hint"), sealed.into()).await;
    }

    /// Who is alive and has not followed to `seq`.
    fn behind(&self, seq: Seq) -> Vec<String> {
        let members = self.members();
        let behind = members.live(Instant::now()).filter(|(_, member)| member.applied < seq);
        behind.map(|(id, _)| members::name(id)).collect()
    }

    /// Says in the log when buckets have too few holders, and when all have enough again.
    async fn watch(&self) {
        let mut said = (0, 0);
        loop {
            tokio::time::sleep(Duration::from_secs(1)).await;
            let now = Instant::now();
            let holders = {
                let mut members = self.members();
                members.bury(now);
                members.holders(now)
            };
            let (none, one) = [0, 1].map(|n| holders.iter().filter(|&&held| held == n).count()).into();
            if (none, one) != said {
                if none > 0 {
                    tracing::error!(buckets = none, "palms are held by no matcher: every search is refused");
                } else if one > 0 {
                    tracing::warn!(buckets = one, "palms are held by one matcher only");
                } else {
                    tracing::info!("all palms are held by two matchers or more");
                }
                said = (none, one);
            }
        }
    }

    pub(super) fn members(&self) -> MutexGuard<'_, Members> {
        self.members.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
