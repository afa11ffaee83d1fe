//! Backgrounds that are anything but plain: tables, cloth, walls, and things lying about, some of the colour of skin.

use crate::{
    layer::Layer,
    noise::{Noise, smooth_step},
    rng::Rng,
    scene::Face,
    skin::Skin,
};

/// The most things that lie about.
const MOST_THINGS: usize = 14;

/// Fills a layer with a surface and what lies on it, with this probability of a face looking on.
pub(crate) fn fill(layer: &mut Layer, faces: f32, rng: &mut Rng) {
    Surface::draw(rng).fill(layer);
    let things = if rng.chance(0.25) { 0 } else { rng.count(1, MOST_THINGS) };
    for _ in 0..things {
        Thing::draw(rng).lay(layer);
    }
    if rng.chance(faces) {
        face(layer, rng);
    }
}

/// A colour anything may have: linear reflectances, a quarter of the time skin's.
fn colour(rng: &mut Rng) -> [f32; 3] {
    if rng.chance(0.25) {
        let skin = Skin::draw(rng);
        return if rng.chance(0.5) { skin.palm } else { skin.back };
    }
    // Even in lightness as seen, not in reflectance.
    let level = rng.range(0.05, 0.95);
    let vivid = rng.unit() * rng.unit();
    std::array::from_fn(|_| (level * level * (1.0 + vivid * rng.range(-1.0, 1.5))).clamp(0.004, 0.95))
}

fn mixed(a: [f32; 3], b: [f32; 3], t: f32) -> [f32; 3] {
    std::array::from_fn(|c| a[c] + (b[c] - a[c]) * t)
}

/// Two colours, mixed by a pattern: a slope, stripes, tiles, grain or patches.
struct Surface {
    colours: [[f32; 3]; 2],
    pattern: usize,
    /// Cycles over the shorter side, along the pattern and across it, and its direction.
    pitch: [f32; 2],
    turn: [f32; 2],
    rough: f32,
    noise: Noise,
}

impl Surface {
    fn draw(rng: &mut Rng) -> Surface {
        let first = colour(rng);
        let second = if rng.chance(0.5) { colour(rng) } else { first.map(|c| c * rng.range(0.5, 1.5)) };
        let (pattern, angle) = (rng.count(0, 4), rng.range(0.0, std::f32::consts::TAU));
        let pitch = libm::expf(rng.range(0.3, 3.4));
        let stretch = if pattern == 3 { rng.range(5.0, 16.0) } else { rng.range(1.0, 2.0) };
        Surface {
            colours: [first, second],
            pattern,
            pitch: [pitch / stretch, pitch],
            turn: [libm::cosf(angle), libm::sinf(angle)],
            rough: rng.unit() * rng.unit() * 0.5,
            noise: Noise::new(rng),
        }
    }

    /// How much of the second colour there is at a place, in shares of the shorter side.
    fn share(&self, x: f32, y: f32) -> f32 {
        let u = self.pitch[0] * (self.turn[0] * x + self.turn[1] * y);
        let v = self.pitch[1] * (self.turn[0] * y - self.turn[1] * x);
        let wave = |t: f32| (2.0 * (t - t.floor()) - 1.0).abs();
        match self.pattern {
            0 => (0.5 + 0.5 * (self.turn[0] * x + self.turn[1] * y)).clamp(0.0, 1.0),
            1 => smooth_step(0.35, 0.65, wave(v)),
            2 => smooth_step(0.9, 0.97, wave(u).max(wave(v))),
            3 => 0.5 + 0.5 * self.noise.octaves(u, v, 3),
            _ => 0.5 + 0.6 * self.noise.octaves(0.3 * u, 0.3 * v, 3),
        }
    }

    fn fill(&self, layer: &mut Layer) {
        let (w, unit) = (layer.width, 1.0 / layer.width.min(layer.height) as f32);
        for (i, out) in layer.colours.iter_mut().enumerate() {
            let (x, y) = ((i % w) as f32 * unit, (i / w) as f32 * unit);
            let rough = 1.0 + self.rough * self.noise.at(90.0 * x, 90.0 * y);
            *out = mixed(self.colours[0], self.colours[1], self.share(x, y)).map(|c| (c * rough).max(0.002));
        }
    }
}

/// One thing that lies about: round, square, long like a finger or an arm, or a sheet with writing.
struct Thing {
    kind: usize,
    colours: [[f32; 3]; 2],
    middle: [f32; 2],
    half: [f32; 2],
    turn: [f32; 2],
    /// How strongly it is shaded towards its edge, as round things are.
    round: f32,
    noise: Noise,
}

impl Thing {
    fn draw(rng: &mut Rng) -> Thing {
        let kind = rng.count(0, 3);
        let size = libm::expf(rng.range(-3.3, -0.9));
        let slim = if kind == 2 { rng.range(0.08, 0.3) } else { rng.range(0.35, 1.0) };
        let angle = rng.range(0.0, std::f32::consts::TAU);
        Thing {
            kind,
            colours: [colour(rng), colour(rng)],
            middle: [rng.range(-0.1, 1.5), rng.range(-0.1, 1.5)],
            half: [size, size * slim],
            turn: [libm::cosf(angle), libm::sinf(angle)],
            round: rng.unit(),
            noise: Noise::new(rng),
        }
    }

    fn lay(&self, layer: &mut Layer) {
        let side = layer.width.min(layer.height) as f32;
        let reach = self.half[0] + self.half[1] + 0.03;
        let range = |middle: f32, limit: usize| {
            let end = |v: f32| (v * side).clamp(0.0, limit as f32) as usize;
            end(middle - reach)..end(middle + reach)
        };
        for y in range(self.middle[1], layer.height) {
            for x in range(self.middle[0], layer.width) {
                let (dx, dy) = (x as f32 / side - self.middle[0], y as f32 / side - self.middle[1]);
                let (u, v) = (self.turn[0] * dx + self.turn[1] * dy, self.turn[0] * dy - self.turn[1] * dx);
                let (distance, inwards) = self.distance(u, v);
                let cover = smooth_step(0.75, -0.75, distance * side);
                let shade = 1.0 - 0.3 * self.round * smooth_step(0.03, 0.0, distance);
                let out = &mut layer.colours[y * layer.width + x];
                let body = 1.0 - 0.7 * self.round * (1.0 - inwards.clamp(0.0, 1.0)) * (1.0 - inwards.clamp(0.0, 1.0));
                *out = mixed(out.map(|c| c * shade), self.colour(u, v).map(|c| c * body), cover);
            }
        }
    }

    /// The signed distance from the outline, and how far inwards a place lies, 0–1.
    fn distance(&self, u: f32, v: f32) -> (f32, f32) {
        let [a, b] = self.half;
        let distance = match self.kind {
            0 => ((u / a) * (u / a) + (v / b) * (v / b)).sqrt() * b - b,
            2 => {
                let along = u.abs() - a;
                (along.max(0.0) * along.max(0.0) + v * v).sqrt() - b
            }
            _ => (u.abs() - a).max(v.abs() - b),
        };
        (distance, -distance / b)
    }

    fn colour(&self, u: f32, v: f32) -> [f32; 3] {
        let [first, second] = self.colours;
        if self.kind == 3 {
            // Lines of writing.
            let ink = self.noise.at(60.0 * u, 0.3) * self.noise.at(60.0 * u, (28.0 * v).floor());
            let line = 28.0 * v - (28.0 * v).floor();
            return if line < 0.5 && ink > 0.02 { second } else { first };
        }
        mixed(first, second, 0.25 + 0.3 * self.noise.octaves(6.0 * u, 6.0 * v, 2))
    }
}

/// A face that looks on, without its own light.
fn face(layer: &mut Layer, rng: &mut Rng) {
    let face = Face::draw(rng);
    let side = layer.width.min(layer.height) as f32;
    let unit = side * rng.range(0.12, 0.4);
    let middle = [rng.range(0.0, layer.width as f32), rng.range(0.0, layer.height as f32)];
    let lean = rng.range(-0.5, 0.5);
    for y in 0..layer.height {
        for x in 0..layer.width {
            let (dx, dy) = ((x as f32 - middle[0]) / unit, (y as f32 - middle[1]) / unit);
            face.paint(layer, y * layer.width + x, [dx + lean * dy, dy - lean * dx], unit);
        }
    }
    layer.heights.fill(0.0);
    layer.cover.fill(0.0);
}
