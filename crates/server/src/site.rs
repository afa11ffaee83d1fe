//! The agent of a shop that stands away from its server: `handsel site`. While the server answers, it passes on whatever comes. While
//! the server cannot be reached, it takes small payments of people who paid here before, and hands them in later. See docs/OFFLINE.md.

mod answer;
pub(crate) mod held;
mod keep;
mod open;
mod pass_on;
mod till;

pub use crate::store::queue::QueueError;

use crate::{
    app::{StartError, start::lock},
    clock::now_ms,
    config::{BaseUrl, SecretText},
    http::{room::Room, serve_router},
    offline::seal::AgentKey,
    secret,
    store::queue::Queue,
    vault::{KeyFileError, read_or_create},
};
use handsel_api::{PaymentId, SiteId};
use held::{Held, Stored};
use open::Open;
use std::{
    collections::HashMap,
    fs::File,
    io,
    path::PathBuf,
    sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock, atomic::AtomicBool},
    time::Duration,
};
use tokio::{net::TcpListener, sync::Semaphore};

/// How many frames are looked at at once, as at a server.
const LOOKING: usize = 2;
/// How long the server may take to be connected to.
const CONNECTING: Duration = Duration::from_secs(2);

/// Which shop, and which server.
pub struct SiteConfig {
    /// The server.
    pub server: String,
    /// The agent's own key, with the scope `offline`.
    pub key: SecretText,
    /// Where the agent is.
    pub site: SiteId,
    /// The agent's own folder. Made when it is not there.
    pub data_dir: PathBuf,
}

/// Why an agent cannot start; each says what to do.
#[derive(Debug, thiserror::Error)]
pub enum SiteError {
    /// The server's address is none that a key may be sent to.
    #[error(
        "the server is https://host, or http://host:port at loopback: keys and frames must not travel in the clear"
    )]
    Server,
    /// The folder cannot be used.
    #[error(transparent)]
    Folder(#[from] StartError),
    /// The key file cannot be used.
    #[error(transparent)]
    KeyFile(#[from] KeyFileError),
    /// What was taken cannot be kept.
    #[error("{0}. Make the agent's folder writable for this user, or name another one")]
    Queue(#[from] QueueError),
    /// The client cannot be made.
    #[error("the server cannot be asked from here: {0}. Check the certificates this system trusts")]
    Client(#[from] reqwest::Error),
}

/// The agent of one site. Cloning shares it.
#[derive(Clone)]
pub struct Agent(pub(crate) Arc<Parts>);

pub(crate) struct Parts {
    server: BaseUrl,
    key: SecretText,
    key_hash: [u8; 32],
    pair: AgentKey,
    site: SiteId,
    stored: Stored,
    pub(crate) queue: Queue,
    /// This machine's clock.
    wall: Wall,
    client: reqwest::Client,
    room: Room,
    looking: Semaphore,
    /// Whether the server answered last.
    up: AtomicBool,
    /// Whether it did not at some moment since that was looked at last; a cut may be shorter than the time between two looks.
    was_cut: AtomicBool,
    /// Who may pay while it does not.
    held: RwLock<Option<Arc<Held>>>,
    /// Payments that nobody has said yes to. In memory alone: they moved nothing.
    open: Mutex<HashMap<PaymentId, Open>>,
    /// Keeps other processes out of the folder.
    _lock: File,
}

/// Milliseconds since 1970, as a machine has them.
pub(crate) type Wall = Box<dyn Fn() -> i64 + Send + Sync>;

impl Agent {
    /// Opens the agent's folder, making what is not there, and what is still good of the palms in it.
    ///
    /// # Errors
    /// [`SiteError`].
    pub async fn open(config: SiteConfig) -> Result<Agent, SiteError> {
        Agent::open_at(config, Box::new(now_ms)).await
    }

    /// [`Agent::open`], by another clock.
    pub(crate) async fn open_at(config: SiteConfig, wall: Wall) -> Result<Agent, SiteError> {
        let server = BaseUrl::try_from(config.server).map_err(|_| SiteError::Server)?;
        let pair = AgentKey::of(&*read_or_create(&config.data_dir.join("keys"), true)?);
        let lock = lock(&config.data_dir)?;
        let queue = Queue::open(&config.data_dir.join("queue.db"))?;
        crate::tls::choose();
        let client = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .connect_timeout(CONNECTING)
            .user_agent(concat!("handsel/", env!("CARGO_PKG_VERSION")))
            .build()?;
        let key_hash = secret::hash(config.key.text());
        let agent = Agent(Arc::new(Parts {
            server,
            key: config.key,
            key_hash,
            pair,
            site: config.site,
            stored: Stored::of(&config.data_dir),
            queue,
            wall,
            client,
            room: Room::default(),
            looking: Semaphore::new(LOOKING),
            up: AtomicBool::new(true),
            was_cut: AtomicBool::new(false),
            held: RwLock::new(None),
            open: Mutex::default(),
            _lock: lock,
        }));
        agent.take_up().await?;
        Ok(agent)
    }

    /// Serves until `shutdown`, then lets requests that are running finish, for at most ten seconds.
    ///
    /// # Errors
    /// When the listener breaks.
    pub async fn serve(
        self,
        listener: TcpListener,
        shutdown: impl Future<Output = ()> + Send + 'static,
    ) -> io::Result<()> {
        tokio::spawn(keep::keep(Arc::downgrade(&self.0)));
        self.answer_until(listener, shutdown).await
    }

    /// Answers, and does nothing by itself.
    pub(crate) async fn answer_until(
        self,
        listener: TcpListener,
        shutdown: impl Future<Output = ()> + Send + 'static,
    ) -> io::Result<()> {
        serve_router(answer::router(self), listener, shutdown).await
    }

    fn wall_ms(&self) -> i64 {
        (self.0.wall)()
    }

    fn payments(&self) -> MutexGuard<'_, HashMap<PaymentId, Open>> {
        self.0.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
