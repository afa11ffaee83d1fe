//! Sections that not every report has, and what was tested.

use super::tables::{label, row};
use super::{curves, escaped};
use crate::discard::Discard;
use crate::figures::{grouped, interval, percent, rate};
use crate::{Identification, Report};

/// Open-set 1:N.
pub(super) fn identification(found: &Identification) -> String {
    let (mated, non_mated) = (found.mated_searches, found.non_mated_searches);
    let mut points = String::new();
    for (&name, fnir) in &found.fnir_at_fpir {
        let cells = fnir.map(|fnir| {
            let threshold = found.threshold_at_fpir[name].map_or("–".into(), |t| format!("{t:.4}"));
            let within = interval(found.intervals[name], mated).unwrap_or("–".into());
            let failed = found.fnir_with_failures[name].map_or("–".into(), |f| rate(f, mated + found.mated_lost));
            [threshold, rate(fnir, mated), within, failed]
        });
        points += &row(label(name), cells);
    }
    let ranks: String = found
        .cmc
        .iter()
        .filter(|p| [1, 2, 5, 10, 20].contains(&p.rank))
        .map(|p| {
            let missed = p.interval.map(|[low, high]| [1.0 - high, 1.0 - low]);
            let within = interval(missed, mated).unwrap_or("–".into());
            row(&format!("not within rank {}", p.rank), Some([rate(1.0 - p.share, mated), within]))
        })
        .collect();
    let thresholds: String = found
        .thresholds
        .iter()
        .map(|p| {
            let threshold = p.threshold.map_or("–".into(), |t| format!("{t:.4}"));
            let fpir = interval(p.fpir_interval, non_mated).unwrap_or("–".into());
            let fnir = interval(p.fnir_interval, mated).unwrap_or("–".into());
            row(&threshold, Some([rate(p.fpir, non_mated), fpir, rate(p.fnir, mated), fnir]))
        })
        .collect();
    format!(
        r#"<section>
<h2>Identification, open set</h2>
<p>{gallery} palms of {enrolled} subjects are enrolled; {strangers} subjects are strangers. FPIR is the share of {non_mated}
searches by strangers that find anybody; FNIR the share of {mated} searches by enrolled subjects whose own palm does not
come first, or not above the threshold. {lost} searches were spoilt by failed captures; the last column counts those of
enrolled subjects as missed.</p>
<div class="scroll"><table>
<thead><tr><th>FPIR</th><th class="number">Threshold</th><th class="number">FNIR</th>
<th class="number">95 % interval</th><th class="number">FNIR with failures</th></tr></thead>
<tbody>{points}</tbody>
</table></div>
<h3>Cumulative match characteristic</h3>
{cmc}
<div class="scroll"><table>
<thead><tr><th>Own palm</th><th class="number">Share</th><th class="number">95 % interval</th></tr></thead>
<tbody>{ranks}</tbody></table></div>
<h3>Across thresholds</h3>
<div class="scroll"><table>
<thead><tr><th>Threshold</th><th class="number">FPIR</th><th class="number">95 % interval</th>
<th class="number">FNIR</th><th class="number">95 % interval</th></tr></thead>
<tbody>{thresholds}</tbody></table></div>
</section>"#,
        gallery = grouped(found.gallery),
        enrolled = grouped(found.enrolled_subjects),
        strangers = grouped(found.strangers),
        mated = grouped(mated),
        non_mated = grouped(non_mated),
        lost = grouped(found.mated_lost + found.non_mated_lost),
        cmc = curves::cmc(found),
    )
}

/// Error versus discard.
pub(super) fn discard(discard: &Discard) -> String {
    let failing = discard.false_non_matches;
    let within = interval(discard.removed_interval, failing).map(|i| format!(" (95 %: {i})")).unwrap_or_default();
    format!(
        r#"<section>
<h2>Error versus discard</h2>
<p>The threshold is fixed where {initial} of {mated} mated pairs fail; then pairs are discarded, those with the lower
quality of their two captures first. Discarding the worst 10 % removes {removed} of the {failing} false
non-matches{within}; a quality that says nothing removes 10 % and follows the dashed line. Area up to 20 %: {area:.2} of
that line's. The pairs have {distinct} different qualities.</p>
{curve}
</section>"#,
        initial = percent(discard.initial_fnmr),
        mated = grouped(discard.mated),
        removed = escaped(&rate(discard.removed_by_worst_tenth, failing)),
        failing = grouped(failing),
        within = escaped(&within),
        area = discard.area,
        distinct = grouped(discard.distinct_qualities),
        curve = curves::discard(discard),
    )
}

/// What was tested, how, and what was not.
pub(super) fn tested(report: &Report) -> String {
    let t = &report.tested;
    let line = |name: &str, text: &str| format!("<tr><th>{name}</th><td>{}</td></tr>", escaped(text));
    let rows: String = [
        ("System", &t.system),
        ("Data", &t.data),
        ("Protocol", &t.protocol),
        ("Thresholds", &t.thresholds),
        ("Uncertainty", &t.uncertainty),
    ]
    .into_iter()
    .map(|(name, text)| line(name, text))
    .collect();
    let not: String = t.not_tested.iter().map(|text| format!("<li>{}</li>", escaped(text))).collect();
    format!(
        r#"<section>
<h2>What was tested, and what was not</h2>
<div class="scroll"><table class="facts"><tbody>{rows}</tbody></table></div>
<h3>Not tested</h3>
<ul>{not}</ul>
</section>"#
    )
}
