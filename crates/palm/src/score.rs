//! What a comparison gives, and what it means.

/// A comparison score: a similarity from 0 (nothing in common) to 1 (the same features). Always finite.
///
/// Palms that have nothing in common still agree by chance, and the more so as the best alignment is taken: non-mated
/// scores lie about 0.61, hardly ever above 0.69. Read a score through [`Score::fmr`].
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd)]
pub struct Score(f32);

/// The score that a non-mated comparison reaches with probability [`TAIL_FMR`], and from which on the tail is modelled.
///
/// Fitted, as is [`SCORE_PER_DECADE`], to 2,248,500 non-mated comparisons of 1,500 drawn palms (their second captures
/// with their first ones): a straight line through log FMR from 1e-3 to 1e-5 starts at 0.6657 and falls by a decade per
/// 0.0108. Both are rounded up here, so that chance is over- rather than understated.
///
/// Checked, not fitted, on real palms (990,000 comparisons of 100 palms in two sessions): FMR 1e-3, 1e-4 and 1e-5 lie at
/// 0.661, 0.673 and 0.682, where this model expects 3e-3, 3e-4 and 6e-5.
const TAIL_SCORE: f64 = 0.667;
/// Where the modelled tail begins; more frequent matches are of no use to anyone and are not told apart well.
const TAIL_FMR: f64 = 1e-3;
/// By how much the score grows for each tenth of the false match rate.
const SCORE_PER_DECADE: f64 = 0.012;

impl Score {
    /// Takes a similarity; what is not finite becomes 0, and the rest is clamped to 0–1.
    pub fn new(similarity: f32) -> Score {
        Score(if similarity.is_finite() { similarity.clamp(0.0, 1.0) } else { 0.0 })
    }

    /// The similarity, 0–1.
    pub fn similarity(self) -> f32 {
        self.0
    }

    /// The false match rate expected of a threshold at this score, from a model of the non-mated scores' tail.
    ///
    /// A straight line in log FMR, which falls slower than what was measured. Under 1e-5 it is an extrapolation: no
    /// measurement behind it is large enough. It speaks of strangers' hands, not of pictures made to match.
    pub fn fmr(self) -> f64 {
        let decades = (f64::from(self.0) - TAIL_SCORE) / SCORE_PER_DECADE;
        (TAIL_FMR * 10f64.powf(-decades)).min(1.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_score_is_always_between_nothing_and_the_same() {
        assert_eq!(Score::new(f32::NAN).similarity(), 0.0);
        assert_eq!(Score::new(f32::INFINITY).similarity(), 0.0);
        assert_eq!(Score::new(-1.0).similarity(), 0.0);
        assert_eq!(Score::new(1.5).similarity(), 1.0);
    }

    #[test]
    fn a_higher_score_is_never_the_likelier_chance() {
        let rates: Vec<f64> = (0..=1000).map(|i| Score::new(i as f32 / 1000.0).fmr()).collect();
        assert!(rates.windows(2).all(|w| w[0] >= w[1]));
        assert_eq!(rates[0], 1.0);
        assert!(rates[1000] > 0.0);
    }
}
