//! What JPEG does to a grey picture: blocks of 8 × 8, their cosine transform rounded coarsely, and back.
//!
//! The loss alone, without the coded bytes, which are lossless: the same on every machine, and quick.

use crate::rng::Rng;
use std::f32::consts::PI;

/// The luminance table of ITU-T T.81, K.1, for quality 50.
const TABLE: [u8; 64] = [
    16, 11, 10, 16, 24, 40, 51, 61, 12, 12, 14, 19, 26, 58, 60, 55, 14, 13, 16, 24, 40, 57, 69, 56, 14, 17, 22, 29, 51,
    87, 80, 62, 18, 22, 37, 56, 68, 109, 103, 77, 24, 35, 55, 64, 81, 104, 113, 92, 49, 64, 78, 87, 103, 121, 120, 101,
    72, 92, 95, 98, 112, 100, 103, 99,
];

type Block = [[f32; 8]; 8];

/// Compresses grey values of 0–255 in place, at a quality of 1–100; where the blocks begin is drawn, since a region of
/// interest is cut from anywhere in a frame.
pub(crate) fn compress(grey: &mut [f32], side: usize, quality: u8, rng: &mut Rng) {
    let quality = u32::from(quality.clamp(1, 100));
    let percent = if quality < 50 { 5000 / quality } else { 200 - 2 * quality };
    let steps = TABLE.map(|v| ((u32::from(v) * percent + 50) / 100).clamp(1, 255) as f32);
    let (left, top) = (rng.count(0, 7), rng.count(0, 7));
    let forward = cosines();
    let back = transposed(&forward);
    for from_y in (0..side + top).step_by(8) {
        for from_x in (0..side + left).step_by(8) {
            let at = |k: usize, from: usize, off: usize| (from + k).saturating_sub(off).min(side - 1);
            let mut block: Block = std::array::from_fn(|y| {
                std::array::from_fn(|x| grey[at(y, from_y, top) * side + at(x, from_x, left)] - 128.0)
            });
            block = product(&product(&forward, &block), &back);
            for (value, step) in block.as_flattened_mut().iter_mut().zip(&steps) {
                *value = step * (value.abs() / step + 0.5).floor().copysign(*value);
            }
            block = product(&product(&back, &block), &forward);
            for (y, row) in block.iter().enumerate() {
                for (x, value) in row.iter().enumerate() {
                    let (x, y) = ((from_x + x).checked_sub(left), (from_y + y).checked_sub(top));
                    if let (Some(x), Some(y)) = (x.filter(|x| *x < side), y.filter(|y| *y < side)) {
                        grey[y * side + x] = (value + 128.0).clamp(0.0, 255.0);
                    }
                }
            }
        }
    }
}

/// The orthonormal cosine transform of eight values.
fn cosines() -> Block {
    std::array::from_fn(|k| {
        let scale = if k == 0 { 0.125_f32.sqrt() } else { 0.5 };
        std::array::from_fn(|x| scale * libm::cosf((2 * x + 1) as f32 * k as f32 * PI / 16.0))
    })
}

fn transposed(a: &Block) -> Block {
    std::array::from_fn(|y| std::array::from_fn(|x| a[x][y]))
}

fn product(a: &Block, b: &Block) -> Block {
    let mut out = [[0.0; 8]; 8];
    for (out, a) in out.iter_mut().zip(a) {
        for (a, b) in a.iter().zip(b) {
            for x in 0..8 {
                out[x] += a * b[x];
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(quality: u8) -> f32 {
        let mut rng = Rng::new(5, "blocks");
        let grey: Vec<f32> = (0..96 * 96).map(|i| 120.0 + (i % 96) as f32 * 0.5 + rng.range(-20.0, 20.0)).collect();
        let mut squeezed = grey.clone();
        compress(&mut squeezed, 96, quality, &mut rng);
        let squares = grey.iter().zip(&squeezed).map(|(a, b)| (a - b) * (a - b)).sum::<f32>();
        (squares / grey.len() as f32).sqrt()
    }

    #[test]
    fn the_best_quality_keeps_the_picture_and_a_low_one_loses_it() {
        assert!(error(100) < 0.6, "{}", error(100));
        assert!(error(90) < error(60) && error(60) < error(20) && error(20) > 5.0);
    }
}
