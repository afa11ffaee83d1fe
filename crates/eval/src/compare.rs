//! Compares every pair.

use crate::acquire::{Acquired, on_all_cores};
use crate::folder::File;
use crate::set::{Comparison, Set};
use crate::{Comparator, Stage};
use handsel_palm::Probe;

/// Compares every pair of acquired captures that may meet, on all cores, in the order of probes and then references.
pub(crate) fn compare(
    files: &[File],
    captures: &[Acquired],
    comparator: Comparator,
    progress: &mut dyn FnMut(Stage, usize, usize),
) -> Set {
    let samples: Vec<_> =
        files.iter().map(|f| (f.name.clone(), f.place.palm.clone(), f.place.subject.clone(), f.role)).collect();
    let mut set = Set::of(&samples);
    for (sample, capture) in set.samples.iter_mut().zip(captures) {
        (sample.acquired, sample.quality) = (capture.palm().is_some(), capture.quality());
    }
    set.count_left_out();
    set.comparisons = scores(&set, captures, comparator, progress);
    set
}

fn scores(
    set: &Set,
    captures: &[Acquired],
    comparator: Comparator,
    progress: &mut dyn FnMut(Stage, usize, usize),
) -> Vec<Comparison> {
    let acquired = |i: usize| captures[i].palm().is_some();
    let against = |p: usize| (0..captures.len()).filter(move |&r| acquired(r) && set.is_compared(p, r));
    let sizes: Vec<usize> = (0..captures.len()).map(|p| if acquired(p) { against(p).count() } else { 0 }).collect();
    let probes: Vec<usize> = (0..captures.len()).filter(|&p| sizes[p] > 0).collect();
    let total: usize = sizes.iter().sum();
    let per_probe = total / probes.len().max(1);
    let one = |i: usize| -> Vec<Comparison> {
        let p = probes[i];
        let Some((roi, _)) = captures[p].palm() else { return Vec::new() };
        let probe = Probe::build(roi);
        let references = against(p).filter_map(|r| captures[r].palm().map(|(_, template)| (r, template)));
        let compared = references.map(|(r, template)| Comparison {
            probe: p as u32,
            reference: r as u32,
            mated: set.samples[p].palm == set.samples[r].palm,
            score: comparator.score(&probe, template),
        });
        compared.collect()
    };
    let mut tell = |done: usize| {
        let compared = if done == probes.len() { total } else { done * per_probe };
        progress(Stage::Compare, compared, total);
    };
    on_all_cores(probes.len(), one, &mut tell).into_iter().flatten().collect()
}
