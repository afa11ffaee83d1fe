//! From the scores of a search to what may happen in whose name.

use crate::{Key, TargetFpir};
use handsel_palm::Score;

/// A reference that a search returned.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Candidate {
    /// The reference.
    pub key: Key,
    /// Its comparison score: the best over its templates.
    pub score: Score,
}

/// What a search decided.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Decision {
    /// This one, at the accepted risk.
    Identified(Candidate),
    /// Probably this one: one more proof is needed before anything happens in its name.
    StepUp(Candidate),
    /// Nobody.
    NoMatch,
}

/// By how much the best reference must beat every other one, in similarity, to be identified.
///
/// Two references this close are either one palm enrolled twice or two palms that the features do not tell apart: a
/// guess either way. Twice the spread of non-mated scores (0.014 on 100 real palms). The closest of 1,000 strangers
/// comes to about 0.66 and an identification among so many begins at about 0.70, so an honest search hardly ever fails
/// by the margin alone.
const MARGIN: f32 = 0.03;

/// How much more risk than accepted still earns a step-up: the further proof asked for there has to make up for it.
/// A four-digit PIN or the last four digits of a phone number leave at most one in a thousand by chance, so one hundred
/// keeps the whole below the accepted risk with a tenfold reserve.
const STEP_UP_FACTOR: f64 = 100.0;

/// Decides for a search among `comparisons` templates whose best reference is `best` and whose best score of any
/// *other* reference is `runner_up`.
///
/// `Identified` if the expected false matches among all comparisons, comparisons × [`Score::fmr`], stay within the
/// accepted risk and the runner-up is clearly behind; `StepUp` within [`STEP_UP_FACTOR`] times the risk (at most 1), or
/// when only the margin is missing; `NoMatch` otherwise.
pub(crate) fn decide(
    best: Option<Candidate>,
    runner_up: Option<Score>,
    comparisons: u64,
    risk: TargetFpir,
) -> Decision {
    let Some(best) = best else { return Decision::NoMatch };
    let expected = comparisons as f64 * best.score.fmr();
    let behind = runner_up.map_or(f32::INFINITY, |other| best.score.similarity() - other.similarity());
    if expected <= risk.rate() && behind >= MARGIN {
        Decision::Identified(best)
    } else if expected <= (risk.rate() * STEP_UP_FACTOR).min(1.0) {
        Decision::StepUp(best)
    } else {
        Decision::NoMatch
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn score_with_fmr(fmr: f64) -> Score {
        let similarity = (0..=100_000).map(|i| i as f32 / 1e5).find(|&s| Score::new(s).fmr() <= fmr);
        Score::new(similarity.expect("some score is this rare"))
    }

    fn decided(fmr: f64, behind: Option<f32>, comparisons: u64) -> &'static str {
        let best = Candidate { key: 7, score: score_with_fmr(fmr) };
        let runner_up = behind.map(|b| Score::new(best.score.similarity() - b));
        match decide(Some(best), runner_up, comparisons, TargetFpir::new(1e-3).unwrap()) {
            Decision::Identified(c) if c == best => "identified",
            Decision::StepUp(c) if c == best => "step-up",
            Decision::NoMatch => "no match",
            other => panic!("decided for somebody else: {other:?}"),
        }
    }

    #[test]
    fn the_accepted_risk_is_shared_among_all_comparisons() {
        assert_eq!(decided(0.9e-6, Some(0.1), 1_000), "identified");
        assert_eq!(decided(0.9e-6, Some(0.1), 2_000), "step-up");
        assert_eq!(decided(0.9e-6, Some(0.1), 200_000), "no match");
        assert_eq!(decided(0.9e-4, None, 1), "identified");
    }

    #[test]
    fn two_close_references_are_never_decided_between() {
        assert_eq!(decided(1e-9, Some(MARGIN * 0.5), 1_000), "step-up");
        assert_eq!(decided(1e-9, Some(0.0), 1_000), "step-up");
        assert_eq!(decided(1e-9, Some(MARGIN * 1.1), 1_000), "identified");
    }

    #[test]
    fn nobody_matches_an_empty_gallery() {
        assert_eq!(decide(None, None, 0, TargetFpir::new(1e-3).unwrap()), Decision::NoMatch);
    }
}
