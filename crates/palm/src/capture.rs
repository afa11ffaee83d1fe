//! The pipeline: from a frame to a sample, one line per stage.

use crate::{
    Frame, Quality, Roi, Side, hand,
    image::{
        geometry::{Point, Similarity},
        planes::Working,
    },
    quality::{self, Evidence},
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
    /// Which hand it is, taking the frame for an unmirrored picture of a palm.
    pub side: Side,
    /// How fit it is for comparison.
    pub quality: Quality,
    /// The aligned square of the palm.
    pub roi: Roi,
}

/// Looks for one open palm in a frame: any in-plane rotation, before anything.
///
/// The outline of a left palm is that of the back of a right hand, so the two are told apart by skin and nails alone; that was
/// measured on drawn backs only, and the wrinkled back of a real hand may pass for a palm of the other side.
pub fn capture(frame: &Frame) -> Capture {
    capture_traced(frame, &mut NoTrace)
}

/// [`capture()`], showing every intermediate to `trace`.
pub fn capture_traced(frame: &Frame, trace: &mut dyn Trace) -> Capture {
    let working = Working::of(frame);
    show_working(trace, &working);
    let hand = match hand::find(&working, trace) {
        Ok(hand) => hand,
        Err(reason) => return Capture::Rejected(Quality { score: 0, reasons: vec![reason] }),
    };
    let placement = roi::place(&hand.pose, &working);
    show_placement(trace, &placement, &working);
    let roi = Roi::cut(frame, &placement);
    show_roi(trace, &roi);
    let evidence = Evidence {
        measures: quality::measure(&roi),
        lightest: working.lightest(),
        edge_blur_px: quality::edge_blur(&working, &hand.fingers, hand.pose.fit.scale())
            .map(|px| px * working.scale / placement.scale()),
        frame_px_per_px: placement.scale(),
        outside_share: roi::outside_share(frame, &placement),
        closed: hand.closed,
        back: hand.back,
        fill: placement.scale() * Roi::SIDE_PX as f32 / frame.width().min(frame.height()) as f32,
    };
    let quality = quality::judge(&evidence);
    show_quality(trace, &evidence, &quality);
    match quality.score {
        0 => Capture::Rejected(quality),
        _ => Capture::Accepted(Sample { side: hand.pose.side, quality, roi }),
    }
}

fn show_working(trace: &mut dyn Trace, Working { luma, scale, .. }: &Working) {
    trace.stage("working", View::Grey { width: luma.width, height: luma.height, pixels: &luma.data });
    trace.stage("working", View::Numbers(&[("frame_px_per_px", f64::from(*scale))]));
}

fn show_placement(trace: &mut dyn Trace, placement: &Similarity, working: &Working) {
    let side = Roi::SIDE_PX as f32;
    let corner = |name, x: f32, y: f32| {
        let p = placement.apply(Point::new(x * side, y * side)) * (1.0 / working.scale);
        (name, p.x - 0.5, p.y - 0.5)
    };
    let corners = [
        corner("top_left", 0.0, 0.0),
        corner("top_right", 1.0, 0.0),
        corner("bottom_right", 1.0, 1.0),
        corner("bottom_left", 0.0, 1.0),
    ];
    trace.stage("roi_frame", View::Points(&corners));
}

fn show_roi(trace: &mut dyn Trace, roi: &Roi) {
    trace.stage("roi", View::Grey { width: Roi::SIDE_PX, height: Roi::SIDE_PX, pixels: roi.grey() });
}

fn show_quality(trace: &mut dyn Trace, evidence: &Evidence, quality: &Quality) {
    let m = &evidence.measures;
    let numbers = [
        ("score", f64::from(quality.score)),
        ("median", f64::from(m.median)),
        ("black_share", f64::from(m.black_share)),
        ("white_share", f64::from(m.white_share)),
        ("sharpness", f64::from(m.sharpness)),
        ("lines_across", f64::from(m.lines_across)),
        ("lines_along", f64::from(m.lines_along)),
        ("lightest", f64::from(evidence.lightest)),
        ("edge_blur_px", f64::from(evidence.edge_blur_px.unwrap_or(f32::NAN))),
        ("frame_px_per_px", f64::from(evidence.frame_px_per_px)),
        ("outside_share", f64::from(evidence.outside_share)),
        ("fill", f64::from(evidence.fill)),
    ];
    trace.stage("quality", View::Numbers(&numbers));
}
