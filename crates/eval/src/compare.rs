//! Compares every pair.

use crate::Stage;
use crate::acquire::{Acquired, on_all_cores};
use crate::folder::{File, Role};
use handsel_palm::Probe;

/// One comparison; captures are named by their index.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Comparison {
    pub(crate) probe: u32,
    pub(crate) reference: u32,
    pub(crate) mated: bool,
    /// Similarity, higher is closer.
    pub(crate) score: f32,
}

/// Whether capture `probe` is compared with capture `reference`: a pair without sessions is compared once.
pub(crate) fn is_compared(files: &[File], probe: usize, reference: usize) -> bool {
    match (files[probe].role, files[reference].role) {
        (Role::Probe, Role::Reference) => true,
        (Role::Either, Role::Either) => reference < probe,
        _ => false,
    }
}

/// Compares every pair of acquired captures, on all cores, in the order of probes and then references.
pub(crate) fn compare(
    files: &[File],
    captures: &[Acquired],
    progress: &mut dyn FnMut(Stage, usize, usize),
) -> Vec<Comparison> {
    let against = |probe: usize| (0..files.len()).filter(move |&r| is_compared(files, probe, r));
    let acquired = |i: usize| captures[i].palm().is_some();
    let sizes: Vec<usize> =
        (0..files.len()).map(|p| if acquired(p) { against(p).filter(|&r| acquired(r)).count() } else { 0 }).collect();
    let probes: Vec<usize> = (0..files.len()).filter(|&p| sizes[p] > 0).collect();
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
            mated: files[p].palm == files[r].palm,
            score: probe.compare(template).similarity(),
        });
        compared.collect()
    };
    let mut tell = |done: usize| {
        let compared = if done == probes.len() { total } else { done * per_probe };
        progress(Stage::Compare, compared, total);
    };
    on_all_cores(probes.len(), one, &mut tell).into_iter().flatten().collect()
}
