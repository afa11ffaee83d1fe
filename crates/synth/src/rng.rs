//! The random numbers everything is drawn from: small, seeded, and the same on every machine.

/// SplitMix64 (Steele, Lea and Flood 2014): one 64-bit word of state, passes BigCrush.
#[derive(Debug, Clone)]
pub(crate) struct Rng(u64);

impl Rng {
    /// The numbers of this seed and stream; streams of one seed are independent of each other.
    pub(crate) fn new(seed: u64, stream: &str) -> Rng {
        // FNV-1a over the stream's name, then one scramble, so that neighbouring seeds share nothing.
        let name =
            stream.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |h, b| (h ^ u64::from(b)).wrapping_mul(0x100_0000_01b3));
        let mut rng = Rng(seed ^ name.rotate_left(17));
        let first = rng.next();
        Rng(first ^ name)
    }

    /// The next 64 random bits.
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// Uniform in 0–1, 1 excluded.
    pub(crate) fn unit(&mut self) -> f32 {
        (self.next() >> 40) as f32 / (1_u64 << 24) as f32
    }

    /// Uniform in `low`–`high`.
    pub(crate) fn range(&mut self, low: f32, high: f32) -> f32 {
        low + (high - low) * self.unit()
    }

    /// A whole number in `low`–`high`, both included.
    pub(crate) fn count(&mut self, low: usize, high: usize) -> usize {
        low + (self.next() % (high - low + 1) as u64) as usize
    }

    /// True with this probability.
    pub(crate) fn chance(&mut self, probability: f32) -> bool {
        self.unit() < probability
    }

    /// Standard normal, by Box and Muller.
    pub(crate) fn normal(&mut self) -> f64 {
        let radius = (1.0 - (self.next() >> 11) as f64 / (1_u64 << 53) as f64).max(f64::MIN_POSITIVE);
        let angle = (self.next() >> 11) as f64 / (1_u64 << 53) as f64 * std::f64::consts::TAU;
        (-2.0 * libm::log(radius)).sqrt() * libm::cos(angle)
    }

    /// Normal with this mean and standard deviation, held within 2.5 deviations.
    pub(crate) fn around(&mut self, mean: f32, deviation: f32) -> f32 {
        mean + deviation * (self.normal() as f32).clamp(-2.5, 2.5)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn streams_and_seeds_differ_and_repeat() {
        let first = |seed, stream| Rng::new(seed, stream).next();
        assert_eq!(first(1, "a"), first(1, "a"));
        assert_ne!(first(1, "a"), first(2, "a"));
        assert_ne!(first(1, "a"), first(1, "b"));
    }

    #[test]
    fn normal_numbers_are_normal() {
        let mut rng = Rng::new(7, "normal");
        let drawn: Vec<f64> = (0..20_000).map(|_| rng.normal()).collect();
        let mean = drawn.iter().sum::<f64>() / drawn.len() as f64;
        let variance = drawn.iter().map(|x| (x - mean) * (x - mean)).sum::<f64>() / drawn.len() as f64;
        assert!(mean.abs() < 0.03, "mean {mean}");
        assert!((variance - 1.0).abs() < 0.04, "variance {variance}");
    }
}
