//! Carries events to webhook endpoints: one courier for each, so that a slow one holds up no other. What is owed is in the
//! store, so a process that dies sends again what it had not noted as arrived.

use super::{Answer, App, Parts};
use crate::{
    clock::now_ms,
    signing,
    store::{
        events,
        webhooks::{self, Due, StoredEndpoint, Tried},
    },
};
use futures_util::{StreamExt, stream};
use handsel_api::WebhookEndpointId;
use rand::Rng;
use std::{
    sync::{Arc, Weak},
    time::{Duration, Instant},
};

/// How long an endpoint has to answer.
const PATIENCE: Duration = Duration::from_secs(15);
/// How long to wait after each try that failed, in seconds, as Standard Webhooks recommends: ten tries in 75 hours.
const RETRY_S: [i64; 9] =
    [5, 5 * 60, 30 * 60, 2 * HOUR_S, 5 * HOUR_S, 10 * HOUR_S, 14 * HOUR_S, 20 * HOUR_S, 24 * HOUR_S];
const HOUR_S: i64 = 60 * 60;
/// After how long without anything arriving an endpoint is given up: five days.
const GIVE_UP_MS: i64 = 5 * 24 * HOUR_S * 1000;
/// How many events are taken on and sent before the next ones are read.
const BATCH: u32 = 100;
/// How often it is written how tries went, while they go on; a process that dies sends again what came after.
const NOTE: Duration = Duration::from_secs(1);
/// How many requests one endpoint gets at once.
const AT_ONCE: usize = 4;
/// How long to wait when nothing is owed; news come sooner.
const IDLE: Duration = Duration::from_secs(3600);
/// How long to wait when the store could not be used.
const TROUBLE: Duration = Duration::from_secs(5);

/// The client that sends webhooks: to the address that was given and no other, so no redirects and no proxy.
pub(super) fn client() -> Result<reqwest::Client, reqwest::Error> {
    crate::tls::choose();
    reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy()
        .timeout(PATIENCE)
        .user_agent(concat!("handsel/", env!("CARGO_PKG_VERSION")))
        .build()
}

impl App {
    /// Sends one endpoint its events, until it is deleted or disabled.
    pub(super) fn start_courier(&self, id: WebhookEndpointId) {
        tokio::spawn(carry(Arc::downgrade(&self.0), id));
    }

    /// Starts a courier for every endpoint that is enabled.
    pub(super) async fn start_couriers(&self) -> Answer<()> {
        for id in webhooks::enabled(&mut *self.0.store.read().await?).await? {
            self.start_courier(id);
        }
        Ok(())
    }

    /// Takes on what is new and sends what is due. How long until there is more to do; `None` when there never is.
    async fn deliver(&self, id: WebhookEndpointId) -> Answer<Option<Duration>> {
        let Some(endpoint) = self.take_on(id).await? else { return Ok(None) };
        let now = now_ms();
        let owed = webhooks::due(&mut *self.0.store.read().await?, id, BATCH).await?;
        let due: Vec<Due> = owed.iter().copied().filter(|due| due.due_ms <= now).collect();
        if due.is_empty() {
            let first = owed.first().map(|due| Duration::from_millis(u64::try_from(due.due_ms - now).unwrap_or(0)));
            return Ok(Some(first.unwrap_or(IDLE)));
        }
        let mut tries = stream::iter(due).map(|due| self.send(&endpoint, due)).buffer_unordered(AT_ONCE);
        let (mut tried, mut noted) = (Vec::new(), Instant::now());
        while let Some(one) = tries.next().await {
            match one {
                Ok(one) => tried.push(one),
                Err(refusal) => {
                    // What went out is noted, so that it does not go out again.
                    self.note(id, &tried).await?;
                    return Err(refusal);
                }
            }
            if noted.elapsed() >= NOTE {
                self.note(id, &tried).await?;
                (tried, noted) = (Vec::new(), Instant::now());
            }
        }
        self.note(id, &tried).await?;
        Ok(Some(Duration::ZERO))
    }

    /// Writes what is new as owed to this endpoint; `None` when nothing is sent there any more.
    async fn take_on(&self, id: WebhookEndpointId) -> Answer<Option<StoredEndpoint>> {
        let enabled = |endpoint: &StoredEndpoint| endpoint.disabled_ms.is_none();
        let mut conn = self.0.store.read().await?;
        let Some(endpoint) = webhooks::get(&mut conn, id).await?.filter(enabled) else { return Ok(None) };
        let new = events::after(&mut conn, Some(endpoint.merchant), endpoint.passed_on, BATCH).await?;
        drop(conn);
        let Some(last) = new.last() else { return Ok(Some(endpoint)) };
        let mut tx = self.0.store.write().await?;
        // It may have been deleted meanwhile.
        let endpoint = webhooks::get(&mut tx, id).await?.filter(enabled);
        if let Some(endpoint) = &endpoint {
            webhooks::pass_on(&mut tx, endpoint, last.seq, now_ms()).await?;
        }
        tx.commit().await?;
        Ok(endpoint)
    }

    /// Sends one event once.
    async fn send(&self, endpoint: &StoredEndpoint, due: Due) -> Answer<Tried> {
        let attempts = due.attempts + 1;
        let over = Tried { event_seq: due.event_seq, attempts, answered: None, arrived: false, due_ms: None };
        let mut conn = self.0.store.read().await?;
        let Some(stored) = events::by_seq(&mut conn, due.event_seq).await? else { return Ok(over) };
        let event = self.show_event(&mut conn, &stored).await?;
        drop(conn);
        let body = serde_json::to_vec(&event).unwrap_or_default();
        let (id, now_ms) = (event.id.to_string(), now_ms());
        let signature = self.0.signer.sign(&self.secrets(endpoint, now_ms), &id, now_ms / 1000, &body);
        let request = self.0.webhooks.post(&endpoint.url).header("content-type", "application/json");
        let request = request.header(signing::ID, id).header(signing::TIMESTAMP, now_ms / 1000);
        // What it answers besides the status is not read.
        let answered = request.header(signing::SIGNATURE, signature).body(body).send().await;
        let answered = answered.ok().map(|answer| answer.status());
        let arrived = answered.is_some_and(|status| status.is_success());
        let due_ms = if arrived { None } else { next_try_ms(attempts) };
        Ok(Tried { answered: answered.map(|status| status.as_u16()), arrived, due_ms, ..over })
    }

    /// Writes how a few tries went, and what that says of the endpoint.
    async fn note(&self, id: WebhookEndpointId, tried: &[Tried]) -> Answer<()> {
        if tried.is_empty() {
            return Ok(());
        }
        let now_ms = now_ms();
        let mut tx = self.0.store.write().await?;
        // Deleted while it was sent to.
        let Some(before) = webhooks::get(&mut tx, id).await? else { return Ok(()) };
        for one in tried {
            webhooks::tried(&mut tx, id, one, now_ms).await?;
        }
        let gone = tried.iter().any(|one| one.answered == Some(410));
        let failing = if tried.iter().any(|one| one.arrived) { None } else { before.failing_since_ms.or(Some(now_ms)) };
        let given_up = gone || failing.is_some_and(|since| now_ms - since >= GIVE_UP_MS);
        if given_up || failing != before.failing_since_ms {
            webhooks::set_health(&mut tx, id, failing, given_up.then_some(now_ms)).await?;
        }
        tx.commit().await?;
        if given_up {
            tracing::warn!(endpoint = %id, gone, "webhook endpoint disabled");
        }
        Ok(())
    }
}

async fn carry(parts: Weak<Parts>, id: WebhookEndpointId) {
    let Some(mut news) = parts.upgrade().map(|parts| parts.feed.subscribe()) else { return };
    loop {
        news.mark_unchanged();
        let Some(parts) = parts.upgrade() else { return };
        let wait = match App(parts).deliver(id).await {
            Ok(Some(wait)) => wait,
            Ok(None) => return,
            Err(refusal) => {
                tracing::error!(endpoint = %id, code = refusal.code.name(), "webhooks could not be sent");
                TROUBLE
            }
        };
        tokio::select! {
            () = tokio::time::sleep(wait) => {}
            changed = news.changed() => if changed.is_err() { return },
        }
    }
}

/// When to try again after this many tries, a tenth sooner or later so that not all come at once; `None` after the last.
fn next_try_ms(attempts: i64) -> Option<i64> {
    let wait_ms = RETRY_S.get(usize::try_from(attempts).ok()?.checked_sub(1)?)? * 1000;
    Some(now_ms() + wait_ms * rand::rng().random_range(90..=110) / 100)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ten_tries_are_spread_over_75_hours() {
        let waits: Vec<i64> = (1..=9).map(|attempts| next_try_ms(attempts).unwrap() - now_ms()).collect();
        let total_h = waits.iter().sum::<i64>() / (HOUR_S * 1000);
        assert!((67..=84).contains(&total_h), "{total_h}");
        assert!(waits.windows(2).all(|pair| pair[0] < pair[1]), "{waits:?}");
        assert!((4_000..=6_000).contains(&waits[0]), "{waits:?}");
        for none in [10, 0, -1, i64::MAX] {
            assert_eq!(next_try_ms(none), None, "{none}");
        }
    }
}
