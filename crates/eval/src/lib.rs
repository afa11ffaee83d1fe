//! Biometric performance: error rates, intervals, plots and reports over a folder of palms.
//!
//! ```text
//! folder ─► acquire (every capture: accepted, or failed with a reason) ─► compare (every pair)
//!        ─► rates (EER, FNMR at fixed FMR, DET) ─► bootstrap (over subjects) ─► report (JSON, CSV, HTML)
//! ```
//!
//! Terms follow ISO/IEC 19795-1. Rates are shares, 0–1. A failure to acquire is counted on its own and is no part of
//! the FNMR; the generalised false reject rate (`gfrr_at_fmr`) counts every mated attempt that such a failure spoils as a
//! rejection.

mod acquire;
mod args;
mod bootstrap;
mod compare;
mod csv;
mod error;
mod folder;
mod html;
mod rates;
mod report;

pub use args::{Args, Input, Options};
pub use error::EvalError;
pub use report::{Interval, Intervals, Report};

use compare::Comparison;
use std::path::Path;

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
    names: Vec<String>,
    comparisons: Vec<Comparison>,
}

/// Measures a folder: acquires every capture, compares every pair, and works out the rates and their intervals.
///
/// `progress` is told the stage, how much is done and how much there is.
///
/// # Errors
/// [`EvalError`] when the folder is not laid out as `<palm>/<session>/<image>`, when a file cannot be read, or when
/// there is not at least one mated and one non-mated pair.
pub fn run(options: &Options, progress: &mut dyn FnMut(Stage, usize, usize)) -> Result<Evaluation, EvalError> {
    let files = folder::read(options)?;
    let captures = acquire::acquire(&files, options, progress)?;
    let comparisons = compare::compare(&files, &captures, progress);
    let subjects: Vec<usize> = files.iter().map(|f| f.subject).collect();
    let resampled = bootstrap::intervals(&comparisons, &subjects, options.seed, progress);
    let report = report::assemble(options, &files, &captures, &comparisons, resampled)?;
    Ok(Evaluation { report, names: files.into_iter().map(|f| f.name).collect(), comparisons })
}

impl Evaluation {
    /// Writes the report as JSON.
    ///
    /// # Errors
    /// [`EvalError::Write`] naming the file.
    pub fn write_json(&self, path: &Path) -> Result<(), EvalError> {
        let mut text = serde_json::to_string_pretty(&self.report).expect("a report is plain numbers and names");
        text.push('\n');
        error::write(path, text.as_bytes())
    }

    /// Writes every comparison as `probe,reference,mated,score`, higher is closer.
    ///
    /// # Errors
    /// [`EvalError::Write`] naming the file.
    pub fn write_scores(&self, path: &Path) -> Result<(), EvalError> {
        csv::write(path, &self.names, &self.comparisons)
    }

    /// Writes the report as one self-contained page, without any picture of a palm.
    ///
    /// # Errors
    /// [`EvalError::Write`] naming the file.
    pub fn write_html(&self, path: &Path) -> Result<(), EvalError> {
        error::write(path, html::page(&self.report, &self.names, &self.comparisons).as_bytes())
    }
}
