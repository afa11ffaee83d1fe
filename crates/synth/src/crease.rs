//! Creases as strokes: what a palm's lines and wrinkles are drawn with.

use crate::{noise::ease, rng::Rng};

/// A point of the palm: x from the thumb's side to the little finger's, y from the wrist to the fingers; the region of
/// interest spans −1–1 in both.
pub(crate) type Point = [f32; 2];

/// What a stroke does to the skin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Darkens and dents it.
    Crease,
    /// Only darkens it: a vein, the shade in a broad fold.
    Shade,
    /// Only lightens it: a white line, a scar, the bulge beside a crease.
    Light,
}

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
    pub(crate) kind: Kind,
    /// How unevenly deep it is along its length, and the wave number and phase of two waves in it.
    pub(crate) beads: [f32; 5],
}

impl Crease {
    /// A curve from a point in a direction, turning by `turn` radians in all.
    pub(crate) fn curve(from: Point, angle: f32, length: f32, turn: f32, width: f32, depth: f32) -> Crease {
        let steps = ((length / 0.03) as usize).max(3);
        let step = length / steps as f32;
        let mut points = Vec::with_capacity(steps + 1);
        // Turned step by step: the same angle each time.
        let (cos, sin) = (libm::cosf(turn / steps as f32), libm::sinf(turn / steps as f32));
        let mut along = [step * libm::cosf(angle), step * libm::sinf(angle)];
        let mut at = from;
        for _ in 0..=steps {
            points.push(at);
            at = [at[0] + along[0], at[1] + along[1]];
            along = [cos * along[0] - sin * along[1], sin * along[0] + cos * along[1]];
        }
        Crease::along(points, width, depth, 0.3, 0.3)
    }

    /// A crease along these points, evenly deep but for its ends.
    pub(crate) fn along(points: Vec<Point>, width: f32, depth: f32, fade_in: f32, fade_out: f32) -> Crease {
        Crease { points, width, depth, fade_in, fade_out, kind: Kind::Crease, beads: [0.0; 5] }
    }

    /// The same stroke as another kind.
    pub(crate) fn of_kind(self, kind: Kind) -> Crease {
        Crease { kind, ..self }
    }

    /// The same crease, uneven along its length: at its faintest shallower by the share `by`.
    pub(crate) fn beaded(mut self, by: f32, rng: &mut Rng) -> Crease {
        let waves = self.points.len() as f32;
        self.beads =
            [by, waves * rng.range(0.10, 0.35), rng.range(0.0, 6.3), waves * rng.range(0.35, 0.9), rng.range(0.0, 6.3)];
        self
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
        let [by, slow, slow_phase, quick, quick_phase] = self.beads;
        let uneven = if by > 0.0 {
            let waves = libm::sinf(slow * share + slow_phase) + 0.6 * libm::sinf(quick * share + quick_phase);
            1.0 - by * (0.5 + 0.31 * waves)
        } else {
            1.0
        };
        ease(rise) * ease(fall) * uneven
    }
}
