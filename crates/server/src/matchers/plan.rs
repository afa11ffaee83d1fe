//! Whom to ask for what: every bucket at one matcher that holds it, with the work spread over all that do.

use super::{members::Member, message::MatcherId};
use crate::store::changes::Seq;
use handsel_gallery::{BUCKETS, Buckets};
use std::collections::HashMap;

/// Whom a search has asked in vain, and for which buckets.
pub(crate) type Tried = HashMap<MatcherId, Buckets>;

/// Asks for each of `buckets` a matcher that was not tried for it, if there is one: rather one that stays than one that leaves,
/// one that has followed to `required` than one behind, and one that is asked for little than one that is asked for much.
/// `turn` changes from search to search.
pub(crate) fn plan(
    buckets: Buckets,
    members: &[(MatcherId, Member)],
    tried: &Tried,
    required: Seq,
    turn: usize,
) -> Vec<(MatcherId, Buckets)> {
    let mut asked = vec![Buckets(0); members.len()];
    for bucket in (0..BUCKETS).map(|bucket| (bucket + turn) % BUCKETS).filter(|&bucket| buckets.contains(bucket)) {
        let can = |(id, member): &(MatcherId, Member)| {
            member.ready.contains(bucket) && !tried.get(id).is_some_and(|tried| tried.contains(bucket))
        };
        let best = (0..members.len()).filter(|&at| can(&members[at])).min_by_key(|&at| {
            let member = members[at].1;
            (member.leaving, member.applied < required, asked[at].len(), (at + turn) % members.len())
        });
        if let Some(best) = best {
            asked[best].0 |= 1 << bucket;
        }
    }
    let asked = members.iter().map(|(id, _)| *id).zip(asked);
    asked.filter(|(_, buckets)| !buckets.is_empty()).collect()
}

/// Remembers that a matcher was asked in vain.
pub(crate) fn note(tried: &mut Tried, matcher: MatcherId, buckets: Buckets) {
    tried.entry(matcher).or_default().0 |= buckets.0;
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        clock::now_ms, matchers::members::Members, matchers::message::Announcement, matchers::message::Release,
    };
    use proptest::prelude::*;
    use std::time::Instant;

    proptest! {
        #[test]
        fn every_bucket_is_asked_for_once_at_one_that_holds_it(
            ready in prop::collection::vec(any::<u64>(), 0..5),
            buckets in any::<u64>(),
            tried in any::<u64>(),
            turn in 0usize..1000,
        ) {
            let mut members = Members::new(Release::own());
            for (id, ready) in (0..).zip(&ready) {
                let (release, ready) = (Release::own(), Buckets(*ready));
                let said = Announcement { release: release.clone(), id, time_ms: now_ms(), leaving: id == 2, ready, applied: 4 };
                members.hear(release, Some(said), Instant::now());
            }
            let members: Vec<_> = members.live(Instant::now()).map(|(id, member)| (id, *member)).collect();
            let tried = Tried::from([(0, Buckets(tried))]);
            let plan = plan(Buckets(buckets), &members, &tried, 4, turn);
            let mut asked = 0;
            for (id, buckets) in &plan {
                prop_assert_eq!(asked & buckets.0, 0, "asked twice");
                asked |= buckets.0;
                prop_assert_eq!(buckets.0 & !ready[*id as usize], 0);
                prop_assert_eq!(buckets.0 & tried.get(id).copied().unwrap_or_default().0, 0);
            }
            let possible = (0..).zip(&ready).fold(0, |all, (id, ready)| {
                all | ready & !tried.get(&id).copied().unwrap_or_default().0
            });
            prop_assert_eq!(asked, buckets & possible);
        }
    }

    #[test]
    fn work_is_shared_and_who_leaves_or_lags_is_asked_last() {
        let now = Instant::now();
        let of = |said: &[(MatcherId, bool, Seq)]| {
            let mut members = Members::new(Release::own());
            for &(id, leaving, applied) in said {
                let (release, ready) = (Release::own(), Buckets::ALL);
                let said = Announcement { release: release.clone(), id, time_ms: now_ms(), leaving, ready, applied };
                members.hear(release, Some(said), now);
            }
            let members: Vec<_> = members.live(now).map(|(id, member)| (id, *member)).collect();
            let mut plan = plan(Buckets::ALL, &members, &Tried::new(), 5, 17);
            plan.sort_unstable_by_key(|(id, _)| *id);
            plan
        };
        let even = of(&[(1, false, 5), (2, false, 5)]);
        assert_eq!(even.iter().map(|(_, buckets)| buckets.len()).collect::<Vec<_>>(), [32, 32]);
        assert_eq!(of(&[(1, true, 5), (2, false, 4)]), [(2, Buckets::ALL)]);
        assert_eq!(of(&[(1, false, 4), (2, false, 5)]), [(2, Buckets::ALL)]);
    }
}
