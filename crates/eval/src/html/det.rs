//! The detection error trade-off curve with its interval band, on probit axes.

use super::plot::{Axis, Plot, Scale};
use crate::rates::{Totals, sweep};
use crate::report::DetPoint;
use crate::set::Comparison;
use std::fmt::Write;

const HEIGHT: f64 = 560.0;
/// No axis goes further.
const MOST: f64 = 0.4;

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
    (MOST, "40"),
];

/// The curve as SVG: a staircase through every threshold, and the band where points have intervals.
pub(super) fn plot(ranked: &[Comparison], points: &[DetPoint]) -> String {
    let totals = Totals::of(ranked);
    let (x, y) = (axis("False match rate", totals.non_mated), axis("False non-match rate", totals.mated));
    let from = x.least.max(y.least);
    let mut plot = Plot::new("False non-match rate against false match rate", HEIGHT, x, y);
    plot.segment("diagonal", (from, from), (MOST, MOST));
    let band: Vec<(f64, [f64; 2])> = points.iter().filter_map(|p| Some((p.fmr, p.interval?))).collect();
    plot.band(&band);
    let d = staircase(ranked, totals, &plot);
    plot.draw(&format!(r#"<path class="curve" d="{d}"/>"#));
    plot.finish()
}

/// From one error in all comparisons, the least that a curve can show, rounded down to a tick.
fn axis(name: &'static str, comparisons: f64) -> Axis {
    let one = 1.0 / comparisons.max(1.0);
    let least = TICKS.iter().rev().map(|t| t.0).find(|&t| t <= one).unwrap_or(TICKS[0].0).min(1e-2);
    let ticks = TICKS.iter().filter(|t| t.0 >= least).map(|&(rate, label)| (rate, format!("{label} %"))).collect();
    Axis { name, scale: Scale::Probit, least, most: MOST, ticks }
}

/// Thinned to half a pixel.
fn staircase(ranked: &[Comparison], totals: Totals, plot: &Plot) -> String {
    let (mut d, mut last) = (String::new(), None::<(f64, f64)>);
    sweep(
        ranked,
        totals,
        |_| 1.0,
        |t| {
            let (x, y) = (plot.across(t.fmr), plot.up(t.fnmr));
            match last {
                None => {
                    let _ = write!(d, "M{x:.1} {y:.1}");
                    last = Some((x, y));
                }
                Some((before_x, before_y)) if (x - before_x).abs() + (y - before_y).abs() >= 0.5 => {
                    let _ = write!(d, "H{x:.1}V{y:.1}");
                    last = Some((x, y));
                }
                Some(_) => {}
            }
            t.fmr < MOST
        },
    );
    d
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rates::ranked;

    #[test]
    fn the_curve_falls_from_left_to_right_within_its_band() {
        let comparisons: Vec<Comparison> = (0..400)
            .map(|i| Comparison {
                probe: 0,
                reference: 1,
                mated: i % 2 == 0,
                score: (i * 37 % 400 + i % 2 * -60) as f32,
            })
            .collect();
        let point = |fmr| DetPoint { fmr, fnmr: 0.1, interval: Some([0.05, 0.2]) };
        let svg = plot(&ranked(&comparisons), &[point(0.01), point(0.1)]);
        let d = svg.split("class=\"curve\" d=\"M").nth(1).unwrap().split('"').next().unwrap();
        let xs: Vec<f64> = d.split('H').skip(1).map(|s| s.split('V').next().unwrap().parse().unwrap()).collect();
        let ys: Vec<f64> = d.split('V').skip(1).map(|s| s.split('H').next().unwrap().parse().unwrap()).collect();
        assert!(xs.len() > 10);
        assert!(xs.windows(2).all(|w| w[0] <= w[1]) && ys.windows(2).all(|w| w[0] <= w[1]));
        assert_eq!(svg.matches("class=\"band\"").count(), 1);
    }
}
