//! Evens out light and contrast, so that one filter response means the same everywhere on a palm.

use super::kernel::{Kernel, dispatch};
use crate::Roi;
use zeroize::Zeroizing;

/// Values on a square grid, row-major; wiped when dropped.
pub(crate) type Plane = Zeroizing<Vec<f32>>;

/// Width and height of the normalised plane: half the region of interest's, since the lines coded are 6 px wide.
pub(crate) const SIDE: usize = Roi::SIDE_PX / 2;

/// Standard deviation, in px, of the neighbourhood whose mean is taken away. Tried 8, 12 and 20.
const MEAN_SIGMA_PX: f32 = 12.0;
/// Standard deviation, in px, of the neighbourhood whose contrast is divided by.
const CONTRAST_SIGMA_PX: f32 = 16.0;
/// Grey levels added to the contrast, so that sensor noise on flat skin is not blown up. Chosen, not tuned.
const CONTRAST_FLOOR: f32 = 2.0;
/// Where a normalised value is cut off, in local standard deviations: a highlight must not outweigh a crease.
/// Tried 1.5–4, with no difference to speak of.
const CLAMP: f32 = 3.0;
/// Standard deviation, in px, of the smoothing before halving the resolution.
const SMOOTH_SIGMA_PX: f32 = 0.5;

/// Takes away the local mean, divides by the local contrast and halves the resolution: [`SIDE`]² values.
pub(crate) fn normalise(roi: &Roi) -> Plane {
    let side = Roi::SIDE_PX;
    let grey: Plane = Zeroizing::new(roi.grey().iter().map(|&v| f32::from(v)).collect());
    let mean = blur(&grey, MEAN_SIGMA_PX);
    let centred: Plane = Zeroizing::new(grey.iter().zip(mean.iter()).map(|(v, m)| v - m).collect());
    let squares: Plane = Zeroizing::new(centred.iter().map(|v| v * v).collect());
    let variance = blur(&squares, CONTRAST_SIGMA_PX);
    let even: Plane = Zeroizing::new(
        centred
            .iter()
            .zip(variance.iter())
            .map(|(v, q)| (v / (q.sqrt() + CONTRAST_FLOOR)).clamp(-CLAMP, CLAMP))
            .collect(),
    );
    let smooth = blur(&even, SMOOTH_SIGMA_PX);
    let half = |i: usize| {
        let at = 2 * (i / SIDE) * side + 2 * (i % SIDE);
        (smooth[at] + smooth[at + 1] + smooth[at + side] + smooth[at + side + 1]) * 0.25
    };
    Zeroizing::new((0..SIDE * SIDE).map(half).collect())
}

/// Gaussian blur of a plane as large as the region of interest; the border pixel is repeated outwards.
fn blur(plane: &[f32], sigma_px: f32) -> Plane {
    let radius = (3.0 * sigma_px).ceil() as usize;
    let weight = |i: usize| (-(i as f32 - radius as f32).powi(2) / (2.0 * sigma_px * sigma_px)).exp();
    let mut weights: Vec<f32> = (0..=2 * radius).map(weight).collect();
    let total: f32 = weights.iter().sum();
    weights.iter_mut().for_each(|w| *w /= total);
    dispatch(Blur { plane, weights: &weights, radius })
}

struct Blur<'a> {
    plane: &'a [f32],
    weights: &'a [f32],
    radius: usize,
}

impl Kernel for Blur<'_> {
    type Output = Plane;

    #[inline(always)]
    fn run(self) -> Plane {
        let (side, radius) = (Roi::SIDE_PX, self.radius);
        let mut across = Zeroizing::new(vec![0.0f32; side * side]);
        let mut padded = Zeroizing::new(vec![0.0f32; side + 2 * radius]);
        for (row, out) in self.plane.chunks_exact(side).zip(across.chunks_exact_mut(side)) {
            padded[..radius].fill(row[0]);
            padded[radius..radius + side].copy_from_slice(row);
            padded[radius + side..].fill(row[side - 1]);
            for (from, &w) in padded.windows(side).zip(self.weights) {
                out.iter_mut().zip(from).for_each(|(o, v)| *o += w * v);
            }
        }
        let mut down = Zeroizing::new(vec![0.0f32; side * side]);
        for (y, out) in down.chunks_exact_mut(side).enumerate() {
            for (i, &w) in self.weights.iter().enumerate() {
                let from = (y + i).saturating_sub(radius).min(side - 1) * side;
                out.iter_mut().zip(&across[from..from + side]).for_each(|(o, v)| *o += w * v);
            }
        }
        down
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn light_that_falls_off_is_evened_out() {
        let lit = |gain: f32| {
            let grey = |i: usize| {
                let (x, y) = ((i % Roi::SIDE_PX) as f32, (i / Roi::SIDE_PX) as f32);
                let crease = if (x * 0.4 + y * 0.3).sin() > 0.8 { 0.75 } else { 1.0 };
                (110.0 * crease * (1.0 + gain * (x / 128.0 - 0.5))) as u8
            };
            normalise(&Roi::from_grey((0..Roi::SIDE_PX * Roi::SIDE_PX).map(grey).collect()).unwrap())
        };
        let (flat, slanted) = (lit(0.0), lit(0.8));
        let apart = flat.iter().zip(slanted.iter()).map(|(a, b)| (a - b).abs()).sum::<f32>() / flat.len() as f32;
        let size = flat.iter().map(|a| a.abs()).sum::<f32>() / flat.len() as f32;
        assert!(apart < 0.2 * size, "{apart} of {size}");
    }

    #[test]
    fn a_flat_square_stays_flat() {
        let plane = normalise(&Roi::from_grey(vec![180; Roi::SIDE_PX * Roi::SIDE_PX]).unwrap());
        assert!(plane.iter().all(|v| v.abs() < 1e-3));
    }
}
