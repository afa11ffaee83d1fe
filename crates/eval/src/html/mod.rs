//! The report as one page that needs nothing else: no script, no font, no picture of a palm.

mod det;
mod histogram;
mod tables;

use crate::compare::Comparison;
use crate::rates::by_falling_score;
use crate::report::Report;

/// The whole page.
pub(crate) fn page(report: &Report, names: &[String], comparisons: &[Comparison]) -> String {
    let order = by_falling_score(comparisons);
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
line.{hugging}</p>
{det}
</section>
<section>
<h2>Scores</h2>
<p>How comparison scores are spread, each kind on its own scale. Higher is closer. {overlap}</p>
{histogram}
</section>
{tables}
<footer><p>Terms follow ISO/IEC 19795-1. No image was written to this page or beside it.</p></footer>
</main>
</body>
</html>
"#,
        style = include_str!("style.css"),
        title = format_args!("{} palms, {} captures", report.palms, grouped(report.captures)),
        lead = lead(report),
        command = escaped(&report.command),
        headline = tables::headline(report),
        hugging = if report.eer == 0.0 {
            " Here it lies on the axes: some threshold makes no error of either kind."
        } else {
            ""
        },
        det = det::plot(comparisons, &order),
        overlap = overlap(comparisons),
        histogram = histogram::plot(comparisons),
        tables = tables::details(report, names, comparisons, &order),
    )
}

fn lead(report: &Report) -> String {
    let failed = match report.failed_to_acquire {
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

fn overlap(comparisons: &[Comparison]) -> String {
    let lowest = comparisons.iter().filter(|c| c.mated).map(|c| c.score).fold(f32::INFINITY, f32::min);
    let highest = comparisons.iter().filter(|c| !c.mated).map(|c| c.score).fold(0.0, f32::max);
    let mated = comparisons.iter().filter(|c| c.mated && c.score <= highest).count();
    match mated {
        0 => format!("The two do not overlap: non-mated end at {highest:.3}, mated begin at {lowest:.3}."),
        n => format!(
            "Mated begin at {lowest:.3}, non-mated end at {highest:.3}; {} mated comparisons lie in between.",
            grouped(n)
        ),
    }
}

/// A share in percent, with as many digits as it takes to tell it from zero.
pub(crate) fn percent(share: f64) -> String {
    match share * 100.0 {
        0.0 => "0 %".to_owned(),
        p if p >= 9.95 => format!("{p:.1} %"),
        p if p >= 0.0995 => format!("{p:.2} %"),
        p if p >= 0.000_995 => format!("{p:.4} %"),
        p => format!("{p:.1e} %"),
    }
}

/// A count with thin spaces between thousands.
pub(crate) fn grouped(count: usize) -> String {
    let digits = count.to_string();
    let mut text = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            text.push('\u{202f}');
        }
        text.push(digit);
    }
    text
}

/// Text that means itself in HTML.
pub(crate) fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_for_people() {
        assert_eq!(grouped(990_000), "990\u{202f}000");
        assert_eq!(grouped(12), "12");
        assert_eq!(percent(0.0), "0 %");
        assert_eq!(percent(0.0123), "1.23 %");
        assert_eq!(percent(0.00002), "0.0020 %");
        assert_eq!(percent(0.5), "50.0 %");
    }

    #[test]
    fn a_name_cannot_become_markup() {
        assert_eq!(escaped("<b>\"&"), "&lt;b&gt;&quot;&amp;");
    }
}
