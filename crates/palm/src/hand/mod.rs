//! Finding one open hand, by a small network that was trained on drawn hands alone.
//!
//! ```text
//! whole frame ─► look ─► key points ─► a square around the palm ─► look again, twice ─► pose
//! ```
//!
//! Every look is the same network on 128 × 128 pixels: the first finds the hand at any rotation and size, those after it see
//! the palm upright and large, which is how they place it exactly. A look also says what kind of hand it sees; a last one, at
//! the frame without the hand that was found, says whether there is another.

mod absent;
mod look;
mod network;
mod pose;

pub use look::{INPUT_SIDE, REACH, Square, around_palm, input};
pub(crate) use pose::Pose;

use crate::{
    Reason,
    image::{geometry::Point, planes::Working},
    net::Scratch,
    trace::{Trace, View},
};
use look::look;
pub use network::KEY_POINTS;
use network::Seen;

/// How many times the palm is looked at after the hand was found: the second look corrects the first, which sees the hand
/// small and turned, and the third what the second saw off centre.
const LOOKS_AT_PALM: usize = 2;
/// From this probability on, something is so.
const LIKELY: f32 = 0.5;
/// The least share of a key point's heat at its peak, over the points the palm is placed by: on drawn frames without a hand it
/// is 0.2 in the mean, on drawn hands 0.8.
const LEAST_SURE: f32 = 0.4;

/// A hand found in the working image.
pub(crate) struct Hand {
    pub(crate) pose: Pose,
    /// Index, middle, ring and little finger, from root to tip, where the tip is seen.
    pub(crate) fingers: Vec<(Point, Point)>,
    /// How likely the fingers are held together, 0–1.
    pub(crate) closed: f32,
    /// How likely the back of the hand is shown, 0–1.
    pub(crate) back: f32,
}

/// Looks for one open hand; if there is none, says what there is instead.
pub(crate) fn find(working: &Working, trace: &mut dyn Trace) -> Result<Hand, Reason> {
    let mut scratch = Scratch::default();
    let whole = look::whole(working);
    let first = network::see(&look(working, &whole), &whole, &mut scratch);
    show("first_look", &first, trace);
    let first_pose = Pose::of(&first).ok_or(Reason::NoHand)?;
    let missing = absent::why(working, &first, &first_pose);
    // Two hands pull the first look's points apart, as an edge does: which it is shows when one of them is looked at.
    if let Some(reason) = missing.filter(|&reason| reason != Reason::CutOff) {
        return Err(reason);
    }
    let (mut seen, mut pose) = (first.clone(), first_pose.clone());
    for _ in 0..LOOKS_AT_PALM {
        let square = look::around(&pose.fit);
        seen = network::see(&look(working, &square), &square, &mut scratch);
        pose = Pose::of(&seen).ok_or_else(|| absent::nothing(working))?;
    }
    let others = network::see(&look::without(working, &pose.fit), &look::whole(working), &mut scratch);
    if absent::is_another_hand(&others, &pose.fit) {
        return Err(Reason::SeveralHands);
    }
    if let Some(reason) = missing {
        return Err(reason);
    }
    seen.take_surer(&first);
    show("key_points", &seen, trace);
    let numbers = [
        ("sure", f64::from(pose.sure)),
        ("right", f64::from(u8::from(pose.side == crate::Side::Right))),
        ("closed", f64::from(seen.closed)),
        ("back", f64::from(seen.back)),
    ];
    trace.stage("hand", View::Numbers(&numbers));
    if seen.hand < LIKELY || pose.sure < LEAST_SURE {
        return Err(absent::nothing(working));
    }
    Ok(Hand { fingers: pose::fingers(&pose, &seen), pose, closed: seen.closed, back: seen.back })
}

fn show(key: &'static str, seen: &Seen, trace: &mut dyn Trace) {
    // Traced points count from the middle of the first pixel.
    let named: Vec<_> = KEY_POINTS.iter().zip(&seen.points).map(|(&name, p)| (name, p.x - 0.5, p.y - 0.5)).collect();
    trace.stage(key, View::Points(&named));
    let numbers: Vec<_> = KEY_POINTS.iter().zip(&seen.sure).map(|(&name, &sure)| (name, f64::from(sure))).collect();
    trace.stage(key, View::Numbers(&numbers));
}
