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

    /// The values along a line of constant `y`, to be read by [`Steps`]: for maps, which ask for row after row.
    pub(crate) fn row(&self, y: f32) -> [f32; SIDE] {
        let fy = y.floor();
        let ty = ease(y - fy);
        let y0 = (fy as i32 as usize) % SIDE;
        let (top, bottom) = (&self.0[y0 * SIDE..], &self.0[(y0 + 1) % SIDE * SIDE..]);
        std::array::from_fn(|x| top[x] + (bottom[x] - top[x]) * ty)
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

/// Places along a row of [`Noise`], made ready: the cell before each, the cell after it, and how far between them.
pub(crate) struct Steps(Vec<(usize, usize, f32)>);

impl Steps {
    pub(crate) fn new(xs: impl Iterator<Item = f32>) -> Steps {
        let step = |x: f32| {
            let fx = x.floor();
            let x0 = (fx as i32 as usize) % SIDE;
            (x0, (x0 + 1) % SIDE, ease(x - fx))
        };
        Steps(xs.map(step).collect())
    }

    /// The value of a row at the place of this index.
    #[inline]
    pub(crate) fn read(&self, row: &[f32; SIDE], index: usize) -> f32 {
        let (before, after, t) = self.0[index];
        row[before % SIDE] + (row[after % SIDE] - row[before % SIDE]) * t
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
