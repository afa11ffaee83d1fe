//! The aligned square of the palm that features are drawn from.

use crate::{
    Frame,
    hand::Pose,
    image::{
        geometry::{Point, Similarity},
        planes::Working,
        warp::cut_square,
    },
};
use zeroize::Zeroizing;

/// The region of interest: [`Roi::SIDE_PX`]² grey values, row-major. Wiped when dropped.
///
/// Orientation: the fingers' side is on the top edge, the wrist's on the bottom, as in the public contactless sets. A
/// palm is never mirrored: a left one has its thumb's side on the left, a right one on the right.
#[derive(Clone)]
pub struct Roi(Zeroizing<Vec<u8>>);

impl Roi {
    /// Width and height in pixels.
    pub const SIDE_PX: usize = 128;

    /// Takes `SIDE_PX²` grey values, row-major; `None` when the length differs.
    pub fn from_grey(grey: Vec<u8>) -> Option<Roi> {
        let grey = Zeroizing::new(grey);
        (grey.len() == Self::SIDE_PX * Self::SIDE_PX).then_some(Roi(grey))
    }

    /// Cuts the square out of a frame; `placement` takes its pixels to the frame's.
    pub(crate) fn cut(frame: &Frame, placement: &Similarity) -> Roi {
        Roi(Zeroizing::new(cut_square(frame, Self::SIDE_PX, placement)))
    }

    /// The grey values, row-major.
    pub fn grey(&self) -> &[u8] {
        &self.0
    }
}

/// Where the square of a hand found in the working image lies: takes its pixels (0 to [`Roi::SIDE_PX`]) to the frame's.
pub(crate) fn place(pose: &Pose, working: &Working) -> Similarity {
    let unit = 2.0 / Roi::SIDE_PX as f32;
    // One pixel right is to the viewer's right of an upright palm, one pixel down towards the wrist.
    let on_palm = Similarity { x_axis: Point::new(unit, 0.0), origin: Point::new(-1.0, -1.0) };
    pose.fit.after(&on_palm).times(working.scale)
}

/// The share of the square that lies outside the frame.
pub(crate) fn outside_share(frame: &Frame, placement: &Similarity) -> f32 {
    const STEPS: usize = 32;
    let step = Roi::SIDE_PX as f32 / STEPS as f32;
    let at = |k: usize| (k as f32 + 0.5) * step;
    let (width, height) = (frame.width() as f32, frame.height() as f32);
    let outside = |p: &Point| p.x < 0.0 || p.y < 0.0 || p.x > width || p.y > height;
    let points = (0..STEPS * STEPS).map(|k| placement.apply(Point::new(at(k % STEPS), at(k / STEPS))));
    points.filter(outside).count() as f32 / (STEPS * STEPS) as f32
}

impl std::fmt::Debug for Roi {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Roi(..)")
    }
}
