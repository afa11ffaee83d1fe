//! What a score says about chance must hold on palms that it was not fitted to.

use handsel_palm::{Probe, Roi, Side, Template};
use handsel_synth::{Conditions, Palm};

const PALMS: u64 = 60;

/// Far from the seeds that the model was fitted to.
const SEED: u64 = 0x5eed_0000_0000;

fn square(palm: u64, capture: u32) -> Roi {
    let drawn = Palm::from_seed(SEED + palm, if palm.is_multiple_of(2) { Side::Left } else { Side::Right });
    Roi::from_grey(drawn.draw_roi(&Conditions::of_capture(SEED + palm, capture))).expect("SIDE_PX² values")
}

#[test]
fn strangers_match_no_more_often_than_the_score_says_and_owners_nearly_always() {
    let templates: Vec<Template> = (0..PALMS).map(|p| Template::extract(&square(p, 0))).collect();
    let probes: Vec<Probe> = (0..PALMS).map(|p| Probe::build(&square(p, 1))).collect();
    let (mut mated, mut non_mated) = (Vec::new(), Vec::new());
    for (i, probe) in probes.iter().enumerate() {
        for (j, template) in templates.iter().enumerate() {
            let fmr = probe.compare(template).fmr();
            if i == j { mated.push(fmr) } else { non_mated.push(fmr) }
        }
    }
    for fmr in [1e-1, 1e-2, 1e-3] {
        let matched = non_mated.iter().filter(|&&f| f <= fmr).count() as f64;
        let expected = fmr * non_mated.len() as f64;
        assert!(matched <= expected + 3.0 * expected.sqrt(), "at {fmr}: {matched} matches, {expected} expected");
    }
    let owners = mated.iter().filter(|&&f| f <= 1e-5).count();
    assert!(owners * 100 >= mated.len() * 95, "{owners} of {} owners at FMR 1e-5", mated.len());
}
