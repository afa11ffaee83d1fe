//! A matcher: a process that holds a share of the palms and answers for it.

use super::{
    NatsServers,
    answer::answer,
    inbox::search_subject,
    keeper::{Held, Keeper},
    members::{ANNOUNCED, Members, name},
    message::{Announcement, MatcherId, Release, Request},
    nats::NatsError,
    seal::{Answered, Kind, Seal, read_hint},
};
use crate::{
    clock::now_ms,
    config::Config,
    load::LoadError,
    secret,
    store::{OpenError, Place, Reader, Store, StoreError, sessions},
    vault::{KeyFileError, Vault},
};
use async_nats::{Client, Message, SubscribeError, Subscriber};
use futures_util::StreamExt;
use handsel_gallery::Buckets;
use std::{
    path::PathBuf,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};
use tokio::task::JoinSet;

/// How long a matcher that is told to stop goes on, for others to take what it holds.
const HAND_OVER: Duration = Duration::from_secs(10);
/// How long it still answers after that: who asks has heard of it by then.
const FAREWELL: Duration = Duration::from_millis(500);
/// The least time between two announcements.
const BREATH: Duration = Duration::from_millis(5);

/// Why a matcher could not start or go on; each says what to do.
#[derive(Debug, thiserror::Error)]
pub enum MatcherError {
    /// A newer version of this program wrote the store.
    #[error(
        "the store was written by a newer version (its schema is {0}). Start a matcher of that version; nothing was changed"
    )]
    NewerStore(i64),
    /// The store cannot be read.
    #[error(
        "cannot read the store {store}: {why}. Start the server first: it makes the store, and brings it up to date"
    )]
    Store {
        /// The file or the database, without user and password.
        store: String,
        /// What the database said.
        why: String,
    },
    /// The key file cannot be used.
    #[error(transparent)]
    KeyFile(#[from] KeyFileError),
    /// The key file belongs to another store.
    #[error("the key file in {0} is not the one this store was sealed with. Put the right one here")]
    WrongKeyFile(PathBuf),
    /// Stored templates cannot be searched.
    #[error(transparent)]
    Templates(#[from] LoadError),
    /// The NATS servers cannot be used.
    #[error(transparent)]
    Nats(#[from] NatsError),
    /// Work broke off, which is a mistake in this program.
    #[error("the matcher broke off; start it again, and report this")]
    BrokeOff,
}

/// A matcher that has opened its store and found its NATS servers.
pub struct Matcher {
    me: MatcherId,
    seal: Arc<Seal>,
    client: Client,
    members: Arc<Mutex<Members>>,
    held: Arc<Held>,
    keeper: Keeper,
}

impl Matcher {
    /// Opens the configured store to read it, and connects. Every bucket is held by `replicas` matchers, at least one.
    ///
    /// # Errors
    /// [`MatcherError`], each with what to do.
    pub async fn open(config: &Config, servers: &NatsServers, replicas: usize) -> Result<Matcher, MatcherError> {
        let place = Place::of(config);
        let store = Store::open_reader(&place).await.map_err(|error| match error {
            OpenError::Newer(version) => MatcherError::NewerStore(version),
            other => MatcherError::Store { store: place.to_string(), why: other.to_string() },
        })?;
        let broken = |error: StoreError| MatcherError::Store { store: place.to_string(), why: error.to_string() };
        let keys_dir = config.data_dir.join("keys");
        let vault = Arc::new(Vault::of(config, false)?);
        let check = sessions::setting(&mut *store.read().await.map_err(broken)?, sessions::KEY_CHECK).await;
        if check.map_err(broken)?.is_none_or(|check| check != vault.check()) {
            return Err(MatcherError::WrongKeyFile(keys_dir));
        }
        Ok(Matcher::with(store, vault, servers.connect("handsel matcher").await?, replicas))
    }

    fn with(store: Reader, vault: Arc<Vault>, client: Client, replicas: usize) -> Matcher {
        let me = u128::from_le_bytes(secret::random());
        let seal = Arc::new(Seal::new(Arc::clone(&vault)));
        let members = Arc::new(Mutex::new(Members::new(Release::own())));
        let held = Arc::new(Held::new());
        let (replicas, of, what) = (replicas.max(1), Arc::clone(&members), Arc::clone(&held));
        let keeper = Keeper { me, replicas, store, vault, members: of, held: what };
        Matcher { me, seal, client, members, held, keeper }
    }

    /// Holds its share and answers, until `stop`; then until others hold what it held, ten seconds at most.
    ///
    /// # Errors
    /// [`MatcherError`], when it cannot go on.
    pub async fn run(self, stop: impl Future<Output = ()>) -> Result<(), MatcherError> {
        let Matcher { me, seal, client, members, held, keeper } = self;
        let failed = |error: SubscribeError| NatsError::Unreachable(error.to_string());
        let announced = client.subscribe(seal.subject("announce")).await.map_err(failed)?;
        let hints = client.subscribe(seal.subject("hint")).await.map_err(failed)?;
        let requests = client.subscribe(search_subject(&seal, me)).await.map_err(failed)?;
        tracing::info!(matcher = %name(me), release = %Release::own(), "this matcher is there");
        let mut keeping = tokio::spawn(keeper.run());
        let mut tasks = JoinSet::new();
        tasks.spawn(announce(me, Arc::clone(&seal), client.clone(), Arc::clone(&held)));
        tasks.spawn(listen(announced, Arc::clone(&seal), Arc::clone(&members)));
        tasks.spawn(wake(hints, Arc::clone(&seal), Arc::clone(&held)));
        tasks.spawn(serve(requests, seal, client.clone(), Arc::clone(&held)));
        let stopped = async {
            stop.await;
            hand_over(me, &held, &members).await;
        };
        let ended = tokio::select! {
            () = stopped => Ok(()),
            error = &mut keeping => Err(error.unwrap_or(MatcherError::BrokeOff)),
            // They end only when the connection is closed for good or one panics.
            _ = tasks.join_next() => Err(MatcherError::BrokeOff),
        };
        keeping.abort();
        ended
    }
}

/// Says what is held: regularly, and at once when that changes.
async fn announce(me: MatcherId, seal: Arc<Seal>, client: Client, held: Arc<Held>) {
    let mut state = held.state.subscribe();
    let mut last_ms = 0;
    loop {
        let now = *state.borrow_and_update();
        // Each later than the one before, or it would be taken for a repetition.
        last_ms = now_ms().max(last_ms + 1);
        let announcement = Announcement {
            release: Release::own(),
            id: me,
            time_ms: last_ms,
            leaving: now.leaving,
            ready: now.announced,
            applied: now.applied,
        };
        let sealed = seal.seal(Kind::Announcement, &announcement.write());
        if client.publish(seal.subject("announce"), sealed.into()).await.is_err() {
            return;
        }
        tokio::time::sleep(BREATH).await;
        // Whether it changed or the time is over, it is said again.
        let _ = tokio::time::timeout(ANNOUNCED, state.changed()).await;
    }
}

async fn listen(mut announced: Subscriber, seal: Arc<Seal>, members: Arc<Mutex<Members>>) {
    while let Some(message) = announced.next().await {
        if let Some((release, said)) = seal.open(Kind::Announcement, &message.payload, Announcement::read) {
            let now = Instant::now();
            let mut members = lock(&members);
            members.bury(now);
            members.hear(release, said, now);
        }
    }
}

async fn wake(mut hints: Subscriber, seal: Arc<Seal>, held: Arc<Held>) {
    while let Some(message) = hints.next().await {
        if seal.open(Kind::Hint, &message.payload, read_hint).is_some_and(|seq| seq > held.now().applied) {
            held.wake.notify_one();
        }
    }
}

/// Answers requests, each on its own: searches that wait for each other share one pass over the memory.
async fn serve(mut requests: Subscriber, seal: Arc<Seal>, client: Client, held: Arc<Held>) {
    let mut answered = Answered::default();
    let mut answers = JoinSet::new();
    while let Some(Message { payload, reply, .. }) = requests.next().await {
        while answers.try_join_next().is_some() {}
        let Some(request) = seal.open(Kind::Request, &payload, Request::read) else { continue };
        let Some(reply) = reply.filter(|_| answered.is_new(request.id, request.time_ms)) else {
            seal.refuse("a request came twice, or from a clock that differs by more than 30 s");
            continue;
        };
        let (seal, client, held) = (Arc::clone(&seal), client.clone(), Arc::clone(&held));
        answers.spawn(async move {
            let kind = Kind::Answer(request.id);
            let Some(answer) = answer(&held, request).await else { return };
            // Who asked asks somebody else when this is lost.
            let _ = client.publish(reply, seal.seal(kind, &answer.write()).into()).await;
        });
    }
}

/// Tells the others to take what is held here, and answers until they have.
async fn hand_over(me: MatcherId, held: &Held, members: &Mutex<Members>) {
    held.state.send_modify(|state| state.leaving = true);
    held.wake.notify_one();
    let start = Instant::now();
    loop {
        let taken = {
            let members = lock(members);
            let others = || members.live(Instant::now()).filter(|(id, member)| *id != me && !member.leaving);
            let taken = others().fold(0, |taken, (_, member)| taken | member.ready.0);
            // With nobody left there is nobody to wait for.
            others().next().is_none() || held.now().ready.0 & !taken == 0 && held.now().announced == Buckets(0)
        };
        if taken || start.elapsed() >= HAND_OVER {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    tokio::time::sleep(FAREWELL).await;
    tracing::info!(ms = start.elapsed().as_millis() as u64, "this matcher leaves");
}

fn lock(members: &Mutex<Members>) -> MutexGuard<'_, Members> {
    members.lock().unwrap_or_else(PoisonError::into_inner)
}
