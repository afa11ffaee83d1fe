//! Two runs side by side, and over the same pairs, whether one is better.
//!
//! Both runs drew the same subjects in each resample, so what differs within a resample is the system and not who came:
//! the interval of the differences is narrower than the two runs' own intervals, and it decides.

use crate::bootstrap::{Interval, middle};
use crate::figures::{interval, percent, rate};
use crate::report::Paired;
use crate::{EvalError, error};
use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::Path;

/// What is read of a report.
#[derive(Debug, Clone, serde::Deserialize)]
struct Run {
    command: String,
    mated: usize,
    non_mated: usize,
    captures: usize,
    failed_to_acquire: usize,
    template_bytes: usize,
    subjects: usize,
    eer: f64,
    fnmr_at_fmr: BTreeMap<String, Option<f64>>,
    intervals: RunIntervals,
    paired: Paired,
}

#[derive(Debug, Clone, serde::Deserialize)]
struct RunIntervals {
    seed: u64,
    eer: Option<Interval>,
    fnmr_at_fmr: BTreeMap<String, Option<Interval>>,
}

/// Two runs compared. Rates are shares, 0–1.
#[derive(Debug, Clone, serde::Serialize)]
pub struct Versus {
    /// The command of each run.
    pub commands: [String; 2],
    /// Mated comparisons of each run.
    pub mated: [usize; 2],
    /// Non-mated comparisons of each run.
    pub non_mated: [usize; 2],
    /// Failed captures of each run, and all; null for scores from a file, which say nothing of failures.
    pub failed_to_acquire: [Option<[usize; 2]>; 2],
    /// Why the runs cannot be compared pair by pair; null where they can.
    pub unpaired_because: Option<&'static str>,
    /// EER, then FNMR at each FMR that both support.
    pub figures: Vec<Figure>,
}

/// One figure of both runs.
#[derive(Debug, Clone, serde::Serialize)]
pub struct Figure {
    /// What it is.
    pub name: String,
    /// Of each run.
    pub rates: [f64; 2],
    /// Their intervals.
    pub intervals: [Option<Interval>; 2],
    /// The interval of the second less the first, over the same resamples.
    pub difference: Option<Interval>,
    /// What that says.
    pub verdict: Verdict,
}

/// Whether one of two runs is better.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// The first has the lower rate in at least 97.5 % of resamples.
    FirstIsBetter,
    /// The second has.
    SecondIsBetter,
    /// The interval of the difference holds zero.
    NotTold,
    /// The runs do not share their pairs, or have no intervals.
    NotPaired,
}

/// Compares two reports that `handsel eval --json` wrote.
///
/// # Errors
/// [`EvalError`] naming the file that cannot be read, or is no such report.
pub fn compare_runs(first: &Path, second: &Path) -> Result<Versus, EvalError> {
    let read = |path: &Path| -> Result<Run, EvalError> {
        serde_json::from_slice(&error::read(path)?).map_err(|source| EvalError::Report { path: path.into(), source })
    };
    Ok(versus(&read(first)?, &read(second)?))
}

fn versus(a: &Run, b: &Run) -> Versus {
    let unpaired_because = unpaired(a, b);
    let figure = |name: String, rates, intervals, draws: [Option<&Vec<f64>>; 2]| {
        let difference = match (unpaired_because, draws) {
            (None, [Some(a), Some(b)]) if a.len() == b.len() => Some(middle(a.iter().zip(b).map(|(a, b)| b - a))),
            _ => None,
        };
        Figure { name, rates, intervals, difference, verdict: verdict(difference) }
    };
    let draws = [Some(&a.paired.eer), Some(&b.paired.eer)];
    let mut figures = vec![figure("EER".into(), [a.eer, b.eer], [a.intervals.eer, b.intervals.eer], draws)];
    // From the largest FMR to the smallest: the map's order is the alphabet's, the same.
    for (point, &rate) in &a.fnmr_at_fmr {
        if let (Some(first), Some(&Some(second))) = (rate, b.fnmr_at_fmr.get(point)) {
            let interval = |run: &Run| run.intervals.fnmr_at_fmr.get(point).copied().flatten();
            let draws = [a.paired.fnmr_at_fmr.get(point), b.paired.fnmr_at_fmr.get(point)];
            figures.push(figure(format!("FNMR at FMR {point}"), [first, second], [interval(a), interval(b)], draws));
        }
    }
    Versus {
        commands: [a.command.clone(), b.command.clone()],
        mated: [a.mated, b.mated],
        non_mated: [a.non_mated, b.non_mated],
        failed_to_acquire: [a, b].map(|run| (run.template_bytes > 0).then_some([run.failed_to_acquire, run.captures])),
        unpaired_because,
        figures,
    }
}

fn unpaired(a: &Run, b: &Run) -> Option<&'static str> {
    if a.paired.eer.is_empty() || b.paired.eer.is_empty() {
        Some("a run has no resamples: too few subjects, or nobody said whose the samples are")
    } else if a.paired.pairs != b.paired.pairs || a.subjects != b.subjects {
        Some("the runs did not make the same comparisons")
    } else if a.intervals.seed != b.intervals.seed {
        Some("the runs drew their resamples with different seeds")
    } else {
        None
    }
}

fn verdict(difference: Option<Interval>) -> Verdict {
    match difference {
        None => Verdict::NotPaired,
        Some([_, high]) if high < 0.0 => Verdict::SecondIsBetter,
        Some([low, _]) if low > 0.0 => Verdict::FirstIsBetter,
        Some(_) => Verdict::NotTold,
    }
}

impl Versus {
    /// The comparison as text for a terminal.
    pub fn text(&self) -> String {
        let mut text = String::new();
        for (letter, run) in [("A", 0), ("B", 1)] {
            let failed = match self.failed_to_acquire[run] {
                Some([failed, captures]) => format!("{failed} of {captures} captures failed"),
                None => "how many captures failed is not known".into(),
            };
            let _ = writeln!(text, "{letter}  {}", self.commands[run]);
            let (mated, non_mated) = (self.mated[run], self.non_mated[run]);
            let _ = writeln!(text, "   {mated} mated, {non_mated} non-mated; {failed}");
        }
        for figure in &self.figures {
            let _ = writeln!(text, "{}", figure.name);
            for (letter, run) in [("A", 0), ("B", 1)] {
                let within = interval(figure.intervals[run], self.mated[run]).unwrap_or_else(|| "no interval".into());
                let _ = writeln!(text, "   {letter}  {:<12} ({within})", rate(figure.rates[run], self.mated[run]));
            }
            if let Some([low, high]) = figure.difference {
                let signed = |share: f64| format!("{}{}", if share < 0.0 { "−" } else { "+" }, percent(share.abs()));
                let said = match figure.verdict {
                    Verdict::FirstIsBetter => "A is better",
                    Verdict::SecondIsBetter => "B is better",
                    Verdict::NotTold | Verdict::NotPaired => "no difference that these subjects can tell",
                };
                let _ = writeln!(text, "   B − A: {} – {} (95 %, paired): {said}", signed(low), signed(high));
            }
        }
        if let Some(reason) = self.unpaired_because {
            let _ = writeln!(text, "No verdict: {reason}.");
        }
        text
    }

    /// Writes the comparison as JSON.
    ///
    /// # Errors
    /// [`EvalError::Write`] naming the file.
    pub fn write_json(&self, path: &Path) -> Result<(), EvalError> {
        error::write_json(path, self)
    }
}
