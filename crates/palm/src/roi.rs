//! The aligned square of the palm that features are drawn from.

use crate::{
    Frame, Side,
    image::{
        geometry::{Point, Similarity},
        warp::cut_square,
    },
};
use zeroize::Zeroizing;

/// The square's side, in distances between the index–middle and the ring–little valley: from just below the fingers to
/// above the wrist, and within the palm's 1.5.
const SIDE_VALLEYS: f32 = 1.25;
/// How far below the line between those valleys it begins, in the same unit.
const OFFSET_VALLEYS: f32 = 0.15;

/// The region of interest: [`Roi::SIDE_PX`]² grey values, row-major. Wiped when dropped.
///
/// Orientation: the fingers' side is on the left edge, the wrist's on the right, as in the public contactless sets. A
/// palm is never mirrored: a left one has its thumb at the bottom, a right one at the top.
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

    /// Cuts the square out of a frame; `hand` takes the canonical palm's coordinates (see `hand::pose`) to the frame's.
    pub(crate) fn cut(frame: &Frame, placement: &Similarity) -> Roi {
        Roi(Zeroizing::new(cut_square(frame, Self::SIDE_PX, placement)))
    }

    /// The grey values, row-major.
    pub fn grey(&self) -> &[u8] {
        &self.0
    }
}

/// Where the square lies: takes its pixels (0 to [`Roi::SIDE_PX`]) to those of the canonical palm of a side.
pub(crate) fn placement(side: Side) -> Similarity {
    let unit = SIDE_VALLEYS / Roi::SIDE_PX as f32;
    let middle = match side {
        Side::Left | Side::Right => SIDE_VALLEYS / 2.0,
    };
    // One pixel right is towards the wrist, one pixel down is to the viewer's left of an upright palm.
    Similarity { x_axis: Point::new(0.0, unit), origin: Point::new(middle, OFFSET_VALLEYS) }
}

impl std::fmt::Debug for Roi {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Roi(..)")
    }
}
