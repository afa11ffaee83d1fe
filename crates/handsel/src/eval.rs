//! `handsel eval`: error rates over a folder of palms.

use anyhow::Result;
use handsel_eval::{Interval, Report, Stage};
use indicatif::{ProgressBar, ProgressStyle};
use std::process::ExitCode;

pub(crate) use handsel_eval::Args;

pub(crate) fn run(args: Args) -> Result<ExitCode> {
    let bar = ProgressBar::new(0).with_style(ProgressStyle::with_template("{msg:<12} {wide_bar} {pos}/{len} {eta}")?);
    let evaluation = handsel_eval::run(&args.options(), &mut |stage, done, total| {
        bar.set_message(match stage {
            Stage::Acquire => "captures",
            Stage::Compare => "comparisons",
            Stage::Resample => "resamples",
        });
        bar.set_length(total as u64);
        bar.set_position(done as u64);
    })?;
    bar.finish_and_clear();
    if let Some(path) = &args.scores {
        evaluation.write_scores(path)?;
    }
    if let Some(path) = &args.json {
        evaluation.write_json(path)?;
    }
    if let Some(path) = &args.html {
        evaluation.write_html(path)?;
    }
    print(&evaluation.report);
    Ok(ExitCode::SUCCESS)
}

fn print(report: &Report) {
    let intervals = &report.intervals;
    println!("{}", report.command);
    println!("captures           {} of {} palms", report.captures, report.palms);
    println!("failed to acquire  {} {:?}", report.failed_to_acquire, report.failures);
    println!("comparisons        {} mated, {} non-mated", report.mated, report.non_mated);
    println!("EER                {}", percent(Some(report.eer), intervals.eer));
    for (fmr, &fnmr) in &report.fnmr_at_fmr {
        println!("FNMR at FMR {fmr}   {}", percent(fnmr, intervals.fnmr_at_fmr[fmr]));
    }
    println!("template           {} bytes", report.template_bytes);
    println!("one capture        {:.1} ms (median, one thread)", report.ms_per_capture);
}

fn percent(rate: Option<f64>, interval: Option<Interval>) -> String {
    let Some(rate) = rate else { return "– (too few comparisons to support it)".into() };
    match interval {
        Some([low, high]) => format!("{:.4} %  (95 %: {:.4} – {:.4})", 100.0 * rate, 100.0 * low, 100.0 * high),
        None => format!("{:.4} %", 100.0 * rate),
    }
}
