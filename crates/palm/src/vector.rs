//! The learned features: a direction in 256 dimensions, compared by its cosine.
//!
//! A vector needs no alignment at comparison, so that one comparison is one dot product: the vector finds. The network was
//! trained on drawn palms only; `training/` holds the run.

use crate::{
    Roi,
    features::{
        kernel::{Kernel, dispatch},
        normalise,
    },
    net::{Network, Scratch},
};
use std::sync::LazyLock;
use zeroize::{Zeroize, Zeroizing};

/// Numbers in a vector; each is stored as one byte.
pub const DIMENSIONS: usize = 256;

/// The leading numbers, which hold most of a palm (`training/rotate.py`): a search looks at them first.
pub const LEADING: usize = 96;

/// Width and height of the extractor's input.
pub const INPUT_SIDE: usize = normalise::SIDE;

/// How finely training sees the input: steps of an 8-bit number per local standard deviation. Values reach ±3, so ±126.
pub const STEPS_PER_DEVIATION: f32 = 42.0;

/// Length of a stored vector, in steps. The numbers of a unit vector have a standard deviation of 1/16: 127 steps are five of
/// them, so that hardly any is cut off.
pub const LENGTH: f32 = 400.0;
/// How far rounding and cutting off may leave a stored vector from [`LENGTH`], as a share; what is further off was not made
/// here, as one of zeros or one that is saturated to agree with everyone.
const TOLERANCE: f32 = 0.05;

static WEIGHTS: &[u8] = include_bytes!("../models/extractor.net");
/// The network, read once: a constant in all but its type.
static EXTRACTOR: LazyLock<Network> =
    LazyLock::new(|| Network::read(WEIGHTS).expect("a test reads the weights shipped"));

/// The extractor's input: the region of interest with its light and contrast evened out, [`INPUT_SIDE`]² values of ±3,
/// row-major. As much a palm as the square it comes from.
pub fn input(roi: &Roi) -> Zeroizing<Vec<f32>> {
    normalise::normalise(roi)
}

/// The length of a vector whose product with itself is `squared`.
pub fn length(squared: i32) -> f32 {
    (squared as f32).sqrt()
}

/// The cosine of the angle between two vectors, −1–1, from their product and their [`length()`]s. Everything that compares
/// vectors ends here, so that all of it rounds alike.
pub fn cosine(product: i32, length: f32, other: f32) -> f32 {
    product as f32 / (length * other)
}

/// Names the extractor's weights: the first bytes of their checksum. What different weights made cannot be compared.
pub fn model() -> [u8; 8] {
    EXTRACTOR.id()
}

/// A palm's learned features. Wiped when dropped.
#[derive(Clone)]
pub(crate) struct Vector {
    steps: Box<[i8; DIMENSIONS]>,
    length: f32,
}

impl Vector {
    /// Draws the vector of a normalised plane; `None` where there is nothing to draw it from.
    pub(crate) fn extract(plane: &normalise::Plane) -> Option<Vector> {
        if !plane.iter().all(|v| v.is_finite()) {
            return None;
        }
        let mut scratch = Scratch::default();
        let outputs = EXTRACTOR.run(plane, &mut scratch);
        let values = outputs.first()?.values;
        let length = values.iter().map(|v| v * v).sum::<f32>().sqrt();
        if values.len() != DIMENSIONS || !length.is_finite() || length <= f32::EPSILON {
            return None;
        }
        let mut steps = Box::new([0; DIMENSIONS]);
        for (step, value) in steps.iter_mut().zip(values) {
            *step = (value / length * LENGTH).round().clamp(-127.0, 127.0) as i8;
        }
        Vector::checked(steps)
    }

    /// Reads [`DIMENSIONS`] bytes; `None` when they have not the length of a vector that was extracted here.
    pub(crate) fn from_bytes(bytes: &[u8; DIMENSIONS]) -> Option<Vector> {
        Vector::checked(Box::new(bytes.map(|b| b as i8)))
    }

    /// One step per direction.
    pub(crate) fn steps(&self) -> &[i8; DIMENSIONS] {
        &self.steps
    }

    /// The cosine of the angle between two vectors, −1–1: 1 is the same palm to the last step.
    pub(crate) fn cosine(&self, other: &Vector) -> f32 {
        cosine(dispatch(Dot(&self.steps, &other.steps)), self.length, other.length)
    }

    /// The same direction with its numbers in another order and some of them negated, which changes no length.
    pub(crate) fn moved(&self, to: impl FnOnce(&[i8; DIMENSIONS]) -> Box<[i8; DIMENSIONS]>) -> Vector {
        Vector { steps: to(&self.steps), length: self.length }
    }

    fn checked(steps: Box<[i8; DIMENSIONS]>) -> Option<Vector> {
        let length = length(dispatch(Dot(&steps, &steps)));
        let vector = Vector { steps, length };
        // Steps are cut off at ±127, so that each can be negated.
        let fits = (length / LENGTH - 1.0).abs() <= TOLERANCE && !vector.steps.contains(&i8::MIN);
        fits.then_some(vector)
    }
}

impl Drop for Vector {
    fn drop(&mut self) {
        self.steps.zeroize();
        self.length.zeroize();
    }
}

impl std::fmt::Debug for Vector {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Vector(..)")
    }
}

struct Dot<'a>(&'a [i8; DIMENSIONS], &'a [i8; DIMENSIONS]);

impl Kernel for Dot<'_> {
    type Output = i32;

    #[inline(always)]
    fn run(self) -> i32 {
        self.0.iter().zip(self.1).map(|(&a, &b)| i32::from(a) * i32::from(b)).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::features::drawn::{Pose, roi};

    fn vector(roi: &Roi) -> Vector {
        Vector::extract(&input(roi)).expect("a drawn palm has features")
    }

    #[test]
    fn the_weights_shipped_are_an_extractor() {
        let outputs: Vec<_> = EXTRACTOR.outputs().map(|o| (o.height, o.width, o.channels)).collect();
        assert_eq!(outputs, [(1, 1, DIMENSIONS)]);
        let shape = EXTRACTOR.input();
        assert_eq!((shape.height, shape.width, shape.channels), (INPUT_SIDE, INPUT_SIDE, 1));
    }

    #[test]
    fn what_was_written_is_read() {
        let vector = vector(&roi(1, Pose::UPRIGHT, 1));
        let bytes: Vec<u8> = vector.steps().iter().map(|&step| step as u8).collect();
        let read = Vector::from_bytes(bytes.as_slice().try_into().unwrap()).unwrap();
        assert_eq!(read.steps, vector.steps);
        assert!((read.cosine(&vector) - 1.0).abs() < 1e-6);
    }

    #[test]
    fn nothing_everything_and_noise_are_no_vectors() {
        for fill in [0, 1, 127, 128, 255] {
            assert!(Vector::from_bytes(&[fill; DIMENSIONS]).is_none(), "{fill}");
        }
        let alternating = std::array::from_fn(|i| if i % 2 == 0 { 127 } else { 129 });
        assert!(Vector::from_bytes(&alternating).is_none());
    }

    #[test]
    fn what_is_not_finite_is_no_vector() {
        for wrong in [f32::NAN, f32::INFINITY] {
            let plane = Zeroizing::new(vec![wrong; INPUT_SIDE * INPUT_SIDE]);
            assert!(Vector::extract(&plane).is_none());
        }
    }

    #[test]
    fn debug_says_nothing() {
        assert_eq!(format!("{:?}", vector(&roi(3, Pose::UPRIGHT, 3))), "Vector(..)");
    }
}
