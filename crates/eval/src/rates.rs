//! Error rates from scores.

use crate::set::Comparison;

/// The false match rates at which the FNMR is reported, with their names in the report and their place in [`GRID`].
pub(crate) const POINTS: [(&str, usize); 5] = [("1e-2", 20), ("1e-3", 15), ("1e-4", 10), ("1e-5", 5), ("1e-6", 0)];

/// The false match rates at which a curve and its band are drawn: preferred numbers, five to the decade.
pub(crate) const GRID: [f64; 29] = [
    1e-6, 1.6e-6, 2.5e-6, 4e-6, 6.3e-6, 1e-5, 1.6e-5, 2.5e-5, 4e-5, 6.3e-5, 1e-4, 1.6e-4, 2.5e-4, 4e-4, 6.3e-4, 1e-3,
    1.6e-3, 2.5e-3, 4e-3, 6.3e-3, 1e-2, 1.6e-2, 2.5e-2, 4e-2, 6.3e-2, 0.1, 0.16, 0.25, 0.4,
];

/// The fewest false matches that must be expected at a point for the data to support it: with ten, the rate that the
/// threshold really has lies within about a factor of two of the one it is named by.
pub(crate) const LEAST_FALSE_MATCHES: f64 = 10.0;

/// Whether so many non-mated comparisons say anything about a false match rate.
pub(crate) fn is_supported(fmr: f64, non_mated: usize) -> bool {
    // A hair under ten: 10,000 comparisons at 1e-3 must not fail by rounding.
    fmr * non_mated as f64 > LEAST_FALSE_MATCHES - 1e-6
}

/// One threshold: what is accepted at this score and above.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Threshold {
    pub(crate) score: f32,
    pub(crate) fmr: f64,
    pub(crate) fnmr: f64,
}

/// The rates that a run reports; every number is a share, 0–1.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Rates {
    pub(crate) eer: f64,
    /// The lowest threshold that keeps the FMR at or under each of [`GRID`]; infinite if only refusing all does.
    pub(crate) grid: [Threshold; GRID.len()],
}

/// How much all mated and all non-mated comparisons weigh.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Totals {
    pub(crate) mated: f64,
    pub(crate) non_mated: f64,
}

impl Totals {
    /// Each comparison counted once.
    pub(crate) fn of(comparisons: &[Comparison]) -> Totals {
        let mated = comparisons.iter().filter(|c| c.mated).count();
        Totals { mated: mated as f64, non_mated: (comparisons.len() - mated) as f64 }
    }
}

/// Goes down the scores, from a threshold above them all, and stops at each that changes something, until `visit`
/// says that it has seen enough.
///
/// `ranked` falls in score; `weight` says how often each counts, and `totals` what that adds up to.
pub(crate) fn sweep(
    ranked: &[Comparison],
    totals: Totals,
    weight: impl Fn(&Comparison) -> f64,
    mut visit: impl FnMut(Threshold) -> bool,
) {
    let (mut matched, mut falsely) = (0.0, 0.0);
    let at = |score, matched: f64, falsely: f64| Threshold {
        score,
        fmr: falsely / f64::max(totals.non_mated, f64::MIN_POSITIVE),
        fnmr: (1.0 - matched / f64::max(totals.mated, f64::MIN_POSITIVE)).max(0.0),
    };
    if !visit(at(f32::INFINITY, 0.0, 0.0)) {
        return;
    }
    for (i, c) in ranked.iter().enumerate() {
        *(if c.mated { &mut matched } else { &mut falsely }) += weight(c);
        let last_of_equals = ranked.get(i + 1).is_none_or(|next| next.score != c.score);
        if last_of_equals && !visit(at(c.score, matched, falsely)) {
            return;
        }
    }
}

/// The rates of weighted comparisons, which fall in score.
///
/// The EER is where FMR and FNMR cross, on the straight line between the two thresholds around the crossing.
pub(crate) fn rates(ranked: &[Comparison], totals: Totals, weight: impl Fn(&Comparison) -> f64) -> Rates {
    let mut before = Threshold { score: f32::INFINITY, fmr: 0.0, fnmr: 1.0 };
    let (mut grid, mut kept, mut eer) = ([before; GRID.len()], 0, None);
    sweep(ranked, totals, weight, |t| {
        while kept < GRID.len() && t.fmr > GRID[kept] * (1.0 + 1e-9) {
            grid[kept] = before;
            kept += 1;
        }
        if eer.is_none() && t.fmr >= t.fnmr {
            let (gap, next) = (before.fnmr - before.fmr, t.fmr - t.fnmr);
            let share = if gap + next > 0.0 { gap / (gap + next) } else { 0.0 };
            eer = Some(before.fmr + share * (t.fmr - before.fmr));
        }
        before = t;
        eer.is_none() || kept < GRID.len()
    });
    grid[kept..].fill(before);
    Rates { eer: eer.unwrap_or(0.0), grid }
}

/// Each comparison counted once.
pub(crate) fn plain(ranked: &[Comparison]) -> Rates {
    rates(ranked, Totals::of(ranked), |_| 1.0)
}

/// The comparisons by falling score.
pub(crate) fn ranked(comparisons: &[Comparison]) -> Vec<Comparison> {
    let mut ranked = comparisons.to_vec();
    ranked.sort_by(|a, b| b.score.total_cmp(&a.score));
    ranked
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::set::made_up::scores;

    fn rated(mated: &[f32], non_mated: &[f32]) -> Rates {
        plain(&ranked(&scores(mated, non_mated)))
    }

    fn at(rates: &Rates, point: &str) -> Threshold {
        rates.grid[POINTS.iter().find(|p| p.0 == point).unwrap().1]
    }

    #[test]
    fn the_eer_is_where_both_errors_are_equal() {
        assert_eq!(rated(&[0.9, 0.8], &[0.1, 0.2]).eer, 0.0);
        assert_eq!(rated(&[0.1, 0.2], &[0.8, 0.9]).eer, 1.0);
        assert_eq!(rated(&[0.9, 0.8, 0.7, 0.3], &[0.6, 0.2, 0.1, 0.05]).eer, 0.25);
        let alike = rated(&[0.5; 4], &[0.5; 4]).eer;
        assert!((alike - 0.5).abs() < 1e-12, "{alike}");
    }

    #[test]
    fn the_fnmr_is_taken_at_the_lowest_threshold_that_keeps_the_fmr() {
        // 1,000 non-mated: ten at 0.6, one of them at 0.7. At FMR 1e-2 ten may match, at 1e-3 one, at 1e-4 none.
        let mut non_mated = vec![0.1; 990];
        non_mated.extend([0.6; 9]);
        non_mated.push(0.7);
        let r = rated(&[0.9, 0.8, 0.65, 0.05], &non_mated);
        assert_eq!(at(&r, "1e-2").fnmr, 0.25);
        assert_eq!(at(&r, "1e-2").score, 0.6);
        assert_eq!(at(&r, "1e-3").fnmr, 0.25);
        assert_eq!(at(&r, "1e-3").score, 0.65);
        assert_eq!(at(&r, "1e-4").fnmr, 0.5);
        assert_eq!(at(&r, "1e-4").score, 0.8);
    }

    #[test]
    fn equal_scores_are_accepted_together() {
        let r = rated(&[0.5, 0.5], &[0.5, 0.1]);
        assert_eq!(at(&r, "1e-2").fnmr, 1.0);
        assert_eq!(at(&r, "1e-2").score, f32::INFINITY);
    }

    #[test]
    fn weights_count_a_comparison_as_often_as_they_say() {
        let ranked = ranked(&scores(&[0.9, 0.3], &[0.5, 0.1]));
        let weight = |c: &Comparison| if c.score == 0.3 { 3.0 } else { 1.0 };
        let twice = rates(&ranked, Totals { mated: 4.0, non_mated: 2.0 }, weight);
        assert_eq!(at(&twice, "1e-3").fnmr, 0.75);
    }

    #[test]
    fn the_points_are_on_the_grid() {
        for (name, place) in POINTS {
            assert_eq!(name.parse::<f64>().unwrap(), GRID[place]);
        }
        assert!(GRID.windows(2).all(|w| w[0] < w[1]));
    }

    #[test]
    fn a_point_needs_ten_expected_false_matches() {
        assert!(is_supported(1e-3, 10_000));
        assert!(!is_supported(1e-3, 9_999));
        assert!(is_supported(1e-2, 1_000));
        assert!(!is_supported(1e-6, 990_000));
    }
}
