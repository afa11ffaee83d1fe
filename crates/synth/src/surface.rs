//! The skin of one palm as a map: drawn when first asked for, then sampled under every pose, so that all captures share their creases.

use crate::{
    crease::{Crease, Kind, Point},
    noise::bell,
    rng::Rng,
    texture::{Texture, Weave},
};
use std::sync::OnceLock;

/// What the skin is like at one point.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Skinprint {
    /// Height of grain and creases in the palm's units.
    pub(crate) height: f32,
    /// Height of the mounts in the palm's units, 0 in the hollow.
    pub(crate) mount: f32,
    /// How far into a crease the point lies, 0–1.
    pub(crate) crease: f32,
    /// Lightness of patches, texture and soft shades over the mean's, as a share: about −0.4–0.4.
    pub(crate) mottle: f32,
}

/// The skin of one palm: what it is drawn from, and maps of it, each drawn when it is first asked for.
pub(crate) struct Surface {
    relief: Relief,
    /// The whole palm at several resolutions, for whole hands.
    hand: OnceLock<Vec<Level>>,
    /// The region of interest and what misalignment may bring into it.
    square: OnceLock<Level>,
}

/// What a palm's skin is drawn from.
struct Relief {
    creases: Vec<Crease>,
    mounts: Mounts,
    texture: Texture,
}

/// A map of a part of the palm.
pub(crate) struct Level {
    /// The corner of the part, in the palm's units.
    low: Point,
    width: usize,
    height: usize,
    /// Texels per unit.
    density: f32,
    texels: Vec<Skinprint>,
}

/// The part of the palm that the whole hand's map covers, in the palm's units.
const LOW: Point = [-2.3, -3.0];
const HIGH: Point = [2.0, 1.8];
/// Texels per unit at its finest level: twice the region of interest's 64.
const DENSITY: f32 = 128.0;
/// Half the side of the square's map in the palm's units: the region of interest's 1, and what misalignment adds.
const SQUARE_REACH: f32 = 1.375;
/// Its texels per unit: as many as the region of interest's pixels; real ones are no sharper than what sampling leaves.
const SQUARE_DENSITY: f32 = 64.0;
/// Depth of the deepest crease in the palm's units (about 0.6 mm), chosen by eye beside real regions of interest.
pub(crate) const CREASE_DEPTH: f32 = 0.021;
/// How far a crease's profile reaches, in its widths: `(1 − (d / reach)²)²` has half its depth at one width.
const REACH: f32 = 1.85;
/// The side of the cells in which mounts and mottling, which are smooth, are worked out, in texels.
const CELL: usize = 8;

impl Surface {
    /// The skin of a palm with these creases.
    pub(crate) fn palmar(creases: Vec<Crease>, rng: &mut Rng) -> Surface {
        let relief = Relief { creases, mounts: Mounts::draw(rng), texture: Texture::draw(rng) };
        Surface { relief, hand: OnceLock::new(), square: OnceLock::new() }
    }

    /// The skin at a point, for a drawing with this many pixels per unit; beyond the wrist smooth skin, and elsewhere
    /// beyond the map its edge's.
    pub(crate) fn at(&self, point: Point, px_per_unit: f32) -> Skinprint {
        let levels = self.hand.get_or_init(|| {
            let mut levels = vec![Level::draw(&self.relief, LOW, HIGH, DENSITY)];
            for _ in 0..3 {
                levels.push(levels[levels.len() - 1].halved());
            }
            levels
        });
        let level = levels.iter().rposition(|l| l.density >= 0.8 * px_per_unit).unwrap_or(0);
        if point[1] < LOW[1] {
            let reflected = levels[level].at([point[0], 2.0 * LOW[1] - point[1]]);
            return Skinprint { height: 0.0, crease: 0.0, ..reflected };
        }
        levels[level].at(point)
    }

    /// The map of the region of interest and its surroundings; beyond it, its edge's skin.
    pub(crate) fn square(&self) -> &Level {
        let corner = |v: f32| [v, v];
        self.square
            .get_or_init(|| Level::draw(&self.relief, corner(-SQUARE_REACH), corner(SQUARE_REACH), SQUARE_DENSITY))
    }
}

impl Level {
    fn draw(relief: &Relief, low: Point, high: Point, density: f32) -> Level {
        let side = |axis: usize| ((high[axis] - low[axis]) * density) as usize;
        let (width, height) = (side(0), side(1));
        let mut level = Level { low, width, height, density, texels: Vec::with_capacity(width * height) };
        let mut strokes = [Kind::Crease, Kind::Shade, Kind::Light].map(|kind| (kind, vec![0.0; width * height]));
        for crease in &relief.creases {
            for (kind, depths) in &mut strokes {
                if crease.kind == *kind {
                    level.cut(crease, depths);
                }
            }
        }
        let [depths, shades, lights] = strokes.map(|(_, depths)| depths);
        level.finish(relief, &depths, &shades, &lights);
        level
    }

    /// Cuts a crease: every texel within reach takes the deepest of what it has and what this crease gives it.
    fn cut(&self, crease: &Crease, depths: &mut [f32]) {
        let reach = REACH * crease.width;
        let last = crease.points.len() - 1;
        // Wide creases are cut in longer steps, which pass over fewer texels twice.
        let stride = ((reach / 0.045) as usize).max(2).min(last);
        let texel = 1.0 / self.density;
        for from in (0..last).step_by(stride) {
            let (a, b) = (crease.points[from], crease.points[(from + stride).min(last)]);
            let strength = crease.depth * crease.strength((from as f32 + 0.5 * stride as f32) / last as f32);
            let ab = [b[0] - a[0], b[1] - a[1]];
            let range = |axis: usize, side: usize| {
                let place = |v: f32| ((v - self.low[axis]) * self.density).clamp(0.0, side as f32) as usize;
                place(a[axis].min(b[axis]) - reach)..place(a[axis].max(b[axis]) + reach)
            };
            let (columns, rows) = (range(0, self.width), range(1, self.height));
            let per_length2 = 1.0 / (ab[0] * ab[0] + ab[1] * ab[1]).max(1e-12);
            let per_reach2 = 1.0 / (reach * reach);
            let first = self.point_of(columns.start, rows.start);
            for row in rows.clone() {
                let dy = first[1] + (row - rows.start) as f32 * texel - a[1];
                let (along_y, dx) = (dy * ab[1], first[0] - a[0]);
                let line = &mut depths[row * self.width..][columns.clone()];
                for (column, depth) in line.iter_mut().enumerate() {
                    let dx = dx + column as i32 as f32 * texel;
                    let along = ((dx * ab[0] + along_y) * per_length2).clamp(0.0, 1.0);
                    let (ex, ey) = (dx - along * ab[0], dy - along * ab[1]);
                    let inside = (1.0 - per_reach2 * (ex * ex + ey * ey)).max(0.0);
                    let deep = strength * inside * inside;
                    *depth = if deep > *depth { deep } else { *depth };
                }
            }
        }
    }

    /// Adds mounts and texture under the strokes.
    fn finish(&mut self, relief: &Relief, depths: &[f32], shades: &[f32], lights: &[f32]) {
        let coarse_width = self.width / CELL + 2;
        let coarse_height = self.height / CELL + 2;
        let coarse: Vec<(f32, Weave)> = (0..coarse_width * coarse_height)
            .map(|i| {
                let p = self.point_of(i % coarse_width * CELL, i / coarse_width * CELL);
                (relief.mounts.height(p), relief.texture.weave(p))
            })
            .collect();
        for row in 0..self.height {
            let (cy, ty) = (row / CELL, (row % CELL) as f32 / CELL as f32);
            let down = |cx: usize| {
                let (top, bottom) = (&coarse[cy * coarse_width + cx], &coarse[(cy + 1) * coarse_width + cx]);
                (top.0 + (bottom.0 - top.0) * ty, top.1.mixed(&bottom.1, ty))
            };
            let (mut left, mut right) = (down(0), down(1));
            for column in 0..self.width {
                if column > 0 && column % CELL == 0 {
                    (left, right) = (right, down(column / CELL + 1));
                }
                let tx = (column % CELL) as f32 / CELL as f32;
                let (tone, height) = relief.texture.at(&left.1.mixed(&right.1, tx));
                let i = row * self.width + column;
                let crease = depths[i];
                self.texels.push(Skinprint {
                    height: height - CREASE_DEPTH * (crease - 0.5 * lights[i]),
                    mount: left.0 + (right.0 - left.0) * tx,
                    crease,
                    mottle: tone + lights[i] - shades[i],
                });
            }
        }
    }

    fn halved(&self) -> Level {
        let (width, height) = (self.width / 2, self.height / 2);
        let texels = (0..width * height)
            .map(|i| {
                let (x, y) = (i % width * 2, i / width * 2);
                let four = [(0, 0), (1, 0), (0, 1), (1, 1)].map(|(dx, dy)| self.texels[(y + dy) * self.width + x + dx]);
                let mean = |get: fn(&Skinprint) -> f32| four.iter().map(get).sum::<f32>() / 4.0;
                Skinprint {
                    height: mean(|t| t.height),
                    crease: mean(|t| t.crease),
                    mount: mean(|t| t.mount),
                    mottle: mean(|t| t.mottle),
                }
            })
            .collect();
        Level { low: self.low, width, height, density: self.density / 2.0, texels }
    }

    /// The skin at a point, between texels.
    #[inline]
    pub(crate) fn at(&self, point: Point) -> Skinprint {
        let place = |axis: usize, side: usize| {
            ((point[axis] - self.low[axis]) * self.density - 0.5).clamp(0.0, side as f32 - 1.001)
        };
        let (x, y) = (place(0, self.width), place(1, self.height));
        let (column, row) = (x as usize, y as usize);
        let (tx, ty) = (x - column as f32, y - row as f32);
        let first = row * self.width + column;
        let (a, b) = (&self.texels[first], &self.texels[first + 1]);
        let (c, d) = (&self.texels[first + self.width], &self.texels[first + self.width + 1]);
        let (wa, wb, wc, wd) = ((1.0 - tx) * (1.0 - ty), tx * (1.0 - ty), (1.0 - tx) * ty, tx * ty);
        Skinprint {
            height: wa * a.height + wb * b.height + wc * c.height + wd * d.height,
            crease: wa * a.crease + wb * b.crease + wc * c.crease + wd * d.crease,
            mount: wa * a.mount + wb * b.mount + wc * c.mount + wd * d.mount,
            mottle: wa * a.mottle + wb * b.mottle + wc * c.mottle + wd * d.mottle,
        }
    }

    fn point_of(&self, column: usize, row: usize) -> Point {
        [self.low[0] + (column as f32 + 0.5) / self.density, self.low[1] + (row as f32 + 0.5) / self.density]
    }
}

/// The palm's mounts: thumb, little finger, and one under each finger, around the hollow.
struct Mounts([(Point, f32, f32); 6]);

impl Mounts {
    fn draw(rng: &mut Rng) -> Mounts {
        // Centre, reach and height in the palm's units, by eye from hands in raking light.
        let mean = [
            ([-0.95, -0.95], 0.95, 0.26),
            ([0.95, -0.85], 0.85, 0.17),
            ([-0.95, 0.85], 0.36, 0.05),
            ([-0.30, 0.98], 0.34, 0.05),
            ([0.36, 0.92], 0.34, 0.05),
            ([0.98, 0.62], 0.36, 0.05),
        ];
        Mounts(mean.map(|([x, y], reach, height): (Point, f32, f32)| {
            let at = [rng.around(x, 0.05), rng.around(y, 0.05)];
            (at, rng.around(reach, 0.05 * reach), rng.around(height, 0.2 * height))
        }))
    }

    fn height(&self, p: Point) -> f32 {
        let one = |&([x, y], reach, height): &(Point, f32, f32)| {
            let (dx, dy) = ((p[0] - x) / reach, (p[1] - y) / reach);
            height * bell(0.8 * (dx * dx + dy * dy).sqrt())
        };
        self.0.iter().map(one).sum()
    }
}
