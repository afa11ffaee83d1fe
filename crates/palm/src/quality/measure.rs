//! What is measured on the aligned square.

use crate::{
    Roi,
    image::{smooth::gaussian, threshold::percentile},
};
use zeroize::Zeroizing;

/// Light, focus and creases of one region of interest.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Measures {
    /// Half of the pixels are darker than this, 0–255.
    pub(crate) median: f32,
    /// The share of pixels with no light left to lose, or at the sensor's end.
    pub(crate) black_share: f32,
    pub(crate) white_share: f32,
    /// Contrast of fine detail (about 3 pixels wide) as a share of the contrast of coarser detail (about 8), without noise.
    pub(crate) sharpness: f32,
    /// Mean darkness of the strongest lines across the fingers' direction, and along it, as shares of the brightness.
    pub(crate) lines_across: f32,
    pub(crate) lines_along: f32,
}

/// At most this is black, at least that is white.
const BLACK: u8 = 6;
const WHITE: u8 = 250;
/// Pixels at the rim that are left out, where the smoothing repeats the edge.
const RIM_PX: usize = 4;
/// The width of the creases looked for: the standard deviation of the smoothing, in pixels.
const CREASE_SIGMA_PX: f32 = 2.0;
/// Between the first two of these widths lies fine detail, between the last two coarser detail: standard deviations of
/// the smoothing, in pixels.
const FINE_PX: [f32; 3] = [0.7, 1.4, 4.0];
/// The share of the square that the strongest lines are taken from.
const STRONGEST_SHARE: f32 = 0.03;

pub(crate) fn measure(roi: &Roi) -> Measures {
    let side = Roi::SIDE_PX;
    let grey = roi.grey();
    let share = |keep: fn(u8) -> bool| grey.iter().filter(|&&v| keep(v)).count() as f32 / grey.len() as f32;
    let median = f32::from(percentile(grey.iter().copied(), 0.5));
    // Relative to the local brightness, so that neither skin tone nor shading counts.
    let plain = Zeroizing::new(grey.iter().map(|&v| f32::from(v) + 1.0).collect::<Vec<_>>());
    let around = gaussian(&plain, side, 12.0);
    let relative = Zeroizing::new(plain.iter().zip(around.iter()).map(|(v, a)| v / a).collect::<Vec<_>>());
    let [fine, middle, coarse] = FINE_PX.map(|sigma| gaussian(&relative, side, sigma));
    let (lines_across, lines_along) = lines(&gaussian(&relative, side, CREASE_SIGMA_PX));
    Measures {
        median,
        black_share: share(|v| v <= BLACK),
        white_share: share(|v| v >= WHITE),
        sharpness: sharpness(rms(&fine, &middle), rms(&middle, &coarse), noise(&relative)),
        lines_across,
        lines_along,
    }
}

/// The contrast of fine detail over that of coarser detail, both without what white noise adds to them.
fn sharpness(fine: f32, coarse: f32, noise: f32) -> f32 {
    // The share of white noise's variance that a difference of Gaussians of these widths lets through.
    let passed =
        |a: f32, b: f32| (1.0 / (a * a) + 1.0 / (b * b) - 4.0 / (a * a + b * b)) / (4.0 * std::f32::consts::PI);
    let clean = |rms: f32, passed: f32| (rms * rms - passed * noise * noise).max(0.0).sqrt();
    clean(fine, passed(FINE_PX[0], FINE_PX[1])) / clean(coarse, passed(FINE_PX[1], FINE_PX[2])).max(1e-4)
}

/// The standard deviation of white noise, from the median of what a kernel blind to slopes and curves leaves
/// (J. Immerkær, 1996).
fn noise(values: &[f32]) -> f32 {
    let row = |at: usize, by: f32| by * (values[at - 1] - 2.0 * values[at] + values[at + 1]);
    let side = Roi::SIDE_PX;
    let mut left: Vec<f32> = inner()
        .map(|(x, y)| y * side + x)
        .map(|at| (row(at - side, 1.0) + row(at, -2.0) + row(at + side, 1.0)).abs())
        .collect();
    let middle = left.len() / 2;
    // The kernel passes 36 times the variance; half of a bell lies within 0.6745 standard deviations.
    *left.select_nth_unstable_by(middle, f32::total_cmp).1 / (6.0 * 0.6745)
}

fn rms(a: &[f32], b: &[f32]) -> f32 {
    let (mut sum, mut count) = (0.0, 0.0);
    for (x, y) in inner() {
        sum += (a[y * Roi::SIDE_PX + x] - b[y * Roi::SIDE_PX + x]).powi(2);
        count += 1.0;
    }
    (sum / count as f32).sqrt()
}

fn inner() -> impl Iterator<Item = (usize, usize)> {
    (RIM_PX..Roi::SIDE_PX - RIM_PX).flat_map(|y| (RIM_PX..Roi::SIDE_PX - RIM_PX).map(move |x| (x, y)))
}

/// How dark the strongest dark lines are, by direction: across the fingers (from edge to edge of the square), and along them.
fn lines(smooth: &[f32]) -> (f32, f32) {
    let side = Roi::SIDE_PX;
    let (mut across, mut along) = (Vec::new(), Vec::new());
    for (x, y) in inner() {
        let at = |dx: isize, dy: isize| smooth[(y as isize + dy) as usize * side + (x as isize + dx) as usize];
        let xx = at(2, 0) + at(-2, 0) - 2.0 * at(0, 0);
        let yy = at(0, 2) + at(0, -2) - 2.0 * at(0, 0);
        let xy = (at(1, 1) + at(-1, -1) - at(1, -1) - at(-1, 1)) / 4.0;
        // 4 × xy is the mixed step of the same reach as the others.
        let (mean, half, mixed) = ((xx + yy) / 2.0, (yy - xx) / 2.0, 4.0 * xy);
        let strongest = mean + half.hypot(mixed);
        if half > 0.0 { across.push(strongest) } else { along.push(strongest) }
    }
    let wanted = (STRONGEST_SHARE * (side * side) as f32) as usize;
    (strongest_mean(across, wanted), strongest_mean(along, wanted))
}

fn strongest_mean(mut values: Vec<f32>, wanted: usize) -> f32 {
    values.sort_by(|a, b| b.total_cmp(a));
    values.iter().take(wanted).map(|v| v.max(0.0)).sum::<f32>() / wanted as f32
}
