//! Small kernels on small images: everything here works on at most [`WORKING_SIDE_PX`] a side, except the two samplers
//! that read the whole frame.

pub(crate) mod contour;
pub(crate) mod distance;
pub(crate) mod geometry;
pub(crate) mod label;
pub(crate) mod planes;
pub(crate) mod threshold;
pub(crate) mod warp;

use zeroize::Zeroizing;

/// The longest side of the working image, in pixels. Chosen so that a hand filling half of it still has fingers 20 px
/// wide, and so that every stage stays within a few milliseconds.
pub(crate) const WORKING_SIDE_PX: usize = 640;

/// One plane of bytes, row-major, top row first. Wiped when dropped.
#[derive(Clone)]
pub(crate) struct Plane {
    pub(crate) width: usize,
    pub(crate) height: usize,
    pub(crate) data: Zeroizing<Vec<u8>>,
}

impl Plane {
    pub(crate) fn new(width: usize, height: usize) -> Plane {
        Plane::from_vec(width, height, vec![0; width * height])
    }

    pub(crate) fn from_vec(width: usize, height: usize, data: Vec<u8>) -> Plane {
        debug_assert_eq!(data.len(), width * height);
        Plane { width, height, data: Zeroizing::new(data) }
    }

    /// A plane of the same size whose bytes are `f` of these.
    pub(crate) fn map(&self, f: impl Fn(u8) -> u8) -> Plane {
        Plane::from_vec(self.width, self.height, self.data.iter().map(|&v| f(v)).collect())
    }
}

/// Which pixels belong to something: 1 inside, 0 outside.
pub(crate) type Mask = Plane;

impl Mask {
    /// How many pixels are inside.
    pub(crate) fn area(&self) -> usize {
        self.data.iter().map(|&v| usize::from(v)).sum()
    }
}
