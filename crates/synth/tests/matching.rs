//! Drawn palms against the palm pipeline: mated and non-mated scores separate clearly.

use handsel_palm::{Probe, Roi, Template};
use handsel_synth::Dataset;

/// Palms and captures each; 30 mated and 870 non-mated scores of regions of interest.
const PALMS: u32 = 30;

#[test]
fn mated_scores_lie_above_non_mated_scores() {
    let dataset = Dataset::new(PALMS, 2);
    let roi = |index, capture| {
        let grey = dataset.palm(index).draw_roi(&dataset.conditions(index, capture));
        Roi::from_grey(grey).expect("a whole region of interest")
    };
    let templates: Vec<Template> = (0..PALMS).map(|i| Template::extract(&roi(i, 0))).collect();
    let probes: Vec<Probe> = (0..PALMS).map(|i| Probe::build(&roi(i, 1))).collect();
    let (mut mated, mut non_mated) = (Vec::new(), Vec::new());
    for (i, probe) in probes.iter().enumerate() {
        for (j, template) in templates.iter().enumerate() {
            let score = probe.compare(template).similarity();
            if i == j { mated.push(score) } else { non_mated.push(score) }
        }
    }
    mated.sort_by(f32::total_cmp);
    non_mated.sort_by(f32::total_cmp);
    // Measured with binary orientation codes: mated 0.83 at the median, non-mated 0.61.
    let (least_mated, high_non_mated) = (mated[0], non_mated[non_mated.len() * 99 / 100]);
    assert!(least_mated > high_non_mated, "mated from {least_mated}, 99 % of non-mated to {high_non_mated}");
    let gap = mated[mated.len() / 2] - non_mated[non_mated.len() / 2];
    assert!(gap > 0.12, "the medians are only {gap} apart");
}
