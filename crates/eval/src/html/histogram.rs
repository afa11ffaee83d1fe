//! Histograms of mated and non-mated scores, one above the other on one scale.

use super::plot::{LEFT, RIGHT, WIDTH};
use crate::set::Comparison;
use std::fmt::Write;

const ROW: f64 = 150.0;
const GAP: f64 = 34.0;
const BOTTOM: f64 = 52.0;
const BINS: usize = 90;

/// The histograms as SVG.
pub(super) fn plot(comparisons: &[Comparison]) -> String {
    let (low, high, step) = scale(comparisons);
    let x = |score: f64| LEFT + (score - low) / (high - low) * (WIDTH - LEFT - RIGHT);
    let bottom = 2.0 * (ROW + GAP);
    let mut svg = format!(
        r#"<svg viewBox="0 0 {WIDTH} {:.0}" role="img" aria-label="Histograms of mated and non-mated scores">"#,
        bottom + BOTTOM
    );
    let digits = (-step.log10().floor()).max(0.0) as usize;
    let mut tick = low;
    while tick <= high + step * 1e-6 {
        let at = x(tick);
        let _ = write!(svg, r#"<line class="grid" x1="{at:.1}" x2="{at:.1}" y1="0" y2="{bottom}"/>"#);
        let _ = write!(svg, r#"<text x="{at:.1}" y="{}" text-anchor="middle">{tick:.digits$}</text>"#, bottom + 22.0);
        tick += step;
    }
    for (row, (mated, class, label)) in [(true, "mated", "Mated"), (false, "non-mated", "Non-mated")].iter().enumerate()
    {
        let base = (row as f64 + 1.0) * (ROW + GAP);
        let counts = bins(comparisons, *mated, low, high);
        let most = counts.iter().copied().max().unwrap_or(1).max(1) as f64;
        let width = (WIDTH - LEFT - RIGHT) / BINS as f64;
        for (i, &count) in counts.iter().enumerate().filter(|(_, count)| **count > 0) {
            // A bin that holds anything can be seen.
            let height = (count as f64 / most * ROW).max(1.0);
            let _ = write!(
                svg,
                r#"<rect class="{class}" x="{:.1}" y="{:.1}" width="{:.1}" height="{height:.1}"/>"#,
                LEFT + i as f64 * width,
                base - height,
                width - 1.0
            );
        }
        let _ = write!(svg, r#"<line class="axis" x1="{LEFT}" x2="{}" y1="{base}" y2="{base}"/>"#, WIDTH - RIGHT);
        let _ = write!(
            svg,
            r#"<text class="{class}" x="{}" y="{}" text-anchor="end">{label}</text>"#,
            LEFT - 10.0,
            base - 4.0
        );
    }
    let _ = write!(svg, r#"<text x="{}" y="{}" text-anchor="end">Score</text></svg>"#, WIDTH - RIGHT, bottom + 44.0);
    svg
}

/// The least and greatest score rounded outwards, and the step between ticks: 1, 2 or 5 times a power of ten, the
/// smallest that needs twelve ticks at most.
fn scale(comparisons: &[Comparison]) -> (f64, f64, f64) {
    let scores = || comparisons.iter().map(|c| f64::from(c.score));
    let (low, high) = (scores().fold(f64::INFINITY, f64::min), scores().fold(f64::NEG_INFINITY, f64::max));
    let least = ((high - low) / 12.0).max(1e-6);
    let magnitude = 10f64.powf(least.log10().floor());
    let step = [1.0, 2.0, 5.0].into_iter().map(|m| m * magnitude).find(|s| *s >= least).unwrap_or(10.0 * magnitude);
    let low = (low / step).floor() * step;
    (low, ((high / step).ceil() * step).max(low + step), step)
}

fn bins(comparisons: &[Comparison], mated: bool, low: f64, high: f64) -> [usize; BINS] {
    let mut counts = [0; BINS];
    for c in comparisons.iter().filter(|c| c.mated == mated) {
        let at = (f64::from(c.score) - low) / (high - low) * BINS as f64;
        counts[(at as usize).min(BINS - 1)] += 1;
    }
    counts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_score_falls_into_a_bin() {
        let comparisons: Vec<Comparison> = (0..=1000)
            .map(|i| Comparison { probe: 0, reference: 1, mated: i % 3 == 0, score: i as f32 / 1000.0 })
            .collect();
        let (low, high, _) = scale(&comparisons);
        let all: usize = [true, false].iter().flat_map(|&m| bins(&comparisons, m, low, high)).sum();
        assert_eq!(all, comparisons.len());
        assert!(low <= 0.0 && high >= 1.0);
    }

    #[test]
    fn the_scale_fits_whatever_scores_others_give() {
        for (from, to) in [(-3000.0_f32, 12_000.0), (0.61, 0.95), (0.5, 0.5), (-1e-3, 1e-3)] {
            let comparisons = crate::set::made_up::scores(&[from], &[to]);
            let (low, high, step) = scale(&comparisons);
            assert!(low <= f64::from(from) && high >= f64::from(to) && high > low, "{low} {high}");
            assert!((high - low) / step <= 14.0, "{low} {high} {step}");
        }
    }
}
