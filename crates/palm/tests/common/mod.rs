//! Frames of hands that belong to nobody, and of things that are no hands.

// Each test binary uses some of these.
#![allow(dead_code)]

use handsel_palm::{Capture, Frame, Reason, Sample, Side, capture};
use handsel_synth::{Conditions, DrawnHand, Palm};

/// The hand of this seed and side under these conditions.
pub(crate) fn drawn(seed: u64, side: Side, conditions: &Conditions) -> Frame {
    frame(&Palm::from_seed(seed, side).draw_hand(conditions))
}

/// A drawing as a frame.
pub(crate) fn frame(hand: &DrawnHand) -> Frame {
    Frame::from_rgb(hand.width, hand.height, hand.rgb.clone()).expect("a drawing is a frame")
}

/// A frame painted pixel by pixel.
pub(crate) fn painted(width: u32, height: u32, paint: impl Fn(f32, f32) -> [u8; 3]) -> Frame {
    let rgb = (0..height).flat_map(|y| (0..width).map(move |x| (x, y))).flat_map(|(x, y)| paint(x as f32, y as f32));
    Frame::from_rgb(width, height, rgb.collect()).expect("the size fits")
}

/// The reasons for refusing a frame.
pub(crate) fn reasons(frame: &Frame) -> Vec<Reason> {
    match capture(frame) {
        Capture::Accepted(sample) => panic!("accepted with quality {:?}", sample.quality),
        Capture::Rejected(quality) => {
            assert_eq!(quality.score, 0);
            quality.reasons
        }
    }
}

/// The sample of a frame that must be accepted.
pub(crate) fn sample(frame: &Frame) -> Sample {
    match capture(frame) {
        Capture::Accepted(sample) => sample,
        Capture::Rejected(quality) => panic!("refused for {:?}", quality.reasons),
    }
}

/// A cheap, repeatable source of bytes for broken input.
pub(crate) struct Bytes(pub(crate) u64);

impl Bytes {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    pub(crate) fn below(&mut self, limit: usize) -> usize {
        (self.next() % limit as u64) as usize
    }
}
