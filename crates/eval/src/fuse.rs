//! Several scores of what belongs together become one: enrolled captures of a palm, and both palms of a subject.

use crate::folder::Role;
use crate::set::{Comparison, Sample, Set};
use crate::{EvalError, Fuse, Rule};
use std::collections::BTreeMap;

/// Fuses a set; what it gives is a set again.
///
/// # Errors
/// Where nothing says which captures are enrolled, or whose they are, or there is nothing to fuse.
pub(crate) fn fuse(set: &Set, fuse: Fuse, rule: Rule) -> Result<Set, EvalError> {
    if set.subjects.is_empty() {
        return Err(EvalError::Protocol("--fuse needs to know whose the samples are; these scores do not say it"));
    }
    if set.samples.iter().any(|s| s.role == Role::Either) {
        return Err(EvalError::Protocol(
            "--fuse needs captures that are enrolled and others that are compared with them: name two sessions that \
             share none, or say --enrol-captures",
        ));
    }
    if fuse == Fuse::Palms && set.subjects.len() == set.palms.len() {
        return Err(EvalError::Protocol(
            "--fuse palms needs subjects with two palms; here every palm is its own subject",
        ));
    }
    let captures = by_reference(set, rule);
    Ok(match fuse {
        Fuse::Captures => captures,
        Fuse::Palms => by_subject(&captures, rule),
    })
}

/// One reference per palm.
fn by_reference(set: &Set, rule: Rule) -> Set {
    let unit = |sample: &Sample, index: usize| match sample.role {
        Role::Reference => (sample.palm, None),
        _ => (sample.palm, Some(index)),
    };
    let units: Vec<_> = set.samples.iter().enumerate().map(|(i, s)| unit(s, i)).collect();
    let name = |members: &[usize]| match members {
        [one] => set.samples[*one].name.clone(),
        several => format!("{} ({} captures)", set.palms[set.samples[several[0]].palm as usize], several.len()),
    };
    let of = |sample: &Sample| set.palms[sample.palm as usize].clone();
    regrouped(set, &units, name, of, |_| true, rule)
}

/// One reference per subject; the k-th probe of each of its palms makes one probe.
fn by_subject(set: &Set, rule: Rule) -> Set {
    let mut seen: BTreeMap<u32, usize> = BTreeMap::new();
    let mut unit = |sample: &Sample| match sample.role {
        Role::Reference => (sample.subject, None),
        _ => {
            let nth = seen.entry(sample.palm).or_default();
            *nth += 1;
            (sample.subject, Some(*nth))
        }
    };
    let units: Vec<_> = set.samples.iter().map(&mut unit).collect();
    let name = |members: &[usize]| members.iter().map(|&i| &*set.samples[i].name).collect::<Vec<_>>().join(" + ");
    let of = |sample: &Sample| set.subjects[sample.subject as usize].clone();
    // Left with left and right with right, by what a palm's name adds to its subject's.
    let hand = |sample: &Sample| {
        let (palm, subject) = (&set.palms[sample.palm as usize], &set.subjects[sample.subject as usize]);
        palm.strip_prefix(subject.as_str()).unwrap_or(palm)
    };
    regrouped(set, &units, name, of, |c| hand(set.probe(c)) == hand(set.reference(c)), rule)
}

/// Makes a sample of each unit, and one comparison of all those between two units.
///
/// A unit counts as acquired if any capture in it was, and its quality is that of its best capture; what was not
/// compared takes no part in the fused score.
fn regrouped<K: Ord + Copy>(
    set: &Set,
    units: &[K],
    name: impl Fn(&[usize]) -> String,
    palm: impl Fn(&Sample) -> String,
    counts: impl Fn(&Comparison) -> bool,
    rule: Rule,
) -> Set {
    let mut members: BTreeMap<K, Vec<usize>> = BTreeMap::new();
    units.iter().enumerate().for_each(|(i, unit)| members.entry(*unit).or_default().push(i));
    let sample = |of: &Vec<usize>| {
        let first = &set.samples[of[0]];
        (name(of), palm(first), set.subjects[first.subject as usize].clone(), first.role)
    };
    let mut fused = Set::of(&members.values().map(sample).collect::<Vec<_>>());
    for (sample, of) in fused.samples.iter_mut().zip(members.values()) {
        sample.acquired = of.iter().any(|&i| set.samples[i].acquired);
        sample.quality = of.iter().filter_map(|&i| set.samples[i].quality).max_by(f32::total_cmp);
    }
    let index: BTreeMap<K, u32> = members.keys().zip(0..).map(|(unit, i)| (*unit, i)).collect();
    let mut scores: BTreeMap<(u32, u32), Vec<f32>> = BTreeMap::new();
    for c in set.comparisons.iter().filter(|c| counts(c)) {
        let pair = (index[&units[c.probe as usize]], index[&units[c.reference as usize]]);
        scores.entry(pair).or_default().push(c.score);
    }
    let compared = |((probe, reference), mut scores): ((u32, u32), Vec<f32>)| {
        let mated = fused.samples[probe as usize].palm == fused.samples[reference as usize].palm;
        rule.fuse(&mut scores).map(|score| Comparison { probe, reference, mated, score })
    };
    let comparisons = scores.into_iter().filter_map(compared).collect();
    fused.comparisons = comparisons;
    fused.count_left_out();
    fused
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::set::made_up;

    /// Left palms score 0.9 or 0.1, right ones 0.7 or 0.3; a left against a right one would give 0.99.
    fn by_side(probe: &Sample, reference: &Sample, mated: bool) -> f32 {
        match (probe.name.contains("left"), reference.name.contains("left"), mated) {
            (true, true, true) => 0.9,
            (true, true, false) => 0.1,
            (false, false, true) => 0.7,
            (false, false, false) => 0.3,
            _ => 0.99,
        }
    }

    #[test]
    fn both_palms_of_a_subject_become_one_and_sides_are_not_mixed() {
        let set = made_up::set(3, 3, by_side);
        let fused = fuse(&set, Fuse::Palms, Rule::Mean).unwrap();
        assert_eq!(fused.counts(), (3 * 2, 3 * 2 * 2));
        assert_eq!(fused.palms, fused.subjects);
        for c in &fused.comparisons {
            assert!((c.score - if c.mated { 0.8 } else { 0.2 }).abs() < 1e-6, "{c:?}");
        }
        assert!(
            fuse(&set, Fuse::Palms, Rule::Max)
                .unwrap()
                .comparisons
                .iter()
                .all(|c| c.score == if c.mated { 0.9 } else { 0.3 })
        );
    }

    #[test]
    fn several_enrolled_captures_become_one_reference() {
        let mut set = made_up::set(2, 2, |_, _, _| 0.0);
        // The other capture of each palm is enrolled too, and a third probes.
        let third = |sample: &Sample| Sample { name: format!("{}x", sample.name), role: Role::Probe, ..sample.clone() };
        let thirds: Vec<Sample> = set.samples.iter().step_by(2).map(third).collect();
        set.samples.iter_mut().for_each(|s| s.role = Role::Reference);
        set.comparisons.clear();
        let references = set.samples.len();
        set.samples.extend(thirds);
        for (p, r) in (references..set.samples.len()).flat_map(|p| (0..references).map(move |r| (p, r))) {
            if set.is_compared(p, r) {
                let mated = set.samples[p].palm == set.samples[r].palm;
                let (probe, reference) = (p as u32, r as u32);
                set.comparisons.push(Comparison { probe, reference, mated, score: r as f32 });
            }
        }
        let fused = fuse(&set, Fuse::Captures, Rule::Max).unwrap();
        assert_eq!(fused.samples.iter().filter(|s| s.role == Role::Reference).count(), 4);
        assert_eq!(fused.counts(), (4, 8));
        let scores: Vec<f32> = fused.comparisons.iter().filter(|c| c.mated).map(|c| c.score).collect();
        assert_eq!(scores, [1.0, 3.0, 5.0, 7.0], "the best of each palm's two");
        assert!(fused.samples.iter().any(|s| s.name.contains("(2 captures)")));
    }

    #[test]
    fn one_palm_that_failed_leaves_the_other() {
        let mut set = made_up::set(2, 2, by_side);
        let failed = set.samples.iter().position(|s| s.name == "000-right/1/1").unwrap();
        set.samples[failed].acquired = false;
        set.comparisons.retain(|c| c.probe as usize != failed);
        let fused = fuse(&set, Fuse::Palms, Rule::Mean).unwrap();
        assert_eq!((fused.counts(), fused.mated_lost), ((2, 2), 0));
        assert!(fused.comparisons.iter().any(|c| c.mated && c.score == 0.9));
    }
}
