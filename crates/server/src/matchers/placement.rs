//! Which matcher holds what: every bucket at the matchers that rank highest for it (rendezvous hashing), so that everybody who
//! knows the same matchers comes to the same answer, and one that comes or goes moves no more than its own share.

use super::{members::Member, message::MatcherId};
use handsel_gallery::{BUCKETS, Buckets, bucket};

/// What one matcher is to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Share {
    /// The buckets that are its own.
    pub(crate) own: Buckets,
    /// Those that others own and hold already: nobody needs this matcher's copy.
    pub(crate) spare: Buckets,
}

/// The share of matcher `me` among all that are alive, itself included, with `replicas` owners of each bucket.
pub(crate) fn share(me: MatcherId, all: &[(MatcherId, Member)], replicas: usize) -> Share {
    let mut share = Share::default();
    for bucket in 0..BUCKETS {
        let owners = owners(bucket, all, replicas);
        if owners.iter().any(|(id, _)| *id == me) {
            share.own.0 |= 1 << bucket;
        } else if !owners.is_empty() && owners.iter().all(|(_, owner)| owner.ready.contains(bucket)) {
            share.spare.0 |= 1 << bucket;
        }
    }
    share
}

/// The owners of a bucket, among those that stay.
fn owners(bucket: usize, all: &[(MatcherId, Member)], replicas: usize) -> Vec<(MatcherId, Member)> {
    let mut staying: Vec<_> = all.iter().filter(|(_, member)| !member.leaving).copied().collect();
    staying.sort_unstable_by_key(|(id, _)| std::cmp::Reverse((rank(bucket, *id), *id)));
    staying.truncate(replicas);
    staying
}

/// As good as random, and the same everywhere.
fn rank(bucket: usize, id: MatcherId) -> u64 {
    let mut z =
        (id as u64) ^ ((id >> 64) as u64).rotate_left(32) ^ (bucket as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// The buckets of some keys.
pub(crate) fn buckets_of(keys: &[handsel_gallery::Key]) -> Buckets {
    keys.iter().map(|&key| bucket(key)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        clock::now_ms, matchers::members::Members, matchers::message::Announcement, matchers::message::Release,
    };
    use std::time::Instant;

    fn member(id: MatcherId, ready: Buckets, leaving: bool) -> (MatcherId, Member) {
        let mut members = Members::new(Release::own());
        let release = Release::own();
        let said = Announcement { release: release.clone(), id, time_ms: now_ms(), leaving, ready, applied: 1 };
        members.hear(release, Some(said), Instant::now());
        let (id, member) = members.live(Instant::now()).next().unwrap();
        (id, *member)
    }

    #[test]
    fn every_bucket_has_its_owners_and_shares_are_even() {
        for count in 1..8usize {
            let all: Vec<_> =
                (0..count).map(|_| member(u128::from_le_bytes(crate::secret::random()), Buckets(0), false)).collect();
            let shares: Vec<Share> = all.iter().map(|(id, _)| share(*id, &all, 2)).collect();
            for bucket in 0..BUCKETS {
                let owners = shares.iter().filter(|share| share.own.contains(bucket)).count();
                assert_eq!(owners, count.min(2));
            }
            let even = 2 * BUCKETS / count.max(2);
            assert!(shares.iter().all(|share| share.own.len() <= 2 * even), "{shares:?}");
        }
    }

    #[test]
    fn one_that_comes_takes_only_its_own_share() {
        let some: Vec<_> = (1..=3).map(|id| member(id << 70, Buckets(0), false)).collect();
        let more: Vec<_> = (1..=4).map(|id| member(id << 70, Buckets(0), false)).collect();
        for (id, _) in &some {
            let (before, after) = (share(*id, &some, 2).own, share(*id, &more, 2).own);
            assert_eq!(after.0 & !before.0, 0, "nobody who was there has to load");
        }
    }

    #[test]
    fn a_copy_is_spare_only_once_every_owner_has_it() {
        let share_of_three = |ready: Buckets, leaving| {
            let all =
                [member(1, Buckets::ALL, leaving), member(2 << 64, ready, false), member(3 << 32, Buckets::ALL, false)];
            share(1, &all, 2)
        };
        let (all, none) = (share_of_three(Buckets::ALL, false), share_of_three(Buckets(0), false));
        assert_eq!(all.spare.0, !all.own.0);
        assert_eq!(none.spare, Buckets(0), "the second one owns a part of each of the others' pairs");
        let leaving = share_of_three(Buckets::ALL, true);
        assert_eq!((leaving.own, leaving.spare), (Buckets(0), Buckets::ALL));
        assert_eq!(share_of_three(Buckets(0), true).spare, Buckets(0));
    }
}
