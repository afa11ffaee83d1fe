//! The aligned square of the palm that features are drawn from.

use zeroize::Zeroizing;

/// The region of interest: [`Roi::SIDE_PX`]² grey values, row-major. Wiped when dropped.
///
/// Orientation: the fingers' side is on the left edge, the wrist's on the right, as in the public contactless sets; a
/// right palm is not mirrored.
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

    /// The grey values, row-major.
    pub fn grey(&self) -> &[u8] {
        &self.0
    }
}

impl std::fmt::Debug for Roi {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Roi(..)")
    }
}
