//! Which finger is which, and how the hand lies.

use super::fingers::{Finger, Shape};
use crate::{
    Side,
    image::{
        Mask,
        geometry::{Point, Similarity},
    },
};

/// Where things are on a left palm with the fingers up, x right, y down. The origin lies halfway between the
/// index–middle and the ring–little valley, and the unit is their distance. Drawn by hand from the proportions of an open
/// hand: fingers 0.45 wide, the middle one 1.45 long, the palm 1.5 wide.
mod canonical {
    use super::Point;

    /// Valleys: thumb–index, index–middle, middle–ring, ring–little.
    pub(super) const VALLEYS: [Point; 4] =
        [Point::new(-0.75, 0.6), Point::new(-0.5, 0.0), Point::new(0.0, -0.08), Point::new(0.5, 0.08)];
    /// Tips: thumb, index, middle, ring, little.
    pub(super) const TIPS: [Point; 5] = [
        Point::new(-1.7, 0.4),
        Point::new(-0.95, -1.15),
        Point::new(-0.35, -1.45),
        Point::new(0.4, -1.3),
        Point::new(1.0, -0.75),
    ];
    /// The middle of a disc that is all palm, and its radius.
    pub(super) const PALM: (Point, f32) = (Point::new(0.0, 0.75), 0.6);
    /// Corners of a box beside the palm where a thumb lies, whether it stands off or not.
    pub(super) const THUMB: (Point, Point) = (Point::new(-1.5, 0.15), Point::new(-0.85, 1.4));
}

/// How far the fit trusts each key point, and how far the judgement does. Valleys hardly move when fingers spread; tips do.
const VALLEY_WEIGHT: f32 = 1.0;
const TIP_WEIGHT: f32 = 0.03;
const THUMB_WEIGHT: f32 = 0.005;
/// The mean square distance, in the canonical unit, at which likeness falls to 1/e.
const SPREAD: f32 = 0.1;
/// What is left of the likeness without a thumb standing off.
const WITHOUT_THUMB: f32 = 0.6;
/// What is left of it for each finger that the naming leaves out.
const LEFT_OUT: f32 = 0.85;

/// A hand's key points, named.
#[derive(Debug, Clone)]
pub(crate) struct Pose {
    /// The side, taking the frame for an unmirrored picture of a palm.
    pub(crate) side: Side,
    /// From the canonical left palm to the working image; a right palm was mirrored first.
    pub(crate) fit: Similarity,
    /// How much like a hand it is, 0–1.
    pub(crate) likeness: f32,
    /// Whether enough other fingers stand off the same blob to be those of a second hand.
    pub(crate) joined: bool,
    /// Valleys: index–middle, middle–ring, ring–little.
    pub(crate) valleys: [Point; 3],
    /// Tips: index, middle, ring, little.
    pub(crate) tips: [Point; 4],
    /// The thumb's tip and its valley to the index finger, where the thumb was found.
    pub(crate) thumb: Option<(Point, Point)>,
}

/// The most hand-like naming of a shape's fingers; `None` with fewer than four.
pub(crate) fn best_pose(shape: &Shape, mask: &Mask) -> Option<Pose> {
    let n = shape.fingers.len();
    let run = |first: usize, count: usize| (0..count).map(|k| shape.fingers[(first + k) % n]).collect::<Vec<_>>();
    let mut best: Option<Pose> = None;
    for count in [5, 4] {
        if n < count {
            continue;
        }
        for first in 0..n {
            for side in [Side::Left, Side::Right] {
                let pose = pose(shape, mask, &run(first, count), side);
                if pose.as_ref().is_some_and(|p| best.as_ref().is_none_or(|b| p.likeness > b.likeness)) {
                    best = pose;
                }
            }
        }
    }
    best
}

/// Judges one naming: `run` holds neighbouring fingers in the order of the outline, with or without the thumb.
fn pose(shape: &Shape, mask: &Mask, run: &[Finger], side: Side) -> Option<Pose> {
    let valleys_in_order: Vec<Point> = run.windows(2).map(|pair| valley(shape, &pair[0], &pair[1])).collect();
    let mut tips: Vec<Point> = run.iter().map(|f| f.tip).collect();
    let mut valleys = valleys_in_order;
    // Clockwise on the screen, a left palm's thumb comes first.
    if side == Side::Right {
        tips.reverse();
        valleys.reverse();
    }
    let mirror = |p: Point| if side == Side::Right { Point::new(-p.x, p.y) } else { p };
    let mut pairs = Vec::new();
    let skip = 5 - run.len();
    for (i, &valley) in valleys.iter().enumerate() {
        let weight = if i + skip == 0 { THUMB_WEIGHT } else { VALLEY_WEIGHT };
        pairs.push((mirror(canonical::VALLEYS[i + skip]), valley, weight));
    }
    for (i, &tip) in tips.iter().enumerate() {
        let weight = if i + skip == 0 { THUMB_WEIGHT } else { TIP_WEIGHT };
        pairs.push((mirror(canonical::TIPS[i + skip]), tip, weight));
    }
    let fit = Similarity::fit(&pairs)?;
    let left_out = (shape.fingers.len() - run.len()) as i32;
    let whole = LEFT_OUT.powi(left_out) * if run.len() == 5 { 1.0 } else { WITHOUT_THUMB };
    let likeness = whole * agreement(&pairs, &fit) * palm_there(mask, &fit) * thumb_side(mask, &fit, side);
    let last = valleys.len() - 3;
    Some(Pose {
        side,
        fit,
        likeness,
        joined: left_out >= 4,
        valleys: [valleys[last], valleys[last + 1], valleys[last + 2]],
        tips: [tips[last], tips[last + 1], tips[last + 2], tips[last + 3]],
        thumb: (run.len() == 5).then(|| (tips[0], valleys[0])),
    })
}

/// The deepest point of the outline between two neighbouring fingers, along the direction between theirs.
fn valley(shape: &Shape, a: &Finger, b: &Finger) -> Point {
    let along = (a.axis + b.axis).unit();
    shape.between(a.tip_at, b.tip_at).min_by(|p, q| p.dot(along).total_cmp(&q.dot(along))).unwrap_or(shape.centre)
}

/// 1 for the canonical hand, falling with the distance of the key points from where it has them.
fn agreement(pairs: &[(Point, Point, f32)], fit: &Similarity) -> f32 {
    let (mut sum, mut total) = (0.0, 0.0);
    for &(from, to, weight) in pairs {
        let weight = weight.sqrt();
        sum += weight * (fit.apply(from).distance(to) / fit.scale()).powi(2);
        total += weight;
    }
    (-(sum / total) / SPREAD).exp()
}

/// How much of where the palm should be is foreground, squared: fingers without a palm below them are no hand.
fn palm_there(mask: &Mask, fit: &Similarity) -> f32 {
    let (centre, radius) = canonical::PALM;
    let points = grid(centre - Point::new(radius, radius), centre + Point::new(radius, radius));
    share(mask, points.filter(|p| p.distance(centre) < radius).map(|p| fit.apply(p))).powi(2)
}

/// From 0.4 to 1: the thumb's side has foreground beside the palm, and the other has not.
fn thumb_side(mask: &Mask, fit: &Similarity, side: Side) -> f32 {
    let (from, to) = canonical::THUMB;
    let beside = |sign: f32| share(mask, grid(from, to).map(|p| fit.apply(Point::new(sign * p.x, p.y))));
    let sign = if side == Side::Right { -1.0 } else { 1.0 };
    0.7 + 0.3 * (2.0 * (beside(sign) - beside(-sign))).clamp(-1.0, 1.0)
}

/// A grid of 12 × 12 points over a box.
fn grid(from: Point, to: Point) -> impl Iterator<Item = Point> {
    const N: usize = 12;
    let at = move |i: usize| (i as f32 + 0.5) / N as f32;
    (0..N * N).map(move |k| Point::new(from.x + (to.x - from.x) * at(k % N), from.y + (to.y - from.y) * at(k / N)))
}

/// The share of the points inside the image that are foreground; 0 when all lie outside.
fn share(mask: &Mask, points: impl Iterator<Item = Point>) -> f32 {
    let (mut inside, mut all) = (0.0, 0.0);
    for p in points {
        if let Some(v) = mask.at(p) {
            inside += f32::from(v);
            all += 1.0;
        }
    }
    if all > 0.0 { inside / all } else { 0.0 }
}
