//! `handsel eval`: error rates over a folder of palms or over score files, and two runs side by side.

use anyhow::{Context, Result};
use handsel_eval::{Stage, Versus, compare_runs};
use indicatif::{ProgressBar, ProgressStyle};
use std::process::ExitCode;

pub(crate) use handsel_eval::Args;

pub(crate) fn run(args: Args) -> Result<ExitCode> {
    match &args.compare {
        Some(runs) => {
            let [first, second] = &runs[..] else { anyhow::bail!("--compare takes two files") };
            compare(&args, &compare_runs(first, second)?)?;
        }
        None => measure(&args)?,
    }
    Ok(ExitCode::SUCCESS)
}

fn compare(args: &Args, versus: &Versus) -> Result<()> {
    if let Some(path) = &args.json {
        versus.write_json(path)?;
    }
    print!("{}", versus.text());
    Ok(())
}

fn measure(args: &Args) -> Result<()> {
    let options = args.options().context("name a folder and its --input, or --scores")?;
    let bar = ProgressBar::new(0).with_style(ProgressStyle::with_template("{msg:<12} {wide_bar} {pos}/{len} {eta}")?);
    let mut told = |stage, done, total| {
        bar.set_message(match stage {
            Stage::Acquire => "captures",
            Stage::Compare => "comparisons",
            Stage::Resample => "resamples",
        });
        bar.set_length(total as u64);
        bar.set_position(done as u64);
    };
    if args.unlinkability {
        let found = handsel_eval::unlinkability::run(&options, &mut told)?;
        bar.finish_and_clear();
        if let Some(path) = &args.json {
            std::fs::write(path, serde_json::to_string_pretty(&found)? + "\n")
                .with_context(|| format!("cannot write {}", path.display()))?;
        }
        print!("{}", handsel_eval::unlinkability::text(&options, &found));
        return Ok(());
    }
    let evaluation = handsel_eval::run(&options, &mut told)?;
    bar.finish_and_clear();
    if let Some(path) = &args.write_scores {
        evaluation.write_scores(path, args.write_format)?;
    }
    if let Some(path) = &args.json {
        evaluation.write_json(path)?;
    }
    if let Some(dir) = &args.curves {
        evaluation.write_curves(dir)?;
    }
    if let Some(path) = &args.html {
        evaluation.write_html(path)?;
    }
    print!("{}", evaluation.text());
    Ok(())
}
