//! What an agent does by itself: looks whether the server is back, hands in what was taken, fetches palms, and wipes those that are
//! too old.

use super::{Agent, Parts, pass_on::Unreachable};
use crate::payment_state::{Event, next};
use base64::{Engine, engine::general_purpose::STANDARD};
use handsel_api::{
    Problem,
    offline::{AskForSubset, SealedSubset},
    payments::Payment,
};
use reqwest::{RequestBuilder, StatusCode};
use std::{
    sync::{Weak, atomic::Ordering},
    time::{Duration, Instant},
};

/// How often it looks.
const LOOKS: Duration = Duration::from_secs(1);
/// How soon it hands in again what the server would not take.
const HANDS_IN_AGAIN: Duration = Duration::from_secs(10);
/// How old palms get while the server answers: who left is gone from here as soon.
const FETCHES: Duration = Duration::from_secs(3 * 60);
/// How soon it asks again, after the server would not give any or when the line is back.
const FETCHES_AGAIN: Duration = Duration::from_secs(20);
/// How often it notes what time it is, and forgets what is old.
const NOTES: Duration = Duration::from_secs(60);
/// How long the server may take to answer the agent itself.
const PATIENCE: Duration = Duration::from_secs(30);
/// How long it may take to say that it is there.
const PROBE: Duration = Duration::from_secs(3);

/// Why something was not done.
enum NotDone {
    /// Nobody answered.
    Silence,
    /// It was refused.
    Refused(StatusCode, Box<Problem>),
    /// What came back is not what was asked for.
    Nonsense,
}

impl From<Unreachable> for NotDone {
    fn from(_: Unreachable) -> NotDone {
        NotDone::Silence
    }
}

/// Works until the last [`Agent`] is gone.
pub(super) async fn keep(parts: Weak<Parts>) {
    let (mut hand_in_at, mut fetch_at, mut note_at) = (Instant::now(), Instant::now(), Instant::now());
    let mut may_fetch_at = Instant::now();
    loop {
        let Some(agent) = parts.upgrade().map(Agent) else { return };
        drop(agent.held());
        if !agent.is_up() {
            agent.probe().await;
        }
        let is_up = agent.is_up();
        if is_up && agent.0.was_cut.swap(false, Ordering::Relaxed) {
            // Whoever left while the line was cut is not held any longer than that.
            fetch_at = fetch_at.min(may_fetch_at);
        }
        if is_up {
            if Instant::now() >= hand_in_at && !agent.hand_in_all().await {
                hand_in_at = Instant::now() + HANDS_IN_AGAIN;
            }
            if Instant::now() >= fetch_at {
                let fetched = agent.fetch().await;
                may_fetch_at = Instant::now() + FETCHES_AGAIN;
                fetch_at = Instant::now() + if fetched { FETCHES } else { FETCHES_AGAIN };
            }
        }
        if Instant::now() >= note_at {
            note_at = Instant::now() + NOTES;
            if let Err(error) = agent.note_time().await {
                tracing::error!(%error, "the queue cannot be used");
            }
        }
        drop(agent);
        tokio::time::sleep(LOOKS).await;
    }
}

impl Agent {
    async fn probe(&self) {
        let asked = self.0.client.get(format!("{}/healthz", self.0.server.as_str())).send();
        let _ = self.begun(tokio::time::timeout(PROBE, asked).await);
    }

    /// Fetches palms in the place of those held. If the server says that this agent gets none, those held are wiped.
    pub(crate) async fn fetch(&self) -> bool {
        let public_key = STANDARD.encode(self.0.pair.public());
        let ask = AskForSubset { site: self.0.site, public_key };
        match self.ask::<SealedSubset>(self.post("/v1/offline_subsets").json(&ask)).await {
            Ok(subset) => match self.store(&subset).await {
                Ok(true) => true,
                Ok(false) => {
                    tracing::error!(
                        "the palms that came cannot be opened: this agent's key is another one at the server"
                    );
                    false
                }
                Err(error) => {
                    tracing::error!(%error, "the palms that came could not be kept");
                    false
                }
            },
            Err(NotDone::Refused(status, problem)) => {
                let (code, detail) = (problem.code.name(), problem.detail);
                tracing::error!(code, detail, "the server gives no palms");
                if matches!(status, StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN) {
                    self.let_go("the server gives this agent none any more");
                    if let Err(error) = self.forget_others().await {
                        tracing::error!(%error, "the queue cannot be used");
                    }
                }
                false
            }
            Err(NotDone::Silence | NotDone::Nonsense) => false,
        }
    }

    async fn store(&self, subset: &SealedSubset) -> Result<bool, super::QueueError> {
        let Ok(sealed) = STANDARD.decode(&subset.sealed) else { return Ok(false) };
        let wall_ms = self.wall_ms();
        if !self.hold(wall_ms, &sealed) {
            return Ok(false);
        }
        self.0.stored.put(wall_ms, &sealed)?;
        self.0.queue.set_time(wall_ms).await?;
        self.forget_others().await?;
        Ok(true)
    }

    /// Forgets whoever is not among the palms held now: they left, or stopped it, or have not been here for long. What was taken from them and
    /// waits is handed in first, and forgotten then.
    async fn forget_others(&self) -> Result<(), super::QueueError> {
        let held = self.held().map(|(held, _)| held);
        let stays = |shopper: &str| held.as_ref().is_some_and(|held| held.who(shopper).is_some());
        for open in self.payments().values_mut() {
            if open.person.take_if(|person| !stays(&person.shopper)).is_some() {
                open.status = next(open.status, Event::Nobody).unwrap_or(open.status);
            }
        }
        let stay = held.iter().flat_map(|held| held.shoppers()).map(str::to_owned).collect();
        self.0.queue.forget_others(stay).await
    }

    /// Hands in what was taken, the oldest first; false if the server did not take all of it.
    pub(crate) async fn hand_in_all(&self) -> bool {
        self.hand_in_each().await.unwrap_or_else(|error| {
            tracing::error!(%error, "the queue cannot be used");
            false
        })
    }

    async fn hand_in_each(&self) -> Result<bool, super::QueueError> {
        while let Some((seq, taken)) = self.0.queue.next().await? {
            let Some(outcome) = self.hand_in(&taken).await else { return Ok(false) };
            self.0.queue.handed_in(seq, outcome).await?;
        }
        Ok(true)
    }

    /// How the server took a payment; `None` if it is to be handed in again.
    async fn hand_in(&self, taken: &str) -> Option<String> {
        #[derive(serde::Deserialize)]
        struct Named {
            id: String,
        }
        let Named { id } = serde_json::from_str(taken).ok()?;
        let request = self.post("/v1/offline_payments").header("idempotency-key", &id);
        let request = request.header("content-type", "application/json").body(taken.to_owned());
        match self.ask::<Payment>(request).await {
            Ok(payment) => {
                let outcome = crate::store::rows::word(&payment.status).unwrap_or_default();
                tracing::info!(payment = id, outcome, "handed in");
                Some(outcome)
            }
            Err(NotDone::Refused(status, problem)) => {
                let code = problem.code.name();
                let for_good = matches!(status, StatusCode::BAD_REQUEST | StatusCode::UNPROCESSABLE_ENTITY);
                tracing::error!(payment = id, code, detail = problem.detail, for_good, "not taken by the server");
                for_good.then_some(code)
            }
            Err(NotDone::Silence | NotDone::Nonsense) => None,
        }
    }

    fn post(&self, path: &str) -> RequestBuilder {
        self.0.client.post(format!("{}{path}", self.0.server.as_str())).bearer_auth(self.0.key.text())
    }

    async fn ask<T: serde::de::DeserializeOwned>(&self, request: RequestBuilder) -> Result<T, NotDone> {
        let answer = self.begun(tokio::time::timeout(PATIENCE, request.send()).await)?;
        let status = answer.status();
        let body = tokio::time::timeout(PATIENCE, answer.bytes()).await;
        let body = body.ok().and_then(Result::ok).ok_or(NotDone::Silence)?;
        if status.is_success() {
            return serde_json::from_slice(&body).map_err(|_| NotDone::Nonsense);
        }
        let problem = serde_json::from_slice(&body).map_err(|_| NotDone::Nonsense)?;
        Err(NotDone::Refused(status, problem))
    }

    async fn note_time(&self) -> Result<(), super::QueueError> {
        self.0.queue.note_time(self.wall_ms()).await?;
        let (payments, minor) = self.0.queue.waiting().await?;
        if payments > 0 {
            tracing::warn!(payments, minor, "payments wait to be handed in");
        }
        let Some((_, server_ms)) = self.held() else { return Ok(()) };
        self.0.queue.forget_before(server_ms).await
    }
}
