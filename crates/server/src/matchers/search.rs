//! One search at the matchers: who is asked for what, again elsewhere when it takes long, until every bucket has answered once.

use super::{
    coordinator::Parts,
    message::{Answer, MatcherId, Request},
    pace::Pace,
    plan::{Tried, note, plan},
    seal::Kind,
};
use crate::{
    clock::now_ms,
    secret,
    store::{changes::Seq, epochs::Number},
};
use handsel_gallery::{Among, Buckets, Found, bucket};
use handsel_palm::Side;
use std::{
    sync::{Arc, atomic::Ordering},
    time::{Duration, Instant},
};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use zeroize::Zeroizing;

/// How long a search waits when it has asked everybody in vain, before it asks again: a matcher that lost its NATS server has
/// another one by then, and one that this server has not heard of yet announces itself.
const PAUSE: Duration = Duration::from_millis(20);
/// The most keys of a cohort that one request carries: 16 bytes each, and NATS takes a megabyte.
const MOST_KEYS: usize = 50_000;

/// What is looked for.
pub(super) struct Search<'a> {
    pub(super) parts: &'a Arc<Parts>,
    pub(super) required: Seq,
    pub(super) side: Side,
    pub(super) among: &'a Among,
    /// [`handsel_palm::Probe::to_bytes`] for each epoch that templates may be of.
    pub(super) probes: Vec<(Number, Zeroizing<Vec<u8>>)>,
}

/// A request that an answer is expected to before `until`.
struct Asked {
    id: u128,
    buckets: Buckets,
    matcher: MatcherId,
    until: Instant,
}

/// An answer, or that there will be none.
struct Answered {
    id: u128,
    buckets: Buckets,
    matcher: MatcherId,
    answer: Option<Answer>,
}

/// Where one search stands.
struct Standing {
    missing: Buckets,
    found: Found,
    asked: Vec<Asked>,
    tried: Tried,
    sender: UnboundedSender<Answered>,
    answers: UnboundedReceiver<Answered>,
}

impl Search<'_> {
    /// Asks until every needed bucket has answered once. The buckets that did not, when there is no time left.
    ///
    /// Who is slow is not given up: another one is asked for the same, and whose answer comes first counts.
    pub(super) async fn run(&self, needed: Buckets) -> Result<Found, Buckets> {
        let patience = self.parts.pace.patience();
        let deadline = Instant::now() + Pace::budget(patience);
        let (sender, answers) = unbounded_channel();
        let (found, asked, tried) = (Found::default(), Vec::new(), Tried::new());
        let mut now = Standing { missing: needed, found, asked, tried, sender, answers };
        while !now.missing.is_empty() {
            if Instant::now() >= deadline {
                return Err(now.missing);
            }
            now.lose_patience();
            self.ask_for_what_is_open(&mut now, patience)?;
            let next = match now.asked.iter().map(|asked| asked.until).min() {
                Some(until) => until,
                None => {
                    now.tried.clear();
                    Instant::now() + PAUSE
                }
            };
            let answer = tokio::time::timeout_at(next.min(deadline).into(), now.answers.recv());
            if let Ok(Some(answered)) = answer.await {
                self.take(&mut now, answered);
            }
        }
        Ok(now.found)
    }

    fn ask_for_what_is_open(&self, now: &mut Standing, patience: Duration) -> Result<(), Buckets> {
        let expected = now.asked.iter().fold(0, |all, asked| all | asked.buckets.0);
        let open = Buckets(now.missing.0 & !expected);
        if open.is_empty() {
            return Ok(());
        }
        let members: Vec<_> = self.parts.members().live(Instant::now()).map(|(id, member)| (id, *member)).collect();
        // What a few keys take says nothing about searching whole buckets.
        let is_whole = matches!(self.among, Among::Buckets(_));
        let turn = self.parts.turn.fetch_add(1, Ordering::Relaxed);
        for (matcher, buckets) in plan(open, &members, &now.tried, self.required, turn) {
            let (id, sealed) = self.request(buckets).ok_or(buckets)?;
            now.asked.push(Asked { id, buckets, matcher, until: Instant::now() + patience });
            let (parts, sender) = (Arc::clone(self.parts), now.sender.clone());
            // Goes on when the search is over: how long the answer took is worth knowing also when it is too late.
            tokio::spawn(async move {
                let start = Instant::now();
                let answer = parts.inbox.ask(matcher, id, sealed, Pace::LONGEST).await;
                if is_whole && matches!(answer, Some(Answer::Found { .. })) {
                    parts.pace.took(start.elapsed());
                }
                // A search that is over does not want it.
                let _ = sender.send(Answered { id, buckets, matcher, answer });
            });
        }
        Ok(())
    }

    /// A request's id, and it sealed; `None` for a cohort that is too large for one.
    fn request(&self, buckets: Buckets) -> Option<(u128, Vec<u8>)> {
        let only = match self.among {
            Among::Buckets(_) => None,
            Among::Only(keys) => {
                Some(keys.iter().copied().filter(|&key| buckets.contains(bucket(key))).collect::<Vec<_>>())
            }
        };
        if only.as_ref().is_some_and(|keys| keys.len() > MOST_KEYS) {
            tracing::error!("a cohort is too large for one message");
            return None;
        }
        let id = u128::from_le_bytes(secret::random());
        let (side, required, probes) = (self.side, self.required, self.probes.clone());
        let request = Request { id, time_ms: now_ms(), side, buckets, required, only, probes };
        Some((id, self.parts.seal.seal(Kind::Request, &request.write())))
    }

    fn take(&self, now: &mut Standing, Answered { id, buckets, matcher, answer }: Answered) {
        now.asked.retain(|asked| asked.id != id);
        match answer {
            Some(Answer::Found { applied, found }) if applied >= self.required => {
                // All of it is still missing, or somebody else has answered for a part: then it cannot be told apart any more.
                if buckets.0 & !now.missing.0 == 0 {
                    now.missing.0 &= !buckets.0;
                    now.found.merge(found);
                }
                return;
            }
            Some(Answer::NotHeld { ready }) => self.parts.members().holds(matcher, ready),
            Some(Answer::Found { .. } | Answer::Behind { .. }) | None => {}
        }
        note(&mut now.tried, matcher, buckets);
    }
}

impl Standing {
    /// Has others asked in place of those that should have answered by now. Their answers still count when they come.
    fn lose_patience(&mut self) {
        let (now, tried) = (Instant::now(), &mut self.tried);
        self.asked.retain(|asked| {
            let waits = asked.until > now;
            if !waits {
                note(tried, asked.matcher, asked.buckets);
            }
            waits
        });
    }
}
