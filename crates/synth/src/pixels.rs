//! The camera: blur, motion, exposure, noise, and the eight bits that come out.

use crate::{conditions::Conditions, rng::Rng};

/// Linear light per pixel: RGB, row-major.
pub(crate) struct Pixels {
    pub(crate) width: usize,
    pub(crate) height: usize,
    pub(crate) rgb: Vec<f32>,
}

impl Pixels {
    pub(crate) fn black(width: usize, height: usize) -> Pixels {
        Pixels { width, height, rgb: vec![0.0; 3 * width * height] }
    }

    /// What the camera makes of the light: 8-bit sRGB. `scale` is the size of a pixel of the conditions' blur.
    pub(crate) fn photographed(mut self, conditions: &Conditions, scale: f32, rng: &mut Rng) -> Vec<u8> {
        self.defocus(conditions.defocus_px * scale);
        self.moved(conditions.motion_px.0 * scale, conditions.motion_px.1);
        self.developed(conditions.exposure, conditions.noise, rng)
    }

    /// Gaussian blur of this standard deviation in pixels.
    fn defocus(&mut self, deviation: f32) {
        if deviation < 0.2 {
            return;
        }
        let reach = (2.5 * deviation) as usize + 1;
        let weight = |i: usize| libm::expf(-0.5 * (i as f32 / deviation) * (i as f32 / deviation));
        let total: f32 = weight(0) + 2.0 * (1..=reach).map(weight).sum::<f32>();
        let kernel: Vec<f32> = (0..=2 * reach).map(|i| weight(i.abs_diff(reach)) / total).collect();
        let row_len = 3 * self.width;
        let mut padded = vec![0.0; row_len + 6 * reach];
        for row in self.rgb.chunks_exact_mut(row_len) {
            padded[3 * reach..3 * reach + row_len].copy_from_slice(row);
            for i in 0..3 * reach {
                padded[i] = row[i % 3];
                padded[3 * reach + row_len + i] = row[row_len - 3 + i % 3];
            }
            row.fill(0.0);
            for (tap, weight) in kernel.iter().enumerate() {
                for (out, value) in row.iter_mut().zip(&padded[3 * tap..]) {
                    *out += weight * value;
                }
            }
        }
        let source = self.rgb.clone();
        for (y, row) in self.rgb.chunks_exact_mut(row_len).enumerate() {
            row.fill(0.0);
            for (tap, weight) in kernel.iter().enumerate() {
                let from = (y + tap).saturating_sub(reach).min(self.height - 1) * row_len;
                for (out, value) in row.iter_mut().zip(&source[from..from + row_len]) {
                    *out += weight * value;
                }
            }
        }
    }

    /// Motion blur: the mean along a line of this length in pixels.
    fn moved(&mut self, length: f32, direction_deg: f32) {
        if length < 0.7 {
            return;
        }
        let (dx, dy) = (libm::cosf(direction_deg.to_radians()), -libm::sinf(direction_deg.to_radians()));
        let steps = libm::ceilf(length) as i32 + 1;
        let source = self.rgb.clone();
        let row_len = 3 * self.width;
        self.rgb.fill(0.0);
        let weight = 1.0 / steps as f32;
        for step in 0..steps {
            let t = length * (step as f32 / (steps - 1).max(1) as f32 - 0.5);
            let (ox, oy) = (libm::roundf(t * dx) as isize, libm::roundf(t * dy) as isize);
            for (y, row) in self.rgb.chunks_exact_mut(row_len).enumerate() {
                let from = y.saturating_add_signed(oy).min(self.height - 1) * row_len;
                let line = &source[from..from + row_len];
                for (x, out) in row.chunks_exact_mut(3).enumerate() {
                    let at = 3 * x.saturating_add_signed(ox).min(self.width - 1);
                    for channel in 0..3 {
                        out[channel] += weight * line[at + channel];
                    }
                }
            }
        }
    }

    /// Exposure, the sRGB curve, noise, and rounding.
    fn developed(&self, exposure: f32, noise: f32, rng: &mut Rng) -> Vec<u8> {
        let curve = srgb_curve();
        let gain = exposure * (curve.len() - 1) as f32;
        let look_up = |v: f32| curve[((v * gain) as usize).min(curve.len() - 1)];
        if noise <= 0.0 {
            return self.rgb.iter().map(|v| (look_up(*v) + 0.5) as u8).collect();
        }
        let mut out = Vec::with_capacity(self.rgb.len());
        // The sum of four bytes has a standard deviation of 147.8, of two bytes 104.5.
        let (luma, chroma) = (0.85 * noise / 147.8, 0.5 * noise / 104.5);
        for pixel in self.rgb.chunks_exact(3) {
            let bytes = rng.next().to_le_bytes().map(f32::from);
            let shared = luma * (bytes[0] + bytes[1] + bytes[2] + bytes[3] - 510.0);
            let own = [bytes[4] + bytes[5], bytes[6] + bytes[7], bytes[5] + bytes[6]];
            for channel in 0..3 {
                let noisy = look_up(pixel[channel]) + shared + chroma * (own[channel] - 255.0);
                out.push((noisy + 0.5).clamp(0.0, 255.0) as u8);
            }
        }
        out
    }
}

/// The sRGB transfer curve: 0–1 in 4,096 steps to 0–255.
fn srgb_curve() -> Vec<f32> {
    (0..4096)
        .map(|i| {
            let v = i as f32 / 4095.0;
            255.0 * if v <= 0.003_130_8 { 12.92 * v } else { 1.055 * libm::powf(v, 1.0 / 2.4) - 0.055 }
        })
        .collect()
}
