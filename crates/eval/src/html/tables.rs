//! The numbers of a report as tables.

use super::{escaped, grouped, percent};
use crate::compare::Comparison;
use crate::report::{Interval, Report};
use std::fmt::Write;

/// The points' false match rates as people read them.
const LABELS: [(&str, &str); 5] =
    [("1e-2", "1 %"), ("1e-3", "0.1 %"), ("1e-4", "0.01 %"), ("1e-5", "0.001 %"), ("1e-6", "0.0001 %")];

/// Pairs listed at each end.
const WORST: usize = 12;

/// The figures that matter most.
pub(super) fn headline(report: &Report) -> String {
    let mut html = String::from(r#"<dl class="figures">"#);
    let eer = interval(report.intervals.eer);
    figure(&mut html, "Equal error rate", &percent(report.eer), &eer);
    if let Some(fnmr) = report.fnmr_at_fmr["1e-3"].or(report.fnmr_at_fmr["1e-2"]) {
        let point = if report.fnmr_at_fmr["1e-3"].is_some() { ("1e-3", "0.1 %") } else { ("1e-2", "1 %") };
        let within = interval(report.intervals.fnmr_at_fmr[point.0]);
        figure(&mut html, &format!("FNMR at FMR {}", point.1), &percent(fnmr), &within);
    }
    let failed = format!("{} of {} captures", grouped(report.failed_to_acquire), grouped(report.captures));
    figure(&mut html, "Failed to acquire", &percent(report.failure_to_acquire_rate()), &failed);
    let size = format!("stored template: {} bytes", grouped(report.template_bytes));
    figure(&mut html, "Per capture", &format!("{:.1} ms", report.ms_per_capture), &size);
    html + "</dl>"
}

fn figure(html: &mut String, name: &str, value: &str, note: &str) {
    let _ = write!(html, "<div><dt>{name}</dt><dd>{value}<small>{note}</small></dd></div>");
}

fn interval(interval: Option<Interval>) -> String {
    match interval {
        None => "no interval: too few subjects".to_owned(),
        Some([0.0, 0.0]) => "no error in any resample".to_owned(),
        Some([low, high]) => format!("95 % interval {} – {}", percent(low), percent(high)),
    }
}

/// The operating points, the worst pairs and all counts.
pub(super) fn details(report: &Report, names: &[String], comparisons: &[Comparison], order: &[u32]) -> String {
    let worst = |pick: &mut dyn Iterator<Item = &u32>, mated: bool| -> String {
        pick.map(|&i| &comparisons[i as usize])
            .filter(|c| c.mated == mated)
            .take(WORST)
            .map(|c| pair(names, c))
            .collect()
    };
    let pairs = "<table><thead><tr><th>Probe</th><th>Reference</th><th class=\"number\">Score</th></tr></thead>";
    format!(
        r#"<section>
<h2>Operating points</h2>
<p>Each threshold is the lowest that keeps the FMR. GFRR counts a mated pair lost to a failed capture as rejected. Where
fewer than ten false matches are expected, the data cannot support the point. Intervals hold 95 % of {resamples}
resamples of {subjects} subjects; one of no width means that no resample held an error, not that the rate is known.</p>
<div class="scroll"><table>
<thead><tr><th>FMR</th><th class="number">Threshold</th><th class="number">FNMR</th>
<th class="number">95 % interval</th>
<th class="number">GFRR</th></tr></thead>
<tbody>{points}</tbody>
</table></div>
</section>
<section>
<h2>Worst pairs</h2>
<p>By name only: look them up in the folder that was measured.</p>
<div class="pairs">
<div><h3>Mated, lowest scores</h3><div class="scroll">{pairs}<tbody>{mated}</tbody></table></div></div>
<div><h3>Non-mated, highest scores</h3><div class="scroll">{pairs}<tbody>{non_mated}</tbody></table></div></div>
</div>
</section>
<section>
<h2>Counts</h2>
<div class="scroll"><table><tbody>{counts}</tbody></table></div>
</section>"#,
        resamples = grouped(report.intervals.resamples),
        subjects = grouped(report.subjects),
        points = points(report),
        mated = worst(&mut order.iter().rev(), true),
        non_mated = worst(&mut order.iter(), false),
        counts = counts(report),
    )
}

fn points(report: &Report) -> String {
    let mut html = String::new();
    // From the largest rate to the smallest; the map's own order is the alphabet's, the same.
    for (&name, fnmr) in &report.fnmr_at_fmr {
        let rate = LABELS.iter().find(|(point, _)| *point == name).map_or(name, |(_, label)| *label);
        let Some(fnmr) = fnmr else {
            let _ = write!(html, r#"<tr><td>{rate}</td><td class="number" colspan="4">not supported</td></tr>"#);
            continue;
        };
        let number = |text: String| format!(r#"<td class="number">{text}</td>"#);
        let threshold = report.threshold_at_fmr[name].map_or("–".into(), |t| format!("{t:.4}"));
        let within = report.intervals.fnmr_at_fmr[name]
            .map_or("–".into(), |[low, high]| format!("{} – {}", percent(low), percent(high)));
        let gfrr = report.gfrr_at_fmr[name].map_or("–".into(), percent);
        let cells: String = [threshold, percent(*fnmr), within, gfrr].into_iter().map(number).collect();
        let _ = write!(html, "<tr><td>{rate}</td>{cells}</tr>");
    }
    html
}

fn pair(names: &[String], c: &Comparison) -> String {
    let name = |i: u32| escaped(&names[i as usize]);
    format!(
        r#"<tr><td>{}</td><td>{}</td><td class="number">{:.4}</td></tr>"#,
        name(c.probe),
        name(c.reference),
        c.score
    )
}

fn counts(report: &Report) -> String {
    let mut rows = vec![
        ("Palms".to_owned(), report.palms),
        ("Subjects".to_owned(), report.subjects),
        ("Captures".to_owned(), report.captures),
        ("Failed to acquire".to_owned(), report.failed_to_acquire),
    ];
    rows.extend(report.failures.iter().map(|(reason, count)| (format!("– {}", escaped(reason)), *count)));
    rows.extend([
        ("Mated comparisons".to_owned(), report.mated),
        ("Mated pairs lost to failed captures".to_owned(), report.mated_lost),
        ("Non-mated comparisons".to_owned(), report.non_mated),
    ]);
    let row = |(name, count)| format!(r#"<tr><td>{name}</td><td class="number">{}</td></tr>"#, grouped(count));
    rows.into_iter().map(row).collect()
}
