//! From a folder of drawn palms to a report, as the command line does it.

use handsel_eval::{Evaluation, Format, Input, Layout, Options, Protocol, Source, Stage, run};
use handsel_palm::{Roi, Side};
use handsel_synth::{Conditions, Dataset, Palm};
use std::collections::BTreeMap;
use std::path::Path;

const PALMS: u64 = 6;
const CAPTURES: u32 = 3;

/// Drawn squares in two sessions, and one file in the second that is no image.
fn squares(dir: &Path) {
    for palm in 0..PALMS {
        let drawn = Palm::from_seed(palm, Side::Left);
        for session in 0..2 {
            let folder = dir.join(format!("{palm:02}/{}", session + 1));
            std::fs::create_dir_all(&folder).unwrap();
            for capture in 0..CAPTURES {
                let conditions = Conditions::of_capture(palm, session * CAPTURES + capture);
                let side = Roi::SIDE_PX as u32;
                let square = image::GrayImage::from_raw(side, side, drawn.draw_roi(&conditions)).unwrap();
                square.save(folder.join(format!("{capture}.png"))).unwrap();
            }
        }
    }
    std::fs::write(dir.join("00/2/broken.png"), b"not an image").unwrap();
}

fn measure(dir: &Path, input: Input, sessions: Option<(&str, &str)>) -> Evaluation {
    let sessions = sessions.map(|(e, p)| (e.to_owned(), p.to_owned()));
    let source = Source::Folder { dir: dir.into(), input, layout: Layout::Handsel };
    let protocol = Protocol { sessions, ..Protocol::default() };
    let options = Options { source, protocol, command: "handsel eval DIR".into() };
    let mut last = BTreeMap::new();
    let evaluation = run(&options, &mut |stage, done, total| {
        assert!(done <= total);
        last.insert(format!("{stage:?}"), (done, total));
    });
    for stage in [Stage::Acquire, Stage::Compare, Stage::Resample] {
        let (done, total) = last[&format!("{stage:?}")];
        assert_eq!(done, total, "{stage:?} ends");
    }
    evaluation.unwrap()
}

#[test]
fn two_sessions_give_every_pair_of_probe_and_reference() {
    let dir = tempfile::tempdir().unwrap();
    squares(dir.path());
    let evaluation = measure(dir.path(), Input::Roi, Some(("1", "2")));
    let report = &evaluation.report;
    let (palms, captures) = (PALMS as usize, CAPTURES as usize);
    assert_eq!(report.captures, palms * captures * 2 + 1);
    assert_eq!(report.failed_to_acquire, 1);
    assert_eq!(report.failures, BTreeMap::from([("not_decoded", 1)]));
    assert_eq!(report.mated, palms * captures * captures);
    assert_eq!(report.non_mated, palms * (palms - 1) * captures * captures);
    assert_eq!(report.mated_lost, captures, "the broken probe would have met each of its palm's references");
    assert!(report.eer <= 0.05, "{}", report.eer);

    let files = tempfile::tempdir().unwrap();
    let at = |name: &str| files.path().join(name);
    evaluation.write_json(&at("f.json")).unwrap();
    let json: serde_json::Value = serde_json::from_slice(&std::fs::read(at("f.json")).unwrap()).unwrap();
    for key in ["captures", "failed_to_acquire", "mated", "non_mated", "eer", "template_bytes", "ms_per_capture"] {
        assert!(json[key].is_number(), "{key}");
    }
    let points: Vec<&String> = json["fnmr_at_fmr"].as_object().unwrap().keys().collect();
    assert_eq!(points, ["1e-2", "1e-3", "1e-4", "1e-5", "1e-6"]);
    assert!(json["fnmr_at_fmr"].as_object().unwrap().values().all(|v| v.is_null()), "270 pairs support no point");
    assert_eq!(json["intervals"]["eer"].as_array().unwrap().len(), 2);
    assert!(json["intervals"]["fnmr_at_fmr"]["1e-3"].is_null());

    evaluation.write_scores(&at("f.csv"), Format::Csv).unwrap();
    let csv = std::fs::read_to_string(at("f.csv")).unwrap();
    assert_eq!(csv.lines().next(), Some("probe,reference,mated,score,probe_palm,reference_palm"));
    assert_eq!(csv.lines().count(), 1 + report.mated + report.non_mated);
    assert!(csv.lines().skip(1).all(|l| l.split(',').nth(3).unwrap().parse::<f32>().is_ok()));
    assert_eq!(csv.lines().filter(|l| l.split(',').nth(2) == Some("1")).count(), report.mated);

    evaluation.write_html(&at("f.html")).unwrap();
    let html = std::fs::read_to_string(at("f.html")).unwrap();
    assert!(html.contains("<svg") && html.contains("handsel eval DIR"));
    for outside in ["<script", "http:", "https:", "url(", "src=", "<img"] {
        assert!(!html.contains(outside), "{outside}");
    }
}

#[test]
fn one_session_gives_every_pair_once() {
    let dir = tempfile::tempdir().unwrap();
    squares(dir.path());
    let report = measure(dir.path(), Input::Roi, Some(("1", "1"))).report;
    let (palms, captures) = (PALMS as usize, CAPTURES as usize);
    let all = palms * captures;
    assert_eq!(report.mated, palms * captures * (captures - 1) / 2);
    assert_eq!(report.mated + report.non_mated, all * (all - 1) / 2);
    assert_eq!(report.failed_to_acquire, 0);
}

#[test]
fn whole_hands_are_found_and_their_ground_truth_is_passed_by() {
    let dir = tempfile::tempdir().unwrap();
    Dataset { size_px: (640, 480), ..Dataset::new(5, 2) }.write(dir.path(), |_| {}).unwrap();
    let report = measure(&dir.path().join("hand"), Input::Hand, None).report;
    assert_eq!(report.captures, 10);
    assert_eq!(report.mated + report.mated_lost, 5);
    assert!(report.failed_to_acquire <= 2, "{:?}", report.failures);
}
