//! The detection error trade-off curve, on probit axes.

use crate::compare::Comparison;
use crate::rates::{Threshold, sweep};
use std::fmt::Write;

const WIDTH: f64 = 880.0;
const HEIGHT: f64 = 560.0;
const LEFT: f64 = 84.0;
const RIGHT: f64 = 16.0;
const TOP: f64 = 12.0;
const BOTTOM: f64 = 60.0;

/// The rates that both axes may show, with their labels in percent.
const TICKS: [(f64, &str); 9] = [
    (1e-6, "0.0001"),
    (1e-5, "0.001"),
    (1e-4, "0.01"),
    (1e-3, "0.1"),
    (1e-2, "1"),
    (5e-2, "5"),
    (0.1, "10"),
    (0.2, "20"),
    (0.4, "40"),
];

/// An axis from one rate to another.
struct Axis {
    least: f64,
    most: f64,
    start: f64,
    end: f64,
}

impl Axis {
    fn at(&self, rate: f64) -> f64 {
        let share =
            (probit(rate.clamp(self.least, self.most)) - probit(self.least)) / (probit(self.most) - probit(self.least));
        self.start + share * (self.end - self.start)
    }

    fn ticks(&self) -> impl Iterator<Item = (f64, &'static str)> {
        TICKS.into_iter().filter(|(rate, _)| (self.least..=self.most).contains(rate)).map(|(r, l)| (self.at(r), l))
    }
}

/// The curve as SVG.
pub(super) fn plot(comparisons: &[Comparison], order: &[u32]) -> String {
    let mated = comparisons.iter().filter(|c| c.mated).count();
    let non_mated = comparisons.len() - mated;
    let across = Axis { least: floor(non_mated), most: 0.4, start: LEFT, end: WIDTH - RIGHT };
    let up = Axis { least: floor(mated), most: 0.4, start: HEIGHT - BOTTOM, end: TOP };
    let mut svg = format!(
        r#"<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="False non-match rate against false match rate">"#
    );
    for (x, label) in across.ticks() {
        let (bottom, text) = (HEIGHT - BOTTOM, HEIGHT - BOTTOM + 22.0);
        let _ = write!(svg, r#"<line class="grid" x1="{x:.1}" x2="{x:.1}" y1="{TOP}" y2="{bottom}"/>"#);
        let _ = write!(svg, r#"<text x="{x:.1}" y="{text}" text-anchor="middle">{label} %</text>"#);
    }
    for (y, label) in up.ticks() {
        let (right, text) = (WIDTH - RIGHT, LEFT - 10.0);
        let _ = write!(svg, r#"<line class="grid" x1="{LEFT}" x2="{right}" y1="{y:.1}" y2="{y:.1}"/>"#);
        let _ = write!(svg, r#"<text x="{text}" y="{:.1}" text-anchor="end">{label} %</text>"#, y + 4.0);
    }
    let from = across.least.max(up.least);
    let _ = write!(
        svg,
        r#"<line class="diagonal" x1="{:.1}" y1="{:.1}" x2="{:.1}" y2="{:.1}"/>"#,
        across.at(from),
        up.at(from),
        across.at(0.4),
        up.at(0.4)
    );
    let _ = write!(svg, r#"<path class="curve" d="{}"/>"#, path(comparisons, order, &across, &up));
    let _ = write!(
        svg,
        r#"<text x="{:.1}" y="{:.1}" text-anchor="end">False match rate</text>
<text x="14" y="{TOP}" text-anchor="end" transform="rotate(-90 14 {TOP})">False non-match rate</text></svg>"#,
        WIDTH - RIGHT,
        HEIGHT - 8.0
    );
    svg
}

/// One error in all comparisons, the least that a curve can show, rounded down to a tick.
fn floor(comparisons: usize) -> f64 {
    let least = 1.0 / comparisons.max(1) as f64;
    TICKS.iter().rev().map(|t| t.0).find(|&t| t <= least).unwrap_or(TICKS[0].0).min(1e-2)
}

/// A staircase through every threshold, thinned to half a pixel.
fn path(comparisons: &[Comparison], order: &[u32], across: &Axis, up: &Axis) -> String {
    let (mut d, mut last) = (String::new(), None::<(f64, f64)>);
    sweep(
        comparisons,
        order,
        |_| 1.0,
        |t: Threshold| {
            let (x, y) = (across.at(t.fmr), up.at(t.fnmr));
            let Some((before_x, before_y)) = last else {
                let _ = write!(d, "M{x:.1} {y:.1}");
                last = Some((x, y));
                return;
            };
            if (x - before_x).abs() + (y - before_y).abs() >= 0.5 {
                let _ = write!(d, "H{x:.1}V{y:.1}");
                last = Some((x, y));
            }
        },
    );
    d
}

/// The standard normal quantile, by bisection of [`normal`]; exact to well under a pixel.
fn probit(p: f64) -> f64 {
    let (mut low, mut high) = (-8.0, 8.0);
    for _ in 0..40 {
        let middle = (low + high) / 2.0;
        if normal(middle) < p { low = middle } else { high = middle }
    }
    (low + high) / 2.0
}

/// The standard normal distribution function, by Abramowitz and Stegun 26.2.17 (error under 1e-7).
fn normal(x: f64) -> f64 {
    let t = 1.0 / (1.0 + 0.231_641_9 * x.abs());
    let series = [1.330_274_429, -1.821_255_978, 1.781_477_937, -0.356_563_782, 0.319_381_530];
    let tail = (-x * x / 2.0).exp() / (2.0 * std::f64::consts::PI).sqrt()
        * t
        * series.into_iter().fold(0.0, |sum, c| sum * t + c);
    if x < 0.0 { tail } else { 1.0 - tail }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn probit_is_the_normal_quantile() {
        for (p, z) in [(0.5, 0.0), (0.158_655, -1.0), (0.001_350, -3.0), (1e-5, -4.264_9)] {
            assert!((probit(p) - z).abs() < 2e-3, "{p}: {}", probit(p));
        }
    }

    #[test]
    fn the_curve_falls_from_left_to_right() {
        let comparisons: Vec<Comparison> = (0..400)
            .map(|i| Comparison {
                probe: 0,
                reference: 1,
                mated: i % 2 == 0,
                score: (i * 37 % 400 + i % 2 * -60) as f32,
            })
            .collect();
        let svg = plot(&comparisons, &crate::rates::by_falling_score(&comparisons));
        let d = svg.split("class=\"curve\" d=\"M").nth(1).unwrap().split('"').next().unwrap();
        let xs: Vec<f64> = d.split('H').skip(1).map(|s| s.split('V').next().unwrap().parse().unwrap()).collect();
        let ys: Vec<f64> = d.split('V').skip(1).map(|s| s.split('H').next().unwrap().parse().unwrap()).collect();
        assert!(xs.len() > 10);
        assert!(xs.windows(2).all(|w| w[0] <= w[1]) && ys.windows(2).all(|w| w[0] <= w[1]));
    }
}
