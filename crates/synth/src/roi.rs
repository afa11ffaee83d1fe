//! Draws the aligned square of a palm.

use crate::{conditions::Conditions, crease::Point, flesh, layer::Layer, palm::Palm, pose::Stretch, rng::Rng};
use handsel_palm::Roi;

/// Draws the region of interest: grey values, row-major.
pub(crate) fn draw(palm: &Palm, conditions: &Conditions) -> Vec<u8> {
    let side = Roi::SIDE_PX;
    let px_per_unit = side as f32 / 2.0;
    let rng = &mut Rng::new(conditions.seed, "roi");
    let stretch = Stretch::draw(conditions.stretch, rng);
    let off = &conditions.misalignment;
    let (sin, cos) = (libm::sinf(off.rotation_deg.to_radians()), libm::cosf(off.rotation_deg.to_radians()));
    let zoom = 1.0 / (1.0 + off.scale).max(0.1);
    let mut layer = Layer::empty(side, side);
    layer.cover.fill(1.0);
    for row in 0..side {
        for column in 0..side {
            let u = (column as f32 + 0.5 - off.shift_px.0) / px_per_unit - 1.0;
            let v = (row as f32 + 0.5 - off.shift_px.1) / px_per_unit - 1.0;
            let (u, v) = (zoom * (cos * u + sin * v), zoom * (cos * v - sin * u));
            let point = stretch.undo(palm_point(u, v, palm.thumb_on_right()));
            let skin = flesh::of_palm(palm.surface.at(point, px_per_unit), &palm.skin, conditions.cupping);
            let i = row * side + column;
            layer.heights[i] = px_per_unit * skin.height;
            layer.colours[i] = skin.colour;
        }
    }
    // One pixel of the square is the mean of about four of the frame's, which halves their noise.
    let camera = Conditions { noise: 0.5 * conditions.noise, ..conditions.clone() };
    let rgb = layer.lit(&conditions.light).photographed(&camera, 1.0, rng);
    rgb.chunks_exact(3).map(|p| luma([p[0], p[1], p[2]])).collect()
}

/// The corners of the region of interest on the palm: fingers' side at the index finger and at the little finger, then
/// the wrist's side at the little finger and at the thumb.
pub(crate) const CORNERS: [(&str, Point); 4] = [
    ("roi_index", [-1.0, 1.0]),
    ("roi_little", [1.0, 1.0]),
    ("roi_wrist_little", [1.0, -1.0]),
    ("roi_wrist_thumb", [-1.0, -1.0]),
];

/// The palm's point at a place of the region of interest, both −1–1: `u` to the right, `v` down.
///
/// The fingers' side is on the top edge and the wrist's on the bottom; a right palm is not mirrored.
fn palm_point(u: f32, v: f32, thumb_on_right: bool) -> Point {
    [if thumb_on_right { -u } else { u }, -v]
}

/// Rec. 601 luma.
fn luma(rgb: [u8; 3]) -> u8 {
    let [r, g, b] = rgb.map(u32::from);
    ((299 * r + 587 * g + 114 * b + 500) / 1000) as u8
}
