//! A matcher's answer to one request.

use super::{
    keeper::Held,
    message::{Answer, Request},
};
use crate::{
    residue::{Handling, wipe_stack},
    store::epochs::Number,
};
use handsel_gallery::{Among, Buckets, bucket};
use handsel_palm::Probe;
use std::{collections::HashMap, sync::Arc, time::Duration};

/// How long a request waits for the changes that it requires: less than who asks waits for the answer.
const CATCH_UP: Duration = Duration::from_millis(150);

/// Searches what is asked for, all of it or nothing. `None` for what no server of this release sends.
pub(crate) async fn answer(held: &Arc<Held>, request: Request) -> Option<Answer> {
    let _handling = Handling;
    let mut probes: HashMap<Number, Arc<Probe>> = HashMap::new();
    for (epoch, bytes) in &request.probes {
        probes.insert(*epoch, Arc::new(Probe::from_bytes(bytes).ok()?));
    }
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
    let under = move |epoch| probes.get(&epoch).cloned();
    let searching = tokio::task::spawn_blocking(move || {
        let found = searched.galleries.search(under, request.side, &among);
        wipe_stack();
        found
    });
    let Ok(found) = searching.await.ok()? else {
        // Who asked does not know an epoch that there are palms of; by the next search they do.
        return Some(Answer::NotHeld { ready: Buckets::default() });
    };
    let after = held.now();
    if after.losses != before.losses {
        return Some(Answer::NotHeld { ready: after.announced });
    }
    Some(Answer::Found { applied: before.applied, found })
}
