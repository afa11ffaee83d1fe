//! The one writer. Steps that come while the disk is busy share the next trip to it.
//!
//! A step is everything between its beginning and [`Step::commit`]. Steps run one after the other in one transaction. A task of its
//! own commits that transaction: it queues for the writer as steps do, so everything that queued before it goes along. No
//! step hears that it is committed before it is on the disk.
//!
//! Steps may have entries for the transparency log. They are appended together, on the disk, before the transaction commits: so no
//! step is acknowledged that the log does not tell of, and where the log fails nothing is kept. A process that is killed between the
//! two leaves entries that nothing was done of, never the reverse.
//!
//! A step that is dropped leaves nothing and takes nothing of the others with it. A usual one ([`Writer::step`]) stands behind a
//! savepoint for that. A light one ([`Writer::light_step`]) does without: all that it writes is left to be written with others'
//! (`pending.rs`), but for one statement, its last ([`Step::last`]).

use super::{
    Engine, StoreError, WAIT,
    events::NewEvent,
    log_entries::{self, NewEntry},
    money::{Link, Written},
    pending::{Mark, Pending},
};
use crate::log::Log;
use sqlx::{Any, AnyConnection, AnyPool, Transaction};
use std::{
    ops::{Deref, DerefMut},
    sync::{Arc, Weak},
};
use tokio::{
    sync::{Mutex, Notify, OwnedMutexGuard, oneshot},
    time::timeout,
};

/// The writer. Cloning shares it.
#[derive(Clone)]
pub(super) struct Writer {
    group: Arc<Mutex<Group>>,
    due: Arc<Due>,
}

/// One step: what it writes is kept when it is committed, together with what others wrote meanwhile. It sees what earlier steps
/// wrote before that is on the disk; so whoever answers with what a step read commits it too, even if it wrote nothing.
pub(crate) struct Step {
    group: OwnedMutexGuard<Group>,
    due: Arc<Due>,
    /// Of a light one: what was pending when it began.
    light: Option<Mark>,
    /// A light one's statement was run.
    wrote: bool,
    /// How many entries for the log there were when it began.
    entries_before: usize,
    finished: bool,
}

/// The steps since the last commit.
struct Group {
    pool: AnyPool,
    engine: Engine,
    tx: Option<Transaction<'static, Any>>,
    /// Whether the last step stands behind a savepoint; the first one of a transaction does not need one.
    saved: bool,
    pending: Pending,
    /// Where entries go; a store without one takes none.
    log: Option<Arc<Log>>,
    /// What these steps have written into the log.
    entries: Vec<NewEntry>,
    /// The last transfer's place in the chain, once a step has written one.
    last_link: Option<Link>,
    /// Whether pending rows or entries were being written when somebody stopped waiting for it.
    torn: bool,
    undo: Undo,
    waiting: Vec<oneshot::Sender<Result<(), StoreError>>>,
}

/// What a dropped step left.
#[derive(Clone, Copy)]
enum Undo {
    Nothing,
    /// What is behind the savepoint, or all, where there is none.
    Statements,
    /// What is pending since.
    Since(Mark),
    /// Statements that no savepoint stands before.
    Everything,
}

/// Wakes the task that commits; the last one to drop it ends that task.
struct Due(Arc<Notify>);

impl Drop for Due {
    fn drop(&mut self) {
        self.0.notify_one();
    }
}

impl Writer {
    /// Over a pool of one connection. Needs a runtime that goes on running.
    pub(super) fn new(pool: AnyPool, engine: Engine) -> Writer {
        let group = Group {
            pool,
            engine,
            tx: None,
            saved: false,
            pending: Pending::default(),
            log: None,
            entries: Vec::new(),
            last_link: None,
            torn: false,
            undo: Undo::Nothing,
            waiting: Vec::new(),
        };
        let group = Arc::new(Mutex::new(group));
        let notify = Arc::new(Notify::new());
        tokio::spawn(commit_when_due(Arc::downgrade(&group), Arc::clone(&notify)));
        Writer { group, due: Arc::new(Due(notify)) }
    }

    /// Starts a step, when no other one runs.
    pub(super) async fn step(&self) -> Result<Step, StoreError> {
        let mut group = self.lock().await?;
        group.begin().await?;
        let entries_before = group.entries.len();
        Ok(Step { group, due: Arc::clone(&self.due), light: None, wrote: false, entries_before, finished: false })
    }

    /// From now on steps may have entries.
    pub(super) async fn log_into(&self, log: Arc<Log>) -> Result<(), StoreError> {
        self.lock().await?.log = Some(log);
        Ok(())
    }

    /// Starts a step that runs one statement which writes, its last, by [`Step::last`]. It must not read events or transfers
    /// that steps before it may have written, unless it says [`Step::write_pending`].
    pub(super) async fn light_step(&self) -> Result<Step, StoreError> {
        let mut group = self.lock().await?;
        group.begin_light().await?;
        let light = Some(group.pending.mark());
        let entries_before = group.entries.len();
        Ok(Step { group, due: Arc::clone(&self.due), light, wrote: false, entries_before, finished: false })
    }

    /// Has the connection to itself, outside a transaction, as long as the answer lives.
    pub(super) async fn alone(&self) -> Result<Alone, StoreError> {
        let mut group = self.lock().await?;
        group.commit().await;
        group.last_link = None; // Whoever is alone may do anything.
        Ok(Alone(group))
    }

    /// Waits for what runs, and lets go of the connection.
    pub(super) async fn close(&self) {
        if let Ok(alone) = self.alone().await {
            alone.pool().close().await;
        }
    }

    async fn lock(&self) -> Result<OwnedMutexGuard<Group>, StoreError> {
        let locked = timeout(WAIT, Arc::clone(&self.group).lock_owned()).await;
        locked.map_err(|_| StoreError::Unavailable("the writer is busy".to_owned()))
    }

    /// The connection's pool, to break it on purpose.
    #[cfg(test)]
    pub(super) async fn pool(&self) -> AnyPool {
        self.group.lock().await.pool.clone()
    }
}

/// See [`Writer::alone`].
pub(super) struct Alone(OwnedMutexGuard<Group>);

impl Alone {
    pub(super) fn pool(&self) -> &AnyPool {
        &self.0.pool
    }
}

impl Step {
    /// Keeps what was written: true once it is on the disk.
    ///
    /// # Errors
    /// Nothing of this step was kept.
    pub(crate) async fn commit(mut self) -> Result<(), StoreError> {
        let (say, kept) = oneshot::channel();
        self.group.waiting.push(say);
        self.finished = true;
        drop(self);
        kept.await.unwrap_or_else(|_| Err(StoreError::Unavailable("the store was closed".to_owned())))
    }

    /// What a light step's one statement runs on. From here on it commits, or nothing of its group is kept.
    pub(crate) fn last(&mut self) -> &mut AnyConnection {
        self.wrote = true;
        self
    }

    /// That statement changed nothing: the step may be dropped as if it had not run.
    pub(crate) fn changed_nothing(&mut self) {
        self.wrote = false;
    }

    /// Writes what steps before this one left to be written.
    pub(crate) async fn write_pending(&mut self) -> Result<(), StoreError> {
        if let Some(since) = self.light {
            // Rows of its own among them could not be taken back.
            self.wrote |= self.group.pending.mark() != since;
            self.light = Some(Mark::default());
        }
        self.group.write_pending().await
    }

    /// Has an entry written into the log, before this step is acknowledged.
    pub(crate) fn log(&mut self, entry: NewEntry) {
        self.group.entries.push(entry);
    }

    /// The last transfer's place in the chain; `None` where the store has to say.
    pub(super) fn last_link(&self) -> Option<Link> {
        self.group.last_link
    }

    /// The transfers that are as good as written, in the order they are chained in.
    pub(super) fn pending_transfers(&self) -> &[Written] {
        self.group.pending.transfers()
    }

    /// Leaves an event to be written with others.
    pub(super) async fn leave_event(&mut self, event: NewEvent) -> Result<(), StoreError> {
        self.group.pending.add_event(event);
        self.left().await
    }

    /// Leaves a transfer to be written with others; then say [`Step::left`].
    pub(super) fn leave(&mut self, transfer: Written) {
        self.group.last_link = Some(transfer.link);
        self.group.pending.add_transfer(transfer);
    }

    /// A usual step reads what it wrote, so it leaves nothing.
    pub(super) async fn left(&mut self) -> Result<(), StoreError> {
        if self.light.is_none() { self.group.write_pending().await } else { Ok(()) }
    }
}

impl Drop for Step {
    fn drop(&mut self) {
        if !self.finished {
            let before = self.entries_before;
            self.group.entries.truncate(before);
        }
        self.group.undo = match self.light {
            _ if self.finished => Undo::Nothing,
            None => Undo::Statements,
            Some(_) if self.wrote => Undo::Everything,
            Some(since) => Undo::Since(since),
        };
        self.due.0.notify_one();
    }
}

impl Deref for Step {
    type Target = AnyConnection;

    #[expect(
        clippy::expect_used,
        reason = "a step begins with a transaction, and only a commit takes it, which needs the lock"
    )]
    fn deref(&self) -> &AnyConnection {
        self.group.tx.as_ref().expect("a step's transaction")
    }
}

impl DerefMut for Step {
    #[expect(clippy::expect_used, reason = "as above")]
    fn deref_mut(&mut self) -> &mut AnyConnection {
        self.group.tx.as_mut().expect("a step's transaction")
    }
}

impl Group {
    async fn begin(&mut self) -> Result<(), StoreError> {
        self.undo_dropped().await;
        if self.tx.is_some() {
            self.write_pending().await?;
        }
        let Some(tx) = &mut self.tx else { return self.begin_transaction().await };
        let next = if self.saved { "release savepoint step; savepoint step" } else { "savepoint step" };
        match sqlx::raw_sql(next).execute(&mut **tx).await {
            Ok(_) => {
                self.saved = true;
                Ok(())
            }
            Err(why) => {
                let why = StoreError::from(why);
                self.fail(&why);
                Err(why)
            }
        }
    }

    async fn begin_light(&mut self) -> Result<(), StoreError> {
        self.undo_dropped().await;
        if self.tx.is_none() { self.begin_transaction().await } else { Ok(()) }
    }

    async fn begin_transaction(&mut self) -> Result<(), StoreError> {
        self.tx = Some(self.engine.begin(&self.pool).await?);
        self.saved = false;
        Ok(())
    }

    /// Takes back what a dropped step wrote. Where that fails, nothing of the group can be kept.
    async fn undo_dropped(&mut self) {
        if self.torn {
            self.fail(&StoreError::Unavailable("a write broke off".to_owned()));
        }
        match (self.undo, &mut self.tx) {
            (Undo::Nothing, _) | (_, None) => {}
            (Undo::Statements, Some(tx)) if self.saved => {
                self.last_link = None;
                if let Err(why) = sqlx::raw_sql("rollback to savepoint step").execute(&mut **tx).await {
                    self.fail(&why.into());
                }
            }
            (Undo::Statements, Some(_)) => {
                self.last_link = None;
                if let Some(tx) = self.tx.take() {
                    // What fails here is noticed by the connection's next user.
                    drop(tx.rollback().await);
                }
            }
            (Undo::Since(mark), Some(tx)) => {
                self.pending.truncate(mark);
                self.last_link = self.pending.transfers().last().map(|written| written.link);
                // What ended the step may have been a statement that failed; then some engines keep nothing of the transaction.
                if let Err(why) = sqlx::raw_sql("select 1").execute(&mut **tx).await {
                    self.fail(&why.into());
                }
            }
            (Undo::Everything, Some(_)) => self.fail(&StoreError::Unavailable("a step broke off".to_owned())),
        }
        // Only now: whoever stops waiting half way leaves it to the next one.
        self.undo = Undo::Nothing;
    }

    /// Writes what is pending. Where that fails, nothing of the group is kept.
    async fn write_pending(&mut self) -> Result<(), StoreError> {
        if self.pending.is_empty() {
            return Ok(());
        }
        let Some(tx) = &mut self.tx else { return Err(StoreError::Unavailable("nothing is open".to_owned())) };
        self.torn = true;
        let written = self.pending.write(tx).await;
        self.torn = false;
        match &written {
            Ok(()) => self.pending = Pending::default(),
            Err(why) => self.fail(why),
        }
        written
    }

    /// Appends entries to the log and writes what they open to. Where that fails, nothing of the group is kept.
    async fn write_entries(&mut self) -> Result<(), StoreError> {
        if self.entries.is_empty() {
            return Ok(());
        }
        let Some(tx) = &mut self.tx else { return Err(StoreError::Unavailable("nothing is open".to_owned())) };
        self.torn = true;
        let entries = std::mem::take(&mut self.entries);
        let written = match append(self.log.clone(), &entries).await {
            Ok(first) => log_entries::insert_all(tx, first, &entries).await,
            Err(why) => Err(why),
        };
        self.torn = false;
        if let Err(why) = &written {
            self.fail(why);
        }
        written
    }

    async fn commit(&mut self) {
        self.undo_dropped().await;
        if self.write_entries().await.is_err() || self.write_pending().await.is_err() {
            return; // Everybody was told.
        }
        let Some(tx) = self.tx.take() else { return };
        // Out of the group together: they hear of this commit, or, if it is cut short, that they do not know.
        let waiting = std::mem::take(&mut self.waiting);
        let kept = if waiting.is_empty() { tx.rollback().await } else { tx.commit().await };
        let kept = kept.map_err(StoreError::from);
        if kept.is_err() {
            self.last_link = None;
        }
        for one in waiting {
            // Whoever does not wait any more does not need to know.
            let _ = one.send(kept.clone());
        }
    }

    /// Nothing of this group is kept, and everybody in it is told.
    fn fail(&mut self, why: &StoreError) {
        self.tx = None; // rolls back
        self.pending = Pending::default();
        self.entries.clear();
        self.last_link = None;
        self.torn = false;
        for one in self.waiting.drain(..) {
            let _ = one.send(Err(why.clone()));
        }
    }
}

/// Appends entries to the log, on a thread that may wait for the disk. Which the first one is.
async fn append(log: Option<Arc<Log>>, entries: &[NewEntry]) -> Result<u64, StoreError> {
    let Some(log) = log else { return Err(StoreError::LogUnavailable("this store has no log".to_owned())) };
    let leaves: Vec<Vec<u8>> = entries.iter().map(|entry| entry.leaf.clone()).collect();
    let appended = tokio::task::spawn_blocking(move || log.append(&leaves)).await;
    let failed = |why: String| StoreError::LogUnavailable(why);
    Ok(appended.map_err(|why| failed(why.to_string()))?.map_err(|why| failed(why.to_string()))?.start)
}

/// Until the writer is gone.
async fn commit_when_due(group: Weak<Mutex<Group>>, due: Arc<Notify>) {
    loop {
        due.notified().await;
        let Some(group) = group.upgrade() else { return };
        group.lock().await.commit().await;
    }
}
