//! What the learned extractor sees.

use crate::{Roi, features::normalise};
use zeroize::Zeroizing;

/// Width and height of the extractor's input.
pub const INPUT_SIDE: usize = normalise::SIDE;

/// How finely training sees the input: steps of an 8-bit number per local standard deviation. Values reach ±3, so ±126.
pub const STEPS_PER_DEVIATION: f32 = 42.0;

/// The extractor's input: the region of interest with its light and contrast evened out, [`INPUT_SIDE`]² values of ±3,
/// row-major. As much a palm as the square it comes from.
pub fn input(roi: &Roi) -> Zeroizing<Vec<f32>> {
    normalise::normalise(roi)
}
