//! The figures the README prints, held: on real palms where they are at hand, on drawn ones elsewhere.

use handsel_eval::{Input, Layout, Options, Protocol, Report, Source, run};
use handsel_synth::Dataset;
use std::path::{Path, PathBuf};

/// Real palms, kept beside the repository and never in it.
fn real_palms(name: &str) -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/palms").join(name);
    if !folder.is_dir() {
        println!("no real palms in shared/palms/{name}: drawn palms are measured instead");
        return None;
    }
    Some(folder)
}

fn measure(dir: PathBuf, input: Input, sessions: Option<(&str, &str)>) -> Report {
    let sessions = sessions.map(|(enrol, probe)| (enrol.to_owned(), probe.to_owned()));
    let source = Source::Folder { dir, input, layout: Layout::Handsel };
    let protocol = Protocol { sessions, ..Protocol::default() };
    let options = Options { source, protocol, command: "figures".into() };
    run(&options, &mut |_, _, _| ()).expect("the folder can be measured").report
}

/// 30 drawn palms × 4 captures.
fn drawn(input: Input) -> Report {
    let folder = tempfile::tempdir().expect("a temporary folder");
    Dataset::new(30, 4).write(folder.path(), |_| ()).expect("palms can be written");
    measure(folder.path().join(if input == Input::Roi { "roi" } else { "hand" }), input, None)
}

#[track_caller]
fn hold(report: &Report, most_failures: f64, most_eer: f64) {
    let failures = report.failed_to_acquire as f64 / report.captures as f64;
    assert!(failures <= most_failures, "{failures} of {} captures failed: {:?}", report.captures, report.failures);
    assert!(report.eer <= most_eer, "EER {} over {} mated pairs", report.eer, report.mated);
}

#[test]
fn regions_of_interest_across_sessions() {
    let report = match real_palms("roi") {
        Some(dir) => {
            let report = measure(dir, Input::Roi, Some(("1", "2")));
            let fnmr = report.fnmr_at_fmr["1e-3"].expect("990,000 pairs support it");
            assert!(fnmr <= 0.025, "FNMR {fnmr} at FMR 1e-3");
            report
        }
        None => drawn(Input::Roi),
    };
    hold(&report, 0.0, 0.013);
}

#[test]
fn whole_hands_by_phone() {
    let report = real_palms("hands/phone").map_or_else(|| drawn(Input::Hand), |dir| measure(dir, Input::Hand, None));
    hold(&report, 0.02, 0.005);
}

#[test]
fn whole_hands_by_webcam() {
    let report = real_palms("hands/webcam").map_or_else(|| drawn(Input::Hand), |dir| measure(dir, Input::Hand, None));
    hold(&report, 0.05, 0.01);
}
