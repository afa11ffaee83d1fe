//! How the hand lies: a square fitted to the key points of the palm.

use super::network::Seen;
use crate::{
    Side,
    image::geometry::{Point, Similarity},
};

/// What the palm is placed by: a key point, where it lies on a left palm (x right, y down, the region of interest is ±1), and
/// how far it is trusted. The region's own corners say most; the valleys' places are the mean of 1,100 drawn hands.
const PLACED_BY: [(usize, Point, f32); 8] = [
    (12, Point::new(-1.0, -1.0), 1.0),
    (13, Point::new(1.0, -1.0), 1.0),
    (14, Point::new(1.0, 1.0), 0.6),
    (15, Point::new(-1.0, 1.0), 0.7),
    (9, Point::new(0.0, 0.3), 0.9),
    (6, Point::new(-0.78, -1.53), 0.08),
    (7, Point::new(0.01, -1.50), 0.12),
    (8, Point::new(0.78, -1.29), 0.10),
];

/// How a hand lies in the working image.
#[derive(Debug, Clone)]
pub(crate) struct Pose {
    /// The side, taking the frame for an unmirrored picture of a palm.
    pub(crate) side: Side,
    /// From the palm, on which the region of interest is ±1, to the working image, whose pixels begin at whole numbers. A
    /// right palm's is not mirrored: −1 is its little finger's side.
    pub(crate) fit: Similarity,
    /// How sure the key points are that it was placed by, 0–1.
    pub(crate) sure: f32,
    /// How far off the key points lie from where a palm has them: the mean square distance on the palm.
    pub(crate) strain: f32,
}

impl Pose {
    /// The pose of what was seen: the side whose palm fits better. `None` when the key points span nothing.
    pub(super) fn of(seen: &Seen) -> Option<Pose> {
        let (left, right) = (fitted(seen, Side::Left)?, fitted(seen, Side::Right)?);
        Some(if left.strain <= right.strain { left } else { right })
    }
}

/// The pose as a palm of this side.
fn fitted(seen: &Seen, side: Side) -> Option<Pose> {
    let sign = if side == Side::Right { -1.0 } else { 1.0 };
    let pairs = PLACED_BY.map(|(i, on_palm, trust)| {
        (Point::new(sign * on_palm.x, on_palm.y), seen.points[i], trust * seen.sure[i] * seen.sure[i])
    });
    let fit = Similarity::fit(&pairs)?;
    let total: f32 = pairs.iter().map(|p| p.2).sum();
    let off =
        |(from, to, weight): &(Point, Point, f32)| weight * (fit.apply(*from).distance(*to) / fit.scale()).powi(2);
    let sure = PLACED_BY.iter().map(|(i, _, trust)| trust * seen.sure[*i]).sum::<f32>()
        / PLACED_BY.iter().map(|(_, _, trust)| trust).sum::<f32>();
    Some(Pose { side, fit, sure, strain: pairs.iter().map(off).sum::<f32>() / total })
}

/// Where the index, middle, ring and little finger begin on a left palm: the mean of drawn hands.
const ROOTS: [Point; 4] =
    [Point::new(-1.0, -1.25), Point::new(-0.35, -1.45), Point::new(0.35, -1.35), Point::new(1.0, -1.05)];
/// A fingertip less sure than this may lie anywhere.
const LEAST_SURE_TIP: f32 = 0.4;

/// The fingers whose tips are seen, each from root to tip.
pub(super) fn fingers(pose: &Pose, seen: &Seen) -> Vec<(Point, Point)> {
    let sign = if pose.side == Side::Right { -1.0 } else { 1.0 };
    let found = ROOTS.iter().zip(1..5).filter(|(_, tip)| seen.sure[*tip] >= LEAST_SURE_TIP);
    found.map(|(root, tip)| (pose.fit.apply(Point::new(sign * root.x, root.y)), seen.points[tip])).collect()
}
