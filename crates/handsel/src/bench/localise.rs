//! `handsel bench localise`: where drawn hands are placed against where they were drawn.

use super::{Spread, spread};
use anyhow::Result;
use handsel_palm::{
    Frame, Side, capture_traced,
    trace::{Trace, View},
};
use handsel_synth::{
    Palm,
    wild::{self, Kind, Shown, Shows},
};
use serde::Serialize;
use std::{path::PathBuf, time::Instant};

#[derive(clap::Args)]
pub(super) struct Args {
    /// How many frames with a hand, and how many without.
    #[arg(long, default_value_t = 400, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    frames: u32,
    /// What they are drawn from; training draws from 1 and 1000004.
    #[arg(long, default_value_t = 77)]
    seed: u64,
    /// Write the figures as JSON.
    #[arg(long, value_name = "F.json")]
    pub(super) json: Option<PathBuf>,
}

/// What is placed this well or better is placed well: degrees, share, pixels of the region of interest's 128.
const WELL: (f64, f64, f64) = (3.0, 0.04, 5.0);
/// A frame's size in pixels.
const SIZE: (u32, u32) = (640, 480);
/// Captures drawn of one palm, which takes longer to draw than a frame.
const FRAMES_PER_PALM: u32 = 10;

#[derive(Serialize)]
pub(super) struct Figures {
    hands: u32,
    /// A hand was seen and placed, whatever was thought of its quality.
    placed: u32,
    wrong_side: u32,
    placed_well: u32,
    rotation_deg: Spread,
    scale_percent: Spread,
    shift_px_of_128: Spread,
    /// Frames without a hand in which one was placed.
    nothing: u32,
    placed_in_nothing: u32,
    /// From a decoded frame to its quality, hands only.
    capture_ms: Spread,
}

/// Where the region of interest was cut, as the pipeline shows it.
#[derive(Default)]
struct Cut {
    corners: Vec<(f32, f32)>,
    frame_px_per_px: f32,
    right: bool,
}

impl Trace for Cut {
    fn stage(&mut self, key: &'static str, view: View<'_>) {
        match view {
            View::Points(points) if key == "roi_frame" => self.corners = points.iter().map(|p| (p.1, p.2)).collect(),
            View::Numbers([(_, scale), ..]) if key == "working" => self.frame_px_per_px = *scale as f32,
            View::Numbers(numbers) if key == "hand" => {
                self.right = numbers.iter().any(|(name, value)| *name == "right" && *value > 0.5);
            }
            _ => {}
        }
    }
}

pub(super) fn figures(args: &Args) -> Result<Figures> {
    let (mut rotations, mut scales, mut shifts, mut times) = (vec![], vec![], vec![], vec![]);
    let (mut wrong_side, mut placed_well, mut placed_in_nothing) = (0, 0, 0);
    let mut palm = None;
    for index in 0..args.frames {
        let seed = args.seed.wrapping_mul(0x9e37_79b9).wrapping_add(u64::from(index));
        if index % FRAMES_PER_PALM == 0 {
            palm = Some(Palm::from_seed(
                seed,
                if (index / FRAMES_PER_PALM).is_multiple_of(2) { Side::Left } else { Side::Right },
            ));
        }
        let Some(palm) = &palm else { continue };
        let empty = wild::draw(palm, Kind::Nothing, SIZE, seed);
        placed_in_nothing += u32::from(!cut(&Frame::from_rgb(SIZE.0, SIZE.1, empty.rgb)?).corners.is_empty());

        let drawn = wild::draw(palm, Kind::Wanted, SIZE, seed);
        let (Shows::Hand(shown), frame) = (drawn.shows, Frame::from_rgb(SIZE.0, SIZE.1, drawn.rgb)?) else { continue };
        let start = Instant::now();
        let cut = cut(&frame);
        times.push(start.elapsed().as_secs_f64() * 1e3);
        if cut.corners.is_empty() {
            continue;
        }
        wrong_side += u32::from(cut.right != (shown.looks == Side::Right));
        let (rotation, scale, shift) = off(&cut, &shown);
        placed_well += u32::from(rotation <= WELL.0 && scale <= WELL.1 && shift <= WELL.2);
        rotations.push(rotation);
        scales.push(100.0 * scale);
        shifts.push(shift);
    }
    anyhow::ensure!(!rotations.is_empty(), "no hand was placed, so there is nothing to measure");
    Ok(Figures {
        hands: args.frames,
        placed: rotations.len() as u32,
        wrong_side,
        placed_well,
        rotation_deg: spread(rotations),
        scale_percent: spread(scales),
        shift_px_of_128: spread(shifts),
        nothing: args.frames,
        placed_in_nothing,
        capture_ms: spread(times),
    })
}

fn cut(frame: &Frame) -> Cut {
    let mut cut = Cut::default();
    capture_traced(frame, &mut cut);
    cut
}

/// How far the square that was cut lies off the drawn palm's: degrees, share of the scale, pixels of 128.
fn off(cut: &Cut, shown: &Shown) -> (f64, f64, f64) {
    let drawn = |name: &str| shown.key_points.iter().find(|p| p.0 == name).map_or((0.0, 0.0), |p| (p.1, p.2));
    let (index, little) = (drawn("roi_index"), drawn("roi_little"));
    let (wrist_little, wrist_thumb) = (drawn("roi_wrist_little"), drawn("roi_wrist_thumb"));
    // A right palm's thumb is on the viewer's right.
    let truth = match shown.looks {
        Side::Left => [index, little, wrist_little, wrist_thumb],
        Side::Right => [little, index, wrist_thumb, wrist_little],
    };
    let in_frame = |v: f32| (v + 0.5) * cut.frame_px_per_px;
    let found: Vec<(f32, f32)> = cut.corners.iter().map(|&(x, y)| (in_frame(x), in_frame(y))).collect();
    let (truth, found) = (square(&truth), square(&found));
    let turn = (found.1.0 * truth.1.1 - found.1.1 * truth.1.0).atan2(found.1.0 * truth.1.0 + found.1.1 * truth.1.1);
    let size = |s: &((f64, f64), (f64, f64))| s.1.0.hypot(s.1.1);
    let shift = (found.0.0 - truth.0.0).hypot(found.0.1 - truth.0.1) / size(&truth) * 128.0;
    (turn.to_degrees().abs(), (size(&found) / size(&truth) - 1.0).abs(), shift)
}

/// A square's middle, and its edge from the fingers' side to the wrist's, by all four corners.
fn square(corners: &[(f32, f32)]) -> ((f64, f64), (f64, f64)) {
    let sum = |signs: [f64; 4]| {
        corners
            .iter()
            .zip(signs)
            .fold((0.0, 0.0), |s, (c, sign)| (s.0 + sign * f64::from(c.0), s.1 + sign * f64::from(c.1)))
    };
    // Down and right edges are the same size in a square: both count, the right one turned.
    let (middle, down, right) = (sum([0.25; 4]), sum([-0.25, -0.25, 0.25, 0.25]), sum([-0.25, 0.25, 0.25, -0.25]));
    (middle, (down.0 - right.1, down.1 + right.0))
}
