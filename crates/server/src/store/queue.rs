//! What an agent took while its shop was cut off, until the server has it: a file of the agent's own, always SQLite. A commit is on the
//! disk before anybody is told of it. The limits are held here, in the step that writes.

use crate::offline::{Limit, Spent, VALID_MS, limits};
use handsel_api::PaymentId;
use rusqlite::{Connection, OptionalExtension, TransactionBehavior, params};
use std::{
    fs::File,
    io,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

/// What was taken keeps its row, for the limits, until two days after the server has it.
const KEEP_MS: i64 = 2 * limits::AGENT_WINDOW_MS;

const TABLES: &str = "
    create table if not exists taken (
        seq integer not null primary key autoincrement,
        id text not null unique,
        till text not null, -- the hash of the key of the till that asked
        request text not null, -- the key its shopper's yes came with
        shopper text not null, -- empty: forgotten
        total_minor integer not null,
        taken_ms integer not null, -- by the server's clock
        hand_in text, -- what the server is sent; null: it has it
        shown text, -- what the till was told; null: the server says it now
        outcome text -- what the server said of it
    ) strict;
    create index if not exists taken_by_time on taken (taken_ms);
    create index if not exists taken_to_hand_in on taken (seq) where hand_in is not null;
    create table if not exists wrong_proof (shopper text not null primary key, count integer not null, last_ms integer not null)
        strict, without rowid;
    create table if not exists latest (one integer not null primary key check (one = 1), wall_ms integer not null) strict;";

/// Why a queue cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum QueueError {
    /// What the system said.
    #[error("the queue cannot be opened: {0}")]
    File(#[from] io::Error),
    /// What SQLite said.
    #[error("the queue cannot be used: {0}")]
    Queue(#[from] rusqlite::Error),
    /// The thread that used it is gone.
    #[error("the queue's thread broke off")]
    BrokeOff,
}

/// The queue. Cloning shares it.
#[derive(Clone)]
pub(crate) struct Queue(Arc<Mutex<Connection>>);

/// A payment that an agent takes.
#[derive(Debug, Clone)]
pub(crate) struct NewTaken {
    pub(crate) id: PaymentId,
    pub(crate) till: String,
    pub(crate) request: String,
    pub(crate) shopper: String,
    pub(crate) total_minor: i64,
    pub(crate) taken_ms: i64,
    /// JSON for the server.
    pub(crate) hand_in: String,
    /// JSON for the till.
    pub(crate) shown: String,
}

/// A payment that was taken, as the till was told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Shown {
    pub(crate) till: String,
    pub(crate) request: String,
    pub(crate) shown: String,
}

impl Queue {
    pub(crate) fn open(file: &Path) -> Result<Queue, QueueError> {
        let mut options = File::options();
        options.create(true).append(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        drop(options.open(file)?);
        let conn = connect(file)?;
        conn.execute_batch(TABLES)?;
        Ok(Queue(Arc::new(Mutex::new(conn))))
    }

    /// Takes a payment, unless a limit is in its way. It is on the disk when this returns.
    pub(crate) async fn take(&self, new: NewTaken) -> Result<Result<(), Limit>, QueueError> {
        self.run(move |conn| {
            let tx = conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
            let after_ms = new.taken_ms - limits::AGENT_WINDOW_MS;
            let agent_minor = tx.query_row(
                "select coalesce(sum(total_minor), 0) from taken where taken_ms > ?1",
                [after_ms],
                |row| row.get(0),
            )?;
            let (from_ms, before_ms) = limits::day_of(new.taken_ms);
            let person_minor = tx.query_row(
                "select coalesce(sum(total_minor), 0) from taken where shopper = ?1 and taken_ms >= ?2 and taken_ms < ?3",
                params![new.shopper, from_ms, before_ms],
                |row| row.get(0),
            )?;
            if let Some(broken) = Limit::broken(new.total_minor, Spent { agent_minor, person_minor }) {
                return Ok(Err(broken));
            }
            tx.execute(
                "insert into taken (id, till, request, shopper, total_minor, taken_ms, hand_in, shown)
                 values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
                params![
                    new.id.to_string(),
                    new.till,
                    new.request,
                    new.shopper,
                    new.total_minor,
                    new.taken_ms,
                    new.hand_in,
                    new.shown
                ],
            )?;
            tx.commit()?;
            Ok(Ok(()))
        })
        .await
    }

    /// What a till was told of a payment that the server does not have yet.
    pub(crate) async fn shown(&self, id: PaymentId) -> Result<Option<Shown>, QueueError> {
        self.run(move |conn| {
            let read =
                |row: &rusqlite::Row<'_>| Ok(Shown { till: row.get(0)?, request: row.get(1)?, shown: row.get(2)? });
            let shown = "select till, request, shown from taken where id = ?1 and shown is not null";
            conn.query_row(shown, [id.to_string()], read).optional()
        })
        .await
    }

    /// The payment that waits longest, and what the server is to be sent of it.
    pub(crate) async fn next(&self) -> Result<Option<(i64, String)>, QueueError> {
        self.run(|conn| {
            let next = "select seq, hand_in from taken where hand_in is not null order by seq limit 1";
            conn.query_row(next, [], |row| Ok((row.get(0)?, row.get(1)?))).optional()
        })
        .await
    }

    /// The server has a payment, or will never have it: what said more than its amount goes.
    pub(crate) async fn handed_in(&self, seq: i64, outcome: String) -> Result<(), QueueError> {
        self.run(move |conn| {
            let done = "update taken set hand_in = null, shown = null, outcome = ?2 where seq = ?1";
            conn.execute(done, params![seq, outcome]).map(drop)
        })
        .await
    }

    /// How many payments wait, and how much they are together.
    pub(crate) async fn waiting(&self) -> Result<(i64, i64), QueueError> {
        self.run(|conn| {
            let waiting = "select count(*), coalesce(sum(total_minor), 0) from taken where hand_in is not null";
            conn.query_row(waiting, [], |row| Ok((row.get(0)?, row.get(1)?)))
        })
        .await
    }

    /// Forgets what counts towards no limit any more.
    pub(crate) async fn forget_before(&self, now_ms: i64) -> Result<(), QueueError> {
        self.run(move |conn| {
            let old = "delete from taken where hand_in is null and taken_ms < ?1";
            conn.execute(old, [now_ms - KEEP_MS]).map(drop)
        })
        .await
    }

    /// Forgets who paid, and who gave wrong proofs, but for these: of the others only amounts stay, for the limits. What waits for the server
    /// stays whole. The file of recent changes is cut to nothing and the connection opened anew, so that neither file nor memory says it any more.
    pub(crate) async fn forget_others(&self, but: Vec<String>) -> Result<(), QueueError> {
        self.run(move |conn| {
            let but = serde_json::Value::from(but).to_string();
            let tx = conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
            tx.execute(
                "update taken set shopper = '' where hand_in is null and shopper not in (select value from json_each(?1))",
                [&but],
            )?;
            tx.execute("delete from wrong_proof where shopper not in (select value from json_each(?1))", [&but])?;
            tx.commit()?;
            conn.query_row("pragma wal_checkpoint(truncate)", [], |_| Ok(()))?;
            // A connection keeps some of what it was given in memory of its own until it is closed.
            if let Some(file) = conn.path().map(PathBuf::from) {
                *conn = connect(&file)?;
            }
            Ok(())
        })
        .await
    }

    /// Counts a wrong proof against somebody; the number of them since their last right one, or since there was none for a day.
    pub(crate) async fn add_wrong_proof(&self, shopper: String, now_ms: i64) -> Result<i64, QueueError> {
        self.run(move |conn| {
            conn.query_row(
                "insert into wrong_proof (shopper, count, last_ms) values (?1, 1, ?2)
                 on conflict (shopper) do update
                     set count = case when last_ms < ?3 then 1 else count + 1 end, last_ms = excluded.last_ms
                 returning count",
                params![shopper, now_ms, now_ms - VALID_MS],
                |row| row.get(0),
            )
        })
        .await
    }

    /// What [`Queue::add_wrong_proof`] counted.
    pub(crate) async fn wrong_proofs(&self, shopper: String, now_ms: i64) -> Result<i64, QueueError> {
        self.run(move |conn| {
            let count = "select count from wrong_proof where shopper = ?1 and last_ms >= ?2";
            let counted = conn.query_row(count, params![shopper, now_ms - VALID_MS], |row| row.get(0)).optional()?;
            Ok(counted.unwrap_or(0))
        })
        .await
    }

    /// Somebody gave the right proof.
    pub(crate) async fn clear_wrong_proofs(&self, shopper: String) -> Result<(), QueueError> {
        self.run(move |conn| conn.execute("delete from wrong_proof where shopper = ?1", [shopper]).map(drop)).await
    }

    /// Notes this machine's time, and gives the latest it ever had: a clock that was set back is seen by it.
    pub(crate) async fn note_time(&self, wall_ms: i64) -> Result<i64, QueueError> {
        self.run(move |conn| {
            conn.query_row(
                "insert into latest (one, wall_ms) values (1, ?1)
                 on conflict (one) do update set wall_ms = max(wall_ms, excluded.wall_ms) returning wall_ms",
                [wall_ms],
                |row| row.get(0),
            )
        })
        .await
    }

    /// Forgets the latest time: the server has just said what time it is.
    pub(crate) async fn set_time(&self, wall_ms: i64) -> Result<(), QueueError> {
        self.run(move |conn| {
            conn.execute("insert or replace into latest (one, wall_ms) values (1, ?1)", [wall_ms]).map(drop)
        })
        .await
    }

    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, QueueError> {
        let queue = Arc::clone(&self.0);
        let done = tokio::task::spawn_blocking(move || work(&mut queue.lock().unwrap_or_else(PoisonError::into_inner)));
        Ok(done.await.map_err(|_| QueueError::BrokeOff)??)
    }
}

fn connect(file: &Path) -> rusqlite::Result<Connection> {
    let conn = Connection::open(file)?;
    conn.busy_timeout(Duration::from_secs(10))?;
    conn.pragma_update(None, "journal_mode", "wal")?;
    conn.pragma_update(None, "synchronous", "full")?;
    conn.pragma_update(None, "secure_delete", "on")?;
    Ok(conn)
}

#[cfg(test)]
mod tests {
    use super::*;
    use ulid::Ulid;

    const NOON_MS: i64 = 1_795_305_600_000 + 12 * 60 * 60 * 1000;
    const HOUR_MS: i64 = 60 * 60 * 1000;

    fn taken(n: u128, shopper: &str, total_minor: i64, taken_ms: i64) -> NewTaken {
        NewTaken {
            id: PaymentId(Ulid(n)),
            till: "till".to_owned(),
            request: format!("key-{n}"),
            shopper: shopper.to_owned(),
            total_minor,
            taken_ms,
            hand_in: format!("in-{n}"),
            shown: format!("shown-{n}"),
        }
    }

    #[tokio::test]
    async fn limits_hold_over_days_and_starts() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("queue.db");
        let queue = Queue::open(&file).unwrap();
        let mut n = 0;
        let mut take = async |queue: &Queue, shopper: &str, minor, ms| {
            n += 1;
            queue.take(taken(n, shopper, minor, ms)).await.unwrap()
        };
        assert_eq!(take(&queue, "wren", 2_501, NOON_MS).await, Err(Limit::Payment));
        assert_eq!(take(&queue, "wren", 2_500, NOON_MS).await, Ok(()));
        assert_eq!(take(&queue, "wren", 2_500, NOON_MS + 1).await, Ok(()));
        drop(queue);
        let queue = Queue::open(&file).unwrap();
        assert_eq!(take(&queue, "wren", 1, NOON_MS + 11 * HOUR_MS).await, Err(Limit::Person), "also after a start");
        assert_eq!(take(&queue, "wren", 2_500, NOON_MS + 13 * HOUR_MS).await, Ok(()), "the next day");
        for shopper in 0..17 {
            assert_eq!(take(&queue, &format!("{shopper}"), 2_500, NOON_MS + 14 * HOUR_MS).await, Ok(()));
        }
        assert_eq!(take(&queue, "moss", 1, NOON_MS + 15 * HOUR_MS).await, Err(Limit::Agent));
        assert_eq!(take(&queue, "moss", 2_500, NOON_MS + 24 * HOUR_MS).await, Ok(()), "the first one is a day old");
        assert_eq!(take(&queue, "rook", 1, NOON_MS + 24 * HOUR_MS).await, Err(Limit::Agent));
        assert_eq!(queue.waiting().await.unwrap(), (21, 52_500));
    }

    #[tokio::test]
    async fn what_was_handed_in_is_not_sent_again_and_still_counts() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("queue.db");
        let queue = Queue::open(&file).unwrap();
        for n in 1..=2 {
            queue.take(taken(n, "wren", 2_500, NOON_MS)).await.unwrap().unwrap();
        }
        let (seq, first) = queue.next().await.unwrap().unwrap();
        assert_eq!(first, "in-1");
        assert_eq!(queue.shown(PaymentId(Ulid(1))).await.unwrap().unwrap().shown, "shown-1");
        queue.handed_in(seq, "captured".to_owned()).await.unwrap();
        assert_eq!(queue.shown(PaymentId(Ulid(1))).await.unwrap(), None);
        assert_eq!(queue.next().await.unwrap().unwrap().1, "in-2");
        queue.forget_before(NOON_MS + 1).await.unwrap();
        assert_eq!(queue.take(taken(3, "wren", 1, NOON_MS)).await.unwrap(), Err(Limit::Person));
        queue.forget_before(NOON_MS + KEEP_MS + 1).await.unwrap();
        assert_eq!(queue.waiting().await.unwrap(), (1, 2_500), "what waits is never forgotten");
        let (seq, _) = queue.next().await.unwrap().unwrap();
        queue.handed_in(seq, "declined".to_owned()).await.unwrap();
        drop(queue);
        let bytes = std::fs::read(&file).unwrap();
        assert!(!bytes.windows(4).any(|window| window == b"in-1"), "what was handed in is overwritten");
    }

    #[tokio::test]
    async fn proofs_and_the_latest_time_are_kept() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("queue.db");
        let queue = Queue::open(&file).unwrap();
        for count in 1..=3 {
            assert_eq!(queue.add_wrong_proof("wren".to_owned(), NOON_MS + count).await.unwrap(), count);
        }
        assert_eq!(queue.note_time(500).await.unwrap(), 500);
        drop(queue);
        let queue = Queue::open(&file).unwrap();
        assert_eq!(queue.wrong_proofs("wren".to_owned(), NOON_MS).await.unwrap(), 3);
        assert_eq!(queue.wrong_proofs("wren".to_owned(), NOON_MS + VALID_MS + 4).await.unwrap(), 0, "a day later");
        assert_eq!(queue.note_time(400).await.unwrap(), 500, "the clock was set back");
        queue.set_time(400).await.unwrap();
        assert_eq!(queue.note_time(401).await.unwrap(), 401);
        queue.clear_wrong_proofs("wren".to_owned()).await.unwrap();
        assert_eq!(queue.wrong_proofs("wren".to_owned(), NOON_MS).await.unwrap(), 0);
    }
}
