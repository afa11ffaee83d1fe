//! Open-set 1:N: some subjects are enrolled, all are looked for.
//!
//! A search compares one probe with every enrolled palm and takes the best. A stranger's search that reaches the
//! threshold is a false positive (FPIR). An enrolled subject's search fails (FNIR) unless its own palm comes first and
//! reaches the threshold: whoever comes first pays. The other palm of the same subject is no candidate in its own search.

use crate::EvalError;
use crate::bootstrap::{Interval, Resampled, resample, resample_with};
use crate::draw::drawn_share;
use crate::folder::Role;
use crate::rates::{GRID, Rates, plain, ranked};
use crate::set::{Comparison, Set};
use std::collections::{BTreeMap, BTreeSet};

/// The ranks that the cumulative match characteristic is worked out to.
pub(crate) const RANKS: usize = 20;

/// The outcome of an open-set test.
pub(crate) struct Searches {
    /// Subjects enrolled, and palms of theirs: the size of the gallery.
    pub(crate) enrolled: usize,
    pub(crate) gallery: usize,
    /// Subjects not enrolled.
    pub(crate) strangers: usize,
    /// One per search: mated with the score of the subject's own palm (minus infinity if it did not come first), or
    /// non-mated with the best score. Both ends name the probe.
    pub(crate) ranked: Vec<Comparison>,
    /// The rank of the own palm in each mated search, with the probe's subject.
    ranks: Vec<(u32, usize)>,
    /// Searches of enrolled subjects that could not be made, because a capture failed.
    pub(crate) mated_lost: usize,
    pub(crate) non_mated_lost: usize,
    pub(crate) rates: Rates,
}

/// Splits the subjects and searches for every probe.
///
/// # Errors
/// Where nothing says which captures are enrolled, or a half has nobody to search for.
pub(crate) fn search(set: &Set, share: f64, seed: u64) -> Result<Searches, EvalError> {
    if set.subjects.is_empty() {
        return Err(EvalError::Protocol("--identify needs to know whose the samples are; these scores do not say it"));
    }
    if set.samples.iter().any(|s| s.role == Role::Either) {
        return Err(EvalError::Protocol(
            "--identify needs captures that are enrolled and others that are looked for: name two sessions that share \
             none, or say --enrol-captures",
        ));
    }
    let is_enrolled = drawn_share(set.subjects.len(), share, seed);
    let enrolled = |subject: u32| is_enrolled[subject as usize];
    let mut candidates: BTreeMap<u32, BTreeMap<u32, f32>> = BTreeMap::new();
    for c in set.comparisons.iter().filter(|c| enrolled(set.reference(c).subject)) {
        let best = candidates.entry(c.probe).or_default().entry(set.reference(c).palm).or_insert(f32::NEG_INFINITY);
        *best = best.max(c.score);
    }
    let (mut searches, mut ranks, mut lost) = (Vec::new(), Vec::new(), [0, 0]);
    for (probe, sample) in (0..).zip(&set.samples).filter(|(_, s)| s.role == Role::Probe) {
        let mated = enrolled(sample.subject);
        let found = candidates.get(&probe);
        let score = match (found, mated) {
            (Some(found), true) => found.get(&sample.palm).map(|own| {
                let rank = 1 + found.iter().filter(|(palm, score)| **palm != sample.palm && *score >= own).count();
                ranks.push((sample.subject, rank));
                if rank == 1 { *own } else { f32::NEG_INFINITY }
            }),
            (Some(found), false) => found.values().copied().max_by(f32::total_cmp),
            (None, _) => None,
        };
        match score {
            Some(score) => searches.push(Comparison { probe, reference: probe, mated, score }),
            None => lost[usize::from(mated)] += 1,
        }
    }
    let ranked = ranked(&searches);
    let mated = ranks.len();
    if mated == 0 || mated == ranked.len() {
        return Err(EvalError::Protocol(
            "--identify needs searches of enrolled subjects and of strangers: at least two subjects with a capture \
             that is not enrolled",
        ));
    }
    let palms: BTreeSet<u32> = set
        .samples
        .iter()
        .filter(|s| s.role == Role::Reference && s.acquired && enrolled(s.subject))
        .map(|s| s.palm)
        .collect();
    let count = is_enrolled.iter().filter(|e| **e).count();
    Ok(Searches {
        enrolled: count,
        gallery: palms.len(),
        strangers: set.subjects.len() - count,
        rates: plain(&ranked),
        ranked,
        ranks,
        mated_lost: lost[1],
        non_mated_lost: lost[0],
    })
}

impl Searches {
    /// How many searches were made for enrolled subjects, and how many for strangers.
    pub(crate) fn counts(&self) -> (usize, usize) {
        (self.ranks.len(), self.ranked.len() - self.ranks.len())
    }

    /// FNIR at every FPIR of the grid, resampled over subjects; the gallery stays as it is.
    pub(crate) fn resampled(&self, set: &Set, seed: u64) -> Option<Resampled> {
        let subject = |sample: u32| set.samples[sample as usize].subject;
        resample(&self.ranked, subject, set.subjects.len(), seed, &mut |_| ())
    }

    /// The share of mated searches whose own palm is within each rank, with its interval.
    pub(crate) fn cmc(&self, set: &Set, seed: u64) -> Vec<(f64, Option<Interval>)> {
        let within = |times: &dyn Fn(u32) -> f64| {
            let (mut hits, mut all) = ([0.0; RANKS], 0.0);
            for &(subject, rank) in &self.ranks {
                all += times(subject);
                hits.iter_mut().skip(rank - 1).for_each(|hit| *hit += times(subject));
            }
            hits.map(|hit| hit / all)
        };
        let intervals = resample_with(set.subjects.len(), seed, |times| within(&|s| times[s as usize]));
        let shares = within(&|_| 1.0);
        (0..RANKS.min(self.gallery)).map(|k| (shares[k], intervals.map(|i| i[k]))).collect()
    }

    /// The places of [`GRID`] that a stranger's single false positive can reach.
    pub(crate) fn places(&self) -> impl Iterator<Item = usize> {
        let least = 1.0 / self.counts().1 as f64;
        (0..GRID.len()).filter(move |&place| GRID[place] >= least)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::set::made_up;

    fn noise(name: &str) -> f32 {
        name.bytes().fold(7u32, |h, b| h.wrapping_mul(31).wrapping_add(u32::from(b))) as f32 / u32::MAX as f32 / 10.0
    }

    #[test]
    fn a_perfect_system_finds_everybody_and_no_stranger() {
        let set = made_up::set(10, 3, |p, r, mated| noise(&p.name) + noise(&r.name) + f32::from(u8::from(mated)));
        let found = search(&set, 0.5, 1).unwrap();
        assert_eq!((found.enrolled, found.strangers, found.gallery), (5, 5, 10));
        assert_eq!(found.counts(), (5 * 2 * 2, 5 * 2 * 2));
        assert_eq!(found.rates.eer, 0.0);
        assert!(found.cmc(&set, 1).iter().all(|(share, _)| *share == 1.0));
    }

    #[test]
    fn the_split_is_the_seeds_and_nobody_is_on_both_sides() {
        let set = made_up::set(10, 2, |p, r, _| noise(&p.name) + noise(&r.name));
        let subjects = |seed, mated| -> BTreeSet<u32> {
            let found = search(&set, 0.5, seed).unwrap();
            found.ranked.iter().filter(|c| c.mated == mated).map(|c| set.probe(c).subject).collect()
        };
        assert_eq!(subjects(1, true), subjects(1, true));
        assert!((2..9).any(|seed| subjects(seed, true) != subjects(1, true)));
        assert!((1..9).all(|seed| subjects(seed, true).is_disjoint(&subjects(seed, false))));
    }

    #[test]
    fn who_does_not_come_first_is_missed_at_every_threshold() {
        // Everybody looks most like the palm that is first by name among those they are compared with.
        let set = made_up::set(
            6,
            2,
            |_, r, mated| if r.subject == 0 { 0.9 } else { 0.5 + f32::from(u8::from(mated)) / 10.0 },
        );
        let found = (1..50)
            .map(|seed| search(&set, 0.5, seed).unwrap())
            .find(|f| f.ranked.iter().any(|c| c.mated && set.probe(c).subject == 0));
        let found = found.expect("some split enrols the first subject");
        let missed = found.ranked.iter().filter(|c| c.mated && c.score == f32::NEG_INFINITY).count();
        assert_eq!((missed, found.counts().0), (4, 6), "all but the first subject's own two");
        let cmc = found.cmc(&set, 1);
        assert!((cmc[0].0 - 2.0 / 6.0).abs() < 1e-9 && cmc[2].0 == 1.0, "{cmc:?}");
    }

    #[test]
    fn failed_captures_are_counted_as_lost_searches() {
        let mut set = made_up::set(6, 3, |_, _, mated| f32::from(u8::from(mated)));
        let failed = set.samples.iter().position(|s| s.role == Role::Probe).unwrap();
        set.samples[failed].acquired = false;
        set.comparisons.retain(|c| c.probe as usize != failed);
        let found = search(&set, 0.5, 1).unwrap();
        assert_eq!(found.mated_lost + found.non_mated_lost, 1);
    }

    #[test]
    fn without_roles_or_names_there_is_nothing_to_search() {
        let mut set = made_up::set(4, 2, |_, _, _| 0.5);
        set.samples[0].role = Role::Either;
        assert!(search(&set, 0.5, 1).is_err());
        set.subjects.clear();
        assert!(search(&set, 0.5, 1).is_err());
        assert!(search(&made_up::set(1, 3, |_, _, _| 0.5), 0.5, 1).is_err());
    }
}
