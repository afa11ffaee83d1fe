//! Which place of the palm each pixel of the region of interest shows: misalignment, tilt, and the skin's own stretch.

use crate::{conditions::Conditions, crease::Point, rng::Rng};
use handsel_palm::Roi;
use std::f32::consts::TAU;

/// The side of the cells, in pixels, at whose corners places are worked out; between corners they are interpolated.
const CELL: usize = 8;
/// Corners along a side.
const CORNERS: usize = Roi::SIDE_PX / CELL + 1;
/// The skin's waves, coarse to fine: from and to this wave number in radians per unit, and the strength of one. The finest
/// is as long as the palm's unit; a wave's strain, number times strength, is alike in all.
const BANDS: [(f32, f32, f32); 3] = [(0.5, 1.8, 0.60), (2.2, 3.6, 0.25), (4.5, 7.0, 0.12)];
/// The camera's distance from the palm in the palm's units: about 25 cm.
const CAMERA_DISTANCE: f32 = 8.5;

/// What one pixel shows.
#[derive(Clone, Copy)]
pub(crate) struct Spot {
    /// The place on the palm.
    pub(crate) point: Point,
    /// The share by which this capture's broad patches lighten it.
    pub(crate) patch: f32,
}

/// The way from the square's pixels to the palm.
pub(crate) struct Warp(Vec<Spot>);

impl Warp {
    pub(crate) fn draw(conditions: &Conditions, thumb_on_right: bool, rng: &mut Rng) -> Warp {
        let place = placement(conditions);
        let amount = conditions.stretch;
        let affine: [f32; 3] = std::array::from_fn(|_| rng.range(-0.7, 0.7));
        let (along_x, along_y) = (Waves::draw(rng), Waves::draw(rng));
        let patches = Waves::draw(rng);
        let corner = |i: usize| {
            let [x, y] = place([(i % CORNERS * CELL) as f32, (i / CORNERS * CELL) as f32]);
            // The fingers' side is on the top edge and the wrist's on the bottom; a right palm is not mirrored.
            let q = [if thumb_on_right { -x } else { x }, -y];
            let [wide, long, shear] = affine;
            let (dx, dy) = (along_x.at(q) + wide * q[0] + shear * q[1], along_y.at(q) + long * q[1]);
            Spot { point: [q[0] + amount * dx, q[1] + amount * dy], patch: 0.16 * conditions.patches * patches.even(q) }
        };
        Warp((0..CORNERS * CORNERS).map(corner).collect())
    }

    /// What the pixels of a row show, left to right.
    pub(crate) fn row(&self, row: usize) -> impl Iterator<Item = Spot> {
        let from = row / CELL * CORNERS;
        let down = ((row % CELL) as f32 + 0.5) / CELL as f32;
        let corner = move |i: usize| self.0[from + i].mixed(&self.0[from + CORNERS + i], down);
        (0..CORNERS - 1).flat_map(move |i| {
            let (left, right) = (corner(i), corner(i + 1));
            (0..CELL).map(move |k| left.mixed(&right, (k as f32 + 0.5) / CELL as f32))
        })
    }
}

impl Spot {
    #[inline]
    fn mixed(&self, other: &Spot, t: f32) -> Spot {
        let mix = |a: f32, b: f32| a + (b - a) * t;
        Spot {
            point: [mix(self.point[0], other.point[0]), mix(self.point[1], other.point[1])],
            patch: mix(self.patch, other.patch),
        }
    }
}

/// From pixels to where an unstretched palm lies in the square, −1–1 to the right and down.
fn placement(conditions: &Conditions) -> impl Fn(Point) -> Point {
    let off = conditions.misalignment;
    let angle = off.rotation_deg.to_radians();
    let (sin, cos) = (libm::sinf(angle), libm::cosf(angle));
    let zoom = 1.0 / (1.0 + off.scale).max(0.1);
    let half = Roi::SIDE_PX as f32 / 2.0;
    let sine = |deg: f32| libm::sinf(deg.clamp(-40.0, 40.0).to_radians());
    let (lean_x, lean_y) = (sine(conditions.lean_deg.0), sine(conditions.lean_deg.1));
    // The localiser scales to what it sees: of the foreshortening, only the difference between the axes is left.
    let (wide, long) = (1.0 / (1.0 - lean_x * lean_x).sqrt(), 1.0 / (1.0 - lean_y * lean_y).sqrt());
    let even = 1.0 / (wide * long).sqrt();
    move |px| {
        let (u, v) = ((px[0] - off.shift_px.0) / half - 1.0, (px[1] - off.shift_px.1) / half - 1.0);
        let (u, v) = (zoom * (cos * u + sin * v), zoom * (cos * v - sin * u));
        let depth = 1.0 + (lean_x * u + lean_y * v) / CAMERA_DISTANCE;
        [u * wide * even * depth, v * long * even * depth]
    }
}

/// A smooth random field: two waves of each band.
struct Waves([[[f32; 4]; 2]; 3]);

impl Waves {
    fn draw(rng: &mut Rng) -> Waves {
        Waves(BANDS.map(|(low, high, strength)| {
            std::array::from_fn(|_| {
                let (number, angle) = (rng.range(low, high), rng.range(0.0, TAU));
                [
                    number * libm::cosf(angle),
                    number * libm::sinf(angle),
                    rng.range(0.0, TAU),
                    strength * rng.range(0.5, 1.3),
                ]
            })
        }))
    }

    /// The field with the bands' strengths.
    fn at(&self, q: Point) -> f32 {
        let one = |&[kx, ky, phase, strength]: &[f32; 4]| strength * libm::sinf(kx * q[0] + ky * q[1] + phase);
        self.0.iter().flatten().map(one).sum()
    }

    /// The field with all bands equally strong, about −1–1.
    fn even(&self, q: Point) -> f32 {
        let one = |&[kx, ky, phase, _]: &[f32; 4]| libm::sinf(kx * q[0] + ky * q[1] + phase);
        0.3 * self.0.iter().flatten().map(one).sum::<f32>()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spots(conditions: &Conditions) -> Vec<Spot> {
        let warp = Warp::draw(conditions, false, &mut Rng::new(1, "warp"));
        (0..Roi::SIDE_PX).flat_map(|row| warp.row(row).collect::<Vec<_>>()).collect()
    }

    #[test]
    fn without_errors_the_square_shows_the_palm_from_minus_one_to_one() {
        let spots = spots(&Conditions::ideal());
        assert_eq!(spots.len(), Roi::SIDE_PX * Roi::SIDE_PX);
        let half_px = 0.5 / 64.0;
        for (i, [x, y]) in [(0, [-1.0 + half_px, 1.0 - half_px]), (128 * 128 - 1, [1.0 - half_px, -1.0 + half_px])] {
            let [px, py] = spots[i].point;
            assert!((px - x).abs() < 1e-5 && (py - y).abs() < 1e-5, "{px} {py}");
        }
    }

    #[test]
    fn stretch_moves_the_skin_by_pixels_and_never_folds_it() {
        for index in 0..60 {
            let stretched = Conditions { stretch: 0.1, ..Conditions::of_training(3, index) };
            let spots = spots(&stretched);
            let moved: Vec<f32> = (0..128 * 128 - 1)
                .filter(|i| i % 128 < 127)
                .map(|i| 64.0 * (spots[i + 1].point[0] - spots[i].point[0]))
                .collect();
            assert!(moved.iter().all(|step| (0.3..2.0).contains(step)), "capture {index}");
        }
    }
}
