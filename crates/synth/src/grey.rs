//! A grey camera for the region of interest: blur, motion, resolution, tone, noise, and what JPEG leaves of it.

use crate::{blocks, conditions::Conditions, rng::Rng};

/// Light on a square sensor, linear, row-major.
pub(crate) struct Grey {
    pub(crate) side: usize,
    pub(crate) light: Vec<f32>,
}

/// Entries of the tone curve's table, between which it is interpolated.
const TONES: usize = 512;

impl Grey {
    /// What the camera makes of the light: 8-bit grey values.
    pub(crate) fn photographed(mut self, conditions: &Conditions, rng: &mut Rng) -> Vec<u8> {
        let full = self.side;
        let resolution = conditions.resolution.clamp(0.3, 1.0);
        // A camera's larger pixel is the mean over its area, which this much blur stands in for.
        let larger = 0.35 * (1.0 / (resolution * resolution) - 1.0).sqrt();
        let defocus = conditions.defocus_px;
        self.blurred((defocus * defocus + larger * larger).sqrt());
        self.moved(conditions.motion_px.0, conditions.motion_px.1);
        let mut seen = self.resized((resolution * full as f32).round() as usize);
        seen.developed(conditions, rng);
        if let Some(quality) = conditions.jpeg_quality {
            blocks::compress(&mut seen.light, seen.side, quality, rng);
        }
        seen.resized(full).light.iter().map(|v| (v + 0.5).clamp(0.0, 255.0) as u8).collect()
    }

    /// Gaussian blur of this standard deviation in pixels; the border is repeated outwards.
    pub(crate) fn blurred(&mut self, deviation: f32) {
        if deviation < 0.2 {
            return;
        }
        let reach = (2.5 * deviation) as usize + 1;
        let weight = |i: usize| libm::expf(-0.5 * (i as f32 / deviation) * (i as f32 / deviation));
        let total: f32 = weight(0) + 2.0 * (1..=reach).map(weight).sum::<f32>();
        let kernel: Vec<f32> = (0..=2 * reach).map(|i| weight(i.abs_diff(reach)) / total).collect();
        let side = self.side;
        let mut padded = vec![0.0; side + 2 * reach];
        for row in self.light.chunks_exact_mut(side) {
            padded[..reach].fill(row[0]);
            padded[reach..reach + side].copy_from_slice(row);
            padded[reach + side..].fill(row[side - 1]);
            row.fill(0.0);
            for (tap, weight) in kernel.iter().enumerate() {
                row.iter_mut().zip(&padded[tap..]).for_each(|(out, value)| *out += weight * value);
            }
        }
        let source = std::mem::replace(&mut self.light, vec![0.0; side * side]);
        for (y, row) in self.light.chunks_exact_mut(side).enumerate() {
            for (tap, weight) in kernel.iter().enumerate() {
                let from = (y + tap).saturating_sub(reach).min(side - 1) * side;
                row.iter_mut().zip(&source[from..]).for_each(|(out, value)| *out += weight * value);
            }
        }
    }

    /// Motion blur: the mean along a line of this length in pixels.
    fn moved(&mut self, length: f32, direction_deg: f32) {
        if length < 0.7 {
            return;
        }
        let (dx, dy) = (libm::cosf(direction_deg.to_radians()), -libm::sinf(direction_deg.to_radians()));
        let steps = libm::ceilf(length) as usize + 1;
        let weight = 1.0 / steps as f32;
        let side = self.side;
        let source = std::mem::replace(&mut self.light, vec![0.0; side * side]);
        for step in 0..steps {
            let t = length * (step as f32 / (steps - 1) as f32 - 0.5);
            let (ox, oy) = (libm::roundf(t * dx) as isize, libm::roundf(t * dy) as isize);
            let before = ox.unsigned_abs().min(side - 1);
            for (y, row) in self.light.chunks_exact_mut(side).enumerate() {
                let line = &source[y.saturating_add_signed(oy).min(side - 1) * side..][..side];
                let (inside, edge, from) = if ox >= 0 {
                    (&mut row[..side - before], line[side - 1], before)
                } else {
                    (&mut row[before..], line[0], 0)
                };
                inside.iter_mut().zip(&line[from..]).for_each(|(out, value)| *out += weight * value);
                let outside = if ox >= 0 { &mut row[side - before..] } else { &mut row[..before] };
                outside.iter_mut().for_each(|out| *out += weight * edge);
            }
        }
    }

    /// Sampled between pixels on a grid of another size.
    fn resized(self, side: usize) -> Grey {
        if side == self.side || side < 2 {
            return self;
        }
        let step = self.side as f32 / side as f32;
        let places: Vec<(usize, f32)> = (0..side)
            .map(|i| {
                let x = ((i as f32 + 0.5) * step - 0.5).clamp(0.0, self.side as f32 - 1.001);
                (x as usize, x - (x as usize) as f32)
            })
            .collect();
        let mut light = Vec::with_capacity(side * side);
        let mut line = vec![0.0; self.side];
        for &(above, t) in &places {
            let (top, bottom) = self.light[above * self.side..][..2 * self.side].split_at(self.side);
            line.iter_mut().zip(top.iter().zip(bottom)).for_each(|(out, (a, b))| *out = a + (b - a) * t);
            light.extend(places.iter().map(|&(left, t)| line[left] + (line[left + 1] - line[left]) * t));
        }
        Grey { side, light }
    }

    /// Exposure, stray light, the tone curve and noise: from linear light to 0–255, not yet rounded.
    fn developed(&mut self, conditions: &Conditions, rng: &mut Rng) {
        let haze = conditions.haze.clamp(0.0, 0.95);
        let last = (TONES - 1) as f32;
        let tone = |i: usize| {
            let v = haze + (1.0 - haze) * i as f32 / last;
            let level = if v <= 0.003_130_8 { 12.92 * v } else { 1.055 * libm::powf(v, 1.0 / 2.4) - 0.055 };
            255.0 * if conditions.gamma == 1.0 { level } else { libm::powf(level, conditions.gamma) }
        };
        let curve: Vec<f32> = (0..TONES).map(tone).collect();
        let gain = conditions.exposure * last;
        for v in &mut self.light {
            let place = (*v * gain).clamp(0.0, last - 0.001);
            let below = place as usize;
            *v = curve[below] + (curve[below + 1] - curve[below]) * (place - below as f32);
        }
        // The sum of four bytes has a standard deviation of 147.8: one word makes two pixels' noise.
        let noise = conditions.noise / 147.8;
        if noise > 0.0 {
            for pair in self.light.chunks_mut(2) {
                let word = rng.next();
                for (v, half) in pair.iter_mut().zip([word as u32, (word >> 32) as u32]) {
                    let sum: u32 = half.to_le_bytes().map(u32::from).iter().sum();
                    *v += noise * (sum as f32 - 510.0);
                }
            }
        }
    }
}
