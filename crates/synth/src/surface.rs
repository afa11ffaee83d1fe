//! The skin of one palm as a map: drawn once, then sampled under every pose, so that all captures share their creases.

use crate::{
    crease::{Crease, Point},
    noise::{Noise, bell},
    rng::Rng,
};

/// What the skin is like at one point.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Skinprint {
    /// Height of grain and creases in the palm's units.
    pub(crate) height: f32,
    /// Height of the mounts in the palm's units, 0 in the hollow.
    pub(crate) mount: f32,
    /// How far into a crease the point lies, 0–1.
    pub(crate) crease: f32,
    /// Mottling, about −1–1: lighter and darker patches.
    pub(crate) mottle: f32,
}

/// The map of one palm, at several resolutions.
#[derive(Clone)]
pub(crate) struct Surface(Vec<Level>);

#[derive(Clone)]
struct Level {
    width: usize,
    height: usize,
    /// Texels per unit.
    density: f32,
    texels: Vec<Skinprint>,
}

/// The part of the palm the map covers, in the palm's units.
const LOW: Point = [-2.3, -3.0];
const HIGH: Point = [2.0, 1.8];
/// Texels per unit at the finest level: twice the region of interest's 64.
const DENSITY: f32 = 128.0;
/// Depth of the deepest crease in the palm's units (about 0.6 mm), chosen by eye beside real regions of interest.
const CREASE_DEPTH: f32 = 0.021;

impl Surface {
    /// Draws the map of a palm with these creases.
    pub(crate) fn palmar(creases: &[Crease], rng: &mut Rng) -> Surface {
        let mut finest = Level::empty();
        for crease in creases {
            finest.cut(crease);
        }
        finest.finish(&Mounts::draw(rng), rng);
        let mut levels = vec![finest];
        for _ in 0..3 {
            levels.push(levels[levels.len() - 1].halved());
        }
        Surface(levels)
    }

    /// The skin at a point, for a drawing with this many pixels per unit; beyond the wrist smooth skin, and elsewhere
    /// beyond the map its edge's.
    pub(crate) fn at(&self, point: Point, px_per_unit: f32) -> Skinprint {
        let level = self.0.iter().rposition(|l| l.density >= 0.8 * px_per_unit).unwrap_or(0);
        if point[1] < LOW[1] {
            let reflected = self.0[level].at([point[0], 2.0 * LOW[1] - point[1]]);
            return Skinprint { height: 0.0, crease: 0.0, ..reflected };
        }
        self.0[level].at(point)
    }
}

impl Level {
    fn empty() -> Level {
        let side = |axis: usize| ((HIGH[axis] - LOW[axis]) * DENSITY) as usize;
        let (width, height) = (side(0), side(1));
        Level { width, height, density: DENSITY, texels: vec![Skinprint::default(); width * height] }
    }

    /// Cuts a crease: every texel within reach takes the deepest of what it has and what this crease gives it.
    fn cut(&mut self, crease: &Crease) {
        let reach = 4.0 * crease.width;
        let last = (crease.points.len() - 1) as f32;
        for (i, pair) in crease.points.windows(2).enumerate() {
            let (a, b) = (pair[0], pair[1]);
            let strength = crease.depth * crease.strength((i as f32 + 0.5) / last);
            let (ab, inside) = ([b[0] - a[0], b[1] - a[1]], |axis: usize, v: f32| {
                ((v - LOW[axis]) * DENSITY).clamp(0.0, (if axis == 0 { self.width } else { self.height }) as f32)
            });
            let length2 = (ab[0] * ab[0] + ab[1] * ab[1]).max(1e-12);
            let rows = inside(1, a[1].min(b[1]) - reach) as usize..inside(1, a[1].max(b[1]) + reach) as usize;
            let columns = inside(0, a[0].min(b[0]) - reach) as usize..inside(0, a[0].max(b[0]) + reach) as usize;
            for row in rows {
                for column in columns.clone() {
                    let p = point_of(column, row);
                    let (dx, dy) = (p[0] - a[0], p[1] - a[1]);
                    let along = ((dx * ab[0] + dy * ab[1]) / length2).clamp(0.0, 1.0);
                    let (ex, ey) = (dx - along * ab[0], dy - along * ab[1]);
                    let off = (ex * ex + ey * ey).sqrt() / crease.width;
                    // 0.64 brings the bell to half its height at ±1; what is left at the reach is taken off.
                    let profile = (bell(0.64 * off) - 0.018).max(0.0);
                    let texel = &mut self.texels[row * self.width + column].crease;
                    *texel = texel.max(strength * profile);
                }
            }
        }
    }

    /// Adds mounts, mottling and grain under the creases.
    fn finish(&mut self, mounts: &Mounts, rng: &mut Rng) {
        let (patches, grain) = (Noise::new(rng), Noise::new(rng));
        // Mottling is smooth: computed every 8 texels and interpolated.
        let coarse_width = self.width / 8 + 2;
        let coarse_height = self.height / 8 + 2;
        let coarse: Vec<[f32; 3]> = (0..coarse_width * coarse_height)
            .map(|i| {
                let p = point_of(i % coarse_width * 8, i / coarse_width * 8);
                let broad = patches.octaves(1.9 * p[0] + 40.0, 1.9 * p[1] + 40.0, 2);
                let blotch = patches.octaves(6.0 * p[0] + 11.0, 6.0 * p[1] + 23.0, 2);
                let lumps = patches.octaves(4.6 * p[0] + 51.0, 4.6 * p[1] + 3.0, 2);
                [mounts.height(p), 0.8 * broad + 0.8 * blotch, 0.013 * lumps]
            })
            .collect();
        for row in 0..self.height {
            let (cy, ty) = (row / 8, (row % 8) as f32 / 8.0);
            for column in 0..self.width {
                let (cx, tx) = (column / 8, (column % 8) as f32 / 8.0);
                let corner = |dx: usize, dy: usize| coarse[(cy + dy) * coarse_width + cx + dx];
                let blend = |k: usize| {
                    let top = corner(0, 0)[k] + (corner(1, 0)[k] - corner(0, 0)[k]) * tx;
                    let bottom = corner(0, 1)[k] + (corner(1, 1)[k] - corner(0, 1)[k]) * tx;
                    top + (bottom - top) * ty
                };
                let (x, y) = (column as f32, row as f32);
                let fine = 0.6 * grain.at(0.29 * x, 0.29 * y) + 0.5 * grain.at(0.13 * x + 9.0, 0.11 * y);
                let texel = &mut self.texels[row * self.width + column];
                texel.height = blend(2) + 0.0013 * fine - CREASE_DEPTH * texel.crease;
                texel.mount = blend(0);
                texel.mottle = blend(1) + 0.25 * fine;
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
        Level { width, height, density: self.density / 2.0, texels }
    }

    fn at(&self, point: Point) -> Skinprint {
        let place =
            |axis: usize, side: usize| ((point[axis] - LOW[axis]) * self.density - 0.5).clamp(0.0, side as f32 - 1.001);
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
}

fn point_of(column: usize, row: usize) -> Point {
    [LOW[0] + (column as f32 + 0.5) / DENSITY, LOW[1] + (row as f32 + 0.5) / DENSITY]
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
