//! Looking at a frame: in memory, off the server's threads, two at a time, and wiped before the answer.

use super::{Answer, App, CaptureOutcome, CapturePurpose, Refusal};
use crate::{
    clock::{day, now_ms},
    residue::{Handling, wipe_stack},
    store::counts,
};
use handsel_api::{
    Code,
    references::{Hand, Quality},
};
use handsel_palm::{Capture, Frame, Sample, Side, capture};
use std::time::Instant;
use zeroize::Zeroizing;

/// What looking at a frame gave.
pub(crate) struct Seen<T> {
    pub(crate) quality: Quality,
    pub(crate) decode_ms: f64,
    pub(crate) capture_ms: f64,
    /// What the caller made of the sample.
    pub(crate) made: T,
}

impl App {
    /// Decodes a frame, looks for one palm in it, and has `make` draw from the sample what is needed. The frame and the
    /// sample are wiped before this returns. A rejected capture is counted.
    pub(super) async fn look<T: Send + 'static>(
        &self,
        purpose: CapturePurpose,
        frame: Vec<u8>,
        make: impl FnOnce(Sample) -> T + Send + 'static,
    ) -> Answer<Seen<T>> {
        let _handling = Handling;
        let frame = Zeroizing::new(frame);
        let looked = self.off_thread(move || look_at(&frame, make)).await??;
        match looked {
            Ok(seen) => Ok(seen),
            Err(quality) => Err(self.reject(purpose, quality).await?),
        }
    }

    /// Counts a rejected capture, and makes the refusal that says why.
    pub(super) async fn reject(&self, purpose: CapturePurpose, quality: Quality) -> Answer<Refusal> {
        let reason = first_reason(&quality);
        let mut tx = self.0.store.write().await?;
        counts::add_capture(&mut tx, &day(now_ms()), purpose.word(), CaptureOutcome::Rejected.word(), &reason).await?;
        tx.commit().await?;
        Ok(rejected(quality))
    }

    /// Runs `work` on a thread that may take its time, a few at a time. A panic there is an internal error here.
    pub(super) async fn off_thread<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Answer<T> {
        let Ok(_turn) = self.0.looking.acquire().await else { return Err(Refusal::internal("looking is over")) };
        let wiped = move || {
            let made = work();
            wipe_stack();
            made
        };
        tokio::task::spawn_blocking(wiped).await.map_err(|_| Refusal::internal("looking at a frame broke off"))
    }
}

/// Decodes a frame, looks for one palm in it, and has `make` draw from the sample what is needed, on this thread; or says why there is
/// none fit for comparison. The frame and the sample are wiped.
pub(crate) fn look_at<T>(frame: &[u8], make: impl FnOnce(Sample) -> T) -> Answer<Result<Seen<T>, Quality>> {
    let start = Instant::now();
    let frame = Frame::decode(frame).map_err(|error| Refusal::new(Code::InvalidFrame, format!("{error}.")))?;
    let decode_ms = ms_since(start);
    let start = Instant::now();
    let captured = capture(&frame);
    let capture_ms = ms_since(start);
    drop(frame);
    Ok(match captured {
        Capture::Rejected(quality) => Err(shown(&quality)),
        Capture::Accepted(sample) => {
            Ok(Seen { quality: shown(&sample.quality), decode_ms, capture_ms, made: make(sample) })
        }
    })
}

/// The refusal of a capture, with why.
pub(crate) fn rejected(quality: Quality) -> Refusal {
    let detail = format!("The first reason is {}.", first_reason(&quality));
    Refusal { quality: Some(quality), ..Refusal::new(Code::CaptureRejected, detail) }
}

fn first_reason(quality: &Quality) -> String {
    quality.reasons.first().cloned().unwrap_or_default()
}

/// The hand of a side.
pub(super) fn hand(side: Side) -> Hand {
    match side {
        Side::Left => Hand::Left,
        Side::Right => Hand::Right,
    }
}

pub(crate) fn ms_since(start: Instant) -> f64 {
    // Whole microseconds: finer is noise.
    (start.elapsed().as_secs_f64() * 1e6).round() / 1e3
}

fn shown(quality: &handsel_palm::Quality) -> Quality {
    Quality { score: quality.score, reasons: quality.reasons.iter().map(|reason| reason.code().to_owned()).collect() }
}
