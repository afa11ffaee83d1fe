//! Which finger is which, and how the hand lies.

use super::fingers::{Finger, Shape};
use crate::{Side, image::geometry::{Point, Similarity}};

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
    /// The middle of the largest disc inside.
    pub(super) const CENTRE: Point = Point::new(0.0, 0.75);
}

/// How far the fit trusts each key point, and how far the judgement does. Valleys hardly move when fingers spread; tips do.
const VALLEY_WEIGHT: f32 = 1.0;
const TIP_WEIGHT: f32 = 0.03;
const CENTRE_WEIGHT: f32 = 0.1;

/// A hand's key points, named.
#[derive(Debug, Clone)]
pub(crate) struct Pose {
    /// The side, taking the frame for an unmirrored picture of a palm.
    pub(crate) side: Side,
    /// From the canonical left palm to the working image; a right palm was mirrored first.
    pub(crate) fit: Similarity,
    /// How much like a hand it is, 0–1.
    pub(crate) likeness: f32,
    /// Valleys: index–middle, middle–ring, ring–little.
    pub(crate) valleys: [Point; 3],
    /// Tips: index, middle, ring, little.
    pub(crate) tips: [Point; 4],
    /// The thumb's tip and its valley to the index finger, where the thumb was found.
    pub(crate) thumb: Option<(Point, Point)>,
}

/// The most hand-like naming of a shape's fingers; `None` with fewer than four.
pub(crate) fn best_pose(shape: &Shape) -> Option<Pose> {
    let n = shape.fingers.len();
    let run = |first: usize, count: usize| (0..count).map(|k| shape.fingers[(first + k) % n]).collect::<Vec<_>>();
    let mut best: Option<Pose> = None;
    for count in [5, 4] {
        if n < count {
            continue;
        }
        for first in 0..n {
            for side in [Side::Left, Side::Right] {
                let pose = pose(shape, &run(first, count), side);
                if pose.as_ref().is_some_and(|p| best.as_ref().is_none_or(|b| p.likeness > b.likeness)) {
                    best = pose;
                }
            }
        }
    }
    best
}

/// Judges one naming: `run` holds neighbouring fingers in the order of the outline, with or without the thumb.
fn pose(shape: &Shape, run: &[Finger], side: Side) -> Option<Pose> {
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
        let weight = if i + skip == 0 { TIP_WEIGHT } else { VALLEY_WEIGHT };
        pairs.push((mirror(canonical::VALLEYS[i + skip]), valley, weight));
    }
    for (i, &tip) in tips.iter().enumerate() {
        pairs.push((mirror(canonical::TIPS[i + skip]), tip, TIP_WEIGHT));
    }
    pairs.push((mirror(canonical::CENTRE), shape.centre, CENTRE_WEIGHT));
    let fit = Similarity::fit(&pairs)?;
    let likeness = likeness(&pairs, &fit) * if run.len() == 5 { 1.0 } else { 0.8 };
    let last = valleys.len() - 3;
    Some(Pose {
        side,
        fit,
        likeness,
        valleys: [valleys[last], valleys[last + 1], valleys[last + 2]],
        tips: [tips[last], tips[last + 1], tips[last + 2], tips[last + 3]],
        thumb: (run.len() == 5).then(|| (tips[0], valleys[0])),
    })
}

/// The deepest point of the outline between two neighbouring fingers, along the direction between theirs.
fn valley(shape: &Shape, a: &Finger, b: &Finger) -> Point {
    let along = (a.axis + b.axis).unit();
    shape
        .between(a.tip_at, b.tip_at)
        .min_by(|p, q| p.dot(along).total_cmp(&q.dot(along)))
        .unwrap_or(shape.centre)
}

/// 1 for the canonical hand, falling with the distance of the key points from where it has them.
fn likeness(pairs: &[(Point, Point, f32)], fit: &Similarity) -> f32 {
    let scale = fit.scale();
    let (mut sum, mut total) = (0.0, 0.0);
    for &(from, to, weight) in pairs {
        let weight = weight.sqrt();
        sum += weight * (fit.apply(from).distance(to) / scale).powi(2);
        total += weight;
    }
    (-(sum / total) / 0.1).exp()
}
