//! One look: the network's heat maps and classes become key points and probabilities.

use super::look::INPUT_SIDE;
use crate::{
    image::geometry::{Point, Similarity},
    net::{Network, Scratch, Tensor},
};
use std::sync::LazyLock;

/// How many key points there are.
pub(super) const POINTS: usize = 16;

/// The names of a hand's key points, in the network's order.
///
/// `valley_*` is the deepest point of the web between two fingers. The region of interest's corners are named by the part of the
/// hand they lie nearest to, so they mean the same under every rotation and for both hands.
pub const KEY_POINTS: [&str; POINTS] = [
    "tip_thumb",
    "tip_index",
    "tip_middle",
    "tip_ring",
    "tip_little",
    "valley_thumb_index",
    "valley_index_middle",
    "valley_middle_ring",
    "valley_ring_little",
    "palm_centre",
    "wrist_thumb",
    "wrist_little",
    "roi_index",
    "roi_little",
    "roi_wrist_little",
    "roi_wrist_thumb",
];

/// Half the side of the square of cells around a peak that its place is the mean of.
const AROUND_PEAK: usize = 2;

/// Made by `training/localiser.py` from drawn hands; the curve and the checksum lie in `training/runs/localiser`.
static LOCALISER: LazyLock<Network> = LazyLock::new(|| {
    Network::read(include_bytes!("../../models/localiser.net"))
        .expect("the localiser in the repository is whole: a test reads it")
});

/// What one look at a square showed.
#[derive(Clone)]
pub(super) struct Seen {
    /// The key points in working pixels, which begin at whole numbers.
    pub(super) points: [Point; POINTS],
    /// How sure each is: the share of its heat that lies around the peak, 0–1.
    pub(super) sure: [f32; POINTS],
    /// How likely there is a hand; its back is shown; its fingers touch; there are several; it is too near to be placed.
    pub(super) hand: f32,
    pub(super) back: f32,
    pub(super) closed: f32,
    pub(super) several: f32,
    pub(super) close: f32,
}

impl Seen {
    /// Takes the key points that another look is surer of: fingertips lie outside a square around the palm.
    pub(super) fn take_surer(&mut self, other: &Seen) {
        for i in 0..POINTS {
            if other.sure[i] > self.sure[i] {
                (self.points[i], self.sure[i]) = (other.points[i], other.sure[i]);
            }
        }
    }
}

/// Looks at an input; `placement` takes its pixels to the working image's.
pub(super) fn see(input: &[f32], placement: &Similarity, scratch: &mut Scratch) -> Seen {
    let outputs = LOCALISER.run(input, scratch);
    let (maps, classes) = (&outputs[0], &outputs[1]);
    let (mut points, mut sure) = ([Point::default(); POINTS], [0.0; POINTS]);
    for i in 0..POINTS {
        let (at, share) = peak(maps, i);
        (points[i], sure[i]) = (placement.apply(at), share);
    }
    let likely = |class: usize| 1.0 / (1.0 + (-classes.values[class]).exp());
    // Class 2, whether it looks like a right palm, is for training alone: the key points say so more surely.
    Seen { points, sure, hand: likely(0), back: likely(1), closed: likely(3), several: likely(4), close: likely(5) }
}

/// Where a heat map is hottest, in pixels of the input, and how much of its heat lies there.
fn peak(maps: &Tensor<'_>, channel: usize) -> (Point, f32) {
    let (width, height) = (maps.shape.width, maps.shape.height);
    let value = |x: usize, y: usize| maps.values[(y * width + x) * maps.shape.channels + channel];
    let (mut top, mut at) = (f32::NEG_INFINITY, (0, 0));
    for (y, x) in (0..height).flat_map(|y| (0..width).map(move |x| (y, x))) {
        if value(x, y) > top {
            (top, at) = (value(x, y), (x, y));
        }
    }
    let all: f32 =
        (0..height).flat_map(|y| (0..width).map(move |x| (x, y))).map(|(x, y)| (value(x, y) - top).exp()).sum();
    let near = |middle: usize, end: usize| middle.saturating_sub(AROUND_PEAK)..(middle + AROUND_PEAK + 1).min(end);
    let (mut heat, mut mean) = (0.0, Point::default());
    for y in near(at.1, height) {
        for x in near(at.0, width) {
            let here = (value(x, y) - top).exp();
            heat += here;
            mean = mean + Point::new(x as f32 + 0.5, y as f32 + 0.5) * here;
        }
    }
    (mean * (INPUT_SIDE as f32 / width as f32 / heat), heat / all)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_network_in_the_repository_fits() {
        let shape = |s: crate::net::Shape| (s.height, s.width, s.channels);
        assert_eq!(shape(LOCALISER.input()), (INPUT_SIDE, INPUT_SIDE, 3));
        assert_eq!(LOCALISER.outputs().map(shape).collect::<Vec<_>>(), [(32, 32, POINTS), (1, 1, 6)]);
    }

    #[test]
    fn a_peak_lies_between_cells() {
        let shape = crate::net::Shape { height: 32, width: 32, channels: 1 };
        let mut values = vec![-20.0; 32 * 32];
        (values[10 * 32 + 7], values[10 * 32 + 8]) = (5.0, 5.0);
        let (at, sure) = peak(&Tensor { shape, values: &values }, 0);
        assert!(at.distance(Point::new(32.0, 42.0)) < 0.01 && sure > 0.99, "{at:?} {sure}");
        let flat = vec![0.0; 32 * 32];
        assert!(peak(&Tensor { shape, values: &flat }, 0).1 < 0.05, "an even map is not sure of anything");
    }
}
