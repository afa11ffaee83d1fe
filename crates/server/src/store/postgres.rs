//! The engine for a store that several machines reach: one PostgreSQL database.
//!
//! Whoever writes holds two advisory locks. The server's is held by its writing connection as long as that lives: a server
//! that lost it cannot write, and a second server cannot start. The writers' is held by each transaction that writes, so
//! that there is one at a time, whoever asks: the rules above were made for that.

use super::{OpenError, StoreError, sessions};
use crate::{secret::random, store_url::StoreUrl};
use sqlx::{Any, AnyConnection, ConnectOptions, Pool, Transaction, any::AnyConnectOptions, migrate::Migrator};
use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

pub(super) static MIGRATIONS: Migrator = sqlx::migrate!("./migrations/postgres");

/// How a write transaction starts: with the writers' lock. Each statement sees what was committed before it, the lock's wait
/// included.
const BEGIN: &str = "begin isolation level read committed read write; select pg_advisory_xact_lock(1212239428, 2)";

/// How a transaction starts that only reads: it sees the store as it is at its first statement.
pub(super) const SNAPSHOT: &str = "begin isolation level repeatable read read only";

/// How long to wait for the server's lock: the database notices within milliseconds that a process ended.
const LOCK_WAIT: Duration = Duration::from_secs(3);

/// The setting that names the server which opened the store last.
const SERVER: &str = "server";

/// One server's time with the store, from opening to closing.
#[derive(Clone)]
pub(super) struct Tenure {
    id: [u8; 16],
    begun: Arc<AtomicBool>,
    lost: Arc<AtomicBool>,
}

/// Why a server does not write any more.
const LOST: &str = "another server used the store meanwhile; start this one again";

impl Tenure {
    pub(super) fn new() -> Tenure {
        Tenure { id: random(), begun: Arc::default(), lost: Arc::default() }
    }

    /// Starts a transaction that writes; see [`super::Store::write`].
    pub(super) async fn write(&self, writer: &Pool<Any>) -> Result<Transaction<'static, Any>, StoreError> {
        if self.lost.load(Ordering::SeqCst) {
            return Err(StoreError::Unavailable(LOST.to_owned()));
        }
        Ok(writer.begin_with(BEGIN).await?)
    }

    /// Writes whose the store is now.
    pub(super) async fn begin(&self, tx: &mut AnyConnection) -> Result<(), StoreError> {
        sessions::put_setting(tx, SERVER, &self.id).await?;
        self.begun.store(true, Ordering::SeqCst);
        Ok(())
    }

    /// Sets a connection up to write, and takes the server's lock. A connection that replaces a lost one is refused when
    /// another server had the store in between: what this one has in memory is of before.
    pub(super) async fn set_up_writer(&self, conn: &mut AnyConnection) -> Result<(), sqlx::Error> {
        let refused = |why: &str| Err(sqlx::Error::Protocol(why.to_owned()));
        set_up_session(conn).await?;
        if !lock(conn).await? {
            return refused("another server uses the store");
        }
        if self.begun.load(Ordering::SeqCst) {
            let server: Option<(Vec<u8>,)> =
                sqlx::query_as("select value from setting where name = $1").bind(SERVER).fetch_optional(conn).await?;
            if server.is_none_or(|(id,)| id != self.id) {
                self.lost.store(true, Ordering::SeqCst);
                return refused(LOST);
            }
        }
        Ok(())
    }
}

/// Whether the store is free, and fit to be one.
pub(super) async fn check(url: &StoreUrl) -> Result<(), OpenError> {
    let mut conn = url.address().parse::<AnyConnectOptions>()?.connect().await?;
    let (encoding,): (String,) =
        sqlx::query_as("select current_setting('server_encoding')").fetch_one(&mut conn).await?;
    if encoding != "UTF8" {
        return Err(OpenError::Failed(format!("its texts are {encoding}; make the database with encoding UTF8")));
    }
    let (fsync,): (String,) = sqlx::query_as("select current_setting('fsync')").fetch_one(&mut conn).await?;
    if fsync != "on" {
        tracing::warn!("the database runs with fsync off: it can lose acknowledged payments when its machine stops");
    }
    if !lock(&mut conn).await? {
        return Err(OpenError::InUse);
    }
    sqlx::query("select pg_advisory_unlock(1212239428, 1)").execute(&mut conn).await?;
    Ok(sqlx::Connection::close(conn).await?)
}

/// Takes the server's lock for as long as the connection lives; false when another one has it. The first number is
/// this program's ("HAND"), the second says what is locked.
async fn lock(conn: &mut AnyConnection) -> Result<bool, sqlx::Error> {
    let start = Instant::now();
    loop {
        let (taken,): (bool,) =
            sqlx::query_as("select pg_try_advisory_lock(1212239428, 1)").fetch_one(&mut *conn).await?;
        if taken || start.elapsed() > LOCK_WAIT {
            return Ok(taken);
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// An acknowledged commit is on the disk (and on a synchronous standby's, where there is one), a lock is waited for as
/// long as for a busy file, and a machine that vanished lets go of its locks within half a minute.
async fn set_up_session(conn: &mut AnyConnection) -> Result<(), sqlx::Error> {
    sqlx::raw_sql(
        "select set_config('synchronous_commit', 'on', false)
         where current_setting('synchronous_commit') not in ('on', 'remote_apply');
         set lock_timeout = '10s';
         set tcp_keepalives_idle = 10;
         set tcp_keepalives_interval = 5;
         set tcp_keepalives_count = 3",
    )
    .execute(&mut *conn)
    .await?;
    prefer_indexes(conn).await
}

/// Sets a connection up that never writes.
pub(super) async fn set_up_reader(conn: &mut AnyConnection) -> Result<(), sqlx::Error> {
    sqlx::raw_sql("set default_transaction_read_only = on; set lock_timeout = '10s'").execute(&mut *conn).await?;
    prefer_indexes(conn).await
}

/// Has tables be read by their indexes wherever there is one that helps. A prepared statement keeps its plan; one that was made
/// while a table was almost empty would go on reading all of it, until somebody gathers statistics. No statement here is worth
/// compiling.
async fn prefer_indexes(conn: &mut AnyConnection) -> Result<(), sqlx::Error> {
    sqlx::raw_sql("set enable_seqscan = off; set jit = off").execute(conn).await?;
    Ok(())
}

/// Gives its owner the right to change transfers, or takes it back. A trigger lets only those change that are not chained yet.
pub(super) async fn let_transfers_change(conn: &mut AnyConnection, may: bool) -> Result<(), StoreError> {
    let right =
        if may { "grant update on transfer to current_user" } else { "revoke update on transfer from current_user" };
    sqlx::raw_sql(right).execute(conn).await?;
    Ok(())
}

/// Takes dead rows out of every table that held something of an erased subject. Their bytes can stay in free space, in the
/// write-ahead log and in copies of it: docs/adr/0010.
pub(super) async fn scrub(writer: &Pool<Any>) -> Result<bool, StoreError> {
    sqlx::raw_sql(
        "vacuum subject, consent, reference, template, withheld_template, payment_method, card_setup, payment, loyalty, credit, dispute,
             legal_hold, legal_request, log_entry, epoch, idempotency",
    )
    .execute(writer)
    .await?;
    Ok(true)
}
