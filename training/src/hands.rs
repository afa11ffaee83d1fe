//! What the localiser learns from: squares of drawn frames, and what they show.

use crate::output::Output;
use anyhow::Result;
use handsel_palm::{
    Frame, Side,
    hand::{self, Square},
};
use handsel_synth::{
    Facing, KEY_POINTS, Palm,
    wild::{self, Kind, Shown, Shows, Wild},
};

/// Drawn frames with and without a hand, as the localiser looks at them: the whole frame first, then a square around the
/// palm.
#[derive(clap::Args)]
pub(crate) struct Hands {
    /// What everything is drawn from.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// The first frame.
    #[arg(long, default_value_t = 0)]
    from: u64,
    /// How many frames; without it, until the reader closes the pipe.
    #[arg(long)]
    frames: Option<u64>,
}

/// How many palms' creases are at hand at once, and for how many frames each. A palm takes longer to draw than a frame.
const PALMS: u64 = 24;
const FRAMES_PER_PALM: u64 = 60;

impl Hands {
    /// Writes frame after frame; ends when the reader does.
    pub(crate) fn write(&self) -> Result<()> {
        let mut out = Output::new();
        let mut palms: Vec<Option<(u64, Palm)>> = (0..PALMS).map(|_| None).collect();
        let end = self.frames.map_or(u64::MAX, |n| self.from.saturating_add(n));
        for index in self.from..end {
            let seed = crate::mixed(crate::mixed(self.seed).wrapping_add(index));
            // One palm after the other is replaced, never all at once.
            let slot = index % PALMS;
            let generation = (index / PALMS + slot * FRAMES_PER_PALM / PALMS) / FRAMES_PER_PALM;
            let held = &mut palms[slot as usize];
            if held.as_ref().is_none_or(|(of, _)| *of != generation) {
                let side = if (generation + slot).is_multiple_of(2) { Side::Left } else { Side::Right };
                let palm = crate::mixed(self.seed ^ 0x7061_6c6d).wrapping_add(generation * PALMS + slot);
                *held = Some((generation, Palm::from_seed(palm, side)));
            }
            let Some((_, palm)) = held else { continue };
            if !out.write(&record(palm, seed)?)? {
                return Ok(());
            }
        }
        out.finish()
    }
}

/// A frame's size in pixels: about what is left of a camera's when the localiser looks at all of it.
const SIZES: [(u32, u32); 6] = [(128, 96), (96, 128), (128, 128), (144, 81), (160, 120), (120, 160)];
/// The same where it looks at the palm, of which it then sees every pixel.
const NEAR_SIZES: [(u32, u32); 6] = [(160, 160), (160, 128), (128, 160), (176, 144), (144, 176), (128, 128)];

/// Draws a frame and how the localiser looks at it.
fn record(palm: &Palm, seed: u64) -> Result<Vec<u8>> {
    let unit = |stream: u64| (crate::mixed(seed ^ stream) >> 11) as f32 / (1u64 << 53) as f32;
    let kind = match unit(1) {
        u if u < 0.11 => Kind::Nothing,
        u if u < 0.17 => Kind::Several,
        u if u < 0.21 => Kind::TooNear,
        u if u < 0.58 => Kind::Far,
        _ => Kind::Near,
    };
    let sizes = if kind == Kind::Near { NEAR_SIZES } else { SIZES };
    let mut size = sizes[(unit(2) * sizes.len() as f32) as usize % sizes.len()];
    if kind == Kind::Several && size.0 == size.1 {
        size = (160, 80);
    }
    let Wild { width, height, rgb, shows } = wild::draw(palm, kind, size, seed);
    let frame = Frame::from_rgb(width, height, rgb)?;
    let frame = match unit(3) {
        u if u < 0.25 => Frame::decode(&jpeg(&frame, (20.0 + 70.0 * unit(4)) as u8)?)?,
        _ => frame,
    };
    let square = match &shows {
        Shows::Hand(shown) if kind == Kind::Near => around_palm(shown, [5, 6, 7, 8, 9, 10, 11, 12].map(unit)),
        _ => Square::around(&frame),
    };
    let mut record: Vec<u8> =
        hand::input(&frame, &square).iter().map(|v| (v * 127.0 / hand::REACH).round() as i8 as u8).collect();
    record.extend(labels(&shows, kind, &square).iter().flat_map(|v| v.to_le_bytes()));
    Ok(record)
}

/// The square that the localiser takes at its second look, as far off as its first look leaves it.
fn around_palm(shown: &Shown, chance: [f32; 8]) -> Square {
    let at = |name: &str| shown.key_points.iter().find(|p| p.0 == name).map_or((0.0, 0.0), |p| (p.1, p.2));
    let corners = ["roi_index", "roi_little", "roi_wrist_little", "roi_wrist_thumb"].map(at);
    // Sums of two evenly drawn numbers lie within ±1, mostly near 0.
    let off = |i: usize| chance[i] + chance[i + 1] - 1.0;
    let truth = hand::around_palm(corners);
    let side = truth.side * (0.35 * off(0)).exp();
    let rotation_deg = truth.rotation_deg + 30.0 * off(2);
    Square {
        middle: (truth.middle.0 + 0.16 * side * off(4), truth.middle.1 + 0.16 * side * off(6)),
        side,
        rotation_deg,
    }
}

/// Key points in pixels of the input, then yes (1), no (0) or no matter (−1): a hand, its back, looks like a right palm,
/// closed, several, too near. A key point that is no matter or not there is −1000.
fn labels(shows: &Shows, kind: Kind, square: &Square) -> Vec<f32> {
    const NOT_THERE: f32 = -1000.0;
    let yes = |is: bool| f32::from(u8::from(is));
    let none = vec![NOT_THERE; 2 * KEY_POINTS.len()];
    match shows {
        Shows::Nothing => [none, vec![0.0, -1.0, -1.0, -1.0, 0.0, 0.0]].concat(),
        Shows::Several => [none, vec![1.0, -1.0, -1.0, -1.0, 1.0, 0.0]].concat(),
        Shows::Hand(shown) => {
            let mut labels: Vec<f32> =
                shown.key_points.iter().flat_map(|&(_, x, y)| <[f32; 2]>::from(square.seen((x, y)))).collect();
            let closed = match shown.spread {
                s if s < wild::CLOSED => 1.0,
                s if s >= wild::OPEN => 0.0,
                _ => -1.0,
            };
            // From afar the back is not told from the palm, so nobody should learn to.
            let back = if kind == Kind::Near { yes(shown.facing == Facing::Back) } else { -1.0 };
            labels.extend([1.0, back, yes(shown.looks == Side::Right), closed, 0.0]);
            labels.push(yes(kind == Kind::TooNear));
            labels
        }
    }
}

fn jpeg(frame: &Frame, quality: u8) -> Result<Vec<u8>> {
    let mut out = Vec::new();
    let mut encoder = image::codecs::jpeg::JpegEncoder::new_with_quality(&mut out, quality);
    encoder.encode(frame.rgb(), frame.width(), frame.height(), image::ExtendedColorType::Rgb8)?;
    Ok(out)
}
