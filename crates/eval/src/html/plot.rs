//! Axes, lines and bands as SVG.

use std::fmt::Write;

pub(super) const WIDTH: f64 = 880.0;
pub(super) const LEFT: f64 = 84.0;
pub(super) const RIGHT: f64 = 16.0;
const TOP: f64 = 12.0;
const BOTTOM: f64 = 60.0;

/// How values lie along an axis.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Scale {
    Linear,
    /// Stretched by the normal distribution, so that normally distributed scores give a straight line.
    Probit,
}

/// An axis from one value to another, with labelled ticks.
#[derive(Debug, Clone)]
pub(super) struct Axis {
    pub(super) name: &'static str,
    pub(super) scale: Scale,
    pub(super) least: f64,
    pub(super) most: f64,
    pub(super) ticks: Vec<(f64, String)>,
}

impl Axis {
    /// Where a value lies, 0–1; what lies beyond the axis is put on its end.
    fn share(&self, value: f64) -> f64 {
        let place = |v: f64| if self.scale == Scale::Probit { probit(v) } else { v };
        let value = value.clamp(self.least, self.most);
        (place(value) - place(self.least)) / (place(self.most) - place(self.least))
    }
}

/// A plot that grows as things are drawn on it.
pub(super) struct Plot {
    x: Axis,
    y: Axis,
    height: f64,
    svg: String,
}

impl Plot {
    /// Draws the grid and its labels.
    pub(super) fn new(label: &str, height: f64, x: Axis, y: Axis) -> Plot {
        let svg = format!(r#"<svg viewBox="0 0 {WIDTH} {height}" role="img" aria-label="{label}">"#);
        let mut plot = Plot { x, y, height, svg };
        let (right, bottom) = (WIDTH - RIGHT, height - BOTTOM);
        for (value, label) in plot.x.ticks.clone() {
            let x = plot.across(value);
            plot.draw(&format!(r#"<line class="grid" x1="{x:.1}" x2="{x:.1}" y1="{TOP}" y2="{bottom}"/>"#));
            let y = bottom + 22.0;
            plot.draw(&format!(r#"<text x="{x:.1}" y="{y}" text-anchor="middle">{label}</text>"#));
        }
        for (value, label) in plot.y.ticks.clone() {
            let y = plot.up(value);
            plot.draw(&format!(r#"<line class="grid" x1="{LEFT}" x2="{right}" y1="{y:.1}" y2="{y:.1}"/>"#));
            let (x, y) = (LEFT - 10.0, y + 4.0);
            plot.draw(&format!(r#"<text x="{x}" y="{y:.1}" text-anchor="end">{label}</text>"#));
        }
        plot
    }

    pub(super) fn across(&self, value: f64) -> f64 {
        LEFT + self.x.share(value) * (WIDTH - LEFT - RIGHT)
    }

    pub(super) fn up(&self, value: f64) -> f64 {
        self.height - BOTTOM - self.y.share(value) * (self.height - BOTTOM - TOP)
    }

    /// Adds an element as it is.
    pub(super) fn draw(&mut self, element: &str) {
        self.svg.push_str(element);
    }

    /// A straight line between two points.
    pub(super) fn segment(&mut self, class: &str, from: (f64, f64), to: (f64, f64)) {
        let (x1, y1, x2, y2) = (self.across(from.0), self.up(from.1), self.across(to.0), self.up(to.1));
        self.draw(&format!(r#"<line class="{class}" x1="{x1:.1}" y1="{y1:.1}" x2="{x2:.1}" y2="{y2:.1}"/>"#));
    }

    /// A line through points.
    pub(super) fn line(&mut self, points: &[(f64, f64)]) {
        let mut d = String::new();
        for (i, &(x, y)) in points.iter().enumerate() {
            let _ = write!(d, "{}{:.1} {:.1}", if i == 0 { "M" } else { "L" }, self.across(x), self.up(y));
        }
        self.draw(&format!(r#"<path class="curve" d="{d}"/>"#));
    }

    /// The area between a lower and an upper value at each place; nothing without points.
    pub(super) fn band(&mut self, points: &[(f64, [f64; 2])]) {
        let upper = points.iter().map(|&(x, [_, high])| (x, high));
        let lower = points.iter().rev().map(|&(x, [low, _])| (x, low));
        let corner = |(x, y): (f64, f64)| format!("{:.1} {:.1}", self.across(x), self.up(y));
        let d = upper.chain(lower).map(corner).collect::<Vec<_>>().join("L");
        if !d.is_empty() {
            self.draw(&format!(r#"<path class="band" d="M{d}Z"/>"#));
        }
    }

    /// Names the axes, and ends.
    pub(super) fn finish(mut self) -> String {
        let (x, y) = (WIDTH - RIGHT, self.height - 8.0);
        let names = format!(
            r#"<text x="{x:.1}" y="{y:.1}" text-anchor="end">{}</text>
<text x="14" y="{TOP}" text-anchor="end" transform="rotate(-90 14 {TOP})">{}</text></svg>"#,
            self.x.name, self.y.name
        );
        self.draw(&names);
        self.svg
    }
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
    fn what_lies_beyond_an_axis_is_put_on_its_end() {
        let axis = |scale| Axis { name: "", scale, least: 0.1, most: 0.4, ticks: Vec::new() };
        let plot = Plot::new("", 400.0, axis(Scale::Linear), axis(Scale::Probit));
        assert_eq!(plot.across(0.0), LEFT);
        assert_eq!(plot.across(9.0), WIDTH - RIGHT);
        assert!((plot.across(0.25) - (LEFT + WIDTH - RIGHT) / 2.0).abs() < 1e-9);
        assert!(plot.up(0.4) < plot.up(0.2) && plot.up(0.2) < plot.up(0.1));
    }
}
