//! Biometric performance: error rates, intervals, plots and reports over a folder of palms, or over score files.
//!
//! ```text
//! folder ─► acquire (every capture: accepted, or failed with a reason) ─► compare ─┐
//! score files ─────────────────────────────────────────────────────────────────────┴─► Set ─► fuse
//!     ─► rates (EER, FNMR at fixed FMR, DET) ─► resample (over subjects) ─┐
//!     ─► identify (FPIR, FNIR, CMC) ─► discard (error versus discard) ────┴─► Report (JSON, CSV, HTML, text)
//! ```
//!
//! Terms follow ISO/IEC 19795-1. Rates are shares, 0–1. A failure to acquire is counted on its own and is no part of
//! the FNMR; the generalised false reject rate (`gfrr_at_fmr`) counts every mated attempt that such a failure spoils as a
//! rejection. How to use it all: docs/EVALUATION.md.

mod acquire;
mod args;
mod bootstrap;
mod compare;
mod curves;
mod discard;
mod draw;
mod error;
mod figures;
mod files;
mod folder;
mod fuse;
mod html;
mod identify;
mod layout;
mod options;
mod rates;
mod report;
mod set;
mod text;
pub mod unlinkability;
mod versus;

pub use args::{Args, Input};
pub use discard::{Discard, DiscardPoint};
pub use error::EvalError;
pub use layout::Layout;
pub use options::{Comparator, Format, Fuse, Options, Part, Protocol, Rule, Source};
pub use report::{DetPoint, Identification, Interval, Intervals, Paired, RankPoint, Report, SearchPoint, Tested};
pub use versus::{Figure, Verdict, Versus, compare_runs};

use acquire::Acquired;
use set::{Comparison, Set};
use std::collections::BTreeMap;
use std::path::Path;
use std::time::Instant;

/// What a run is busy with, for a progress bar.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// Decoding frames and drawing templates; counted in captures.
    Acquire,
    /// Comparing every pair; counted in comparisons.
    Compare,
    /// Drawing resamples for the intervals; counted in resamples.
    Resample,
}

/// A finished run: the report, and every comparison behind it.
pub struct Evaluation {
    /// The figures.
    pub report: Report,
    set: Set,
    ranked: Vec<Comparison>,
}

/// Measures a folder or score files: who is compared with whom, the rates, their intervals, and what else is asked for.
///
/// `progress` is told the stage, how much is done and how much there is.
///
/// # Errors
/// [`EvalError`] when the folder does not fit its layout, when a file cannot be read (naming the line), when a protocol
/// asks for what the data does not say, or when there is not at least one mated and one non-mated pair.
pub fn run(options: &Options, progress: &mut dyn FnMut(Stage, usize, usize)) -> Result<Evaluation, EvalError> {
    let protocol = &options.protocol;
    let mut clock = Clock::default();
    let (captures, mut set) = scored(options, &mut clock, progress)?;
    if let Some(file) = &protocol.qualities {
        files::qualities(file, &mut set)?;
    }
    if let Some((what, rule)) = protocol.fuse {
        set = fuse::fuse(&set, what, rule)?;
    }
    let (mated, non_mated) = set.counts();
    if mated == 0 || non_mated == 0 {
        let failed = set.samples.iter().filter(|s| !s.acquired).count();
        let from = options.command.clone();
        return Err(EvalError::TooFew { from, mated, non_mated, samples: set.samples.len(), failed });
    }
    clock.start();
    let ranked = rates::ranked(&set.comparisons);
    let rates = rates::plain(&ranked);
    let subject = |sample: u32| set.samples[sample as usize].subject;
    let mut told = |done| progress(Stage::Resample, done, bootstrap::RESAMPLES);
    let resampled = bootstrap::resample(&set.comparisons, subject, set.subjects.len(), protocol.seed, &mut told);
    clock.stop("resample");
    let searches = protocol.identify.map(|share| identify::search(&set, share, protocol.seed)).transpose()?;
    let report = report::assemble(report::Measured {
        options,
        captures: &captures,
        set: &set,
        rates: &rates,
        resampled: resampled.as_ref(),
        searches: searches.as_ref(),
        discard: discard::discard(&set, protocol.discard_fnmr, protocol.seed),
        seconds: clock.seconds,
    });
    Ok(Evaluation { report, set, ranked })
}

/// Where the scores come from: captures that are compared, or files.
fn scored(
    options: &Options,
    clock: &mut Clock,
    progress: &mut dyn FnMut(Stage, usize, usize),
) -> Result<(Vec<Acquired>, Set), EvalError> {
    match &options.source {
        Source::Scores { files, format } => Ok((Vec::new(), files::read(files, *format)?)),
        Source::Folder { dir, input, layout } => {
            let files = folder::read(dir, *layout, &options.protocol)?;
            clock.start();
            let captures = acquire::acquire(&files, *input, progress)?;
            clock.stop("acquire");
            clock.start();
            let set = compare::compare(&files, &captures, options.protocol.comparator, progress);
            clock.stop("compare");
            Ok((captures, set))
        }
    }
}

/// Wall-clock seconds of each stage.
#[derive(Default)]
struct Clock {
    started: Option<Instant>,
    seconds: BTreeMap<&'static str, f64>,
}

impl Clock {
    fn start(&mut self) {
        self.started = Some(Instant::now());
    }

    fn stop(&mut self, stage: &'static str) {
        self.seconds.insert(stage, self.started.map_or(0.0, |s| s.elapsed().as_secs_f64()));
    }
}

impl Evaluation {
    /// Writes the report as JSON.
    ///
    /// # Errors
    /// [`EvalError::Write`] naming the file.
    pub fn write_json(&self, path: &Path) -> Result<(), EvalError> {
        error::write_json(path, &self.report)
    }

    /// Writes every comparison, higher is closer.
    ///
    /// # Errors
    /// [`EvalError::Write`] naming the file.
    pub fn write_scores(&self, path: &Path, format: Format) -> Result<(), EvalError> {
        files::write(path, format, &self.set)
    }

    /// Writes the curves as tables, one file for each that there is.
    ///
    /// # Errors
    /// [`EvalError::Write`] naming the file.
    pub fn write_curves(&self, dir: &Path) -> Result<(), EvalError> {
        curves::write(dir, &self.report)
    }

    /// Writes the report as one self-contained page, without any picture of a palm.
    ///
    /// # Errors
    /// [`EvalError::Write`] naming the file.
    pub fn write_html(&self, path: &Path) -> Result<(), EvalError> {
        error::write(path, html::page(&self.report, &self.set, &self.ranked).as_bytes())
    }

    /// The report as text for a terminal.
    pub fn text(&self) -> String {
        text::text(&self.report)
    }
}
