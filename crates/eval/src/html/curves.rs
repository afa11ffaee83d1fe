//! The cumulative match characteristic and the error-versus-discard curve.

use super::plot::{Axis, Plot, Scale};
use crate::discard::Discard;
use crate::report::{Identification, Interval};

const HEIGHT: f64 = 360.0;

/// The share of searches whose own palm is within each rank.
pub(super) fn cmc(found: &Identification) -> String {
    let lowest = found.cmc.iter().map(|p| p.interval.map_or(p.share, |i| i[0])).fold(1.0, f64::min);
    let ranks = found.cmc.len().max(2);
    let x = Axis {
        name: "Rank",
        scale: Scale::Linear,
        least: 1.0,
        most: ranks as f64,
        ticks: (1..=ranks).map(|rank| (rank as f64, rank.to_string())).collect(),
    };
    // Down to a tenth below the lowest, and never so close that noise looks like a cliff.
    let least = ((lowest * 10.0).floor() / 10.0).min(0.9);
    let y = share_axis("Own palm within rank", least, 1.0);
    let mut plot = Plot::new("Share of searches against rank", HEIGHT, x, y);
    draw(&mut plot, found.cmc.iter().map(|p| (p.rank as f64, p.share, p.interval)));
    plot.finish()
}

/// The FNMR of what is left as the pairs of lowest quality are discarded; dashed where quality would say nothing.
pub(super) fn discard(discard: &Discard) -> String {
    let highest = discard.curve.iter().map(|p| p.interval.map_or(p.fnmr, |i| i[1])).fold(0.0, f64::max);
    let last = discard.curve.last().map_or(0.5, |p| p.discarded);
    let y = share_axis("False non-match rate", 0.0, highest.max(f64::MIN_POSITIVE));
    let mut plot =
        Plot::new("False non-match rate against share discarded", HEIGHT, share_axis("Discarded", 0.0, last), y);
    plot.segment("diagonal", (0.0, discard.initial_fnmr), (last, discard.initial_fnmr));
    draw(&mut plot, discard.curve.iter().map(|p| (p.discarded, p.fnmr, p.interval)));
    plot.finish()
}

fn draw(plot: &mut Plot, points: impl Iterator<Item = (f64, f64, Option<Interval>)>) {
    let points: Vec<_> = points.collect();
    plot.band(&points.iter().filter_map(|&(x, _, interval)| Some((x, interval?))).collect::<Vec<_>>());
    plot.line(&points.iter().map(|&(x, y, _)| (x, y)).collect::<Vec<_>>());
}

/// A linear axis of shares, in percent, with about five ticks.
fn share_axis(name: &'static str, least: f64, most: f64) -> Axis {
    let wanted = (most - least) / 5.0;
    let magnitude = 10f64.powf(wanted.log10().floor());
    let step =
        [1.0, 2.0, 5.0, 10.0].map(|m| m * magnitude).into_iter().find(|s| *s >= wanted * 0.999).unwrap_or(wanted);
    let most = (most / step - 1e-9).ceil() * step;
    let count = ((most - least) / step).round() as usize;
    let digits = (-(step * 100.0).log10().floor()).max(0.0) as usize;
    let tick = |i: usize| {
        let value = least + i as f64 * step;
        (value, format!("{:.digits$} %", value * 100.0))
    };
    Axis { name, scale: Scale::Linear, least, most, ticks: (0..=count).map(tick).collect() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_round_and_reach_the_end() {
        for (least, most, first, last, count) in
            [(0.0, 0.5, "0 %", "50 %", 6), (0.0, 0.0431, "0 %", "5 %", 6), (0.9, 1.0, "90 %", "100 %", 6)]
        {
            let axis = share_axis("", least, most);
            let labels: Vec<&str> = axis.ticks.iter().map(|t| t.1.as_str()).collect();
            assert_eq!((labels[0], labels[labels.len() - 1], labels.len()), (first, last, count), "{labels:?}");
        }
    }
}
