//! From each file to a template, or to the reason why there is none.

use crate::folder::File;
use crate::{EvalError, Input, Stage};
use handsel_palm::{Capture, Frame, Roi, Template};
use image::ImageFormat;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;
use std::time::{Duration, Instant};

/// What came of one file.
pub(crate) struct Acquired {
    pub(crate) outcome: Outcome,
    /// From the file's bytes to the template or the failure, on one thread.
    pub(crate) took: Duration,
}

/// A palm, or why there is none.
pub(crate) enum Outcome {
    /// The square, the template drawn from it, and how fit it is for comparison, where that was judged.
    Palm(Roi, Template, Option<u8>),
    /// The reason's code.
    Failed(&'static str),
}

impl Acquired {
    /// The square and its template, unless the acquisition failed.
    pub(crate) fn palm(&self) -> Option<(&Roi, &Template)> {
        match &self.outcome {
            Outcome::Palm(roi, template, _) => Some((roi, template)),
            Outcome::Failed(_) => None,
        }
    }

    /// How fit the capture is for comparison, where that was judged.
    pub(crate) fn quality(&self) -> Option<f32> {
        match &self.outcome {
            Outcome::Palm(_, _, quality) => quality.map(f32::from),
            Outcome::Failed(_) => None,
        }
    }
}

/// Acquires every file on all cores, in the order given.
pub(crate) fn acquire(
    files: &[File],
    input: Input,
    progress: &mut dyn FnMut(Stage, usize, usize),
) -> Result<Vec<Acquired>, EvalError> {
    let one = |i: usize| -> Result<Acquired, EvalError> {
        let path = &files[i].path;
        let bytes = std::fs::read(path).map_err(|source| EvalError::Read { path: path.clone(), source })?;
        let started = Instant::now();
        let outcome = match input {
            Input::Hand => from_hand(&bytes),
            Input::Roi => from_roi(&bytes),
        };
        Ok(Acquired { outcome, took: started.elapsed() })
    };
    on_all_cores(files.len(), one, &mut |done| progress(Stage::Acquire, done, files.len())).into_iter().collect()
}

fn from_hand(bytes: &[u8]) -> Outcome {
    let Some(frame) = frame(bytes) else { return Outcome::Failed("not_decoded") };
    match handsel_palm::capture(&frame) {
        Capture::Accepted(sample) => drawn(sample.roi, Some(sample.quality.score)),
        Capture::Rejected(quality) => Outcome::Failed(quality.reasons.first().map_or("rejected", |r| r.code())),
    }
}

/// A frame as a scanner sends it, or a bitmap, which public sets are made of and a scanner may not send.
fn frame(bytes: &[u8]) -> Option<Frame> {
    if !matches!(image::guess_format(bytes), Ok(ImageFormat::Bmp)) {
        return Frame::decode(bytes).ok();
    }
    let image = image::load_from_memory_with_format(bytes, ImageFormat::Bmp).ok()?.into_rgb8();
    Frame::from_rgb(image.width(), image.height(), image.into_raw()).ok()
}

/// Takes any size; what is not square is stretched.
fn from_roi(bytes: &[u8]) -> Outcome {
    let Ok(image) = image::load_from_memory(bytes) else { return Outcome::Failed("not_decoded") };
    let side = Roi::SIDE_PX as u32;
    let mut grey = image.into_luma8();
    if grey.dimensions() != (side, side) {
        grey = image::imageops::resize(&grey, side, side, image::imageops::FilterType::Triangle);
    }
    Roi::from_grey(grey.into_raw()).map_or(Outcome::Failed("not_decoded"), |roi| drawn(roi, None))
}

fn drawn(roi: Roi, quality: Option<u8>) -> Outcome {
    let template = Template::extract(&roi);
    if template.is_usable() { Outcome::Palm(roi, template, quality) } else { Outcome::Failed("no_features") }
}

/// Does `one` for 0..count on as many threads as there are cores; tells `progress` how many are done; keeps the order.
pub(crate) fn on_all_cores<T: Send>(
    count: usize,
    one: impl Fn(usize) -> T + Sync,
    progress: &mut dyn FnMut(usize),
) -> Vec<T> {
    let threads = std::thread::available_parallelism().map_or(1, usize::from).min(count.max(1));
    let next = AtomicUsize::new(0);
    let (sender, receiver) = mpsc::channel();
    let mut results: Vec<Option<T>> = (0..count).map(|_| None).collect();
    std::thread::scope(|scope| {
        for _ in 0..threads {
            let (sender, next, one) = (sender.clone(), &next, &one);
            scope.spawn(move || {
                loop {
                    let i = next.fetch_add(1, Ordering::Relaxed);
                    if i >= count || sender.send((i, one(i))).is_err() {
                        break;
                    }
                }
            });
        }
        drop(sender);
        for (done, (i, result)) in receiver.iter().enumerate() {
            results[i] = Some(result);
            progress(done + 1);
        }
    });
    results.into_iter().flatten().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_piece_of_work_is_done_once_and_kept_in_order() {
        let mut told = Vec::new();
        let squares = on_all_cores(257, |i| i * i, &mut |done| told.push(done));
        assert_eq!(squares, (0..257).map(|i| i * i).collect::<Vec<_>>());
        assert_eq!(told, (1..=257).collect::<Vec<_>>());
    }
}
