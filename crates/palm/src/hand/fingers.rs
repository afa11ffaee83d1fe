//! From a blob to its palm disc and its fingers.

use crate::image::{
    Mask, contour,
    distance::{Beyond, UNITS_PER_PX, distance_inside, distance_outside},
    geometry::Point,
    label::Components,
};

/// A finger is at least this many times as long as wide.
const MIN_SLENDERNESS: f32 = 0.9;
/// Contour smoothing, in working pixels to either side.
const SMOOTHING_PX: usize = 2;

/// A blob described as a palm with fingers.
pub(crate) struct Shape {
    /// Middle of the largest disc inside the blob.
    pub(crate) centre: Point,
    /// Radius of that disc, in working pixels.
    pub(crate) radius: f32,
    /// The outline, clockwise on the screen.
    pub(crate) outline: Vec<Point>,
    /// The fingers in the order of the outline.
    pub(crate) fingers: Vec<Finger>,
}

/// Something long and narrow that stands out from the blob.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Finger {
    /// Where on the outline the tip lies.
    pub(crate) tip_at: usize,
    pub(crate) tip: Point,
    /// From base to tip, length 1.
    pub(crate) axis: Point,
    /// In working pixels.
    pub(crate) length: f32,
    pub(crate) width: f32,
}

impl Shape {
    /// Describes the one blob of a mask; `opening` is the radius, in inner radii, up to which things are fingers.
    pub(crate) fn of(blob: &Mask, opening: f32) -> Option<Shape> {
        let (blob, corner) = crop(blob)?;
        let depth = distance_inside(&blob, Beyond::Outside);
        let (deepest, &units) = depth.iter().enumerate().max_by_key(|(_, d)| **d)?;
        let radius = f32::from(units) / UNITS_PER_PX;
        let centre = Point::new((deepest % blob.width) as f32, (deepest / blob.width) as f32) + corner;
        let raw = contour::trace(&blob);
        let outline: Vec<Point> = contour::smooth(&raw, SMOOTHING_PX).iter().map(|&p| p + corner).collect();
        let labels = Components::of(&protrusions(&blob, opening * radius));
        let mut fingers: Vec<Finger> = (0..labels.areas_px.len())
            .filter_map(|i| finger(i, &labels, blob.width, &raw, &outline))
            .filter(|f| f.length > opening * radius && f.length > MIN_SLENDERNESS * f.width)
            .collect();
        fingers.sort_by_key(|f| f.tip_at);
        Some(Shape { centre, radius, outline, fingers })
    }

    /// The points of the outline from one place to another, going clockwise.
    pub(crate) fn between(&self, from: usize, to: usize) -> impl Iterator<Item = Point> + '_ {
        let n = self.outline.len();
        let count = (to + n - from) % n;
        (0..=count).map(move |k| self.outline[(from + k) % n])
    }
}

/// The part of the mask that holds something, with one pixel around it where the image has one, and its corner.
fn crop(mask: &Mask) -> Option<(Mask, Point)> {
    let rows: Vec<bool> = mask.data.chunks_exact(mask.width).map(|row| row.contains(&1)).collect();
    let top = rows.iter().position(|&set| set)?.saturating_sub(1);
    let bottom = (rows.iter().rposition(|&set| set)? + 1).min(mask.height - 1);
    let column = |x: usize| (top..=bottom).any(|y| mask.data[y * mask.width + x] != 0);
    let left = (0..mask.width).find(|&x| column(x))?.saturating_sub(1);
    let right = ((0..mask.width).rev().find(|&x| column(x))? + 1).min(mask.width - 1);
    let data =
        (top..=bottom).flat_map(|y| &mask.data[y * mask.width + left..=y * mask.width + right]).copied().collect();
    let cropped = Mask::from_vec(right - left + 1, bottom - top + 1, data);
    Some((cropped, Point::new(left as f32, top as f32)))
}

/// What a disc of this radius, rolled around inside the blob, cannot reach. The blob is taken to go on beyond the edge of
/// the image, so that the corner between a thumb and the edge is not taken for part of the thumb.
fn protrusions(blob: &Mask, radius: f32) -> Mask {
    let limit = (radius * UNITS_PER_PX) as u16;
    let depth = distance_inside(blob, Beyond::Continues);
    let core = Mask::from_vec(blob.width, blob.height, depth.iter().map(|&d| u8::from(d > limit)).collect());
    let from_core = distance_outside(&core);
    // One pixel of slack, so that the rim of the palm is not taken for thin fingers.
    let reach = limit + UNITS_PER_PX as u16;
    let left = blob.data.iter().zip(from_core).map(|(&inside, d)| u8::from(inside != 0 && d > reach)).collect();
    Mask::from_vec(blob.width, blob.height, left)
}

fn finger(index: usize, labels: &Components, width: usize, raw: &[Point], outline: &[Point]) -> Option<Finger> {
    let area = labels.areas_px[index] as f32;
    let mine = |at: usize| labels.labels[raw[at].y as usize * width + raw[at].x as usize] == index as u32 + 1;
    let (first, count) = longest_run(raw.len(), mine)?;
    let at = |k: usize| (first + k) % raw.len();
    let base = (outline[at(0)] + outline[at(count - 1)]) * 0.5;
    let far = (0..count).max_by(|&a, &b| outline[at(a)].distance(base).total_cmp(&outline[at(b)].distance(base)))?;
    let tip = outline[at(far)];
    let length = tip.distance(base);
    (length > 1.0).then(|| Finger { tip_at: at(far), tip, axis: (tip - base).unit(), length, width: area / length })
}

/// The longest cyclic run of places that satisfy `mine`: its first place and its length.
fn longest_run(n: usize, mine: impl Fn(usize) -> bool) -> Option<(usize, usize)> {
    let start = (0..n).find(|&i| !mine(i)).unwrap_or(0);
    let (mut best, mut run) = ((0, 0), 0);
    for k in 1..=n {
        let at = (start + k) % n;
        if mine(at) {
            run += 1;
            if run > best.1 {
                best = ((at + n + 1 - run) % n, run);
            }
        } else {
            run = 0;
        }
    }
    (best.1 > 0).then_some(best)
}
