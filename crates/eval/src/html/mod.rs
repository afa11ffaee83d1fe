//! The report as one page that needs nothing else: no script, no font, no picture of a palm.

mod curves;
mod det;
mod histogram;
mod plot;
mod sections;
mod tables;

use crate::Report;
use crate::figures::{grouped, percent};
use crate::set::{Comparison, Set};

/// The whole page; `ranked` falls in score.
pub(crate) fn page(report: &Report, set: &Set, ranked: &[Comparison]) -> String {
    format!(
        r#"<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Palm recognition: error rates</title>
<style>{style}</style>
</head>
<body>
<main>
<header>
<p class="eyebrow">Handsel evaluation</p>
<h1>{title}</h1>
<p class="lead">{lead}</p>
<pre><code>{command}</code></pre>
</header>
{headline}
<section>
<h2>Detection error trade-off</h2>
<p>Each point of the curve is a threshold: to the left fewer strangers are accepted, downwards fewer owners are refused.
Both axes are stretched by the normal distribution, so that normally distributed scores give a straight
line.{band}{hugging}</p>
{det}
</section>
<section>
<h2>Scores</h2>
<p>How comparison scores are spread, each kind on its own scale. Higher is closer. {overlap}</p>
{histogram}
</section>
{points}
{identification}
{discard}
{worst}
{tested}
{counts}
<footer><p>Terms and contents follow ISO/IEC 19795-1. No image was written to this page or beside it.</p></footer>
</main>
</body>
</html>
"#,
        style = include_str!("style.css"),
        title = title(report),
        lead = lead(report),
        command = escaped(&report.command),
        headline = tables::headline(report),
        band = if report.det.iter().any(|p| p.interval.is_some()) {
            " The band holds 95 % of resamples over subjects, at each FMR on its own."
        } else {
            ""
        },
        hugging = if report.eer == 0.0 {
            " Here it lies on the axes: some threshold makes no error of either kind."
        } else {
            ""
        },
        det = det::plot(ranked, &report.det),
        overlap = overlap(ranked),
        histogram = histogram::plot(ranked),
        points = tables::operating_points(report),
        identification = report.identification.as_ref().map(sections::identification).unwrap_or_default(),
        discard = report.discard.as_ref().map(sections::discard).unwrap_or_default(),
        worst = if set.subjects.is_empty() { String::new() } else { tables::worst_pairs(set, ranked) },
        tested = sections::tested(report),
        counts = tables::counts(report),
    )
}

fn title(report: &Report) -> String {
    match report.palms {
        0 => format!("{} scores", grouped(report.mated + report.non_mated)),
        palms => format!("{} palms, {} captures", grouped(palms), grouped(report.captures)),
    }
}

fn lead(report: &Report) -> String {
    let failed = match report.failed_to_acquire {
        0 if report.template_bytes == 0 => "The scores come from a file.".to_owned(),
        0 => "No capture failed.".to_owned(),
        n => format!(
            "{} of {} captures failed to give a template ({}); they are counted, and no part of the FNMR.",
            grouped(n),
            grouped(report.captures),
            percent(report.failure_to_acquire_rate())
        ),
    };
    format!("{} mated and {} non-mated comparisons. {failed}", grouped(report.mated), grouped(report.non_mated))
}

fn overlap(ranked: &[Comparison]) -> String {
    let lowest = ranked.iter().rfind(|c| c.mated).map_or(f32::INFINITY, |c| c.score);
    let highest = ranked.iter().find(|c| !c.mated).map_or(f32::NEG_INFINITY, |c| c.score);
    let mated = ranked.iter().filter(|c| c.mated && c.score <= highest).count();
    match mated {
        0 => format!("The two do not overlap: non-mated end at {highest:.3}, mated begin at {lowest:.3}."),
        n => format!(
            "Mated begin at {lowest:.3}, non-mated end at {highest:.3}; {} mated comparisons lie in between.",
            grouped(n)
        ),
    }
}

/// Text that means itself in HTML.
pub(crate) fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_cannot_become_markup() {
        assert_eq!(escaped("<b>\"&"), "&lt;b&gt;&quot;&amp;");
    }
}
