//! The curves of a report as tables. An interval that is not known leaves its fields empty.

use crate::bootstrap::Interval;
use crate::{EvalError, Report, error};
use std::path::Path;

/// Writes det.csv, and where they were measured cmc.csv, identification.csv and discard.csv.
pub(crate) fn write(dir: &Path, report: &Report) -> Result<(), EvalError> {
    std::fs::create_dir_all(dir).map_err(|source| EvalError::Write { path: dir.into(), source })?;
    let det = report.det.iter().map(|p| format!("{},{},{}", p.fmr, p.fnmr, ends(p.interval)));
    table(&dir.join("det.csv"), "fmr,fnmr,low,high", det)?;
    if let Some(found) = &report.identification {
        let ranks = found.cmc.iter().map(|p| format!("{},{},{}", p.rank, p.share, ends(p.interval)));
        table(&dir.join("cmc.csv"), "rank,share,low,high", ranks)?;
        let thresholds = found.thresholds.iter().map(|p| {
            let threshold = p.threshold.map(|t| t.to_string()).unwrap_or_default();
            format!("{threshold},{},{},{},{}", p.fpir, ends(p.fpir_interval), p.fnir, ends(p.fnir_interval))
        });
        let header = "threshold,fpir,fpir_low,fpir_high,fnir,fnir_low,fnir_high";
        table(&dir.join("identification.csv"), header, thresholds)?;
    }
    if let Some(discard) = &report.discard {
        let curve = discard.curve.iter().map(|p| format!("{},{},{}", p.discarded, p.fnmr, ends(p.interval)));
        table(&dir.join("discard.csv"), "discarded,fnmr,low,high", curve)?;
    }
    Ok(())
}

fn ends(interval: Option<Interval>) -> String {
    interval.map_or_else(|| ",".into(), |[low, high]| format!("{low},{high}"))
}

fn table(path: &Path, header: &str, rows: impl Iterator<Item = String>) -> Result<(), EvalError> {
    let text: String = std::iter::once(header.to_owned()).chain(rows).map(|row| row + "\n").collect();
    error::write(path, text.as_bytes())
}
