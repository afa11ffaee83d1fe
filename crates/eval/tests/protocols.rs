//! Whole runs: 1:N, fusion, halves, qualities, score files of others, and two runs compared.

mod common;

use common::measure;
use handsel_eval::{
    EvalError, Evaluation, Format, Fuse, Layout, Options, Part, Protocol, Report, Rule, Source, Verdict, compare_runs,
};
use std::path::{Path, PathBuf};

/// `subjects` with both palms, `captures` of each: `<subject>-<side>/1/<nn>.png`.
fn both_palms(dir: &Path, subjects: u64, captures: u32) {
    for subject in 0..subjects {
        for (side, palm) in [("left", 2 * subject), ("right", 2 * subject + 1)] {
            for capture in 0..captures {
                common::write(&dir.join(format!("{subject:02}-{side}/1/{capture:02}.png")), palm, capture);
            }
        }
    }
}

fn of(dir: &Path, protocol: Protocol) -> Evaluation {
    measure(dir, Layout::Handsel, protocol).unwrap()
}

fn scores(files: &[PathBuf], format: Format, protocol: Protocol) -> Result<Evaluation, EvalError> {
    let source = Source::Scores { files: files.to_vec(), format };
    handsel_eval::run(&Options { source, protocol, command: "handsel eval --scores".into() }, &mut |_, _, _| ())
}

/// The report without what a clock measured, as text.
fn figures(report: &Report) -> String {
    let mut json = serde_json::to_value(report).unwrap();
    for key in ["ms_per_capture", "seconds"] {
        json[key].take();
    }
    json.to_string()
}

#[test]
fn an_open_set_search_is_reported_and_repeats_itself() {
    let dir = tempfile::tempdir().unwrap();
    both_palms(dir.path(), 8, 3);
    let protocol = Protocol { identify: Some(0.5), ..Protocol::default() };
    let run = of(dir.path(), protocol.clone());
    let found = run.report.identification.as_ref().unwrap();
    assert_eq!((found.enrolled_subjects, found.strangers, found.gallery), (4, 4, 8));
    assert_eq!((found.mated_searches, found.non_mated_searches), (16, 16));
    assert!(found.fnir_at_fpir.values().all(Option::is_none), "16 searches support no FPIR: {:?}", found.fnir_at_fpir);
    assert_eq!(found.cmc.len(), 8);
    assert!(found.cmc[0].share >= 0.9 && found.cmc[0].interval.is_some());
    assert!(found.thresholds.windows(2).all(|w| w[0].fpir <= w[1].fpir && w[0].fnir >= w[1].fnir));
    assert_eq!(figures(&run.report), figures(&of(dir.path(), protocol.clone()).report));
    let other = of(dir.path(), Protocol { seed: 2, ..protocol });
    assert_ne!(figures(&run.report), figures(&other.report));

    let out = tempfile::tempdir().unwrap();
    run.write_curves(out.path()).unwrap();
    for (file, columns) in [("det.csv", 4), ("cmc.csv", 4), ("identification.csv", 7)] {
        let text = std::fs::read_to_string(out.path().join(file)).unwrap();
        assert!(text.lines().count() > 1 && text.lines().all(|l| l.split(',').count() == columns), "{file}: {text}");
    }
    assert!(!out.path().join("discard.csv").exists(), "squares have no quality");
    run.write_html(&out.path().join("f.html")).unwrap();
    let html = std::fs::read_to_string(out.path().join("f.html")).unwrap();
    for wanted in ["Identification, open set", "Cumulative match", "Not tested", "class=\"band\""] {
        assert!(html.contains(wanted), "{wanted}");
    }
    for outside in ["<script", "http:", "https:", "url(", "src=", "<img", "NaN", "inf"] {
        assert!(!html.replace("information", "").contains(outside), "{outside}");
    }
}

#[test]
fn fusion_joins_captures_and_palms() {
    let dir = tempfile::tempdir().unwrap();
    both_palms(dir.path(), 4, 4);
    let run = |fuse, rule| {
        let protocol = Protocol { fuse: Some((fuse, rule)), enrol_captures: Some(2), ..Protocol::default() };
        of(dir.path(), protocol).report
    };
    let captures = run(Fuse::Captures, Rule::Max);
    assert_eq!((captures.mated, captures.non_mated), (8 * 2, 8 * 2 * 6));
    let palms = run(Fuse::Palms, Rule::Mean);
    assert_eq!((palms.palms, palms.mated, palms.non_mated), (4, 4 * 2, 4 * 2 * 3));
    assert!(palms.eer <= captures.eer + 1e-9);
}

#[test]
fn halves_share_nobody() {
    let dir = tempfile::tempdir().unwrap();
    both_palms(dir.path(), 7, 2);
    let half = |part| of(dir.path(), Protocol { part: Some(part), ..Protocol::default() }).report;
    let (tune, test) = (half(Part::Tune), half(Part::Test));
    assert_eq!(tune.subjects + test.subjects, 7);
    assert_eq!(tune.captures + test.captures, 28);
}

#[test]
fn scores_that_went_through_a_file_give_the_same_report() {
    let dir = tempfile::tempdir().unwrap();
    both_palms(dir.path(), 6, 3);
    let out = tempfile::tempdir().unwrap();
    let protocol = Protocol { identify: Some(0.5), ..Protocol::default() };
    let run = of(dir.path(), protocol.clone());
    for format in [Format::Csv, Format::Bob5] {
        let path = out.path().join("scores.txt");
        run.write_scores(&path, format).unwrap();
        let again = scores(&[path], format, protocol.clone()).unwrap().report;
        assert_eq!((again.eer, again.mated, again.non_mated), (run.report.eer, run.report.mated, run.report.non_mated));
        assert_eq!(again.intervals.eer, run.report.intervals.eer, "{format:?}");
        assert_eq!(again.paired.pairs, run.report.paired.pairs, "{format:?}");
        let (a, b) = (again.identification.unwrap(), run.report.identification.as_ref().unwrap());
        assert_eq!(
            a.cmc.iter().map(|p| p.share).collect::<Vec<_>>(),
            b.cmc.iter().map(|p| p.share).collect::<Vec<_>>()
        );
    }
    let path = out.path().join("s.txt");
    run.write_scores(&path, Format::Pyeer).unwrap();
    let files = [out.path().join("s-genuine.txt"), out.path().join("s-impostor.txt")];
    let nameless = scores(&files, Format::Pyeer, Protocol::default()).unwrap();
    assert_eq!(nameless.report.eer, run.report.eer);
    assert!(nameless.report.intervals.eer.is_none() && nameless.report.subjects == 0);
    nameless.write_html(&path).unwrap();
    assert!(!std::fs::read_to_string(&path).unwrap().contains("Worst pairs"), "nobody is named");
    let refused = scores(&files, Format::Pyeer, protocol).err().unwrap().to_string();
    assert!(refused.contains("whose"), "{refused}");
}

#[test]
fn two_runs_over_the_same_pairs_are_compared_pair_by_pair() {
    let out = tempfile::tempdir().unwrap();
    let at = |name: &str| out.path().join(name);
    // 20 subjects, 4 probes of each; the worse system refuses a share of them that depends on the subject.
    let system = |name: &str, refused: usize| {
        let mut text = String::new();
        for (claimed, real, probe) in (0..20).flat_map(|c| (0..20).flat_map(move |r| (0..4).map(move |p| (c, r, p)))) {
            let score = match claimed == real {
                true if probe < refused * (real % 3) => 0.1,
                true => 0.9,
                false => 0.2 + (claimed * 7 + real * 13 + probe * 3) as f32 % 10.0 / 100.0,
            };
            text += &format!("s{claimed} s{real} s{real}p{probe} {score}\n");
        }
        std::fs::write(at(name), text).unwrap();
        let run = scores(&[at(name)], Format::Bob4, Protocol::default()).unwrap();
        run.write_json(&at(&format!("{name}.json"))).unwrap();
    };
    system("good", 0);
    system("bad", 1);
    let versus = compare_runs(&at("good.json"), &at("bad.json")).unwrap();
    assert_eq!(versus.unpaired_because, None);
    assert!(versus.figures.iter().all(|f| f.verdict == Verdict::FirstIsBetter), "{}", versus.text());
    assert!(versus.figures.len() >= 2 && versus.text().contains("A is better"));
    let swapped = compare_runs(&at("bad.json"), &at("good.json")).unwrap();
    assert!(swapped.figures.iter().all(|f| f.verdict == Verdict::SecondIsBetter));
    let same = compare_runs(&at("bad.json"), &at("bad.json")).unwrap();
    assert!(same.figures.iter().all(|f| f.verdict == Verdict::NotTold && f.difference == Some([0.0, 0.0])));

    let half: String = std::fs::read_to_string(at("good"))
        .unwrap()
        .lines()
        .filter(|l| !l.contains("p3"))
        .fold(String::new(), |text, line| text + line + "\n");
    std::fs::write(at("less"), half).unwrap();
    scores(&[at("less")], Format::Bob4, Protocol::default()).unwrap().write_json(&at("less.json")).unwrap();
    let unlike = compare_runs(&at("good.json"), &at("less.json")).unwrap();
    assert!(unlike.unpaired_because.is_some_and(|r| r.contains("same comparisons")));
    assert!(unlike.figures.iter().all(|f| f.verdict == Verdict::NotPaired));

    for (text, said) in [("{}", "not a report"), ("nothing", "not a report")] {
        std::fs::write(at("foreign.json"), text).unwrap();
        let error = compare_runs(&at("good.json"), &at("foreign.json")).unwrap_err().to_string();
        assert!(error.contains("foreign.json") && error.contains(said), "{error}");
    }
}

#[test]
fn qualities_from_a_file_give_an_error_versus_discard_curve() {
    let out = tempfile::tempdir().unwrap();
    let (path, qualities) = (out.path().join("s.csv"), out.path().join("q.csv"));
    let mut text = String::from("probe,reference,mated,score,probe_palm,reference_palm\n");
    let mut quality = String::from("name,quality\n");
    for s in 0..20 {
        quality += &format!("r{s},90\n");
        for p in 0..10 {
            let blurred = p == 0;
            quality += &format!("p{s}-{p},{}\n", if blurred { 5 + s % 3 } else { 60 + p });
            text += &format!("p{s}-{p},r{s},1,{},s{s},s{s}\n", if blurred { 0.2 } else { 0.8 + p as f32 / 100.0 });
            text += &format!("p{s}-{p},r{},0,0.1,s{s},s{}\n", (s + 1) % 20, (s + 1) % 20);
        }
    }
    std::fs::write(&path, text).unwrap();
    std::fs::write(&qualities, quality).unwrap();
    let protocol = Protocol { qualities: Some(qualities), discard_fnmr: 0.1, ..Protocol::default() };
    let run = scores(&[path], Format::Csv, protocol).unwrap();
    let discard = run.report.discard.as_ref().unwrap();
    assert_eq!((discard.mated, discard.false_non_matches), (200, 20));
    assert!((discard.removed_by_worst_tenth - 1.0).abs() < 1e-9);
    assert_eq!(discard.curve.len(), 51);
    run.write_curves(out.path()).unwrap();
    assert_eq!(std::fs::read_to_string(out.path().join("discard.csv")).unwrap().lines().count(), 52);
    run.write_html(&out.path().join("f.html")).unwrap();
    assert!(std::fs::read_to_string(out.path().join("f.html")).unwrap().contains("Error versus discard"));
    assert!(run.text().contains("false non-matches gone"), "{}", run.text());
}

#[test]
fn what_cannot_be_measured_is_said() {
    let dir = tempfile::tempdir().unwrap();
    common::write(&dir.path().join("a/1/0.png"), 1, 0);
    common::write(&dir.path().join("a/1/1.png"), 1, 1);
    let error = |protocol| measure(dir.path(), Layout::Handsel, protocol).err().expect("an error").to_string();
    assert!(error(Protocol::default()).contains("1 mated and 0 non-mated"), "one palm only");
    common::write(&dir.path().join("b/1/0.png"), 2, 0);
    let fused = Protocol { fuse: Some((Fuse::Palms, Rule::Max)), ..Protocol::default() };
    assert!(error(fused).contains("two palms"));
    let same = Protocol { sessions: Some(("1".into(), "1".into())), identify: Some(0.5), ..Protocol::default() };
    assert!(error(same).contains("--enrol-captures"));
    std::fs::remove_file(dir.path().join("a/1/1.png")).unwrap();
    assert!(error(Protocol::default()).contains("0 mated and 1 non-mated"), "no palm twice");
}
