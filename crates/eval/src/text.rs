//! The report as text for a terminal.

use crate::figures::{interval, percent, rate};
use crate::{Identification, Interval, Report};
use std::fmt::Write;

pub(crate) fn text(report: &Report) -> String {
    let mut text = format!("{}\n", report.command);
    let mut line = |name: &str, value: String| {
        let _ = writeln!(text, "{name:<22} {value}");
    };
    if report.captures > 0 {
        line("captures", format!("{} of {} palms, {} subjects", report.captures, report.palms, report.subjects));
    }
    if report.template_bytes > 0 {
        line("failed to acquire", format!("{} {:?}", report.failed_to_acquire, report.failures));
        line("failed to enrol", report.failed_to_enrol.to_string());
    }
    line("comparisons", format!("{} mated, {} non-mated", report.mated, report.non_mated));
    if report.same_subject_left_out > 0 {
        line("left out", format!("{} pairs of both palms of one subject", report.same_subject_left_out));
    }
    line("EER", eer(report));
    for (fmr, &fnmr) in &report.fnmr_at_fmr {
        line(&format!("FNMR at FMR {fmr}"), supported(fnmr, report.intervals.fnmr_at_fmr[fmr], report.mated));
    }
    if report.subjects > 0 {
        let bound = percent(report.rule_of_three["subjects"]);
        line(
            "with no error seen",
            format!("{} subjects, taken as the trials, leave room for {bound}", report.subjects),
        );
    }
    if let Some(found) = &report.identification {
        identification(found, &mut line);
    }
    if let Some(discard) = &report.discard {
        let removed = interval(discard.removed_interval, discard.false_non_matches);
        let within = removed.map(|i| format!("  (95 %: {i})")).unwrap_or_default();
        let share = rate(discard.removed_by_worst_tenth, discard.false_non_matches);
        line(
            "worst 10 % discarded",
            format!("{share} of {} false non-matches gone{within}", discard.false_non_matches),
        );
        line(
            "error versus discard",
            format!("area {:.2} to 20 %, from FNMR {}; 1 = no use", discard.area, percent(discard.initial_fnmr)),
        );
    }
    if report.template_bytes > 0 {
        line("template", format!("{} bytes", report.template_bytes));
        line("one capture", format!("{:.1} ms (median, one thread)", report.ms_per_capture));
    }
    let stages: Vec<String> = report.seconds.iter().map(|(stage, s)| format!("{stage} {s:.1} s")).collect();
    line("time", stages.join(", "));
    text
}

/// The EER; where it lies under a single false non-match, that it does, and where the curves cross.
pub(crate) fn eer(report: &Report) -> String {
    let within = interval(report.intervals.eer, report.mated).map(|i| format!("  (95 %: {i})")).unwrap_or_default();
    let said = rate(report.eer, report.mated);
    if said.starts_with('<') && report.eer > 0.0 {
        format!("{said}  (95 %; the curves cross at {}, under one error in {})", percent(report.eer), report.mated)
    } else {
        format!("{said}{within}")
    }
}

fn identification(found: &Identification, line: &mut impl FnMut(&str, String)) {
    line(
        "1:N",
        format!(
            "{} palms of {} subjects enrolled, {} strangers; {} mated, {} non-mated searches",
            found.gallery, found.enrolled_subjects, found.strangers, found.mated_searches, found.non_mated_searches
        ),
    );
    // From the largest FPIR to the smallest.
    for (fpir, &fnir) in &found.fnir_at_fpir {
        line(&format!("FNIR at FPIR {fpir}"), supported(fnir, found.intervals[fpir], found.mated_searches));
    }
    if let Some(first) = found.cmc.first() {
        let missed = rate(1.0 - first.share, found.mated_searches);
        line("not found at rank 1", missed);
    }
}

fn supported(share: Option<f64>, within: Option<Interval>, trials: usize) -> String {
    let Some(share) = share else { return "– (too few comparisons to support it)".into() };
    let within = interval(within, trials).map(|i| format!("  (95 %: {i})")).unwrap_or_default();
    format!("{}{within}", rate(share, trials))
}
