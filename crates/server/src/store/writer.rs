//! The one writer. Steps that come while the disk is busy share the next trip to it.
//!
//! A step is everything between [`Writer::step`] and [`Step::commit`]. Steps run one after the other, each behind a savepoint of
//! one transaction, so that a step that is dropped leaves nothing and takes nothing of the others with it. A task of its
//! own commits that transaction: it queues for the writer as steps do, so everything that queued before it goes along. No
//! step hears that it is committed before it is on the disk.

use super::{Engine, StoreError, WAIT};
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
    finished: bool,
}

/// The steps since the last commit.
struct Group {
    pool: AnyPool,
    engine: Engine,
    tx: Option<Transaction<'static, Any>>,
    /// Whether the last step stands behind a savepoint; the first one of a transaction does not need one.
    saved: bool,
    /// The last step was dropped.
    undo: bool,
    waiting: Vec<oneshot::Sender<Result<(), StoreError>>>,
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
        let group = Group { pool, engine, tx: None, saved: false, undo: false, waiting: Vec::new() };
        let group = Arc::new(Mutex::new(group));
        let notify = Arc::new(Notify::new());
        tokio::spawn(commit_when_due(Arc::downgrade(&group), Arc::clone(&notify)));
        Writer { group, due: Arc::new(Due(notify)) }
    }

    /// Starts a step, when no other one runs.
    pub(super) async fn step(&self) -> Result<Step, StoreError> {
        let mut group = self.lock().await?;
        group.begin().await?;
        Ok(Step { group, due: Arc::clone(&self.due), finished: false })
    }

    /// Has the connection to itself, outside a transaction, as long as the answer lives.
    pub(super) async fn alone(&self) -> Result<Alone, StoreError> {
        let mut group = self.lock().await?;
        group.commit().await;
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
}

impl Drop for Step {
    fn drop(&mut self) {
        self.group.undo = !self.finished;
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
        let Some(tx) = &mut self.tx else {
            self.tx = Some(self.engine.begin(&self.pool).await?);
            self.saved = false;
            return Ok(());
        };
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

    /// Takes back what a dropped step wrote. Where that fails, nothing of the group can be kept.
    async fn undo_dropped(&mut self) {
        if !self.undo {
            return;
        }
        if let (Some(tx), true) = (&mut self.tx, self.saved) {
            if let Err(why) = sqlx::raw_sql("rollback to savepoint step").execute(&mut **tx).await {
                self.fail(&why.into());
            }
        } else if let Some(tx) = self.tx.take() {
            // What fails here is noticed by the connection's next user.
            drop(tx.rollback().await);
        }
        // Only now: whoever stops waiting half way leaves it to the next one.
        self.undo = false;
    }

    async fn commit(&mut self) {
        self.undo_dropped().await;
        let Some(tx) = self.tx.take() else { return };
        // Out of the group together: they hear of this commit, or, if it is cut short, that they do not know.
        let waiting = std::mem::take(&mut self.waiting);
        let kept = if waiting.is_empty() { tx.rollback().await } else { tx.commit().await };
        let kept = kept.map_err(StoreError::from);
        for one in waiting {
            // Whoever does not wait any more does not need to know.
            let _ = one.send(kept.clone());
        }
    }

    /// Nothing of this group is kept, and everybody in it is told.
    fn fail(&mut self, why: &StoreError) {
        self.tx = None; // rolls back
        for one in self.waiting.drain(..) {
            let _ = one.send(Err(why.clone()));
        }
    }
}

/// Until the writer is gone.
async fn commit_when_due(group: Weak<Mutex<Group>>, due: Arc<Notify>) {
    loop {
        due.notified().await;
        let Some(group) = group.upgrade() else { return };
        group.lock().await.commit().await;
    }
}
