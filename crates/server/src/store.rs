//! The store, and the only place with queries on it: one SQLite file, or one PostgreSQL database.
//!
//! Both engines run the same statements. One connection writes, one step at a time, and a few read; steps that come while the
//! disk is busy are committed together (`writer.rs`). An acknowledged commit is on the disk. What is deleted is overwritten
//! in a file; what happens to it in a database is in docs/adr/0010.

pub(crate) mod backup;
pub(crate) mod card_setups;
pub(crate) mod changes;
pub(crate) mod charges;
pub(crate) mod contacts;
pub(crate) mod counts;
pub(crate) mod credits;
pub(crate) mod disputes;
pub(crate) mod epochs;
pub(crate) mod erase;
pub(crate) mod erasures;
mod error;
pub(crate) mod events;
pub(crate) mod export;
pub(crate) mod held;
pub(crate) mod holds;
pub(crate) mod idempotency;
pub(crate) mod incidents;
pub(crate) mod keys;
pub(crate) mod legal_requests;
pub(crate) mod log_entries;
pub(crate) mod loyalty;
pub(crate) mod merchants;
pub(crate) mod money;
pub(crate) mod notices;
pub(crate) mod offline;
pub(crate) mod passkeys;
pub(crate) mod payment_methods;
pub(crate) mod payments;
mod pending;
mod postgres;
pub(crate) mod processor_events;
pub(crate) mod promotions;
pub(crate) mod public;
pub(crate) mod queue;
pub(crate) mod references;
pub(crate) mod refunds;
pub(crate) mod retention;
pub(crate) mod rows;
pub(crate) mod scanners;
pub(crate) mod sessions;
pub(crate) mod settlements;
mod sqlite;
pub(crate) mod staff;
pub(crate) mod subjects;
#[cfg(test)]
pub(crate) mod tests;
pub(crate) mod webhooks;
mod writer;

use crate::{config::Config, log::Log, store_url::StoreUrl, vault::Vault};
pub(crate) use error::{OpenError, StoreError};
use handsel_ledger::{Account, AccountId};
use sqlx::{
    Any, AnyConnection, AnyPool, ConnectOptions, Connection, Transaction,
    any::{AnyConnectOptions, AnyPoolOptions},
    migrate::Migrator,
    pool::PoolConnection,
};
use std::{
    fmt,
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};
pub(crate) use writer::Step;
use writer::Writer;

/// How long an erasure waits for a connection that somebody reads by.
const RENEWAL: Duration = Duration::from_millis(500);

/// What every query runs on: a reader's connection or a writer's transaction.
pub(crate) type Conn = AnyConnection;

/// The file's name in the data folder.
pub(crate) const FILE_NAME: &str = "handsel.db";

/// How many connections read. Two cores search; a third keeps the console responsive.
const READERS: u32 = 3;
/// How long a request waits for the writer before it is told to come back. Each write takes milliseconds.
const WAIT: Duration = Duration::from_secs(10);

/// Where a store is. Shown without user or password.
#[derive(Clone)]
pub(crate) enum Place {
    /// A file.
    File(PathBuf),
    /// A database.
    Postgres(StoreUrl),
}

/// The store. Cloning shares it.
#[derive(Clone)]
pub(crate) struct Store {
    place: Place,
    engine: Engine,
    writer: Writer,
    reader: Reader,
    accounts: money::Accounts,
}

/// A store that is only read. Any number of processes may, beside the one server. Cloning shares it.
#[derive(Clone)]
pub(crate) struct Reader {
    migrations: &'static Migrator,
    /// How a transaction starts that sees the store as it is at one moment.
    snapshot: &'static str,
    pool: AnyPool,
    /// When connections were last renewed: none from before that is used again.
    renewed: Arc<Mutex<Instant>>,
}

#[derive(Clone)]
enum Engine {
    Sqlite,
    Postgres(postgres::Tenure),
}

impl Engine {
    /// Starts a transaction that has the store's one write lock from its start.
    async fn begin(&self, writer: &AnyPool) -> Result<Transaction<'static, Any>, StoreError> {
        match self {
            Engine::Sqlite => Ok(writer.begin_with(sqlite::BEGIN).await?),
            Engine::Postgres(tenure) => tenure.write(writer).await,
        }
    }
}

impl Place {
    /// Where the configuration has it.
    pub(crate) fn of(config: &Config) -> Place {
        match &config.store {
            Some(url) => Place::Postgres(url.clone()),
            None => Place::File(config.data_dir.join(FILE_NAME)),
        }
    }

    fn migrations(&self) -> &'static Migrator {
        match self {
            Place::File(_) => &sqlite::MIGRATIONS,
            Place::Postgres(_) => &postgres::MIGRATIONS,
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Place::File(path) => path.display().fmt(f),
            Place::Postgres(url) => url.fmt(f),
        }
    }
}

impl Store {
    /// Opens or makes the store, and brings its tables up to date.
    pub(crate) async fn open(place: &Place) -> Result<Store, OpenError> {
        sqlx::any::install_default_drivers();
        match place {
            Place::File(file) => {
                let writer = writer().after_connect(|conn, _| Box::pin(sqlite::set_up(conn)));
                let options = options(&sqlite::url(file, "rwc")?)?;
                // A pool would try again and again what cannot be set up.
                let mut first = options.connect().await?;
                sqlite::set_up(&mut first).await?;
                let writer = writer.connect_with(options).await?;
                first.close().await?;
                sqlite::MIGRATIONS.run(&writer).await?;
                Store::new(place, Engine::Sqlite, writer)
            }
            Place::Postgres(url) => {
                postgres::check(url).await?;
                let tenure = postgres::Tenure::new();
                let writing = tenure.clone();
                let writer = writer().after_connect(move |conn, _| {
                    let tenure = writing.clone();
                    Box::pin(async move { tenure.set_up_writer(conn).await })
                });
                let writer = writer.connect_with(options(url.address())?).await?;
                postgres::MIGRATIONS.run(&writer).await?;
                let mut tx = tenure.write(&writer).await?;
                tenure.begin(&mut tx).await?;
                tx.commit().await?;
                Store::new(place, Engine::Postgres(tenure), writer)
            }
        }
    }

    fn new(place: &Place, engine: Engine, writer: AnyPool) -> Result<Store, OpenError> {
        let writer = Writer::new(writer, engine.clone());
        let (reader, accounts) = (Reader::lazy(place)?, money::Accounts::default());
        Ok(Store { place: place.clone(), engine, writer, reader, accounts })
    }

    /// Opens a store that a server made, for reading only and beside that server.
    pub(crate) async fn open_reader(place: &Place) -> Result<Reader, OpenError> {
        sqlx::any::install_default_drivers();
        let reader = Reader::lazy(place)?;
        reader.check_version().await?;
        Ok(reader)
    }

    /// From now on steps may have entries written into this log.
    pub(crate) async fn log_into(&self, log: Arc<Log>) -> Result<(), StoreError> {
        self.writer.log_into(log).await
    }

    /// Starts a step that writes, when no other one does. Dropped without a commit, it leaves nothing.
    pub(crate) async fn write(&self) -> Result<Step, StoreError> {
        self.writer.step().await
    }

    /// [`Store::write`], for a step of one statement that writes, besides transfers and events: see [`Step::last`].
    pub(crate) async fn write_light(&self) -> Result<Step, StoreError> {
        self.writer.light_step().await
    }

    /// A connection that reads.
    pub(crate) async fn read(&self) -> Result<PoolConnection<Any>, StoreError> {
        self.reader.read().await
    }

    /// An account, if it is open.
    pub(crate) async fn account(&self, id: AccountId) -> Result<Option<Account>, StoreError> {
        match self.accounts.get(id) {
            Some(account) => Ok(Some(account)),
            None => self.accounts.read(&mut *self.read().await?, id).await,
        }
    }

    /// Hands every template of the subjects with ids from `from` and before `to` to `take`, in order of subjects. Keeps the
    /// calling thread busy, which must be one of the runtime's for such work.
    pub(crate) fn each_template(
        &self,
        from: &str,
        to: &str,
        take: &mut dyn FnMut(references::StoredTemplate<'_>),
    ) -> Result<(), StoreError> {
        match &self.place {
            Place::File(file) => references::each_template_of_file(&sqlite::read_here(file)?, from, to, take),
            Place::Postgres(_) => tokio::runtime::Handle::current()
                .block_on(async { references::each_template(&mut *self.read().await?, from, to, take).await }),
        }
    }

    /// How many connections can read side by side.
    pub(crate) fn readers(&self) -> usize {
        READERS as usize
    }

    /// The last change's number, of those that are committed.
    pub(crate) async fn last_change(&self) -> Result<changes::Seq, StoreError> {
        changes::last(&mut *self.read().await?).await
    }

    /// Brings transfers that an older version wrote into the chain of those of this one.
    pub(crate) async fn chain_transfers(&self, vault: &Vault) -> Result<(), StoreError> {
        if !money::has_unchained(&mut *self.read().await?).await? {
            return Ok(());
        }
        let mut tx = self.write().await?;
        if let Engine::Postgres(_) = self.engine {
            postgres::let_transfers_change(&mut tx, true).await?;
        }
        money::chain_what_is_not(&mut tx, vault).await?;
        if let Engine::Postgres(_) = self.engine {
            postgres::let_transfers_change(&mut tx, false).await?;
        }
        tx.commit().await
    }

    /// Changes what the store says of its last migration. For rehearsals.
    pub(crate) async fn pretend_version(&self, newer_by: i64) -> Result<(), StoreError> {
        sqlx::query(
            "update _sqlx_migrations set version = version + $1
             where version = (select max(version) from _sqlx_migrations)",
        )
        .bind(newer_by)
        .execute(self.writer.alone().await?.pool())
        .await?;
        Ok(())
    }

    /// After an erasure: has what was deleted leave the files as far as the engine can. False when a reader stood in the
    /// way all the time; the next call or the next start does it then.
    pub(crate) async fn scrub(&self) -> Result<bool, StoreError> {
        let alone = self.writer.alone().await?;
        let scrubbed = match self.engine {
            Engine::Sqlite => sqlite::scrub(alone.pool()).await?,
            Engine::Postgres(_) => postgres::scrub(alone.pool()).await?,
        };
        // Connections keep in memory what they read, as pages or as they received it; closed, they keep nothing. The pools make others.
        self.reader.renew().await;
        alone.pool().acquire().await?.close().await?;
        Ok(scrubbed)
    }

    /// Waits for what runs and closes the files.
    pub(crate) async fn close(&self) {
        self.reader.pool.close().await;
        self.writer.close().await;
    }

    /// The writer's connection, to break it on purpose.
    #[cfg(test)]
    pub(crate) async fn writer(&self) -> AnyPool {
        self.writer.pool().await
    }
}

impl Reader {
    /// A connection that reads.
    pub(crate) async fn read(&self) -> Result<PoolConnection<Any>, StoreError> {
        Ok(self.pool.acquire().await?)
    }

    /// The store as it is at one moment, whatever is written meanwhile.
    pub(crate) async fn snapshot(&self) -> Result<Transaction<'static, Any>, StoreError> {
        Ok(self.pool.begin_with(self.snapshot).await?)
    }

    /// Refuses a store whose tables are not those of this program; its writer may have been replaced since it was opened.
    pub(crate) async fn check_version(&self) -> Result<(), OpenError> {
        let (version,): (i64,) = sqlx::query_as("select version from _sqlx_migrations order by version desc limit 1")
            .fetch_one(&mut *self.read().await?)
            .await?;
        OpenError::unless_current(version, self.migrations)
    }

    /// Closes every connection that is or comes free within a moment; one that is in use for longer is closed when it comes back.
    pub(crate) async fn renew(&self) {
        *self.renewed.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
        let mut held = Vec::new();
        for _ in 0..self.pool.size() {
            let Ok(Ok(conn)) = tokio::time::timeout(RENEWAL, self.pool.acquire()).await else { break };
            held.push(conn);
        }
        for conn in held {
            if let Err(error) = conn.close().await {
                tracing::warn!(%error, "a connection to the store was not closed well");
            }
        }
    }

    fn lazy(place: &Place) -> Result<Reader, OpenError> {
        let pool = pool().max_connections(READERS);
        let renewed = Arc::new(Mutex::new(Instant::now()));
        let last = Arc::clone(&renewed);
        let pool = pool.after_release(move |_, about| {
            let made_at = Instant::now().checked_sub(about.age);
            let stays = made_at.is_some_and(|at| at > *last.lock().unwrap_or_else(PoisonError::into_inner));
            Box::pin(async move { Ok(stays) })
        });
        let pool = match place {
            Place::File(file) => pool
                .after_connect(|conn, _| Box::pin(sqlite::set_up(conn)))
                .connect_lazy_with(options(&sqlite::url(file, "ro")?)?),
            Place::Postgres(url) => pool
                .after_connect(|conn, _| Box::pin(postgres::set_up_reader(conn)))
                .connect_lazy_with(options(url.address())?),
        };
        let snapshot = match place {
            Place::File(_) => sqlite::SNAPSHOT,
            Place::Postgres(_) => postgres::SNAPSHOT,
        };
        Ok(Reader { migrations: place.migrations(), snapshot, pool, renewed })
    }
}

fn options(url: &str) -> Result<AnyConnectOptions, OpenError> {
    Ok(url.parse()?)
}

fn pool() -> AnyPoolOptions {
    AnyPoolOptions::new().acquire_timeout(WAIT).idle_timeout(None).max_lifetime(None)
}

/// After some failures, a full disk among them, SQLite rolls back by itself; sqlx then takes the connection to be in a
/// transaction for good. Such a connection is replaced.
fn writer() -> AnyPoolOptions {
    pool()
        .max_connections(1)
        .before_acquire(|conn, _| Box::pin(async move { conn.ping().await.map(|()| !conn.is_in_transaction()) }))
}
