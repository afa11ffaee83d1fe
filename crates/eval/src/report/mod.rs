//! The figures of a run, with what ISO/IEC 19795-1 asks a report to say about them.

mod assemble;
mod tested;

pub(crate) use assemble::{Measured, assemble};
pub use tested::Tested;

pub use crate::bootstrap::Interval;
use crate::discard::Discard;
use std::collections::BTreeMap;

/// The figures of a run, as they are written to JSON. Rates are shares, 0–1.
#[derive(Debug, Clone, serde::Serialize)]
pub struct Report {
    /// The command line that repeats the run.
    pub command: String,
    /// What was tested, how, and what was not.
    pub tested: Tested,
    /// Palms.
    pub palms: usize,
    /// Subjects; the intervals draw these anew. 0 where the scores do not say whose they are.
    pub subjects: usize,
    /// Images looked at, or samples compared.
    pub captures: usize,
    /// Images that gave no template.
    pub failed_to_acquire: usize,
    /// How many of them failed for which reason.
    pub failures: BTreeMap<&'static str, usize>,
    /// Palms to be enrolled of which no capture gave a template.
    pub failed_to_enrol: usize,
    /// Comparisons between captures of one palm.
    pub mated: usize,
    /// Comparisons between captures of palms of different subjects.
    pub non_mated: usize,
    /// Mated pairs that were not compared, because a capture of theirs failed.
    pub mated_lost: usize,
    /// Pairs of both palms of one subject, which were left out.
    pub same_subject_left_out: usize,
    /// The rate at which FMR and FNMR are equal.
    pub eer: f64,
    /// What an FNMR cannot be told from zero under: the rule of three over the mated comparisons, and over subjects.
    pub rule_of_three: BTreeMap<&'static str, f64>,
    /// FNMR at each FMR, `1e-2` … `1e-6`; null where fewer than ten false matches are expected.
    pub fnmr_at_fmr: BTreeMap<&'static str, Option<f64>>,
    /// The generalised false reject rate at the same thresholds: a mated pair lost to a failed capture counts as
    /// rejected.
    pub gfrr_at_fmr: BTreeMap<&'static str, Option<f64>>,
    /// The lowest threshold that keeps each FMR; what scores this or higher is accepted.
    pub threshold_at_fmr: BTreeMap<&'static str, Option<f32>>,
    /// Bootstrap intervals.
    pub intervals: Intervals,
    /// FNMR at finer steps of the FMR, from one false match upwards.
    pub det: Vec<DetPoint>,
    /// The open-set 1:N test, where it was asked for.
    pub identification: Option<Identification>,
    /// The error-versus-discard curve, where captures have qualities and enough mated pairs fail.
    pub discard: Option<Discard>,
    /// Length of a stored template; 0 for scores from a file.
    pub template_bytes: usize,
    /// Median time from an image's bytes to its template or failure, on one thread.
    pub ms_per_capture: f64,
    /// Wall-clock seconds of each stage, on as many threads as there are cores.
    pub seconds: BTreeMap<&'static str, f64>,
    /// What compares this run with another.
    pub paired: Paired,
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

/// One point of the detection error trade-off.
#[derive(Debug, Clone, Copy, serde::Serialize)]
pub struct DetPoint {
    /// False match rate.
    pub fmr: f64,
    /// False non-match rate at the lowest threshold that keeps it.
    pub fnmr: f64,
    /// Its interval.
    pub interval: Option<Interval>,
}

/// An open-set 1:N test. FNIR counts a search whose own palm did not come first as a miss at every threshold.
#[derive(Debug, Clone, serde::Serialize)]
pub struct Identification {
    /// Subjects enrolled.
    pub enrolled_subjects: usize,
    /// Palms of theirs: the size N of the gallery.
    pub gallery: usize,
    /// Subjects not enrolled.
    pub strangers: usize,
    /// Searches of enrolled subjects.
    pub mated_searches: usize,
    /// Searches of strangers.
    pub non_mated_searches: usize,
    /// Searches of enrolled subjects that a failed capture spoilt.
    pub mated_lost: usize,
    /// Searches of strangers that a failed capture spoilt.
    pub non_mated_lost: usize,
    /// FNIR at each FPIR, `1e-1` … `1e-3`; null where fewer than ten false positives are expected.
    pub fnir_at_fpir: BTreeMap<&'static str, Option<f64>>,
    /// The same with spoilt searches counted as missed.
    pub fnir_with_failures: BTreeMap<&'static str, Option<f64>>,
    /// The lowest threshold that keeps each FPIR.
    pub threshold_at_fpir: BTreeMap<&'static str, Option<f32>>,
    /// Intervals of each FNIR; the gallery stays as drawn.
    pub intervals: BTreeMap<&'static str, Option<Interval>>,
    /// FPIR and FNIR across thresholds, from one false positive upwards.
    pub thresholds: Vec<SearchPoint>,
    /// The share of mated searches whose own palm is within each rank, from 1.
    pub cmc: Vec<RankPoint>,
}

/// FPIR and FNIR at one threshold.
#[derive(Debug, Clone, Copy, serde::Serialize)]
pub struct SearchPoint {
    /// What a candidate must score.
    pub threshold: Option<f32>,
    /// False positive identification rate.
    pub fpir: f64,
    /// Its interval at this threshold.
    pub fpir_interval: Option<Interval>,
    /// False negative identification rate.
    pub fnir: f64,
    /// Its interval at this threshold.
    pub fnir_interval: Option<Interval>,
}

/// One rank of the cumulative match characteristic.
#[derive(Debug, Clone, Copy, serde::Serialize)]
pub struct RankPoint {
    /// The rank.
    pub rank: usize,
    /// The share of mated searches within it.
    pub share: f64,
    /// Its interval.
    pub interval: Option<Interval>,
}

/// What compares a run with another over the same pairs.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
pub struct Paired {
    /// Hexadecimal; equal only for runs that made the same comparisons of the same subjects.
    pub pairs: String,
    /// The EER of each resample.
    pub eer: Vec<f64>,
    /// FNMR of each resample at each supported FMR.
    pub fnmr_at_fmr: BTreeMap<String, Vec<f64>>,
}

impl Report {
    /// The share of captures that gave no template.
    pub fn failure_to_acquire_rate(&self) -> f64 {
        self.failed_to_acquire as f64 / self.captures.max(1) as f64
    }
}
