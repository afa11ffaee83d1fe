//! Where a palm lies in an image: pixels to the palm's units and back.

use crate::{conditions::Conditions, crease::Point, rng::Rng};
use std::f32::consts::TAU;

/// The smooth bending and stretching of the skin in one capture.
#[derive(Debug, Clone)]
pub(crate) struct Stretch {
    amount: f32,
    affine: [f32; 3],
    /// Per axis and wave: wave numbers along x and y, phase, and strength.
    waves: [[[f32; 4]; 3]; 2],
}

impl Stretch {
    pub(crate) fn draw(amount: f32, rng: &mut Rng) -> Stretch {
        Stretch {
            amount,
            affine: std::array::from_fn(|_| rng.range(-0.7, 0.7)),
            waves: std::array::from_fn(|_| {
                std::array::from_fn(|_| {
                    [rng.range(-1.6, 1.6), rng.range(-1.6, 1.6), rng.range(0.0, TAU), rng.range(0.3, 0.8)]
                })
            }),
        }
    }

    /// The rest position of a point seen at `q`.
    pub(crate) fn undo(&self, q: Point) -> Point {
        if self.amount == 0.0 {
            return q;
        }
        let wave = |axis: usize| {
            let one = |&[kx, ky, phase, strength]: &[f32; 4]| strength * libm::sinf(kx * q[0] + ky * q[1] + phase);
            self.waves[axis].iter().map(one).sum::<f32>()
        };
        let [sx, sy, shear] = self.affine;
        [q[0] + self.amount * (wave(0) + sx * q[0] + shear * q[1]), q[1] + self.amount * (wave(1) + sy * q[1])]
    }
}

/// The pose of a hand in an image.
#[derive(Debug, Clone)]
pub(crate) struct Pose {
    centre_px: Point,
    /// Pixels per palm unit.
    pub(crate) px_per_unit: f32,
    /// Cosine and sine of the rotation, clockwise as seen.
    turn: Point,
    /// Whether the thumb lies on the right of an upright hand.
    pub(crate) mirrored: bool,
    /// Foreshortening per axis, and perspective per axis.
    lean: [f32; 4],
    stretch: Stretch,
}

/// The middle of the hand, which the image's middle shows, in the palm's units.
const MIDDLE: Point = [-0.25, 0.72];
/// From the wrist to the middle fingertip of the mean hand, in the palm's units.
const HAND_LENGTH: f32 = 7.0;
/// The camera's distance in the palm's units: about 50 cm.
const CAMERA_DISTANCE: f32 = 17.0;

impl Pose {
    /// The pose of a whole hand under these conditions.
    pub(crate) fn of_hand(conditions: &Conditions, mirrored: bool, rng: &mut Rng) -> Pose {
        let (width, height) = conditions.size();
        let (width, height) = (width as f32, height as f32);
        let short = width.min(height);
        let angle = conditions.rotation_deg.to_radians();
        let sine = |deg: f32| libm::sinf(deg.clamp(-40.0, 40.0).to_radians());
        let (sx, sy) = (sine(conditions.lean_deg.0), sine(conditions.lean_deg.1));
        Pose {
            centre_px: [width / 2.0 + conditions.shift.0 * short, height / 2.0 + conditions.shift.1 * short],
            px_per_unit: (conditions.reach * short / HAND_LENGTH).max(1.0),
            turn: [libm::cosf(angle), libm::sinf(angle)],
            mirrored,
            lean: [
                1.0 / (1.0 - sx * sx).sqrt(),
                1.0 / (1.0 - sy * sy).sqrt(),
                sx / CAMERA_DISTANCE,
                sy / CAMERA_DISTANCE,
            ],
            stretch: Stretch::draw(conditions.stretch, rng),
        }
    }

    /// The point of the palm that a pixel shows.
    pub(crate) fn palm_of(&self, px: Point) -> Point {
        let (dx, dy) = ((px[0] - self.centre_px[0]) / self.px_per_unit, (px[1] - self.centre_px[1]) / self.px_per_unit);
        let [cos, sin] = self.turn;
        let (x, y) = (cos * dx + sin * dy, sin * dx - cos * dy);
        let [wide, long, gx, gy] = self.lean;
        let depth = 1.0 + gx * x + gy * y;
        let (x, y) = (x * wide * depth, y * long * depth);
        let q = [if self.mirrored { -x } else { x } + MIDDLE[0], y + MIDDLE[1]];
        self.stretch.undo(q)
    }

    /// The pixel that shows a point of the palm.
    pub(crate) fn pixel_of(&self, point: Point) -> Point {
        // The way back has no closed form; the deformations are small, so stepping by the error converges.
        let [cos, sin] = self.turn;
        let mut px = self.centre_px;
        for _ in 0..40 {
            let seen = self.palm_of(px);
            let (ex, ey) = (point[0] - seen[0], point[1] - seen[1]);
            let ex = if self.mirrored { -ex } else { ex };
            px[0] += 0.9 * self.px_per_unit * (cos * ex + sin * ey);
            px[1] += 0.9 * self.px_per_unit * (sin * ex - cos * ey);
        }
        px
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pixels_and_palm_are_each_others_inverse() {
        for capture in 0..40 {
            let conditions = Conditions::of_capture(5, capture).rotated(9.0 * capture as f32);
            let pose = Pose::of_hand(&conditions, capture % 2 == 0, &mut Rng::new(u64::from(capture), "pose"));
            for point in [[-1.0, 1.0], [1.0, 1.0], [1.0, -1.0], [-0.3, 4.1], [1.0, -2.4]] {
                let back = pose.palm_of(pose.pixel_of(point));
                let off = libm::hypotf(back[0] - point[0], back[1] - point[1]);
                assert!(off < 0.004, "{point:?} came back as {back:?}");
            }
        }
    }
}
