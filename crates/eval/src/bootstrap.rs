//! Intervals: what the rates would have been had other subjects come.

use crate::Stage;
use crate::acquire::on_all_cores;
use crate::compare::Comparison;
use crate::rates::{POINTS, by_falling_score, rates};

/// How often subjects are drawn anew; with 1,000 the interval's own ends move by a few percent of its width.
pub(crate) const RESAMPLES: usize = 1_000;
/// The share of resamples within an interval.
pub(crate) const LEVEL: f64 = 0.95;
/// The fewest subjects for which drawing anew says anything.
pub(crate) const LEAST_SUBJECTS: usize = 5;

/// The interval of each rate: lowest and highest of the middle 95 % of resamples.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Resampled {
    pub(crate) eer: [f64; 2],
    pub(crate) points: [[f64; 2]; POINTS.len()],
}

/// Draws as many subjects as there are, with replacement, and works out the rates: a pair counts once for each time
/// that its subjects were both drawn (once per drawing, if they are the same).
///
/// The same seed draws the same subjects on every machine. `None` with fewer than [`LEAST_SUBJECTS`] subjects.
pub(crate) fn intervals(
    comparisons: &[Comparison],
    subjects: &[usize],
    seed: u64,
    progress: &mut dyn FnMut(Stage, usize, usize),
) -> Option<Resampled> {
    let count = subjects.iter().max().map_or(0, |m| m + 1);
    if count < LEAST_SUBJECTS {
        return None;
    }
    let order = by_falling_score(comparisons);
    let sorted: Vec<Comparison> = order.iter().map(|&i| comparisons[i as usize]).collect();
    let order: Vec<u32> = (0..sorted.len() as u32).collect();
    let one = |i: usize| {
        let times = draw(count, seed.wrapping_add(i as u64));
        let weight = |c: &Comparison| {
            let (a, b) = (subjects[c.probe as usize], subjects[c.reference as usize]);
            if a == b { times[a] } else { times[a] * times[b] }
        };
        rates(&sorted, &order, weight)
    };
    let drawn = on_all_cores(RESAMPLES, one, &mut |done| progress(Stage::Resample, done, RESAMPLES));
    let points = std::array::from_fn(|p| middle(drawn.iter().map(|r| r.points[p].fnmr)));
    Some(Resampled { eer: middle(drawn.iter().map(|r| r.eer)), points })
}

/// The ends of the middle [`LEVEL`] of values.
fn middle(values: impl Iterator<Item = f64>) -> [f64; 2] {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    let at = |share: f64| values[((values.len() - 1) as f64 * share).round() as usize];
    [at((1.0 - LEVEL) / 2.0), at((1.0 + LEVEL) / 2.0)]
}

/// How often each subject is drawn in one resample.
fn draw(count: usize, seed: u64) -> Vec<f64> {
    let mut times = vec![0.0; count];
    let mut state = seed;
    for _ in 0..count {
        // The high 64 bits of a product map a random word evenly onto 0..count.
        let at = (u128::from(splitmix(&mut state)) * count as u128) >> 64;
        times[at as usize] += 1.0;
    }
    times
}

/// SplitMix64 (Steele, Lea and Flood 2014).
fn splitmix(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut z = *state;
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Ten subjects with two captures each; the first `bad` subjects' mated scores are as low as everyone's non-mated.
    fn made_up(bad: u32) -> (Vec<Comparison>, Vec<usize>) {
        let mut comparisons = Vec::new();
        for probe in 0..20u32 {
            for reference in 0..probe {
                let mated = probe / 2 == reference / 2;
                let noise = (probe * 31 + reference * 17) as f32 % 97.0 / 1000.0;
                let score = if mated && probe / 2 >= bad { 0.8 } else { 0.4 } + noise;
                comparisons.push(Comparison { probe, reference, mated, score });
            }
        }
        (comparisons, (0..20).map(|i| i / 2).collect())
    }

    #[test]
    fn the_same_seed_gives_the_same_interval() {
        let (comparisons, subjects) = made_up(3);
        let run = |seed| intervals(&comparisons, &subjects, seed, &mut |_, _, _| ()).unwrap();
        assert_eq!(run(1), run(1));
        assert_ne!(draw(10, 1), draw(10, 2));
    }

    #[test]
    fn the_interval_holds_the_rate_and_is_wide_when_subjects_differ() {
        let (comparisons, subjects) = made_up(3);
        let rate = rates(&comparisons, &by_falling_score(&comparisons), |_| 1.0).points[0].fnmr;
        let [low, high] = intervals(&comparisons, &subjects, 1, &mut |_, _, _| ()).unwrap().points[0];
        assert!((rate - 0.3).abs() < 1e-9 && low < rate && rate < high, "{low} {rate} {high}");
        assert!(high - low > 0.2, "ten subjects of whom three fail leave much open: {low}–{high}");
        let (comparisons, subjects) = made_up(0);
        assert_eq!(intervals(&comparisons, &subjects, 1, &mut |_, _, _| ()).unwrap().eer, [0.0, 0.0]);
    }

    #[test]
    fn too_few_subjects_give_no_interval() {
        let (comparisons, _) = made_up(1);
        let subjects: Vec<usize> = (0..20).map(|i| i / 5).collect();
        assert_eq!(intervals(&comparisons, &subjects, 1, &mut |_, _, _| ()), None);
    }

    #[test]
    fn a_resample_draws_as_many_subjects_as_there_are() {
        for seed in 0..50 {
            assert_eq!(draw(13, seed).iter().sum::<f64>(), 13.0);
        }
    }
}
