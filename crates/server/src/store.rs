//! The store: one SQLite file, and the only place with queries on it.
//!
//! One connection writes, each step in one `begin immediate` transaction, and a few read. An acknowledged commit is on the
//! disk (`synchronous = full`). What is deleted is overwritten (`secure_delete`), and [`Store::scrub`] empties the
//! write-ahead log after an erasure.

pub(crate) mod changes;
pub(crate) mod counts;
pub(crate) mod erase;
pub(crate) mod idempotency;
pub(crate) mod merchants;
pub(crate) mod money;
pub(crate) mod payment_methods;
pub(crate) mod payments;
pub(crate) mod references;
pub(crate) mod refunds;
pub(crate) mod rows;
pub(crate) mod sessions;
pub(crate) mod subjects;

use sqlx::{
    Connection, Sqlite, SqliteConnection, SqlitePool, Transaction,
    migrate::{MigrateError, Migrator},
    pool::PoolConnection,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};
use std::{path::Path, time::Duration};

/// What every query runs on: a reader's connection or a writer's transaction.
pub(crate) type Conn = SqliteConnection;

/// What brings a store's tables up to date.
static MIGRATIONS: Migrator = sqlx::migrate!("./migrations");

/// The file's name in the data folder.
pub(crate) const FILE_NAME: &str = "handsel.db";

/// How many connections read. Two cores search; a third keeps the console responsive.
const READERS: u32 = 3;
/// How long a request waits for the writer before it is told to come back. Each write takes milliseconds.
const WAIT: Duration = Duration::from_secs(10);
/// How often [`Store::scrub`] tries, 10 ms apart: readers hold the log for milliseconds.
const SCRUB_TRIES: u32 = 200;

/// The store. Cloning shares it.
#[derive(Clone)]
pub(crate) struct Store {
    writer: SqlitePool,
    readers: SqlitePool,
}

/// A store that another process writes. Cloning shares it.
#[derive(Clone)]
pub(crate) struct StoreReader {
    readers: SqlitePool,
}

/// Why a query gave nothing. No variant carries a value from a row.
#[derive(Debug, thiserror::Error)]
pub(crate) enum StoreError {
    /// The disk is full, or the file cannot be written or reached now. Nothing of the transaction was kept.
    #[error("the store cannot be used now: {0}")]
    Unavailable(String),
    /// A named constraint refused.
    #[error("the store refused: {0}")]
    Constraint(String),
    /// A row holds what no version of this program writes, or a query is wrong.
    #[error("the store is not as expected: {0}")]
    Broken(String),
}

/// Why the store could not be opened.
#[derive(Debug)]
pub(crate) enum OpenError {
    /// A newer version of this program wrote it.
    Newer(i64),
    /// An older version of this program wrote it, and whoever opens it may not change it.
    Older(i64),
    /// The file cannot be opened, or is no store.
    Failed(String),
}

impl Store {
    /// Opens or makes the store, and brings its tables up to date.
    pub(crate) async fn open(data_dir: &Path) -> Result<Store, OpenError> {
        let options = options(data_dir)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .pragma("secure_delete", "on");
        // After some failures, a full disk among them, SQLite rolls back by itself; sqlx then takes the connection to be in
        // a transaction for good. Such a connection is replaced.
        let writer = pool()
            .max_connections(1)
            .before_acquire(|conn, _| Box::pin(async move { conn.ping().await.map(|()| !conn.is_in_transaction()) }))
            .connect_with(options.clone())
            .await
            .map_err(failed)?;
        MIGRATIONS.run(&writer).await.map_err(|error| match error {
            MigrateError::VersionMissing(version) | MigrateError::VersionTooNew(version, _) => {
                OpenError::Newer(version)
            }
            other => OpenError::Failed(other.to_string()),
        })?;
        let readers =
            pool().max_connections(READERS).connect_lazy_with(options.read_only(true).create_if_missing(false));
        Ok(Store { writer, readers })
    }

    /// Opens a store that another process writes, to read it. Changes nothing in it.
    pub(crate) async fn open_reader(data_dir: &Path) -> Result<StoreReader, OpenError> {
        let options = options(data_dir).read_only(true);
        let readers = pool().max_connections(READERS).connect_with(options).await.map_err(failed)?;
        let reader = StoreReader { readers };
        reader.check_version().await?;
        Ok(reader)
    }

    /// The last change's number, of those that are committed.
    pub(crate) async fn last_change(&self) -> Result<changes::Seq, StoreError> {
        changes::last(&mut *self.read().await?).await
    }

    /// Starts a transaction that writes. Dropped without a commit, it leaves nothing.
    pub(crate) async fn write(&self) -> Result<Transaction<'static, Sqlite>, StoreError> {
        Ok(self.writer.begin_with("begin immediate").await?)
    }

    /// A connection that reads.
    pub(crate) async fn read(&self) -> Result<PoolConnection<Sqlite>, StoreError> {
        Ok(self.readers.acquire().await?)
    }

    /// Moves the write-ahead log into the file and cuts it to nothing, so that no erased byte stays in it. False when a
    /// reader held it all the time; the next call or the next start does it then.
    pub(crate) async fn scrub(&self) -> Result<bool, StoreError> {
        for _ in 0..SCRUB_TRIES {
            let (busy, _, _): (i64, i64, i64) =
                sqlx::query_as("pragma wal_checkpoint(truncate)").fetch_one(&self.writer).await?;
            if busy == 0 {
                return Ok(true);
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        Ok(false)
    }

    /// Changes what the store says of its last migration. For rehearsals.
    pub(crate) async fn pretend_version(&self, newer_by: i64) -> Result<(), StoreError> {
        let last = "update _sqlx_migrations set version = version + ?1
                    where version = (select max(version) from _sqlx_migrations)";
        sqlx::query(last).bind(newer_by).execute(&self.writer).await?;
        Ok(())
    }

    /// Waits for what runs and closes the files.
    pub(crate) async fn close(&self) {
        self.readers.close().await;
        self.writer.close().await;
    }

    /// The writer's connection, to break it on purpose.
    #[cfg(test)]
    pub(crate) fn writer(&self) -> &SqlitePool {
        &self.writer
    }
}

impl StoreReader {
    /// A connection that reads.
    pub(crate) async fn read(&self) -> Result<PoolConnection<Sqlite>, StoreError> {
        Ok(self.readers.acquire().await?)
    }

    /// Refuses a store whose tables are not those of this program; its writer may have been replaced since it was opened.
    pub(crate) async fn check_version(&self) -> Result<(), OpenError> {
        let applied: Result<(Option<i64>,), _> =
            sqlx::query_as("select max(version) from _sqlx_migrations where success").fetch_one(&self.readers).await;
        let version = applied.map_err(failed)?.0.unwrap_or(0);
        let known = MIGRATIONS.iter().map(|migration| migration.version).max().unwrap_or(0);
        match version.cmp(&known) {
            std::cmp::Ordering::Equal => Ok(()),
            std::cmp::Ordering::Greater => Err(OpenError::Newer(version)),
            std::cmp::Ordering::Less => Err(OpenError::Older(version)),
        }
    }
}

/// What every connection to the file has in common.
fn options(data_dir: &Path) -> SqliteConnectOptions {
    SqliteConnectOptions::new().filename(data_dir.join(FILE_NAME)).busy_timeout(WAIT).pragma("temp_store", "memory")
}

fn pool() -> SqlitePoolOptions {
    SqlitePoolOptions::new().acquire_timeout(WAIT).idle_timeout(None).max_lifetime(None)
}

fn failed(error: sqlx::Error) -> OpenError {
    OpenError::Failed(error.to_string())
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> StoreError {
        // Primary result codes, https://www.sqlite.org/rescode.html: busy, locked, readonly, ioerr, full, cantopen.
        const UNAVAILABLE: [i64; 6] = [5, 6, 8, 10, 13, 14];
        match &error {
            sqlx::Error::Io(_) | sqlx::Error::PoolTimedOut | sqlx::Error::PoolClosed | sqlx::Error::WorkerCrashed => {
                StoreError::Unavailable(error.to_string())
            }
            sqlx::Error::Database(database) => {
                let code = database.code().and_then(|code| code.parse::<i64>().ok()).unwrap_or(0);
                let message = database.message().to_owned();
                if UNAVAILABLE.contains(&(code & 0xff)) {
                    StoreError::Unavailable(message)
                } else if code & 0xff == 19 {
                    StoreError::Constraint(message)
                } else {
                    StoreError::Broken(message)
                }
            }
            _ => StoreError::Broken(error.to_string()),
        }
    }
}
