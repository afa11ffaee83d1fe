//! The store: one SQLite file, and the only place with queries on it.
//!
//! One connection writes, each step in one `begin immediate` transaction, and a few read. An acknowledged commit is on the
//! disk (`synchronous = full`). What is deleted is overwritten (`secure_delete`), and [`Store::scrub`] empties the
//! write-ahead log after an erasure.

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
    migrate::MigrateError,
    pool::PoolConnection,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};
use std::{path::Path, time::Duration};

/// What every query runs on: a reader's connection or a writer's transaction.
pub(crate) type Conn = SqliteConnection;

/// The file's name in the data folder.
pub(crate) const FILE_NAME: &str = "handsel.db";

/// How many connections read. Two cores search; a third keeps the console responsive.
const READERS: u32 = 3;
/// How long a request waits for the writer before it is told to come back. Each write takes milliseconds.
const WAIT: Duration = Duration::from_secs(10);
/// How often [`Store::scrub`] tries, 10 ms apart: readers hold the log for milliseconds.
const SCRUB_TRIES: u32 = 200;

/// The store.
pub(crate) struct Store {
    writer: SqlitePool,
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
    /// The file cannot be opened, or is no store.
    Failed(String),
}

impl Store {
    /// Opens or makes the store, and brings its tables up to date.
    pub(crate) async fn open(data_dir: &Path) -> Result<Store, OpenError> {
        let options = SqliteConnectOptions::new()
            .filename(data_dir.join(FILE_NAME))
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .busy_timeout(WAIT)
            .pragma("secure_delete", "on")
            .pragma("temp_store", "memory");
        let pool = || SqlitePoolOptions::new().acquire_timeout(WAIT).idle_timeout(None).max_lifetime(None);
        // After some failures, a full disk among them, SQLite rolls back by itself; sqlx then takes the connection to be in
        // a transaction for good. Such a connection is replaced.
        let writer = pool()
            .max_connections(1)
            .before_acquire(|conn, _| Box::pin(async move { conn.ping().await.map(|()| !conn.is_in_transaction()) }))
            .connect_with(options.clone())
            .await
            .map_err(failed)?;
        sqlx::migrate!("./migrations").run(&writer).await.map_err(|error| match error {
            MigrateError::VersionMissing(version) | MigrateError::VersionTooNew(version, _) => {
                OpenError::Newer(version)
            }
            other => OpenError::Failed(other.to_string()),
        })?;
        let readers =
            pool().max_connections(READERS).connect_lazy_with(options.read_only(true).create_if_missing(false));
        Ok(Store { writer, readers })
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
