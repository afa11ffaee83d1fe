//! Steps that share a commit, and what becomes of those that are dropped.

use super::{
    super::{Step, Store, StoreError, events, sessions},
    Ground, On, on_both_engines,
};
use crate::ids;
use handsel_api::{MerchantId, PaymentId, events::EventKind};
use std::time::Duration;
use tokio::task::JoinHandle;

/// An installation, and steps that are put into one group: each begins when the one before it is let go of, and the commit
/// waits behind them.
struct Steps {
    store: Store,
    merchant: MerchantId,
    _ground: Ground,
}

impl Steps {
    async fn new(on: On) -> Steps {
        let ground = Ground::new(on);
        let store = Store::open(&ground.place()).await.unwrap();
        Steps { store, merchant: MerchantId(ids::next()), _ground: ground }
    }

    /// A light step that leaves an event of this time.
    async fn light(&self, time_ms: i64) -> Step {
        let mut step = self.store.write_light().await.unwrap();
        self.emit(&mut step, time_ms).await;
        step
    }

    async fn emit(&self, step: &mut Step, time_ms: i64) {
        events::emit(step, self.merchant, PaymentId(ids::next()), EventKind::PaymentCreated, time_ms).await.unwrap();
    }

    /// The times of the events that are written, in their order.
    async fn written(&self) -> Vec<i64> {
        let mut conn = self.store.read().await.unwrap();
        let rows: Vec<(i64,)> =
            sqlx::query_as("select created_ms from event order by seq").fetch_all(&mut *conn).await.unwrap();
        rows.into_iter().map(|(time_ms,)| time_ms).collect()
    }

    async fn setting(&self) -> Option<Vec<u8>> {
        sessions::setting(&mut self.store.read().await.unwrap(), "of_a_test").await.unwrap()
    }
}

/// Until what was started stands in the queue for the writer.
async fn queued() {
    tokio::time::sleep(Duration::from_millis(200)).await;
}

/// Commits a step; the answer comes when the disk has it.
fn commit(step: Step) -> JoinHandle<Result<(), StoreError>> {
    tokio::spawn(step.commit())
}

async fn a_light_step_that_is_dropped_takes_nothing_of_the_others_with_it(on: On) {
    let steps = Steps::new(on).await;
    let first = commit(steps.light(1).await);
    drop(steps.light(2).await);
    let mut usual = steps.store.write().await.unwrap();
    steps.emit(&mut usual, 3).await;
    let usual = commit(usual);
    let mut dropped = steps.store.write().await.unwrap();
    steps.emit(&mut dropped, 4).await;
    drop(dropped);
    let mut last = steps.light(5).await;
    sessions::put_setting(last.last(), "of_a_test", &[5]).await.unwrap();
    let last = commit(last);
    for kept in [first, usual, last] {
        kept.await.unwrap().unwrap();
    }
    assert_eq!(steps.written().await, [1, 3, 5]);
    assert_eq!(steps.setting().await.as_deref(), Some(&[5][..]));
}

async fn a_light_step_that_is_dropped_after_its_statement_leaves_nothing_of_its_group(on: On) {
    let steps = Steps::new(on).await;
    let first = steps.light(1).await;
    let (store, merchant) = (steps.store.clone(), steps.merchant);
    let second = tokio::spawn(async move {
        let mut second = store.write_light().await.unwrap();
        events::emit(&mut second, merchant, PaymentId(ids::next()), EventKind::PaymentCreated, 2).await.unwrap();
        sessions::put_setting(second.last(), "of_a_test", &[2]).await.unwrap();
    });
    queued().await;
    let refused = first.commit().await;
    second.await.unwrap();
    assert!(matches!(refused, Err(StoreError::Unavailable(_))), "{refused:?}");
    assert_eq!(steps.written().await, [0; 0]);
    assert_eq!(steps.setting().await, None);
    steps.light(3).await.commit().await.unwrap();
    assert_eq!(steps.written().await, [3]);
}

async fn a_statement_that_changed_nothing_may_be_dropped(on: On) {
    let steps = Steps::new(on).await;
    let first = steps.light(1).await;
    let (store, merchant) = (steps.store.clone(), steps.merchant);
    let second = tokio::spawn(async move {
        let mut second = store.write_light().await.unwrap();
        events::emit(&mut second, merchant, PaymentId(ids::next()), EventKind::PaymentCreated, 2).await.unwrap();
        sqlx::query("delete from setting where name = 'nothing'").execute(second.last()).await.unwrap();
        second.changed_nothing();
    });
    queued().await;
    first.commit().await.unwrap();
    second.await.unwrap();
    assert_eq!(steps.written().await, [1]);
}

async fn what_a_statement_broke_is_not_called_kept(on: On) {
    let steps = Steps::new(on).await;
    let first = steps.light(1).await;
    let store = steps.store.clone();
    let second = tokio::spawn(async move {
        let mut second = store.write_light().await.unwrap();
        // A read that fails: in one engine the transaction fails with it.
        sqlx::query("select cast(abs(-9223372036854775807 - 1) as bigint)").execute(&mut *second).await.unwrap_err();
    });
    queued().await;
    let kept = first.commit().await.is_ok();
    second.await.unwrap();
    assert_eq!(kept, on == On::Sqlite);
    assert_eq!(steps.written().await.len(), usize::from(kept));
    steps.light(3).await.commit().await.unwrap();
}

on_both_engines!(
    a_light_step_that_is_dropped_takes_nothing_of_the_others_with_it,
    a_light_step_that_is_dropped_after_its_statement_leaves_nothing_of_its_group,
    a_statement_that_changed_nothing_may_be_dropped,
    what_a_statement_broke_is_not_called_kept,
);
