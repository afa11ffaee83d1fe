//! Fixed shares of all references, so that several machines can hold one gallery.

use crate::Key;

/// How many buckets there are, for ever: a reference is in the same one on every machine.
pub const BUCKETS: usize = 64;

/// The bucket of a reference, 0–63: keys are spread evenly, whoever made them.
pub fn bucket(key: Key) -> usize {
    // The finaliser of SplitMix64 over both halves.
    let mix = |z: u64| {
        let z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    };
    (mix(mix(key as u64).wrapping_add((key >> 64) as u64)) % BUCKETS as u64) as usize
}

/// A set of buckets, a bit each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash)]
pub struct Buckets(pub u64);

impl Buckets {
    /// All of them.
    pub const ALL: Buckets = Buckets(u64::MAX);

    /// Whether one is in the set.
    pub fn contains(self, bucket: usize) -> bool {
        bucket < BUCKETS && self.0 >> bucket & 1 == 1
    }

    /// Which are in the set.
    pub fn iter(self) -> impl Iterator<Item = usize> {
        (0..BUCKETS).filter(move |&bucket| self.contains(bucket))
    }

    /// How many are in the set.
    pub fn len(self) -> usize {
        self.0.count_ones() as usize
    }

    /// Whether none is.
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }
}

impl FromIterator<usize> for Buckets {
    fn from_iter<I: IntoIterator<Item = usize>>(buckets: I) -> Buckets {
        Buckets(buckets.into_iter().filter(|&b| b < BUCKETS).fold(0, |set, b| set | 1 << b))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_of_one_moment_are_spread_evenly() {
        let mut counts = [0u32; BUCKETS];
        for i in 0..64_000u128 {
            counts[bucket((0x0190_5000_1234 << 80) + i)] += 1;
        }
        assert!(counts.iter().all(|&n| (800..1200).contains(&n)), "{counts:?}");
    }

    /// Machines of different releases hold one gallery, so this must never change.
    #[test]
    fn a_bucket_is_for_ever() {
        let buckets = [0, 1, 1 << 64, u128::MAX, 0x0190_5000_1234_5678_9abc_def0_1234_5678].map(bucket);
        assert_eq!(buckets, [0, 61, 37, 19, 39]);
    }
}
