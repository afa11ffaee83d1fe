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
/// Those palms were drawn without the texture of skin. Drawn with it, palms are less alike than real ones are: the same line
/// fitted to them starts at 0.6404 and falls by a decade per 0.0083 (`training/calibrate.py`), which would understate chance on
/// real palms. So the earlier, warier line stays.
///
/// Checked, not fitted, on real palms (990,000 comparisons of 100 palms in two sessions): FMR 1e-3, 1e-4 and 1e-5 lie at
/// 0.661, 0.673 and 0.682, where this model expects 3e-3, 3e-4 and 6e-5.
const TAIL_SCORE: f64 = 0.667;
/// Where the modelled tail begins; more frequent matches are of no use to anyone and are not told apart well.
const TAIL_FMR: f64 = 1e-3;
/// By how much the score grows for each tenth of the false match rate.
const SCORE_PER_DECADE: f64 = 0.012;

/// The false match rate under which no measurement stands behind the model: three over the comparisons it was fitted to.
const SUPPORTED_FMR: f64 = 1.4e-6;
/// Mean and standard deviation of mated scores: 1,500 drawn palms, `training/calibrate.py`. On real palms across weeks the
/// median is the same 0.83 and the spread wider, 1 % lie under 0.703, so that a low mated score is worth more than it says here.
const MATED: (f64, f64) = (0.832, 0.041);
/// Half the width of the 95 % interval of log10 FMR at [`TAIL_FMR`], and what every further decade adds: palms, not
/// comparisons, drawn again 200 times, found 0.04 at 1e-3, 0.1 at 1e-4 and 0.3 at 1e-5.
const SPREAD: (f64, f64) = (0.05, 0.15);

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
    /// A straight line in log FMR, which falls slower than what was measured. It speaks of strangers' hands, not of pictures
    /// made to match; [`Score::is_supported`] says whether any measurement reaches that far.
    pub fn fmr(self) -> f64 {
        (TAIL_FMR * 10f64.powf(-self.decades())).min(1.0)
    }

    /// The 95 % interval of [`Score::fmr`] over drawn palms, low to high. It widens with each decade and speaks of drawn
    /// palms only: how far real ones lie from these, no interval says.
    pub fn fmr_interval(self) -> (f64, f64) {
        let factor = 10f64.powf(SPREAD.0 + SPREAD.1 * self.decades().max(0.0));
        (self.fmr() / factor, (self.fmr() * factor).min(1.0))
    }

    /// Whether measurement reaches as far as this score's FMR; beyond, the model is an extrapolation.
    pub fn is_supported(self) -> bool {
        self.fmr() >= SUPPORTED_FMR
    }

    /// The natural logarithm of how much likelier this score is between captures of one palm than of two.
    ///
    /// Mated scores are taken for normal, with mean and standard deviation of drawn captures; non-mated ones as in
    /// [`Score::fmr`]. Never claims more than the comparisons that it was fitted to can carry, which is about 13; below the
    /// modelled tail it is the tail's beginning's.
    pub fn log_likelihood_ratio(self) -> f64 {
        let score = f64::from(self.0).max(TAIL_SCORE);
        let (mean, deviation) = MATED;
        let off = (score - mean) / deviation;
        let mated = -0.5 * off * off - (deviation * std::f64::consts::TAU.sqrt()).ln();
        let per_score = std::f64::consts::LN_10 / SCORE_PER_DECADE;
        let non_mated = (TAIL_FMR * per_score).ln() - per_score * (score - TAIL_SCORE);
        (mated - non_mated).min(-SUPPORTED_FMR.ln())
    }

    /// Tenths of the false match rate below [`TAIL_FMR`].
    fn decades(self) -> f64 {
        (f64::from(self.0) - TAIL_SCORE) / SCORE_PER_DECADE
    }
}

/// What several comparisons say together.
///
/// Left and right palm of one person share no crease, so their evidence adds up. Several captures of one palm do share
/// theirs: of those, take the best score first.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd, Default)]
pub struct Evidence(f64);

impl Evidence {
    /// The evidence of different palms, one score each.
    pub fn of_palms(scores: impl IntoIterator<Item = Score>) -> Evidence {
        Evidence(scores.into_iter().map(Score::log_likelihood_ratio).sum())
    }

    /// The natural logarithm of the likelihood ratio.
    pub fn log_likelihood_ratio(self) -> f64 {
        self.0
    }

    /// The most often that strangers come to this much evidence, 0–1.
    ///
    /// A likelihood ratio has the mean 1 over strangers, so it exceeds x at most once in x times (Markov). No tail is
    /// extrapolated for it, but it is as true as the ratio.
    pub fn fmr(self) -> f64 {
        (-self.0).exp().min(1.0)
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

    #[test]
    fn evidence_grows_with_the_score_and_stops_where_the_data_do() {
        let ratios: Vec<f64> = (0..=1000).map(|i| Score::new(i as f32 / 1000.0).log_likelihood_ratio()).collect();
        assert!(ratios.windows(2).all(|w| w[0] <= w[1]));
        assert!(ratios[0] < 0.0);
        assert_eq!(ratios[1000], -SUPPORTED_FMR.ln());
    }

    #[test]
    fn the_interval_holds_the_rate_and_widens() {
        let at = |fmr: f64| (600..900).map(|i| Score::new(i as f32 / 1e3)).find(|s| s.fmr() <= fmr).unwrap();
        for score in [at(1e-3), at(1e-5), at(1e-9)] {
            let (low, high) = score.fmr_interval();
            assert!(low < score.fmr() && score.fmr() < high);
        }
        let width = |score: Score| (score.fmr_interval().1 / score.fmr_interval().0).log10();
        assert!(width(at(1e-3)) < width(at(1e-6)));
        assert!(at(1e-4).is_supported() && !at(1e-9).is_supported());
    }

    #[test]
    fn two_palms_say_more_than_one_and_nothing_says_nothing() {
        let score = Score::new(0.72);
        let (one, both) = (Evidence::of_palms([score]), Evidence::of_palms([score, score]));
        assert!(both.fmr() < one.fmr() && one.fmr() < 1e-2);
        assert_eq!(Evidence::of_palms([]).fmr(), 1.0);
        assert!(Evidence::of_palms([Score::new(0.0), score]) < one);
    }
}
