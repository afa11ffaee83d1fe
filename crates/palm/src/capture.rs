//! The pipeline: from a frame to a sample, one line per stage.

use crate::{Frame, Quality, Roi, Side, trace::{NoTrace, Trace}};

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
    let _ = (frame, trace);
    todo!()
}
