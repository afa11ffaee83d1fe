//! The figures of a run.

use crate::acquire::{Acquired, Outcome};
use crate::bootstrap::{LEVEL, RESAMPLES, Resampled};
use crate::compare::{Comparison, is_compared};
use crate::folder::File;
use crate::rates::{POINTS, by_falling_score, is_supported, rates};
use crate::{EvalError, Options};
use handsel_palm::Template;
use std::collections::{BTreeMap, BTreeSet};

/// The figures of a run, as they are written to JSON. Rates are shares, 0–1.
#[derive(Debug, Clone, serde::Serialize)]
pub struct Report {
    /// The command line that repeats the run.
    pub command: String,
    /// Palms.
    pub palms: usize,
    /// Subjects; the intervals draw these anew.
    pub subjects: usize,
    /// Images looked at.
    pub captures: usize,
    /// Images that gave no template.
    pub failed_to_acquire: usize,
    /// How many of them failed for which reason.
    pub failures: BTreeMap<&'static str, usize>,
    /// Comparisons between captures of one palm.
    pub mated: usize,
    /// Comparisons between captures of different palms.
    pub non_mated: usize,
    /// Mated pairs that were not compared, because a capture of theirs failed.
    pub mated_lost: usize,
    /// The rate at which FMR and FNMR are equal.
    pub eer: f64,
    /// FNMR at each FMR, `1e-2` … `1e-6`; null where fewer than ten false matches are expected.
    pub fnmr_at_fmr: BTreeMap<&'static str, Option<f64>>,
    /// The generalised false reject rate at the same thresholds: a mated pair lost to a failed capture counts as
    /// rejected.
    pub gfrr_at_fmr: BTreeMap<&'static str, Option<f64>>,
    /// The lowest threshold that keeps each FMR; what scores this or higher is accepted.
    pub threshold_at_fmr: BTreeMap<&'static str, Option<f32>>,
    /// Bootstrap intervals.
    pub intervals: Intervals,
    /// Length of a stored template.
    pub template_bytes: usize,
    /// Median time from an image's bytes to its template or failure, on one thread.
    pub ms_per_capture: f64,
}

/// Bootstrap intervals over subjects; null with too few subjects, and where the rate itself is null.
///
/// An interval of no width means that no resample held an error, not that the rate is known.
#[derive(Debug, Clone, serde::Serialize)]
pub struct Intervals {
    /// The share of resamples within.
    pub level: f64,
    /// Resamples drawn.
    pub resamples: usize,
    /// What they were drawn with.
    pub seed: u64,
    /// Of the EER.
    pub eer: Option<Interval>,
    /// Of each FNMR.
    pub fnmr_at_fmr: BTreeMap<&'static str, Option<Interval>>,
}

/// Lowest and highest of the resamples within the level.
pub type Interval = [f64; 2];

/// Puts the figures together.
pub(crate) fn assemble(
    options: &Options,
    files: &[File],
    captures: &[Acquired],
    comparisons: &[Comparison],
    resampled: Option<Resampled>,
) -> Result<Report, EvalError> {
    let mut failures = BTreeMap::new();
    for capture in captures {
        if let Outcome::Failed(reason) = capture.outcome {
            *failures.entry(reason).or_insert(0) += 1;
        }
    }
    let failed = failures.values().sum();
    let mated = comparisons.iter().filter(|c| c.mated).count();
    let non_mated = comparisons.len() - mated;
    if mated == 0 || non_mated == 0 {
        let path = options.dir.clone();
        return Err(EvalError::TooFew { path, mated, non_mated, captures: files.len(), failed });
    }
    let rates = rates(comparisons, &by_falling_score(comparisons), |_| 1.0);
    let mated_lost = mated_pairs(files) - mated;
    let gfrr = |fnmr: f64| (fnmr * mated as f64 + mated_lost as f64) / (mated + mated_lost) as f64;
    let eer_interval = resampled.as_ref().map(|r| r.eer);
    let fnmr_intervals = resampled.map(|r| r.points);
    Ok(Report {
        command: options.command.clone(),
        palms: distinct(files.iter().map(|f| f.palm)),
        subjects: distinct(files.iter().map(|f| f.subject)),
        captures: files.len(),
        failed_to_acquire: failed,
        failures,
        mated,
        non_mated,
        mated_lost,
        eer: rates.eer,
        fnmr_at_fmr: at_points(non_mated, |p| Some(rates.points[p].fnmr)),
        gfrr_at_fmr: at_points(non_mated, |p| Some(gfrr(rates.points[p].fnmr))),
        threshold_at_fmr: at_points(non_mated, |p| Some(rates.points[p].score).filter(|s| s.is_finite())),
        intervals: Intervals {
            level: LEVEL,
            resamples: RESAMPLES,
            seed: options.seed,
            eer: eer_interval,
            fnmr_at_fmr: at_points(non_mated, |p| fnmr_intervals.map(|points| points[p])),
        },
        template_bytes: Template::BYTES,
        ms_per_capture: median_ms(captures),
    })
}

/// A value at every point that the data supports.
fn at_points<T>(non_mated: usize, value: impl Fn(usize) -> Option<T>) -> BTreeMap<&'static str, Option<T>> {
    let point = |(p, (name, fmr)): (usize, (&'static str, f64))| {
        (name, if is_supported(fmr, non_mated) { value(p) } else { None })
    };
    POINTS.into_iter().enumerate().map(point).collect()
}

/// How many mated pairs there would have been, had no capture failed.
fn mated_pairs(files: &[File]) -> usize {
    let mut of_palm: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    files.iter().enumerate().for_each(|(i, f)| of_palm.entry(f.palm).or_default().push(i));
    let pairs = |of: &Vec<usize>| -> usize {
        of.iter().map(|&p| of.iter().filter(|&&r| is_compared(files, p, r)).count()).sum()
    };
    of_palm.values().map(pairs).sum()
}

fn distinct(values: impl Iterator<Item = usize>) -> usize {
    values.collect::<BTreeSet<_>>().len()
}

fn median_ms(captures: &[Acquired]) -> f64 {
    let mut ms: Vec<f64> = captures.iter().map(|c| c.took.as_secs_f64() * 1e3).collect();
    ms.sort_by(f64::total_cmp);
    ms.get(ms.len() / 2).copied().unwrap_or_default()
}

impl Report {
    /// The share of captures that gave no template.
    pub fn failure_to_acquire_rate(&self) -> f64 {
        self.failed_to_acquire as f64 / self.captures.max(1) as f64
    }
}
