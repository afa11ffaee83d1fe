//! Telling the hand's pixels from the background's, in several ways, because no single one suits every background.

use crate::image::{
    Mask, Plane,
    label::fill_holes,
    planes::Working,
    threshold::{otsu, percentile},
};

/// A way of telling foreground from background.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Method {
    /// Unlike the background, which is taken to vary smoothly and to be what most of the border shows.
    Background,
    /// Lighter or darker than the background.
    Luma,
    /// Redder and less blue than the background, as all skin is.
    Redness,
}

impl Method {
    /// In the order of being tried.
    pub(crate) const ALL: [Method; 3] = [Method::Background, Method::Luma, Method::Redness];

    /// The key its mask is traced under.
    pub(crate) fn key(self) -> &'static str {
        match self {
            Method::Background => "foreground_by_background",
            Method::Luma => "foreground_by_luma",
            Method::Redness => "foreground_by_redness",
        }
    }
}

/// How much more a difference in colour counts than one in luma: shadows change the luma alone.
const COLOUR_WEIGHT: f32 = 2.0;
/// How wide the border is that shows the background, as a share of the shorter side.
const BORDER_SHARE: f32 = 0.03;
/// Half the side of the square whose majority decides about its middle pixel, in working pixels.
const MAJORITY_REACH: usize = 2;

/// The foreground by one method, without specks and pinholes.
pub(crate) fn segment(working: &Working, method: Method) -> Mask {
    let raw = match method {
        Method::Background => unlike_background(working),
        Method::Luma => {
            let (cut, _) = otsu(&working.luma.data);
            away_from_border(working.luma.map(|v| u8::from(v > cut)))
        }
        Method::Redness => {
            let redness = working.cr.data.iter().zip(working.cb.data.iter());
            let redness =
                redness.map(|(&cr, &cb)| (128 + (i32::from(cr) - i32::from(cb))).clamp(0, 255) as u8).collect();
            let redness = Plane::from_vec(working.luma.width, working.luma.height, redness);
            let (cut, _) = otsu(&redness.data);
            redness.map(|v| u8::from(v > cut))
        }
    };
    let mut mask = majority(&raw);
    let limit = mask.area() / 50;
    fill_holes(&mut mask, limit);
    mask
}

fn unlike_background(working: &Working) -> Mask {
    let (width, height) = (working.luma.width, working.luma.height);
    let planes = [(&working.luma, 1.0), (&working.cb, COLOUR_WEIGHT), (&working.cr, COLOUR_WEIGHT)];
    let fits = planes.map(|(plane, _)| background_plane(plane));
    let mut distance = Plane::new(width, height);
    for (i, out) in distance.data.iter_mut().enumerate() {
        let (x, y) = ((i % width) as f32, (i / width) as f32);
        let square: f32 = planes
            .iter()
            .zip(&fits)
            .map(|(&(plane, weight), fit)| {
                (weight * (f32::from(plane.data[i]) - (fit[0] + fit[1] * x + fit[2] * y))).powi(2)
            })
            .sum();
        *out = square.sqrt().min(255.0) as u8;
    }
    let (cut, _) = otsu(&distance.data);
    distance.map(|v| u8::from(v > cut))
}

/// The value of the background as `a + b x + c y`, fitted to the border and refitted without what does not agree.
fn background_plane(plane: &Plane) -> [f32; 3] {
    let border: Vec<(f32, f32, f32)> = border_pixels(plane.width, plane.height)
        .map(|(x, y)| (x as f32, y as f32, f32::from(plane.data[y * plane.width + x])))
        .collect();
    let mut fit = [f32::from(percentile(border.iter().map(|b| b.2 as u8), 0.5)), 0.0, 0.0];
    for _ in 0..4 {
        let residual = |b: &(f32, f32, f32)| (b.2 - (fit[0] + fit[1] * b.0 + fit[2] * b.1)).abs();
        let spread = percentile(border.iter().map(|b| residual(b).min(255.0) as u8), 0.5);
        let limit = 2.5 * (f32::from(spread) + 1.0);
        let agreeing: Vec<_> = border.iter().filter(|b| residual(b) <= limit).copied().collect();
        match least_squares(&agreeing) {
            Some(better) => fit = better,
            None => break,
        }
    }
    fit
}

/// Every second pixel of the border.
fn border_pixels(width: usize, height: usize) -> impl Iterator<Item = (usize, usize)> {
    let wide = ((width.min(height) as f32 * BORDER_SHARE) as usize).max(2);
    (0..height).step_by(2).flat_map(move |y| {
        let edge = y < wide || y + wide >= height;
        (0..width).step_by(2).filter(move |&x| edge || x < wide || x + wide >= width).map(move |x| (x, y))
    })
}

fn least_squares(points: &[(f32, f32, f32)]) -> Option<[f32; 3]> {
    let n = points.len() as f64;
    let mean = |pick: fn(&(f32, f32, f32)) -> f32| points.iter().map(|p| f64::from(pick(p))).sum::<f64>() / n;
    let (mx, my, mv) = (mean(|p| p.0), mean(|p| p.1), mean(|p| p.2));
    let (mut xx, mut xy, mut yy, mut xv, mut yv) = (0.0, 0.0, 0.0, 0.0, 0.0);
    for p in points {
        let (x, y, v) = (f64::from(p.0) - mx, f64::from(p.1) - my, f64::from(p.2) - mv);
        xx += x * x;
        xy += x * y;
        yy += y * y;
        xv += x * v;
        yv += y * v;
    }
    let det = xx * yy - xy * xy;
    (det.abs() > 1e-6 && det.is_finite()).then(|| {
        let (b, c) = ((xv * yy - yv * xy) / det, (yv * xx - xv * xy) / det);
        [(mv - b * mx - c * my) as f32, b as f32, c as f32]
    })
}

/// Turns the mask inside out when most of the border is inside it.
fn away_from_border(mask: Mask) -> Mask {
    let (mut inside, mut all) = (0, 0);
    for (x, y) in border_pixels(mask.width, mask.height) {
        inside += usize::from(mask.data[y * mask.width + x]);
        all += 1;
    }
    if 2 * inside > all { mask.map(|v| 1 - v) } else { mask }
}

/// Each pixel as the majority of the square around it.
fn majority(mask: &Mask) -> Mask {
    let (width, height) = (mask.width, mask.height);
    let reach = MAJORITY_REACH;
    let rows = Plane::from_vec(
        width,
        height,
        mask.data.chunks_exact(width).flat_map(|row| sums(row, 1, width, reach)).collect(),
    );
    let mut out = Mask::new(width, height);
    for x in 0..width {
        for (y, sum) in sums(&rows.data[x..], width, height, reach).enumerate() {
            out.data[y * width + x] = sum;
        }
    }
    let half = ((2 * reach + 1).pow(2) / 2) as u8;
    out.map(|v| u8::from(v > half))
}

/// Sums over `2 × reach + 1` values, `stride` apart; beyond the ends the end is repeated.
fn sums(values: &[u8], stride: usize, count: usize, reach: usize) -> impl Iterator<Item = u8> + '_ {
    let at = move |i: isize| values[i.clamp(0, count as isize - 1) as usize * stride];
    let reach = reach as isize;
    let mut sum: u8 = (-reach - 1..reach).map(at).sum();
    (0..count as isize).map(move |i| {
        sum = sum + at(i + reach) - at(i - reach - 1);
        sum
    })
}
