//! Small kernels on small images: everything here works on at most [`WORKING_SIDE_PX`] a side, except the two samplers
//! that read the whole frame.

pub(crate) mod geometry;
pub(crate) mod planes;
pub(crate) mod smooth;
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
    pub(crate) fn from_vec(width: usize, height: usize, data: Vec<u8>) -> Plane {
        debug_assert_eq!(data.len(), width * height);
        Plane { width, height, data: Zeroizing::new(data) }
    }

    /// The byte of the pixel that a point falls on; `None` outside the image.
    pub(crate) fn at(&self, p: geometry::Point) -> Option<u8> {
        let (x, y) = ((p.x + 0.5).floor(), (p.y + 0.5).floor());
        let inside = x >= 0.0 && y >= 0.0 && x < self.width as f32 && y < self.height as f32;
        inside.then(|| self.data[y as usize * self.width + x as usize])
    }
}
