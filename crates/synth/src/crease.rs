//! Creases as strokes: what a palm's lines and wrinkles are drawn with.

use crate::{noise::ease, rng::Rng};

/// A point of the palm: x from the thumb's side to the little finger's, y from the wrist to the fingers; the region of
/// interest spans −1–1 in both.
pub(crate) type Point = [f32; 2];

/// One crease: a run of points with a width and a depth that fade out at its ends.
#[derive(Debug, Clone)]
pub(crate) struct Crease {
    /// In the palm's units, about 0.03 apart.
    pub(crate) points: Vec<Point>,
    /// Half the width at half depth, in the palm's units (one unit is about 29 mm).
    pub(crate) width: f32,
    /// 0–1.
    pub(crate) depth: f32,
    /// The share of the length over which it fades in.
    pub(crate) fade_in: f32,
    /// The share of the length over which it fades out.
    pub(crate) fade_out: f32,
}

impl Crease {
    /// A curve from a point in a direction, turning by `turn` radians in all.
    pub(crate) fn curve(from: Point, angle: f32, length: f32, turn: f32, width: f32, depth: f32) -> Crease {
        let steps = ((length / 0.03) as usize).max(3);
        let step = length / steps as f32;
        let mut points = Vec::with_capacity(steps + 1);
        let mut at = from;
        for i in 0..=steps {
            points.push(at);
            let heading = angle + turn * i as f32 / steps as f32;
            at = [at[0] + step * libm::cosf(heading), at[1] + step * libm::sinf(heading)];
        }
        Crease { points, width, depth, fade_in: 0.3, fade_out: 0.3 }
    }

    /// The same crease, trembling by about `by` units, and wandering.
    pub(crate) fn trembled(mut self, by: f32, rng: &mut Rng) -> Crease {
        let mut drift = [0.0_f32; 2];
        for point in &mut self.points {
            for axis in 0..2 {
                drift[axis] = 0.8 * drift[axis] + by * 0.6 * rng.range(-1.0, 1.0);
                point[axis] += drift[axis];
            }
        }
        self
    }

    /// How strong the crease is at a share of its length, 0–1.
    pub(crate) fn strength(&self, share: f32) -> f32 {
        let rise = (share / self.fade_in.max(1e-3)).min(1.0);
        let fall = ((1.0 - share) / self.fade_out.max(1e-3)).min(1.0);
        ease(rise) * ease(fall)
    }
}
