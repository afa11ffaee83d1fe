//! Why there is no open hand to be placed: what a person should be told to change.

use super::{LIKELY, look::is_of_hand, network::Seen, pose::Pose};
use crate::{
    Reason,
    image::{
        geometry::{Point, Similarity},
        planes::Working,
        threshold::percentile,
    },
    quality::UNLIT,
};

/// With more than this share of the frame this light, and next to nothing dark, nothing can be made out.
const WHITE_LUMA: u8 = 248;
const WHITE_SHARE: f32 = 0.5;
const NOT_WHITE_LUMA: u8 = 100;
/// A hand of which part lies beyond the frame hardly looks like one, but its key points are surer than chance: drawn cut-off palms
/// give 0.33 to 0.72, frames without a hand 0.15 in the mean.
const SURE_OF_PART: f32 = 0.3;
/// How likely and how sure another hand must be in what is left of a frame: 80 pairs of drawn hands gave 1.00 and 0.96 at the
/// least, fingertips, sleeves and wrists left over of 60 single drawn hands and 173 real ones 0.84 and 0.74 at the most.
const ANOTHER: f32 = 0.92;
const SURE_OF_ANOTHER: f32 = 0.85;
/// Key points that lie beyond the frame are seen at its edge, so the palm is pressed out of shape: drawn cut-off palms have a strain
/// of 0.25 to 0.66 in the first look, whole ones 0.003 to 0.017, real ones up to 0.05.
const PRESSED: f32 = 0.12;
/// Such a palm's middle then lies this near to the frame's edge, in halves of a region of interest's side: 1.5 to 2.4.
const NEAR_EDGE: f32 = 2.8;

/// Why the first look leads nowhere; `None` when it shows one hand, or may show a part of one.
pub(super) fn why(working: &Working, seen: &Seen, pose: &Pose) -> Option<Reason> {
    if UNLIT.fitness(working.lightest()) == 0.0 {
        return Some(Reason::TooDark);
    }
    if seen.hand < LIKELY && pose.sure < SURE_OF_PART {
        return Some(nothing(working));
    }
    let what = [
        (seen.several >= LIKELY, Reason::SeveralHands),
        (seen.close >= LIKELY, Reason::TooClose),
        (is_cut_off(working, pose), Reason::CutOff),
    ];
    what.into_iter().find(|(so, _)| *so).map(|(_, reason)| reason)
}

/// Whether what is left of a frame without the hand that was found shows another one: somewhere else, for what sticks out of a
/// small hand's place looks like one too.
pub(super) fn is_another_hand(others: &Seen, found: &Similarity) -> bool {
    let elsewhere = |pose: &Pose| pose.sure >= SURE_OF_ANOTHER && !is_of_hand(found, pose.fit.origin);
    others.hand >= ANOTHER && Pose::of(others).is_some_and(|pose| elsewhere(&pose))
}

fn is_cut_off(working: &Working, pose: &Pose) -> bool {
    let (width, height) = (working.rgb.width as f32, working.rgb.height as f32);
    let Point { x, y } = pose.fit.apply(Point::default());
    let to_edge = x.min(y).min(width - x).min(height - y);
    pose.strain > PRESSED && to_edge < NEAR_EDGE * pose.fit.scale()
}

/// Why nothing is to be seen: too much light, or no hand.
pub(super) fn nothing(working: &Working) -> Reason {
    let luma = &working.luma.data;
    let white = luma.iter().filter(|&&v| v >= WHITE_LUMA).count() as f32 / luma.len() as f32;
    let blinding = white > WHITE_SHARE && percentile(luma.iter().copied(), 0.02) > NOT_WHITE_LUMA;
    if blinding { Reason::TooBright } else { Reason::NoHand }
}
