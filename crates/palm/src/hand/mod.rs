//! Finding one open hand: foreground, fingers, key points, pose.

mod absent;
pub(crate) mod fingers;
pub(crate) mod pose;
pub(crate) mod segment;

use crate::{
    Reason,
    image::{Mask, label::Components, planes::Working},
    trace::{Trace, View},
};
use fingers::Shape;
use pose::Pose;
use segment::Method;

/// A hand found in the working image.
pub(crate) struct Hand {
    pub(crate) mask: Mask,
    pub(crate) shape: Shape,
    pub(crate) pose: Pose,
}

/// A blob smaller than this share of the working image is no hand worth looking at.
const MIN_AREA_SHARE: f32 = 0.01;
/// The least likeness at which a shape is taken for a hand.
const MIN_LIKENESS: f32 = 0.35;
/// A likeness at which no further method is tried.
const SURE_LIKENESS: f32 = 0.6;
/// What is narrower than twice this share of the palm's inner radius is a finger: fingers are 0.5–0.75 of the radius wide,
/// a wrist 1.2 and more, two fingers held together 1.1 and more. The second is for an arm or a sleeve wider than the palm.
const OPENINGS: [f32; 2] = [0.45, 0.32];

/// Looks for one open hand; if there is none, says what there is instead.
pub(crate) fn find(working: &Working, trace: &mut dyn Trace) -> Result<Hand, Reason> {
    let mut best: Option<Hand> = None;
    let mut several = false;
    let mut blobs = Vec::new();
    for method in Method::ALL {
        let mask = segment::segment(working, method);
        trace.stage(
            method.key(),
            View::Grey { width: mask.width, height: mask.height, pixels: &mask.map(|v| 255 * v).data },
        );
        let (hand, more) = hands(&mask, &mut blobs);
        let likeness = hand.as_ref().map_or(0.0, |h| h.pose.likeness);
        trace.stage(
            method.key(),
            View::Numbers(&[("likeness", f64::from(likeness)), ("several", f64::from(u8::from(more)))]),
        );
        if likeness > best.as_ref().map_or(0.0, |h| h.pose.likeness) {
            (best, several) = (hand, more);
        }
        if likeness >= SURE_LIKENESS {
            break;
        }
    }
    let Some(hand) = best else {
        return Err(absent::why(working, &blobs));
    };
    show(&hand, trace);
    if several { Err(Reason::SeveralHands) } else { Ok(hand) }
}

/// The most hand-like of the two largest blobs, and whether there are more hands than that one. Blobs that are looked at
/// in vain are left in `blobs`.
fn hands(mask: &Mask, blobs: &mut Vec<(Mask, Shape)>) -> (Option<Hand>, bool) {
    let components = Components::of(mask);
    let least = MIN_AREA_SHARE * mask.data.len() as f32;
    let mut found: Vec<Hand> = Vec::new();
    for index in 0..components.areas_px.len().min(2) {
        if (components.areas_px[index] as f32) < least {
            break;
        }
        match hand(components.mask(index, mask.width, mask.height)) {
            Ok(hand) => found.push(hand),
            Err(blob) => blobs.extend(blob),
        }
    }
    found.sort_by(|a, b| b.pose.likeness.total_cmp(&a.pose.likeness));
    let alike = |h: &Hand| h.pose.likeness >= MIN_LIKENESS;
    let several =
        found.iter().filter(|h| alike(h)).count() > 1 || found.first().is_some_and(|h| alike(h) && h.pose.joined);
    (found.into_iter().next(), several)
}

/// The best reading of a blob as a hand, or the blob as it is.
fn hand(blob: Mask) -> Result<Hand, Option<(Mask, Shape)>> {
    let mut best: Option<(Shape, Pose)> = None;
    let mut first = None;
    for opening in OPENINGS {
        let Some(shape) = Shape::of(&blob, opening) else { return Err(None) };
        match pose::best_pose(&shape, &blob) {
            Some(pose) if best.as_ref().is_none_or(|(_, b)| pose.likeness > b.likeness) => best = Some((shape, pose)),
            _ => first = first.or(Some(shape)),
        }
        if best.as_ref().is_some_and(|(_, p)| p.likeness >= SURE_LIKENESS) {
            break;
        }
    }
    match best {
        Some((shape, pose)) if pose.likeness >= MIN_LIKENESS => Ok(Hand { mask: blob, shape, pose }),
        Some((shape, _)) => Err(Some((blob, first.unwrap_or(shape)))),
        None => Err(first.map(|shape| (blob, shape))),
    }
}

fn show(hand: &Hand, trace: &mut dyn Trace) {
    let Hand { mask, shape, pose } = hand;
    trace.stage("hand", View::Grey { width: mask.width, height: mask.height, pixels: &mask.map(|v| 255 * v).data });
    let outline: Vec<_> = shape.outline.iter().map(|p| ("outline", p.x, p.y)).collect();
    trace.stage("outline", View::Points(&outline));
    let names =
        ["valley_index_middle", "valley_middle_ring", "valley_ring_little", "tip_index", "tip_middle", "tip_ring"];
    let points = pose.valleys.iter().chain(&pose.tips[..3]);
    let mut named: Vec<_> = names.iter().zip(points).map(|(&name, p)| (name, p.x, p.y)).collect();
    named.push(("tip_little", pose.tips[3].x, pose.tips[3].y));
    if let Some((tip, valley)) = pose.thumb {
        named.extend([("tip_thumb", tip.x, tip.y), ("valley_thumb_index", valley.x, valley.y)]);
    }
    named.push(("palm_centre", shape.centre.x, shape.centre.y));
    trace.stage("key_points", View::Points(&named));
    let side = if pose.side == crate::Side::Left { 0.0 } else { 1.0 };
    let numbers = [
        ("likeness", f64::from(pose.likeness)),
        ("palm_radius_px", f64::from(shape.radius)),
        ("fingers", shape.fingers.len() as f64),
        ("right", side),
    ];
    trace.stage("hand", View::Numbers(&numbers));
}
