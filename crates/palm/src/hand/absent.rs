//! Why no open hand was found: what a person should be told to change.

use super::fingers::{Finger, Shape};
use crate::{
    Reason,
    image::{Mask, geometry::Point, planes::Working, smooth::gaussian, threshold::percentile},
    quality::UNLIT,
};
use zeroize::Zeroizing;

/// With more than this share of the frame this light, and next to nothing dark, nothing can be made out either.
const WHITE_LUMA: u8 = 248;
const WHITE_SHARE: f32 = 0.5;
const NOT_WHITE_LUMA: u8 = 100;
/// Skin of every tone is redder than it is blue: least mean of Cr − Cb, in steps of 1/255. Measured under lamps and
/// daylight: 20 and more; greys give 0.
const SKIN_REDNESS: f32 = 8.0;
/// A palm too close covers this share of the frame, on every side.
const CLOSE_SHARE: f32 = 0.7;
/// A hand has creases and an outline, a wall has not: the contrast of detail 3–10 working pixels wide, as a share of the
/// brightness, and the least share of one of nine parts of the frame that has it.
const CREASED: f32 = 0.006;
const CREASED_SHARE: f32 = 0.1;
/// A palm that fills the frame has them in at least this many of the nine parts; what stands before a plain wall, in fewer.
const CREASED_PARTS: usize = 6;
/// A palm whose inner radius is smaller than this, in working pixels, is too far for its fingers to be told apart.
const FAR_RADIUS_PX: f32 = 14.0;
/// A palm is cut off when its largest disc reaches the frame's edge: the distance of its middle, in radii.
const EDGE_RADII: f32 = 1.08;
/// A hand is 5 to 6 inner radii of its palm long: with a radius of more than this share of the frame's shorter side, it
/// cannot fit in.
const CLOSE_RADIUS: f32 = 0.27;
/// What is told apart as a finger here is at least this many inner radii and this many widths long: hair, ears and collars
/// stand off less.
const CLEAR_LENGTH: f32 = 0.6;
const CLEAR_SLENDERNESS: f32 = 1.3;
/// The only thing that stands off a closed hand is its thumb, and its tip is this many inner radii off the middle line; a
/// neck is on it.
const THUMB_OFFSET: f32 = 0.7;
/// Least length over width of a hand with its fingers held together: about 2; a face has 1.4.
const CLOSED_ELONGATION: f32 = 1.6;

/// Looks at each way of segmenting in turn; the blobs hold no open hand.
pub(crate) fn why(working: &Working, blobs: &[(Mask, Shape)]) -> Reason {
    let luma = &working.luma.data;
    if UNLIT.fitness(working.lightest()) == 0.0 {
        return Reason::TooDark;
    }
    let white = luma.iter().filter(|&&v| v >= WHITE_LUMA).count() as f32 / luma.len() as f32;
    if white > WHITE_SHARE && percentile(luma.iter().copied(), 0.02) > NOT_WHITE_LUMA {
        return Reason::TooBright;
    }
    let creased_parts = creased_shares(working).iter().filter(|&&share| share >= CREASED_SHARE).count();
    let (creased, everywhere) = (creased_parts > 0, creased_parts >= CREASED_PARTS);
    let found: Vec<Reason> = blobs.iter().filter_map(|(mask, shape)| of_blob(working, mask, shape)).collect();
    let told = [Reason::TooClose, Reason::CutOff, Reason::TooFar, Reason::FingersClosed];
    let plausible = |reason: &Reason| if *reason == Reason::TooClose { everywhere } else { creased };
    match told.into_iter().find(|reason| found.contains(reason) && plausible(reason)) {
        Some(reason) => reason,
        None if everywhere && fills_frame(working) => Reason::TooClose,
        None => Reason::NoHand,
    }
}

fn of_blob(working: &Working, mask: &Mask, shape: &Shape) -> Option<Reason> {
    if redness(working, |i| mask.data[i] != 0) < SKIN_REDNESS {
        return None;
    }
    let clear = |f: &&Finger| f.length > CLEAR_LENGTH * shape.radius && f.length > CLEAR_SLENDERNESS * f.width;
    let fingers: Vec<&Finger> = shape.fingers.iter().filter(clear).collect();
    if shape.radius < FAR_RADIUS_PX {
        return (fingers.len() >= 2).then_some(Reason::TooFar);
    }
    let (width, height) = (mask.width as f32, mask.height as f32);
    let at_edge = |p: Point| p.x < 3.0 || p.y < 3.0 || p.x > width - 4.0 || p.y > height - 4.0;
    if shape.radius > CLOSE_RADIUS * width.min(height) {
        return Some(Reason::TooClose);
    }
    let to_edge = shape.centre.x.min(shape.centre.y).min(width - shape.centre.x).min(height - shape.centre.y);
    if to_edge < EDGE_RADII * shape.radius || shape.fingers.iter().filter(|f| at_edge(f.tip)).count() >= 2 {
        return Some(Reason::CutOff);
    }
    let (axis, elongation) = main_axis(mask, shape.centre);
    let beside = |f: &Finger| (f.tip - shape.centre).cross(axis).abs() > THUMB_OFFSET * shape.radius;
    let closed = match fingers[..] {
        [] => elongation >= CLOSED_ELONGATION && has_gaps(working, mask, shape, axis),
        [thumb] => elongation >= CLOSED_ELONGATION && beside(thumb),
        _ => fingers.len() <= 4,
    };
    closed.then_some(Reason::FingersClosed)
}

/// Skin colour on at least three sides of the frame and over most of it.
fn fills_frame(working: &Working) -> bool {
    let (width, height) = (working.luma.width, working.luma.height);
    let skin = |i: usize| f32::from(working.cr.data[i]) - f32::from(working.cb.data[i]) >= SKIN_REDNESS;
    let share = |mut pixels: Box<dyn Iterator<Item = usize>>| {
        let (mut n, mut all) = (0, 0);
        pixels.by_ref().for_each(|i| {
            n += usize::from(skin(i));
            all += 1;
        });
        n as f32 / all as f32
    };
    let sides: [Box<dyn Iterator<Item = usize>>; 4] = [
        Box::new(0..width),
        Box::new((height - 1) * width..height * width),
        Box::new((0..height).map(move |y| y * width)),
        Box::new((0..height).map(move |y| y * width + width - 1)),
    ];
    let covered = sides.map(share).iter().filter(|&&s| s >= CLOSE_SHARE).count();
    covered >= 3 && share(Box::new(0..width * height)) >= CLOSE_SHARE
}

/// The mean of Cr − Cb over some pixels.
fn redness(working: &Working, keep: impl Fn(usize) -> bool) -> f32 {
    let (mut sum, mut count) = (0.0, 0);
    for i in (0..working.luma.data.len()).filter(|&i| keep(i)) {
        sum += f32::from(working.cr.data[i]) - f32::from(working.cb.data[i]);
        count += 1;
    }
    sum / count.max(1) as f32
}

/// The share of each of 3 × 3 parts of the frame where fine detail is as strong as creases are.
fn creased_shares(working: &Working) -> [f32; 9] {
    let (width, height) = (working.luma.width, working.luma.height);
    let values = Zeroizing::new(working.luma.data.iter().map(|&v| f32::from(v) + 1.0).collect::<Vec<_>>());
    let (fine, coarse) = (gaussian(&values, width, 1.5), gaussian(&values, width, 5.0));
    let mut parts = [(0.0f32, 0.0f32); 9];
    for (i, (f, c)) in fine.iter().zip(coarse.iter()).enumerate() {
        let part = &mut parts[3 * (3 * (i / width) / height) + 3 * (i % width) / width];
        let creased = (f / c - 1.0).abs() >= CREASED;
        *part = (part.0 + f32::from(u8::from(creased)), part.1 + 1.0);
    }
    parts.map(|(creased, count)| creased / count)
}

/// The direction a blob is longest in, and how many times as long as wide it is there.
fn main_axis(mask: &Mask, centre: Point) -> (Point, f32) {
    let (mut n, mut sum) = (0.0f64, [0.0f64; 5]);
    for (i, _) in mask.data.iter().enumerate().filter(|(_, v)| **v != 0) {
        let (x, y) = (f64::from((i % mask.width) as f32 - centre.x), f64::from((i / mask.width) as f32 - centre.y));
        n += 1.0;
        sum.iter_mut().zip([x, y, x * x, y * y, x * y]).for_each(|(s, v)| *s += v);
    }
    let [mx, my, xx, yy, xy] = sum.map(|s| s / n.max(1.0));
    let (xx, yy, xy) = (xx - mx * mx, yy - my * my, xy - mx * my);
    let (mean, half) = ((xx + yy) / 2.0, ((xx - yy) / 2.0).hypot(xy));
    let angle = 0.5 * (2.0 * xy).atan2(xx - yy);
    let ratio = ((mean + half) / (mean - half).max(1e-6)).sqrt();
    (Point::new(angle.cos() as f32, angle.sin() as f32), ratio as f32)
}

/// Whether dark gaps run along one end of the blob, as they do between fingers held together.
fn has_gaps(working: &Working, mask: &Mask, shape: &Shape, axis: Point) -> bool {
    [axis, axis * -1.0].iter().any(|&along| {
        let steps = (1..8).map(|k| shape.centre + along * (shape.radius * 0.4 * k as f32));
        steps.filter(|&at| gaps(working, mask, shape.radius, at, along) >= 2).count() >= 2
    })
}

/// How many dark gaps cross the line through a point square to `along`, averaged over a stretch along it.
fn gaps(working: &Working, mask: &Mask, radius: f32, at: Point, along: Point) -> usize {
    /// A gap is darker than the skin on both sides of it by this share.
    const DEPTH: f32 = 0.04;
    let across = along.turned();
    let half = (1.3 * radius) as i32;
    let mut profile = Vec::new();
    for offset in -half..=half {
        let stretch = (-2..=2).map(|k| at + across * offset as f32 + along * (0.05 * radius * k as f32));
        let inside: Vec<f32> =
            stretch.filter(|&p| mask.at(p) == Some(1)).filter_map(|p| working.luma.at(p).map(f32::from)).collect();
        if inside.len() >= 3 {
            profile.push(inside.iter().sum::<f32>() / inside.len() as f32);
        }
    }
    let reach = (0.22 * radius) as usize;
    let brightest = |range: &[f32]| range.iter().copied().fold(0.0, f32::max);
    let (mut count, mut next) = (0, reach);
    for i in reach..profile.len().saturating_sub(reach) {
        let lower = brightest(&profile[i - reach..i]).min(brightest(&profile[i..i + reach]));
        if i >= next && profile[i] < (1.0 - DEPTH) * lower {
            count += 1;
            next = i + reach;
        }
    }
    count
}
