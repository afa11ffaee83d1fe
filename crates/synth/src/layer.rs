//! A drawing before the camera sees it: heights and reflectances per pixel, then light.

use crate::{conditions::Light, pixels::Pixels};

/// Heights and reflectances of what faces the camera.
pub(crate) struct Layer {
    pub(crate) width: usize,
    pub(crate) height: usize,
    /// Height towards the camera in pixels, row-major.
    pub(crate) heights: Vec<f32>,
    /// Linear reflectance, RGB, row-major.
    pub(crate) colours: Vec<[f32; 3]>,
    /// How much of the pixel the skin covers, 0–1.
    pub(crate) cover: Vec<f32>,
    /// How glossy the pixel is: 1 is skin.
    pub(crate) gloss: Vec<f32>,
}

impl Layer {
    /// Nothing but black.
    pub(crate) fn empty(width: usize, height: usize) -> Layer {
        let n = width * height;
        let (zeros, ones) = (vec![0.0; n], vec![1.0; n]);
        Layer { width, height, heights: zeros.clone(), colours: vec![[0.0; 3]; n], cover: zeros, gloss: ones }
    }

    /// Lays light on the skin; what is uncovered shows the colours of the layer as they are.
    pub(crate) fn lit(&self, light: &Light) -> Pixels {
        let lamp = Lamp::new(light);
        let mut out = Pixels::black(self.width, self.height);
        let (w, h) = (self.width, self.height);
        let across = 1.0 / w.max(h) as f32;
        for y in 0..h {
            let (above, below) = (y.saturating_sub(1) * w, (y + 1).min(h - 1) * w);
            for x in 0..w {
                let i = y * w + x;
                let side = (x as f32 - 0.5 * w as f32) * lamp.to[0] - (y as f32 - 0.5 * h as f32) * lamp.to[1];
                let level = (1.0 + 2.0 * light.falloff * side * across).max(0.05);
                let cover = self.cover[i];
                let lit = if cover > 0.0 {
                    let gx =
                        0.5 * (self.heights[y * w + (x + 1).min(w - 1)] - self.heights[y * w + x.saturating_sub(1)]);
                    let gy = 0.5 * (self.heights[below + x] - self.heights[above + x]);
                    lamp.shade(gx, -gy, self.colours[i], self.gloss[i])
                } else {
                    self.colours[i]
                };
                for (out, (lit, colour)) in out.rgb[3 * i..].iter_mut().zip(lit.iter().zip(&light.colour)) {
                    *out = lit * level * colour;
                }
            }
        }
        out
    }
}

/// A light made ready for a grey camera.
pub(crate) struct GreyLamp {
    lamp: Lamp,
    falloff: f32,
    /// The direction in which a mirror would show the lamp, a unit vector.
    half: [f32; 3],
    /// The share of light that is mirrored at most.
    shine: f32,
    /// What brings a level surface's light to 1.
    direct: f32,
}

impl GreyLamp {
    pub(crate) fn new(light: &Light, shine: f32) -> GreyLamp {
        let lamp = Lamp::new(light);
        let half = [lamp.to[0], lamp.to[1], lamp.to[2] + 1.0];
        let length = (half[0] * half[0] + half[1] * half[1] + half[2] * half[2]).sqrt();
        let shine = 0.035 * shine * (1.0 - light.ambient);
        let direct = (1.0 - light.ambient) / lamp.to[2].max(0.2);
        GreyLamp { lamp, falloff: light.falloff, half: half.map(|v| v / length), shine, direct }
    }

    /// How much light there is at a place of the square, −1–1 to the right and down: 1 in the middle.
    #[inline]
    pub(crate) fn level(&self, u: f32, v: f32) -> f32 {
        (1.0 + self.falloff * (u * self.lamp.to[0] - v * self.lamp.to[1])).max(0.05)
    }

    /// The light a slope of this reflectance sends to the camera; slopes to the right and up.
    #[inline]
    pub(crate) fn shade(&self, gx: f32, gy: f32, tone: f32) -> f32 {
        // Between red, under which skin scatters light and slopes show little, and blue: see `Lamp::shade`.
        const SOFTNESS: f32 = 0.87;
        let (to, ambient, half) = (&self.lamp.to, self.lamp.ambient, &self.half);
        let (sx, sy) = (gx * SOFTNESS, gy * SOFTNESS);
        let norm = 1.0 / (1.0 + sx * sx + sy * sy).sqrt();
        let facing = ((to[2] - sx * to[0] - sy * to[1]) * norm).max(0.0);
        let around = ambient * (0.35 + 0.65 * norm);
        let mirror = ((half[2] - gx * half[0] - gy * half[1]) * norm).max(0.0);
        let narrow = mirror * mirror * mirror * mirror;
        tone * (around + self.direct * facing) + self.shine * narrow * narrow * narrow
    }
}

/// A light made ready.
struct Lamp {
    /// Unit vector towards it: right, up, out.
    to: [f32; 3],
    ambient: f32,
}

impl Lamp {
    fn new(light: &Light) -> Lamp {
        let (around, up) = (light.direction_deg.to_radians(), light.height_deg.to_radians());
        let flat = libm::cosf(up);
        Lamp { to: [flat * libm::cosf(around), flat * libm::sinf(around), libm::sinf(up)], ambient: light.ambient }
    }

    /// The light a slope sends to the camera, with its reflectance; a level surface is lit by exactly 1.
    fn shade(&self, gx: f32, gy: f32, colour: [f32; 3], gloss: f32) -> [f32; 3] {
        // Skin scatters red light further than blue: slopes show less in red.
        const SOFTNESS: [f32; 3] = [0.72, 0.90, 1.0];
        let (gx, gy) = (gx.clamp(-2.5, 2.5), gy.clamp(-2.5, 2.5));
        let mut lit = [0.0; 3];
        for channel in 0..3 {
            let (sx, sy) = (gx * SOFTNESS[channel], gy * SOFTNESS[channel]);
            let norm = 1.0 / (1.0 + sx * sx + sy * sy).sqrt();
            let facing = ((self.to[2] - sx * self.to[0] - sy * self.to[1]) * norm).max(0.0) / self.to[2].max(0.2);
            // From everywhere, but steep slopes see less of it.
            let around = self.ambient * (0.35 + 0.65 * norm);
            lit[channel] = colour[channel] * (around + (1.0 - self.ambient) * facing);
        }
        let norm = 1.0 / (1.0 + gx * gx + gy * gy).sqrt();
        let half = [self.to[0], self.to[1], self.to[2] + 1.0];
        let length = (half[0] * half[0] + half[1] * half[1] + half[2] * half[2]).sqrt();
        let mirror = ((half[2] - gx * half[0] - gy * half[1]) * norm / length).max(0.0);
        let shine = mirror * mirror * mirror * mirror;
        let shine = 0.035 * gloss * shine * shine * shine * (1.0 - self.ambient);
        lit.map(|v| v + shine)
    }
}
