//! Error versus discard: how many false non-matches go when the captures of the lowest quality are refused.
//!
//! A mated pair has the lower quality of its two captures. The threshold is fixed so that a stated share of mated pairs
//! fails; then pairs are discarded, the lowest quality first, and the FNMR of those that are left is followed
//! (ISO/IEC 29794-1; P. Grother and E. Tabassi, 2007). Pairs of equal quality are discarded evenly, as if drawn among
//! them, so that a coarse scale gains nothing by its order.

use crate::bootstrap::{Interval, resample_with};
use crate::rates::LEAST_FALSE_MATCHES;
use crate::set::Set;

/// Shares discarded, in percent, up to which the curve goes.
pub(crate) const UP_TO: usize = 50;
/// The share discarded up to which the area is taken, in percent: beyond, no system would refuse.
pub(crate) const AREA_TO: usize = 20;
/// The share discarded at which the report says how many false non-matches are gone, in percent.
const SAID_AT: usize = 10;
/// The values that are resampled: the curve, the share removed, the area.
const VALUES: usize = UP_TO + 3;

/// The error-versus-discard curve. Rates are shares, 0–1.
#[derive(Debug, Clone, serde::Serialize)]
pub struct Discard {
    /// FNMR with nothing discarded.
    pub initial_fnmr: f64,
    /// What a mated pair must score to match.
    pub threshold: f32,
    /// Mated pairs with qualities.
    pub mated: usize,
    /// Those under the threshold.
    pub false_non_matches: usize,
    /// Different qualities among the pairs; with few, most discarding is by chance.
    pub distinct_qualities: usize,
    /// The share of false non-matches among the tenth of pairs with the lowest quality: what discarding it removes.
    pub removed_by_worst_tenth: f64,
    /// Its interval.
    pub removed_interval: Option<Interval>,
    /// The mean of FNMR over its beginning while 0 – 20 % are discarded: 1 where quality says nothing, lower is better.
    pub area: f64,
    /// Its interval.
    pub area_interval: Option<Interval>,
    /// FNMR after each percent discarded, from 0.
    pub curve: Vec<DiscardPoint>,
}

/// One point of the curve.
#[derive(Debug, Clone, Copy, serde::Serialize)]
pub struct DiscardPoint {
    /// The share of mated pairs discarded.
    pub discarded: f64,
    /// FNMR of the others.
    pub fnmr: f64,
    /// Its interval.
    pub interval: Option<Interval>,
}

/// One mated pair.
struct Pair {
    quality: f32,
    fails: bool,
    subject: usize,
}

/// Works out the curve; `None` without qualities, or where fewer than ten pairs fail at the beginning.
pub(crate) fn discard(set: &Set, initial: f64, seed: u64) -> Option<Discard> {
    let quality = |c| Some(set.probe(c).quality?.min(set.reference(c).quality?));
    let rated: Vec<(f32, f32, usize)> = set
        .comparisons
        .iter()
        .filter(|c| c.mated)
        .filter_map(|c| Some((quality(c)?, c.score, set.probe(c).subject as usize)))
        .collect();
    let mut scores: Vec<f32> = rated.iter().map(|r| r.1).collect();
    scores.sort_by(f32::total_cmp);
    let threshold = *scores.get((initial * scores.len() as f64).floor() as usize)?;
    let pair = |&(quality, score, subject): &(f32, f32, usize)| Pair { quality, fails: score < threshold, subject };
    let mut pairs: Vec<Pair> = rated.iter().map(pair).collect();
    pairs.sort_by(|a, b| a.quality.total_cmp(&b.quality));
    let fails = pairs.iter().filter(|p| p.fails).count();
    if (fails as f64) < LEAST_FALSE_MATCHES {
        return None;
    }
    let values = values(&pairs, |_| 1.0);
    let subjects = set.subjects.len();
    let intervals = resample_with(subjects, seed, |times| self::values(&pairs, |p| times[p.subject]));
    let of = |value: usize| intervals.map(|i| i[value]);
    Some(Discard {
        initial_fnmr: values[0],
        threshold,
        mated: pairs.len(),
        false_non_matches: fails,
        distinct_qualities: 1 + pairs.windows(2).filter(|w| w[0].quality != w[1].quality).count(),
        removed_by_worst_tenth: values[UP_TO + 1],
        removed_interval: of(UP_TO + 1),
        area: values[UP_TO + 2],
        area_interval: of(UP_TO + 2),
        curve: (0..=UP_TO)
            .map(|at| DiscardPoint { discarded: at as f64 / 100.0, fnmr: values[at], interval: of(at) })
            .collect(),
    })
}

/// The curve, the share removed by [`SAID_AT`] percent, and the area; NaN where no failing pair weighs anything.
fn values(pairs: &[Pair], weight: impl Fn(&Pair) -> f64) -> [f64; VALUES] {
    let all: f64 = pairs.iter().map(&weight).sum();
    let failing: f64 = pairs.iter().filter(|p| p.fails).map(&weight).sum();
    let gone = gone(pairs, &weight, all);
    let fnmr = |at: usize| (failing - gone[at]).max(0.0) / (all * (1.0 - at as f64 / 100.0));
    let curve: [f64; UP_TO + 1] = std::array::from_fn(fnmr);
    let area: f64 = (0..AREA_TO).map(|at| (curve[at] + curve[at + 1]) / 2.0).sum::<f64>() / AREA_TO as f64 / curve[0];
    std::array::from_fn(|value| match value {
        0..=UP_TO => curve[value],
        v if v == UP_TO + 1 => gone[SAID_AT] / failing,
        _ => area,
    })
}

/// The weight of failing pairs among each percent of pairs with the lowest quality.
fn gone(pairs: &[Pair], weight: impl Fn(&Pair) -> f64, all: f64) -> [f64; UP_TO + 1] {
    let mut gone = [f64::NAN; UP_TO + 1];
    let (mut discarded, mut failed, mut at) = (0.0, 0.0, 0);
    for group in pairs.chunk_by(|a, b| a.quality == b.quality) {
        let within: f64 = group.iter().map(&weight).sum();
        let failing: f64 = group.iter().filter(|p| p.fails).map(&weight).sum();
        while at <= UP_TO && all * at as f64 / 100.0 <= discarded + within {
            let part = if within > 0.0 { (all * at as f64 / 100.0 - discarded) / within } else { 0.0 };
            gone[at] = failed + part.clamp(0.0, 1.0) * failing;
            at += 1;
        }
        discarded += within;
        failed += failing;
    }
    gone
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::set::made_up;

    /// 20 subjects × 2 palms × 5 mated pairs; the first capture of each tenth palm fails; qualities as told by (failing, index).
    fn measured(quality: impl Fn(bool, usize) -> f32) -> Discard {
        let fails = |name: &str| name.ends_with("/1") && name[..3].parse::<u32>().unwrap().is_multiple_of(2);
        let mut set = made_up::set(20, 6, |p, r, _| if fails(&p.name) { 0.1 } else { 0.5 } + r.subject as f32 / 1e3);
        for (i, sample) in set.samples.iter_mut().enumerate() {
            sample.quality = Some(quality(fails(&sample.name), i));
        }
        discard(&set, 0.1, 1).unwrap()
    }

    #[test]
    fn a_quality_that_knows_the_failures_removes_them_all() {
        let curve = measured(|fails, i| if fails { 1.0 } else { 50.0 + i as f32 });
        assert_eq!((curve.mated, curve.false_non_matches), (200, 20));
        assert!((curve.initial_fnmr - 0.1).abs() < 1e-12);
        assert!((curve.removed_by_worst_tenth - 1.0).abs() < 1e-12);
        assert!((curve.curve[5].fnmr - 10.0 / 190.0).abs() < 1e-12);
        assert!(curve.curve[10..].iter().all(|p| p.fnmr.abs() < 1e-12));
        assert!(curve.area < 0.4, "{}", curve.area);
    }

    #[test]
    fn a_quality_that_says_nothing_changes_nothing() {
        let curve = measured(|_, _| 70.0);
        assert_eq!(curve.distinct_qualities, 1);
        assert!((curve.removed_by_worst_tenth - 0.1).abs() < 1e-9);
        assert!((curve.area - 1.0).abs() < 1e-9);
        assert!(curve.curve.iter().all(|p| (p.fnmr - curve.initial_fnmr).abs() < 1e-9));
    }

    #[test]
    fn a_quality_that_errs_makes_it_worse_and_intervals_hold_the_figure() {
        let curve = measured(|fails, i| if fails || i % 6 == 0 { 99.0 } else { (i % 7) as f32 });
        assert!(curve.removed_by_worst_tenth == 0.0 && curve.area > 1.0);
        let [low, high] = curve.area_interval.unwrap();
        assert!(low <= curve.area && curve.area <= high, "{low} {} {high}", curve.area);
    }

    #[test]
    fn without_qualities_or_failures_there_is_no_curve() {
        let mut set = made_up::set(6, 3, |_, _, _| 0.5);
        assert!(discard(&set, 0.1, 1).is_none());
        set.samples.iter_mut().for_each(|s| s.quality = Some(1.0));
        assert!(discard(&set, 0.1, 1).is_none(), "all scores are equal: nobody fails");
    }
}
