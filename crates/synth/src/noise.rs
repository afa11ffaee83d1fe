//! Smooth random fields: the mottling of skin, the weave of a cloth.

use crate::rng::Rng;

/// A square of random values that repeats at its edges, read at any point.
#[derive(Debug, Clone)]
pub(crate) struct Noise(Vec<f32>);

const SIDE: usize = 64;

impl Noise {
    /// Values uniform in −1–1.
    pub(crate) fn new(rng: &mut Rng) -> Noise {
        Noise((0..SIDE * SIDE).map(|_| rng.range(-1.0, 1.0)).collect())
    }

    /// The value at a point, one cell per unit, smooth between cells; −1–1.
    pub(crate) fn at(&self, x: f32, y: f32) -> f32 {
        let (fx, fy) = (x.floor(), y.floor());
        let (tx, ty) = (ease(x - fx), ease(y - fy));
        let (x0, y0) = ((fx as i32 as usize) % SIDE, (fy as i32 as usize) % SIDE);
        let (x1, y1) = ((x0 + 1) % SIDE, (y0 + 1) % SIDE);
        let value = |x: usize, y: usize| self.0[y * SIDE + x];
        let top = value(x0, y0) + (value(x1, y0) - value(x0, y0)) * tx;
        let bottom = value(x0, y1) + (value(x1, y1) - value(x0, y1)) * tx;
        top + (bottom - top) * ty
    }

    /// As [`Noise::at`] for points within ±4,000, quicker.
    #[inline]
    pub(crate) fn near(&self, x: f32, y: f32) -> f32 {
        // Cutting off is rounding down for what is over 0.
        let (x, y) = (x + 4096.0, y + 4096.0);
        let (x0, y0) = (x as i32, y as i32);
        let (tx, ty) = (ease(x - x0 as f32), ease(y - y0 as f32));
        let (left, right) = (x0 as usize % SIDE, (x0 as usize + 1) % SIDE);
        let (top, bottom) = (y0 as usize % SIDE * SIDE, (y0 as usize + 1) % SIDE * SIDE);
        let top = self.0[top + left] + (self.0[top + right] - self.0[top + left]) * tx;
        let bottom = self.0[bottom + left] + (self.0[bottom + right] - self.0[bottom + left]) * tx;
        top + (bottom - top) * ty
    }

    /// Several octaves, each twice as fine and half as strong as the one before; about −1–1.
    pub(crate) fn octaves(&self, x: f32, y: f32, count: u32) -> f32 {
        let (mut sum, mut strength, mut scale) = (0.0, 0.6, 1.0);
        for octave in 0..count {
            let shift = 17.3 * octave as f32;
            sum += strength * self.at(x * scale + shift, y * scale - shift);
            strength *= 0.5;
            scale *= 2.03;
        }
        sum
    }
}

/// 3t² − 2t³.
pub(crate) fn ease(t: f32) -> f32 {
    t * t * (3.0 - 2.0 * t)
}

/// 0 up to `low`, 1 from `high`, smooth between.
pub(crate) fn smooth_step(low: f32, high: f32, x: f32) -> f32 {
    ease(((x - low) / (high - low)).clamp(0.0, 1.0))
}

/// A bell: 1 at 0, 0.25 at ±1, near 0 from ±3; a stand-in for the Gaussian without a power function.
pub(crate) fn bell(x: f32) -> f32 {
    let b = 1.0 / (1.0 + x * x);
    b * b
}
