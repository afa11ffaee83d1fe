//! The numbers of a report as tables.

use super::escaped;
use crate::figures::{grouped, interval, percent, rate};
use crate::set::{Comparison, Set};
use crate::{Interval, Report};
use std::fmt::Write;

/// The points' rates as people read them.
const LABELS: [(&str, &str); 6] = [
    ("1e-1", "10 %"),
    ("1e-2", "1 %"),
    ("1e-3", "0.1 %"),
    ("1e-4", "0.01 %"),
    ("1e-5", "0.001 %"),
    ("1e-6", "0.0001 %"),
];

/// Pairs listed at each end.
const WORST: usize = 12;

pub(super) fn label(point: &str) -> &str {
    LABELS.iter().find(|(name, _)| *name == point).map_or(point, |(_, label)| label)
}

/// The figures that matter most.
pub(super) fn headline(report: &Report) -> String {
    let mut html = String::from(r#"<dl class="figures">"#);
    figure(&mut html, "Equal error rate", &rate(report.eer, report.mated), &said(report.intervals.eer, report.mated));
    let supported = ["1e-4", "1e-3", "1e-2"].into_iter().find_map(|point| Some((point, report.fnmr_at_fmr[point]?)));
    if let Some((point, fnmr)) = supported {
        let within = said(report.intervals.fnmr_at_fmr[point], report.mated);
        figure(&mut html, &format!("FNMR at FMR {}", label(point)), &rate(fnmr, report.mated), &within);
    }
    if report.template_bytes > 0 {
        let failed = format!("{} of {} captures", grouped(report.failed_to_acquire), grouped(report.captures));
        figure(&mut html, "Failed to acquire", &rate(report.failure_to_acquire_rate(), report.captures), &failed);
        let size = format!("stored template: {} bytes", grouped(report.template_bytes));
        figure(&mut html, "Per capture", &format!("{:.1} ms", report.ms_per_capture), &size);
    }
    html + "</dl>"
}

fn figure(html: &mut String, name: &str, value: &str, note: &str) {
    let _ = write!(html, "<div><dt>{name}</dt><dd>{}<small>{note}</small></dd></div>", escaped(value));
}

fn said(within: Option<Interval>, trials: usize) -> String {
    match (within, interval(within, trials)) {
        (Some([0.0, 0.0]), _) => "no error in any resample".to_owned(),
        (_, Some(text)) => format!("95 % interval {}", escaped(&text)),
        (_, None) => "no interval: too few subjects".to_owned(),
    }
}

/// Threshold, FNMR and GFRR at each FMR.
pub(super) fn operating_points(report: &Report) -> String {
    let mut rows = String::new();
    // From the largest rate to the smallest; the map's own order is the alphabet's, the same.
    for (&name, fnmr) in &report.fnmr_at_fmr {
        let cells = fnmr.map(|fnmr| {
            let threshold = report.threshold_at_fmr[name].map_or("–".into(), |t| format!("{t:.4}"));
            let within = interval(report.intervals.fnmr_at_fmr[name], report.mated).unwrap_or("–".into());
            let attempts = report.mated + report.mated_lost;
            let gfrr = report.gfrr_at_fmr[name].map_or("–".into(), |gfrr| rate(gfrr, attempts));
            [threshold, rate(fnmr, report.mated), within, gfrr]
        });
        rows += &row(label(name), cells);
    }
    let bounds = &report.rule_of_three;
    let subjects = match report.subjects {
        0 => String::new(),
        n => format!(
            " Taking subjects for the trials, as is safer, it is {} for {n} subjects.",
            percent(bounds["subjects"])
        ),
    };
    format!(
        r#"<section>
<h2>Operating points</h2>
<p>Each threshold is the lowest that keeps the FMR. GFRR counts a mated pair lost to a failed capture as rejected. Where
fewer than ten false matches are expected, the data cannot support the point. A rate under one error is given as what
none of so many comparisons rules out at 95 % (the rule of three: {}).{subjects}</p>
<div class="scroll"><table>
<thead><tr><th>FMR</th><th class="number">Threshold</th><th class="number">FNMR</th>
<th class="number">95 % interval</th><th class="number">GFRR</th></tr></thead>
<tbody>{rows}</tbody>
</table></div>
</section>"#,
        percent(bounds["comparisons"])
    )
}

/// A row of numbers under a name; without numbers, that the data does not support it.
pub(super) fn row<const N: usize>(name: &str, cells: Option<[String; N]>) -> String {
    match cells {
        None => format!(r#"<tr><td>{name}</td><td class="number" colspan="{N}">not supported</td></tr>"#),
        Some(cells) => {
            let cell = |text: String| format!(r#"<td class="number">{}</td>"#, escaped(&text));
            format!("<tr><td>{name}</td>{}</tr>", cells.into_iter().map(cell).collect::<String>())
        }
    }
}

/// The pairs nearest to an error, by name.
pub(super) fn worst_pairs(set: &Set, ranked: &[Comparison]) -> String {
    let pair = |c: &Comparison| {
        format!(
            r#"<tr><td>{}</td><td>{}</td><td class="number">{:.4}</td></tr>"#,
            escaped(&set.probe(c).name),
            escaped(&set.reference(c).name),
            c.score
        )
    };
    let mated: String = ranked.iter().rev().filter(|c| c.mated).take(WORST).map(pair).collect();
    let non_mated: String = ranked.iter().filter(|c| !c.mated).take(WORST).map(pair).collect();
    let head = "<table><thead><tr><th>Probe</th><th>Reference</th><th class=\"number\">Score</th></tr></thead>";
    format!(
        r#"<section>
<h2>Worst pairs</h2>
<p>By name only: look them up in what was measured.</p>
<div class="pairs">
<div><h3>Mated, lowest scores</h3><div class="scroll">{head}<tbody>{mated}</tbody></table></div></div>
<div><h3>Non-mated, highest scores</h3><div class="scroll">{head}<tbody>{non_mated}</tbody></table></div></div>
</div>
</section>"#
    )
}

/// Every count.
pub(super) fn counts(report: &Report) -> String {
    let mut rows = Vec::new();
    if report.captures > 0 {
        rows.extend([
            ("Palms".to_owned(), report.palms),
            ("Subjects".to_owned(), report.subjects),
            ("Captures".to_owned(), report.captures),
        ]);
    }
    if report.template_bytes > 0 {
        rows.push(("Failed to acquire".to_owned(), report.failed_to_acquire));
        rows.extend(report.failures.iter().map(|(reason, count)| (format!("– {}", escaped(reason)), *count)));
        rows.push(("Palms that failed to enrol".to_owned(), report.failed_to_enrol));
    }
    rows.extend([
        ("Mated comparisons".to_owned(), report.mated),
        ("Mated pairs lost to failed captures".to_owned(), report.mated_lost),
        ("Non-mated comparisons".to_owned(), report.non_mated),
        ("Pairs of both palms of one subject, left out".to_owned(), report.same_subject_left_out),
    ]);
    let row = |(name, count)| format!(r#"<tr><td>{name}</td><td class="number">{}</td></tr>"#, grouped(count));
    let rows: String = rows.into_iter().map(row).collect();
    format!(r#"<section><h2>Counts</h2><div class="scroll"><table><tbody>{rows}</tbody></table></div></section>"#)
}
