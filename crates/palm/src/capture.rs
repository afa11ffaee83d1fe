//! The pipeline: from a frame to a sample, one line per stage.

use crate::{
    Frame, Quality, Reason, Roi, Side, hand,
    image::{
        geometry::{Point, Similarity},
        planes::Working,
    },
    roi,
    trace::{NoTrace, Trace, View},
};

/// What came of looking at one frame.
#[derive(Debug)]
pub enum Capture {
    /// A palm fit for comparison.
    Accepted(Sample),
    /// No palm, or not one fit for comparison; [`Quality::reasons`] says why and is never empty.
    Rejected(Quality),
}

/// One palm, found, aligned and judged.
#[derive(Debug)]
pub struct Sample {
    /// Which hand it is.
    pub side: Side,
    /// How fit it is for comparison.
    pub quality: Quality,
    /// The aligned square of the palm.
    pub roi: Roi,
}

/// Looks for one open palm in a frame.
pub fn capture(frame: &Frame) -> Capture {
    capture_traced(frame, &mut NoTrace)
}

/// [`capture()`], showing every intermediate to `trace`.
pub fn capture_traced(frame: &Frame, trace: &mut dyn Trace) -> Capture {
    let working = Working::of(frame);
    trace.stage("working", View::Grey { width: working.luma.width, height: working.luma.height, pixels: &working.luma.data });
    let hand = match hand::find(&working, trace) {
        Ok(hand) => hand,
        Err(reason) => return Capture::Rejected(Quality { score: 0, reasons: vec![reason] }),
    };
    let to_frame = Similarity {
        x_axis: Point::new(working.scale, 0.0),
        origin: Point::new(0.5 * working.scale, 0.5 * working.scale),
    };
    let placement = to_frame.after(&hand.pose.fit).after(&roi::placement(hand.pose.side));
    let roi = Roi::cut(frame, &placement);
    let corners = [(0., 0.), (128., 0.), (128., 128.), (0., 128.)].map(|(x, y)| {
        let p = placement.apply(Point::new(x, y));
        ("corner", (p.x / working.scale) - 0.5, (p.y / working.scale) - 0.5)
    });
    trace.stage("roi_frame", View::Points(&corners));
    trace.stage("roi", View::Grey { width: Roi::SIDE_PX, height: Roi::SIDE_PX, pixels: roi.grey() });
    let _ = Reason::ALL;
    Capture::Accepted(Sample { side: hand.pose.side, quality: Quality { score: 50, reasons: vec![] }, roi })
}
