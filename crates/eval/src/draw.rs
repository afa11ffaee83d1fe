//! Seeded drawing, the same on every machine.

/// SplitMix64 (Steele, Lea and Flood 2014).
pub(crate) struct Draw(u64);

impl Draw {
    /// Starts a stream of its own for each seed.
    pub(crate) fn new(seed: u64) -> Draw {
        Draw(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// One of 0..count; the high 64 bits of a product map a random word evenly onto it.
    pub(crate) fn below(&mut self, count: usize) -> usize {
        ((u128::from(self.next()) * count as u128) >> 64) as usize
    }
}

/// How often each of `count` is drawn when as many are drawn with replacement.
pub(crate) fn with_replacement(count: usize, seed: u64) -> Vec<f64> {
    let (mut times, mut draw) = (vec![0.0; count], Draw::new(seed));
    for _ in 0..count {
        times[draw.below(count)] += 1.0;
    }
    times
}

/// Which of 0..count belong to a drawn share, at least one and not all where there are two or more.
pub(crate) fn drawn_share(count: usize, share: f64, seed: u64) -> Vec<bool> {
    let wanted = ((count as f64 * share).round() as usize).clamp(1.min(count), count.saturating_sub(1).max(1));
    let (mut order, mut draw) = ((0..count).collect::<Vec<_>>(), Draw::new(seed));
    for i in (1..count).rev() {
        order.swap(i, draw.below(i + 1));
    }
    let mut within = vec![false; count];
    order.iter().take(wanted).for_each(|&i| within[i] = true);
    within
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_resample_draws_as_many_as_there_are() {
        for seed in 0..50 {
            assert_eq!(with_replacement(13, seed).iter().sum::<f64>(), 13.0);
        }
        assert_eq!(with_replacement(10, 1), with_replacement(10, 1));
        assert_ne!(with_replacement(10, 1), with_replacement(10, 2));
    }

    #[test]
    fn a_share_is_drawn_by_the_seed_and_never_all() {
        let count = |n, share| drawn_share(n, share, 3).iter().filter(|w| **w).count();
        assert_eq!([count(10, 0.5), count(3, 0.5), count(2, 0.99), count(5, 0.01), count(1, 0.5)], [5, 2, 1, 1, 1]);
        assert_eq!(drawn_share(0, 0.5, 1), Vec::<bool>::new());
        assert_eq!(drawn_share(40, 0.5, 1), drawn_share(40, 0.5, 1));
        assert_ne!(drawn_share(40, 0.5, 1), drawn_share(40, 0.5, 2));
    }
}
