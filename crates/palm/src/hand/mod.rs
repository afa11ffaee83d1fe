//! Finding one open hand: foreground, fingers, key points, pose.

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
const MIN_LIKENESS: f32 = 0.25;
/// A likeness at which no further method is tried.
const SURE_LIKENESS: f32 = 0.6;
/// What is narrower than twice this share of the palm's inner radius is a finger: fingers are 0.5–0.75 of the radius wide,
/// a wrist 1.2 and more, two fingers held together 1.1 and more. The second is for an arm or a sleeve wider than the palm.
const OPENINGS: [f32; 2] = [0.45, 0.32];

/// Looks for one open hand; if there is none, says what there is instead.
pub(crate) fn find(working: &Working, trace: &mut dyn Trace) -> Result<Hand, Reason> {
    let mut best: Option<Hand> = None;
    for method in Method::ALL {
        let mask = segment::segment(working, method);
        let hand = largest_hand(&mask);
        let numbers = [("likeness", hand.as_ref().map_or(0.0, |h| f64::from(h.pose.likeness)))];
        trace.stage(method.key(), View::Grey { width: mask.width, height: mask.height, pixels: &mask.map(|v| 255 * v).data });
        trace.stage(method.key(), View::Numbers(&numbers));
        best = match (best, hand) {
            (Some(a), Some(b)) => Some(if b.pose.likeness > a.pose.likeness { b } else { a }),
            (a, b) => a.or(b),
        };
        if best.as_ref().is_some_and(|h| h.pose.likeness >= SURE_LIKENESS) {
            break;
        }
    }
    let hand = best.filter(|h| h.pose.likeness >= MIN_LIKENESS).ok_or(Reason::NoHand)?;
    show(&hand, trace);
    Ok(hand)
}

fn largest_hand(mask: &Mask) -> Option<Hand> {
    let components = Components::of(mask);
    let area = *components.areas_px.first()?;
    if (area as f32) < MIN_AREA_SHARE * mask.data.len() as f32 {
        return None;
    }
    let blob = components.mask(0, mask.width, mask.height);
    let mut best: Option<(Shape, Pose)> = None;
    for opening in OPENINGS {
        let shape = Shape::of(&blob, opening)?;
        if let Some(pose) = pose::best_pose(&shape, &blob)
            && best.as_ref().is_none_or(|(_, b)| pose.likeness > b.likeness)
        {
            best = Some((shape, pose));
        }
        if best.as_ref().is_some_and(|(_, p)| p.likeness >= SURE_LIKENESS) {
            break;
        }
    }
    best.map(|(shape, pose)| Hand { mask: blob, shape, pose })
}

fn show(hand: &Hand, trace: &mut dyn Trace) {
    let Hand { mask, shape, pose } = hand;
    trace.stage("hand", View::Grey { width: mask.width, height: mask.height, pixels: &mask.map(|v| 255 * v).data });
    let outline: Vec<_> = shape.outline.iter().map(|p| ("outline", p.x, p.y)).collect();
    trace.stage("outline", View::Points(&outline));
    let names = ["valley_index_middle", "valley_middle_ring", "valley_ring_little", "tip_index", "tip_middle", "tip_ring"];
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
