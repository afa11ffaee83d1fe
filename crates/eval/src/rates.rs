//! Error rates from scores.

use crate::compare::Comparison;

/// The false match rates at which the FNMR is reported, with their names in the report.
pub(crate) const POINTS: [(&str, f64); 5] =
    [("1e-2", 1e-2), ("1e-3", 1e-3), ("1e-4", 1e-4), ("1e-5", 1e-5), ("1e-6", 1e-6)];

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
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Rates {
    pub(crate) eer: f64,
    /// The lowest threshold that keeps the FMR at or under each of [`POINTS`]; infinite if only refusing all does.
    pub(crate) points: [Threshold; POINTS.len()],
}

/// Goes down the scores, from a threshold above them all, and stops at each that changes something.
///
/// `order` indexes the comparisons by falling score; `weight` says how often each counts.
pub(crate) fn sweep(
    comparisons: &[Comparison],
    order: &[u32],
    weight: impl Fn(&Comparison) -> f64,
    mut visit: impl FnMut(Threshold),
) {
    let (mut mated, mut non_mated) = (0.0, 0.0);
    for c in comparisons {
        *(if c.mated { &mut mated } else { &mut non_mated }) += weight(c);
    }
    let (mut matched, mut falsely) = (0.0, 0.0);
    let at = |score, matched: f64, falsely: f64| Threshold {
        score,
        fmr: falsely / f64::max(non_mated, f64::MIN_POSITIVE),
        fnmr: (1.0 - matched / f64::max(mated, f64::MIN_POSITIVE)).max(0.0),
    };
    visit(at(f32::INFINITY, 0.0, 0.0));
    for (i, &index) in order.iter().enumerate() {
        let c = &comparisons[index as usize];
        *(if c.mated { &mut matched } else { &mut falsely }) += weight(c);
        let last_of_equals = order.get(i + 1).is_none_or(|&next| comparisons[next as usize].score != c.score);
        if last_of_equals {
            visit(at(c.score, matched, falsely));
        }
    }
}

/// The rates of weighted comparisons.
///
/// The EER is where FMR and FNMR cross, on the straight line between the two thresholds around the crossing.
pub(crate) fn rates(comparisons: &[Comparison], order: &[u32], weight: impl Fn(&Comparison) -> f64) -> Rates {
    let nothing = Threshold { score: f32::INFINITY, fmr: 0.0, fnmr: 1.0 };
    let mut points = [nothing; POINTS.len()];
    let (mut before, mut eer) = (nothing, None);
    sweep(comparisons, order, weight, |t| {
        for (point, (_, fmr)) in points.iter_mut().zip(POINTS) {
            if t.fmr <= fmr * (1.0 + 1e-9) {
                *point = t;
            }
        }
        if eer.is_none() && t.fmr >= t.fnmr {
            let (gap, next) = (before.fnmr - before.fmr, t.fmr - t.fnmr);
            let share = if gap + next > 0.0 { gap / (gap + next) } else { 0.0 };
            eer = Some(before.fmr + share * (t.fmr - before.fmr));
        }
        before = t;
    });
    Rates { eer: eer.unwrap_or(0.0), points }
}

/// The comparisons' indices by falling score.
pub(crate) fn by_falling_score(comparisons: &[Comparison]) -> Vec<u32> {
    let mut order: Vec<u32> = (0..comparisons.len() as u32).collect();
    let score = |i: &u32| comparisons[*i as usize].score;
    order.sort_by(|a, b| score(b).total_cmp(&score(a)));
    order
}

#[cfg(test)]
mod tests {
    use super::*;

    pub(crate) fn scores(mated: &[f32], non_mated: &[f32]) -> Vec<Comparison> {
        let one = |(scores, mated): (&[f32], bool)| -> Vec<Comparison> {
            scores.iter().map(|&score| Comparison { probe: 0, reference: 1, mated, score }).collect()
        };
        [(mated, true), (non_mated, false)].into_iter().flat_map(one).collect()
    }

    fn rated(mated: &[f32], non_mated: &[f32]) -> Rates {
        let comparisons = scores(mated, non_mated);
        rates(&comparisons, &by_falling_score(&comparisons), |_| 1.0)
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
        assert_eq!(r.points[0].fnmr, 0.25);
        assert_eq!(r.points[0].score, 0.6);
        assert_eq!(r.points[1].fnmr, 0.25);
        assert_eq!(r.points[1].score, 0.65);
        assert_eq!(r.points[2].fnmr, 0.5);
        assert_eq!(r.points[2].score, 0.8);
    }

    #[test]
    fn equal_scores_are_accepted_together() {
        let r = rated(&[0.5, 0.5], &[0.5, 0.1]);
        assert_eq!(r.points[0].fnmr, 1.0);
        assert_eq!(r.points[0].score, f32::INFINITY);
    }

    #[test]
    fn weights_count_a_comparison_as_often_as_they_say() {
        let comparisons = scores(&[0.9, 0.3], &[0.5, 0.1]);
        let order = by_falling_score(&comparisons);
        let twice = rates(&comparisons, &order, |c| if c.score == 0.3 { 3.0 } else { 1.0 });
        assert_eq!(twice.points[1].fnmr, 0.75);
    }

    #[test]
    fn a_point_needs_ten_expected_false_matches() {
        assert!(is_supported(1e-3, 10_000));
        assert!(!is_supported(1e-3, 9_999));
        assert!(is_supported(1e-2, 1_000));
        assert!(!is_supported(1e-6, 990_000));
    }
}
