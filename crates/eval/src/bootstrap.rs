//! Intervals: what the rates would have been had other subjects come.

use crate::acquire::on_all_cores;
use crate::draw::with_replacement;
use crate::rates::{GRID, Totals, ranked, rates};
use crate::set::Comparison;
use std::collections::BTreeMap;

/// How often subjects are drawn anew; with 1,000 the interval's own ends move by a few percent of its width.
pub(crate) const RESAMPLES: usize = 1_000;
/// The share of resamples within an interval.
pub(crate) const LEVEL: f64 = 0.95;
/// The fewest subjects for which drawing anew says anything.
pub(crate) const LEAST_SUBJECTS: usize = 5;

/// Lowest and highest of the resamples within [`LEVEL`].
pub type Interval = [f64; 2];

/// The rates of every resample.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Resampled {
    pub(crate) eer: Vec<f64>,
    /// FNMR at each FMR of [`GRID`], resample by resample.
    pub(crate) fnmr: Vec<[f64; GRID.len()]>,
}

impl Resampled {
    pub(crate) fn eer(&self) -> Interval {
        middle(self.eer.iter().copied())
    }

    /// Of the FNMR at one FMR of [`GRID`].
    pub(crate) fn fnmr(&self, place: usize) -> Interval {
        middle(self.fnmr.iter().map(|f| f[place]))
    }
}

/// Draws as many subjects as there are, with replacement, and works out the rates: a pair counts once for each time
/// that its subjects were both drawn (once per drawing, if they are the same).
///
/// `subject` names the subject of a sample, of `count` there are. The same seed draws the same subjects on every
/// machine, and for every run with as many: two runs over the same pairs are resampled alike. `None` with fewer than
/// [`LEAST_SUBJECTS`] subjects.
pub(crate) fn resample(
    comparisons: &[Comparison],
    subject: impl Fn(u32) -> u32,
    count: usize,
    seed: u64,
    progress: &mut dyn FnMut(usize),
) -> Option<Resampled> {
    if count < LEAST_SUBJECTS {
        return None;
    }
    let mut of_subjects = ranked(comparisons);
    let mut pairs: BTreeMap<(u32, u32, bool), f64> = BTreeMap::new();
    for c in &mut of_subjects {
        (c.probe, c.reference) = (subject(c.probe), subject(c.reference));
        *pairs.entry((c.probe, c.reference, c.mated)).or_default() += 1.0;
    }
    let pairs: Vec<_> = pairs.into_iter().collect();
    let one = |i: usize| {
        let times = with_replacement(count, seed.wrapping_add(i as u64));
        let weight = |a: u32, b: u32| {
            if a == b { times[a as usize] } else { times[a as usize] * times[b as usize] }
        };
        let mut totals = Totals { mated: 0.0, non_mated: 0.0 };
        for ((a, b, mated), pairs) in &pairs {
            *(if *mated { &mut totals.mated } else { &mut totals.non_mated }) += pairs * weight(*a, *b);
        }
        rates(&of_subjects, totals, |c| weight(c.probe, c.reference))
    };
    let drawn = on_all_cores(RESAMPLES, one, progress);
    let fnmr = drawn.iter().map(|r| r.grid.map(|t| t.fnmr)).collect();
    Some(Resampled { eer: drawn.iter().map(|r| r.eer).collect(), fnmr })
}

/// Any figure of the subjects' weights, resampled the same way: one interval for each of its values.
pub(crate) fn resample_with<const N: usize>(
    count: usize,
    seed: u64,
    figure: impl Fn(&[f64]) -> [f64; N] + Sync,
) -> Option<[Interval; N]> {
    if count < LEAST_SUBJECTS {
        return None;
    }
    let one = |i: usize| figure(&with_replacement(count, seed.wrapping_add(i as u64)));
    let drawn = on_all_cores(RESAMPLES, one, &mut |_| ());
    Some(std::array::from_fn(|n| middle(drawn.iter().map(|d| d[n]))))
}

/// The ends of the middle [`LEVEL`] of values; a value that says nothing (NaN: nothing of its kind was drawn) is left out.
pub(crate) fn middle(values: impl Iterator<Item = f64>) -> Interval {
    let mut values: Vec<f64> = values.filter(|v| !v.is_nan()).collect();
    values.sort_by(f64::total_cmp);
    let at = |share: f64| values.get((values.len().saturating_sub(1) as f64 * share).round() as usize).copied();
    [at((1.0 - LEVEL) / 2.0).unwrap_or(0.0), at((1.0 + LEVEL) / 2.0).unwrap_or(1.0)]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rates::{POINTS, plain};

    /// Ten subjects with two captures each; the first `bad` subjects' mated scores are as low as everyone's non-mated.
    fn made_up(bad: u32) -> Vec<Comparison> {
        let mut comparisons = Vec::new();
        for probe in 0..20u32 {
            for reference in 0..probe {
                let mated = probe / 2 == reference / 2;
                let noise = (probe * 31 + reference * 17) as f32 % 97.0 / 1000.0;
                let score = if mated && probe / 2 >= bad { 0.8 } else { 0.4 } + noise;
                comparisons.push(Comparison { probe, reference, mated, score });
            }
        }
        comparisons
    }

    fn resampled(bad: u32, subjects: usize, seed: u64) -> Option<Resampled> {
        let each = 20 / subjects as u32;
        resample(&made_up(bad), |sample| sample / each, subjects, seed, &mut |_| ())
    }

    #[test]
    fn the_same_seed_gives_the_same_interval() {
        assert_eq!(resampled(3, 10, 1), resampled(3, 10, 1));
        assert_ne!(resampled(3, 10, 1), resampled(3, 10, 2));
    }

    #[test]
    fn the_interval_holds_the_rate_and_is_wide_when_subjects_differ() {
        let place = POINTS[0].1;
        let rate = plain(&ranked(&made_up(3))).grid[place].fnmr;
        let [low, high] = resampled(3, 10, 1).unwrap().fnmr(place);
        assert!((rate - 0.3).abs() < 1e-9 && low < rate && rate < high, "{low} {rate} {high}");
        assert!(high - low > 0.2, "ten subjects of whom three fail leave much open: {low}–{high}");
        assert_eq!(resampled(0, 10, 1).unwrap().eer(), [0.0, 0.0]);
    }

    #[test]
    fn too_few_subjects_give_no_interval() {
        assert_eq!(resampled(1, 4, 1), None);
        assert_eq!(resample_with(4, 1, |_| [0.0]), None);
    }

    #[test]
    fn any_figure_is_resampled_alike() {
        let share_of_first_half =
            |times: &[f64]| [times[..5].iter().sum::<f64>() / times.iter().sum::<f64>(), f64::NAN];
        let [[low, high], nothing] = resample_with(10, 1, share_of_first_half).unwrap();
        assert!((0.1..0.3).contains(&low) && (0.7..=0.9).contains(&high), "{low} {high}");
        assert_eq!(nothing, [0.0, 1.0], "what was never drawn is not known at all");
    }
}
