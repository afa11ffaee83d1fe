//! What is done without being asked: the processor is asked again, holds and payments run out, old rows go.

use super::{Answer, App, Parts, Refusal};
use crate::{
    clock::now_ms,
    store::{changes, charges, events, idempotency, money, payments, refunds},
};
use futures_util::{StreamExt, stream};
use std::{sync::Weak, time::Duration};

/// How often it looks for what the processor is to be asked again.
const ASKING: Duration = Duration::from_millis(500);
/// How often it looks for what has run out.
const HOUSEKEEPING: Duration = Duration::from_secs(15);
/// How often everybody whose time is over is erased; at the start too.
const POLICY: Duration = Duration::from_secs(24 * 60 * 60);
/// How many questions are under way at once.
const AT_ONCE: usize = 8;
/// How many due questions one look finds.
const MOST_DUE: u32 = 200;
/// How long the answer to a request is kept: 24 hours.
const KEEP_ANSWERS_MS: i64 = 24 * 60 * 60 * 1000;
/// How long a change of the gallery is listed: a matcher that was away for longer loads everything again.
const KEEP_CHANGES_MS: i64 = 24 * 60 * 60 * 1000;

impl App {
    /// Looks up every payment and sends every refund whose time has come.
    pub(super) async fn ask_again(&self) -> Answer<()> {
        let now_ms = now_ms();
        let (due, promised, held) = {
            let mut conn = self.0.store.read().await?;
            (
                charges::to_ask(&mut conn, now_ms, MOST_DUE).await?,
                refunds::to_send(&mut conn, now_ms, MOST_DUE).await?,
                charges::held_too_long(&mut conn, now_ms, MOST_DUE).await?,
            )
        };
        // What cannot be dealt with waits like what was not answered: it must not be asked for without end.
        let cut_short = |refusal: Refusal| {
            tracing::error!(
                code = refusal.code.name(),
                "a question to the processor was cut short; it is asked again later"
            );
        };
        stream::iter(due)
            .for_each_concurrent(AT_ONCE, |id| async move {
                if let Err(refusal) = self.resolve(id).await {
                    cut_short(refusal);
                    self.put_off(id).await.unwrap_or_else(cut_short);
                }
            })
            .await;
        stream::iter(promised)
            .for_each_concurrent(AT_ONCE, |id| async move {
                if let Err(refusal) = self.send_refund(id).await {
                    cut_short(refusal);
                    self.put_off_refund(id).await.unwrap_or_else(cut_short);
                }
            })
            .await;
        stream::iter(held)
            .for_each_concurrent(AT_ONCE, |id| async move { self.let_expire(id).await.unwrap_or_else(cut_short) })
            .await;
        Ok(())
    }

    /// Lets run out what nobody came for, forgets what is old, and sums the ledger up.
    pub(super) async fn housekeep(&self) -> Answer<()> {
        let now_ms = now_ms();
        let mut tx = self.0.store.write().await?;
        events::emit_expired(&mut tx, now_ms - super::view::OPEN_MS, now_ms).await?;
        payments::expire_before(&mut tx, now_ms - super::view::OPEN_MS).await?;
        idempotency::delete_before(&mut tx, now_ms - KEEP_ANSWERS_MS).await?;
        changes::delete_before(&mut tx, now_ms - KEEP_CHANGES_MS).await?;
        money::roll_up(&mut tx).await?;
        Ok(tx.commit().await?)
    }
}

/// Works until the last [`App`] is gone.
pub(super) async fn work(parts: Weak<Parts>) {
    let mut since_housekeeping = Duration::ZERO;
    let mut since_policy = POLICY;
    loop {
        tokio::time::sleep(ASKING).await;
        let Some(app) = parts.upgrade().map(App) else { return };
        if let Err(refusal) = app.ask_again().await {
            tracing::error!(code = refusal.code.name(), "what is due could not be read; it is tried again");
        }
        since_policy += ASKING;
        if since_policy >= POLICY {
            since_policy = Duration::ZERO;
            if let Err(refusal) = app.enforce_policy(now_ms()).await {
                tracing::error!(
                    code = refusal.code.name(),
                    "the policy could not be enforced; it is tried again tomorrow"
                );
            }
        }
        since_housekeeping += ASKING;
        if since_housekeeping >= HOUSEKEEPING {
            since_housekeeping = Duration::ZERO;
            for done in [
                app.housekeep().await,
                app.expire_credits().await,
                app.note_used_keys().await,
                app.forget_old_events().await,
                app.look_for_drift().await,
            ] {
                if let Err(refusal) = done {
                    tracing::error!(code = refusal.code.name(), "housekeeping was cut short; it goes on in a while");
                }
            }
        }
    }
}
