//! Draws the aligned square of a palm.

use crate::{
    conditions::{Conditions, Plaster, Shadow},
    crease::Point,
    flesh::{self, GreySkin},
    grey::Grey,
    layer::GreyLamp,
    noise::{Noise, smooth_step},
    palm::Palm,
    rng::Rng,
    warp::Warp,
};
use handsel_palm::Roi;

const SIDE: usize = Roi::SIDE_PX;
/// Pixels per unit of the palm.
const PX_PER_UNIT: f32 = SIDE as f32 / 2.0;

/// Draws the region of interest: grey values, row-major.
pub(crate) fn draw(palm: &Palm, conditions: &Conditions) -> Vec<u8> {
    let rng = &mut Rng::new(conditions.seed, "roi");
    let warp = Warp::draw(conditions, palm.thumb_on_right(), rng);
    let skin = GreySkin::new(&palm.skin, conditions);
    let map = palm.surface.square();
    let (blood, at) = (&palm.grain, [rng.range(-900.0, 900.0), rng.range(-900.0, 900.0)]);
    let folds = (conditions.folds > 0.0).then(|| Folds::draw(conditions.folds, rng));
    let (mut heights, mut tones) = (Vec::with_capacity(SIDE * SIDE), Vec::with_capacity(SIDE * SIDE));
    for row in 0..SIDE {
        for spot in warp.row(row) {
            let mut patch = spot.patch;
            if conditions.patches > 0.0 {
                let [x, y] = spot.point;
                let (coarse, fine) = ([5.0 * x + at[0], 5.0 * y + at[1]], [11.0 * y - at[1], 11.0 * x + at[0]]);
                patch += conditions.patches
                    * (0.09 * blood.near(coarse[0], coarse[1]) + 0.07 * blood.near(fine[0], fine[1]));
            }
            if let Some(folds) = &folds {
                patch += folds.at(spot.point, blood);
            }
            let (tone, height) = flesh::grey_palm(map.at(spot.point), &skin, patch);
            tones.push(tone);
            heights.push(PX_PER_UNIT * height);
        }
    }
    if let Some(plaster) = &conditions.plaster {
        let spots = (0..SIDE).flat_map(|row| warp.row(row));
        for ((tone, height), spot) in tones.iter_mut().zip(&mut heights).zip(spots) {
            if covers(plaster, spot.point) {
                (*tone, *height) = (plaster.tone, 0.04 * PX_PER_UNIT);
            }
        }
    }
    let light = lit(&heights, &tones, conditions);
    // One pixel of the square is the mean of about nine of the frame's, which leaves a third of their noise.
    let camera = Conditions { noise: 0.33 * conditions.noise, ..conditions.clone() };
    Grey { side: SIDE, light }.photographed(&camera, rng)
}

/// Whether a plaster lies on a point of the palm.
fn covers(plaster: &Plaster, point: Point) -> bool {
    let angle = plaster.direction_deg.to_radians();
    let (cos, sin) = (libm::cosf(angle), libm::sinf(angle));
    let (dx, dy) = (point[0] - plaster.middle[0], point[1] - plaster.middle[1]);
    (cos * dx + sin * dy).abs() < plaster.half.0 && (cos * dy - sin * dx).abs() < plaster.half.1
}

/// Soft folds of a bent hand: streaks of one direction, in parts of the square.
struct Folds {
    strength: f32,
    across: Point,
    from: Point,
}

impl Folds {
    fn draw(strength: f32, rng: &mut Rng) -> Folds {
        let angle = rng.range(0.0, std::f32::consts::PI);
        let from = [rng.range(-900.0, 900.0), rng.range(-900.0, 900.0)];
        Folds { strength: 0.18 * strength, across: [libm::cosf(angle), libm::sinf(angle)], from }
    }

    /// The share by which they lighten a place: streaks of about 7 by 30 px, weaker here than there.
    fn at(&self, [x, y]: Point, field: &Noise) -> f32 {
        let ([cos, sin], [fx, fy]) = (self.across, self.from);
        let streaks = field.near(9.0 * (cos * x + sin * y) + fx, 2.0 * (cos * y - sin * x) + fy);
        let here = 0.5 + 0.5 * field.near(1.5 * x + fy, 1.5 * y - fx);
        self.strength * streaks * here
    }
}

/// Lays light on the skin, with what falls off, is shaded, or is lost in the corners.
fn lit(heights: &[f32], tones: &[f32], conditions: &Conditions) -> Vec<f32> {
    let lamp = GreyLamp::new(&conditions.light, conditions.shine);
    let mut light = vec![0.0; SIDE * SIDE];
    let place = |x: usize| (x as f32 + 0.5) / PX_PER_UNIT - 1.0;
    let us: [f32; SIDE] = std::array::from_fn(place);
    for (y, out) in light.chunks_exact_mut(SIDE).enumerate() {
        let line = |y: usize| &heights[y * SIDE..][..SIDE];
        let (above, here, below) = (line(y.saturating_sub(1)), line(y), line((y + 1).min(SIDE - 1)));
        let across: [f32; SIDE] = std::array::from_fn(|x| here[(x + 1).min(SIDE - 1)] - here[x.saturating_sub(1)]);
        let tones = &tones[y * SIDE..][..SIDE];
        let v = place(y);
        for x in 0..SIDE {
            let u = us[x];
            let corner = 1.0 - 0.5 * conditions.vignette * (u * u + v * v);
            out[x] =
                lamp.level(u, v) * corner.max(0.0) * lamp.shade(0.5 * across[x], 0.5 * (above[x] - below[x]), tones[x]);
        }
    }
    if let Some(shadow) = &conditions.shadow {
        cast(shadow, &mut light);
    }
    light
}

/// Takes light away beyond a slightly bent edge.
fn cast(shadow: &Shadow, light: &mut [f32]) {
    let angle = shadow.direction_deg.to_radians();
    let (cos, sin) = (libm::cosf(angle), -libm::sinf(angle));
    let soft = (0.5 * shadow.edge_px / PX_PER_UNIT).max(1e-3);
    for (i, light) in light.iter_mut().enumerate() {
        let (u, v) = ((i % SIDE) as f32 / PX_PER_UNIT - 1.0, (i / SIDE) as f32 / PX_PER_UNIT - 1.0);
        let (beyond, along) = (cos * u + sin * v - shadow.offset, cos * v - sin * u);
        *light *= 1.0 - shadow.darkness * smooth_step(-soft, soft, beyond + 0.1 * along * along);
    }
}

/// The corners of the region of interest on the palm: fingers' side at the index finger and at the little finger, then
/// the wrist's side at the little finger and at the thumb.
pub(crate) const CORNERS: [(&str, Point); 4] = [
    ("roi_index", [-1.0, 1.0]),
    ("roi_little", [1.0, 1.0]),
    ("roi_wrist_little", [1.0, -1.0]),
    ("roi_wrist_thumb", [-1.0, -1.0]),
];
