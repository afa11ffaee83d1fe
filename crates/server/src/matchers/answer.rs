//! A matcher's answer to one request.

use super::{
    keeper::Held,
    message::{Answer, Request},
};
use handsel_gallery::{Among, Buckets, bucket};
use handsel_palm::Probe;
use std::{sync::Arc, time::Duration};

/// How long a request waits for the changes that it requires: less than who asks waits for the answer.
const CATCH_UP: Duration = Duration::from_millis(150);

/// Searches what is asked for, all of it or nothing. `None` for what no server of this release sends.
pub(crate) async fn answer(held: &Arc<Held>, request: Request) -> Option<Answer> {
    let probe = Arc::new(Probe::from_bytes(&request.probe).ok()?);
    let before = held.now();
    if before.applied < request.required {
        held.wake.notify_one();
        let mut state = held.state.subscribe();
        let caught_up = state.wait_for(|state| state.applied >= request.required);
        if tokio::time::timeout(CATCH_UP, caught_up).await.is_err() {
            return Some(Answer::Behind { applied: held.now().applied });
        }
    }
    // From here on: what is searched was there, whole, at this moment, and until the end.
    let before = held.now();
    let is_held = |buckets: Buckets| buckets.0 & !before.ready.0 == 0;
    if !is_held(request.buckets) {
        return Some(Answer::NotHeld { ready: before.announced });
    }
    if before.applied < request.required {
        return Some(Answer::Behind { applied: before.applied });
    }
    let among = match request.only {
        None => Among::Buckets(request.buckets),
        Some(keys) if keys.iter().all(|&key| request.buckets.contains(bucket(key))) => Among::Only(keys),
        Some(_) => return None,
    };
    let searched = Arc::clone(held);
    let searching = tokio::task::spawn_blocking(move || searched.gallery.search(&probe, request.side, &among));
    let found = searching.await.ok()?;
    let after = held.now();
    if after.losses != before.losses {
        return Some(Answer::NotHeld { ready: after.announced });
    }
    Some(Answer::Found { applied: before.applied, found })
}
