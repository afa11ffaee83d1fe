//! What every figure is worked out from: samples, whose they are, and comparisons between them.

use crate::folder::Role;
use std::collections::BTreeMap;

/// One capture, or several that were fused into one.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Sample {
    /// What it is called in files and on pages.
    pub(crate) name: String,
    /// Index into [`Set::palms`].
    pub(crate) palm: u32,
    /// Index into [`Set::subjects`].
    pub(crate) subject: u32,
    pub(crate) role: Role,
    /// Whether there is a template; a failure stays in the set, to be counted.
    pub(crate) acquired: bool,
    /// How fit it is for comparison, where anything says so; higher is better.
    pub(crate) quality: Option<f32>,
}

/// One comparison; samples are named by their index.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Comparison {
    pub(crate) probe: u32,
    pub(crate) reference: u32,
    pub(crate) mated: bool,
    /// Similarity, higher is closer; never NaN.
    pub(crate) score: f32,
}

/// Samples and the comparisons between them.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Set {
    pub(crate) samples: Vec<Sample>,
    /// Names of palms (or of what else is recognised as one: a fused pair of palms), sorted.
    pub(crate) palms: Vec<String>,
    /// Names of subjects, sorted; empty where nobody said whose the samples are.
    pub(crate) subjects: Vec<String>,
    pub(crate) comparisons: Vec<Comparison>,
    /// Mated pairs that were not compared, because a capture of theirs failed.
    pub(crate) mated_lost: usize,
    /// Pairs of different palms of one subject, which were not compared.
    pub(crate) same_subject: usize,
}

impl Set {
    /// A set without comparisons: (name, palm, subject, role) of each sample, all acquired.
    pub(crate) fn of(samples: &[(String, String, String, Role)]) -> Set {
        let palms = sorted(samples.iter().map(|s| &s.1));
        let subjects = sorted(samples.iter().map(|s| &s.2));
        let index = |names: &[String], name: &String| names.binary_search(name).unwrap_or_default() as u32;
        let sample = |(name, palm, subject, role): &(String, String, String, Role)| Sample {
            name: name.clone(),
            palm: index(&palms, palm),
            subject: index(&subjects, subject),
            role: *role,
            acquired: true,
            quality: None,
        };
        Set { samples: samples.iter().map(sample).collect(), palms, subjects, ..Set::default() }
    }

    pub(crate) fn probe(&self, c: &Comparison) -> &Sample {
        &self.samples[c.probe as usize]
    }

    pub(crate) fn reference(&self, c: &Comparison) -> &Sample {
        &self.samples[c.reference as usize]
    }

    /// How many comparisons are mated, and how many are not.
    pub(crate) fn counts(&self) -> (usize, usize) {
        let mated = self.comparisons.iter().filter(|c| c.mated).count();
        (mated, self.comparisons.len() - mated)
    }

    /// Whether `probe` and `reference` are to be compared: captures without roles once, and never two palms of one
    /// subject, whose likeness is that of neither a mated nor a stranger's pair.
    pub(crate) fn is_compared(&self, probe: usize, reference: usize) -> bool {
        self.meet(probe, reference) && !self.is_same_subject(probe, reference)
    }

    /// Whether the roles of two samples let them meet.
    fn meet(&self, probe: usize, reference: usize) -> bool {
        match (self.samples[probe].role, self.samples[reference].role) {
            (Role::Probe, Role::Reference) => true,
            // Where two sessions overlap, what belongs to both meets everything once.
            (Role::Probe, Role::Either) | (Role::Either, Role::Reference) => true,
            (Role::Either, Role::Either) => reference < probe,
            _ => false,
        }
    }

    fn is_same_subject(&self, probe: usize, reference: usize) -> bool {
        let (p, r) = (&self.samples[probe], &self.samples[reference]);
        p.palm != r.palm && p.subject == r.subject
    }

    /// Counts the pairs that are left out: mated ones with a failed capture, and palms of one subject.
    pub(crate) fn count_left_out(&mut self) {
        let mut of_subject: BTreeMap<u32, Vec<usize>> = BTreeMap::new();
        self.samples.iter().enumerate().for_each(|(i, s)| of_subject.entry(s.subject).or_default().push(i));
        let (mut lost, mut same) = (0, 0);
        for samples in of_subject.values() {
            for (&p, &r) in samples.iter().flat_map(|p| samples.iter().map(move |r| (p, r))) {
                if !self.meet(p, r) {
                    continue;
                }
                let acquired = self.samples[p].acquired && self.samples[r].acquired;
                match (self.is_same_subject(p, r), acquired) {
                    (true, true) => same += 1,
                    (false, false) => lost += 1,
                    _ => {}
                }
            }
        }
        (self.mated_lost, self.same_subject) = (lost, same);
    }

    /// A number that two runs share only if they made the same comparisons, in whatever order: a wrapping sum of each
    /// pair's FNV-1a hash.
    pub(crate) fn fingerprint(&self) -> u64 {
        let hash = |c: &Comparison| {
            let names = [self.probe(c).name.as_bytes(), &[0], self.reference(c).name.as_bytes(), &[u8::from(c.mated)]];
            names
                .concat()
                .iter()
                .fold(0xcbf2_9ce4_8422_2325_u64, |hash, &byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
        };
        self.comparisons.iter().fold(0, |sum, c| sum.wrapping_add(hash(c)))
    }
}

fn sorted<'a>(names: impl Iterator<Item = &'a String>) -> Vec<String> {
    let mut names: Vec<String> = names.cloned().collect();
    names.sort_unstable();
    names.dedup();
    names
}

/// Made-up sets for tests.
#[cfg(test)]
pub(crate) mod made_up {
    use super::*;

    /// Comparisons of two samples without more meaning than their scores.
    pub(crate) fn scores(mated: &[f32], non_mated: &[f32]) -> Vec<Comparison> {
        let one = |(scores, mated): (&[f32], bool)| -> Vec<Comparison> {
            scores.iter().map(|&score| Comparison { probe: 0, reference: 1, mated, score }).collect()
        };
        [(mated, true), (non_mated, false)].into_iter().flat_map(one).collect()
    }

    /// `subjects` with both palms and `captures` of each, the first one enrolled; every pair compared that may be,
    /// with the score that `score` gives (probe, reference, mated).
    pub(crate) fn set(subjects: usize, captures: usize, score: impl Fn(&Sample, &Sample, bool) -> f32) -> Set {
        let mut samples = Vec::new();
        for (subject, side, capture) in (0..subjects)
            .flat_map(|s| ["left", "right"].into_iter().flat_map(move |d| (0..captures).map(move |c| (s, d, c))))
        {
            let palm = format!("{subject:03}-{side}");
            let role = if capture == 0 { Role::Reference } else { Role::Probe };
            samples.push((format!("{palm}/1/{capture}"), palm, format!("{subject:03}"), role));
        }
        let mut set = Set::of(&samples);
        for (p, r) in (0..samples.len()).flat_map(|p| (0..samples.len()).map(move |r| (p, r))) {
            if set.is_compared(p, r) {
                let (probe, reference) = (&set.samples[p], &set.samples[r]);
                let mated = probe.palm == reference.palm;
                let score = score(probe, reference, mated);
                set.comparisons.push(Comparison { probe: p as u32, reference: r as u32, mated, score });
            }
        }
        set.count_left_out();
        set
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_palms_of_one_subject_never_meet() {
        let set = made_up::set(3, 3, |_, _, _| 0.5);
        let (mated, non_mated) = set.counts();
        assert_eq!((mated, non_mated), (6 * 2, 6 * 2 * 4));
        assert_eq!(set.same_subject, 6 * 2);
        assert!(set.comparisons.iter().all(|c| c.mated || set.probe(c).subject != set.reference(c).subject));
    }

    #[test]
    fn a_failed_capture_takes_its_mated_pairs_along() {
        let mut set = made_up::set(3, 3, |_, _, _| 0.5);
        set.samples[0].acquired = false;
        set.count_left_out();
        assert_eq!((set.mated_lost, set.same_subject), (2, 10));
    }

    #[test]
    fn the_fingerprint_is_of_pairs_not_of_scores_or_order() {
        let set = made_up::set(3, 2, |_, _, _| 0.5);
        let mut other = made_up::set(3, 2, |_, _, _| 0.75);
        other.comparisons.reverse();
        assert_eq!(set.fingerprint(), other.fingerprint());
        other.comparisons[0].mated ^= true;
        assert_ne!(set.fingerprint(), other.fingerprint());
    }
}
