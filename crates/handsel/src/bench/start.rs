//! How long an installation takes to open: every sealed palm read, opened and taken into memory before it is ready.

use crate::serve::{runtime, with_processor};
use anyhow::{Context, Result};
use handsel_palm::{Roi, Side, Template};
use handsel_server::{App, Config};
use handsel_synth::{Conditions, Palm};
use indicatif::ProgressBar;
use serde::Serialize;
use std::{path::PathBuf, time::Instant};

/// Drawn palms that are stored again and again: what is in a template does not change how long it takes to read.
const DRAWN: u64 = 64;

#[derive(clap::Args)]
pub(crate) struct Args {
    /// How many palms are enrolled.
    #[arg(long, default_value_t = 1_000_000, value_parser = clap::value_parser!(u32).range(1..=10_000_000))]
    references: u32,
    /// How often it is opened.
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..=100))]
    times: u32,
    /// Where the installation is made, or is from the last time; a temporary folder unless said. About 3 KB a palm.
    #[arg(long, value_name = "DIR")]
    data_dir: Option<PathBuf>,
    /// Write the figures as JSON.
    #[arg(long, value_name = "F.json")]
    pub(crate) json: Option<PathBuf>,
}

#[derive(Serialize)]
pub(crate) struct Figures {
    references: usize,
    template_bytes: usize,
    /// Each opening, in order: the first after writing finds much of the file in the system's cache, as the others do.
    open_s: Vec<f64>,
    /// Memory of the process beyond what it had before, over the templates' bytes.
    memory_ratio: Option<f64>,
}

pub(crate) fn figures(args: &Args) -> Result<Figures> {
    runtime()?.block_on(measure(args))
}

async fn measure(args: &Args) -> Result<Figures> {
    let folder = tempfile::tempdir()?;
    let data_dir = args.data_dir.clone().unwrap_or_else(|| folder.path().to_owned());
    let (config, _processor) = with_processor(Config { data_dir, ..Config::default() })?;
    let app = App::open(&config).await?;
    if app.palms() == 0 {
        let templates = (0..DRAWN).map(template).collect::<Option<Vec<_>>>().context("a drawn palm has features")?;
        let bar = ProgressBar::new(u64::from(args.references));
        let filled = app.fill_to_measure(args.references, &templates, |wrote| bar.set_position(u64::from(wrote))).await;
        filled.map_err(|refusal| anyhow::anyhow!(refusal.detail))?;
        bar.finish_and_clear();
    }
    app.close().await;
    drop(app);
    let before = resident();
    let (mut open_s, mut references, mut after) = (Vec::new(), 0, None);
    for _ in 0..args.times {
        let start = Instant::now();
        let app = App::open(&config).await?;
        open_s.push(start.elapsed().as_secs_f64());
        references = app.palms();
        after = after.or_else(resident);
        app.close().await;
    }
    let template_bytes = Template::BYTES * references;
    let memory_ratio = before.zip(after).map(|(before, after)| (after - before) / template_bytes as f64);
    Ok(Figures { references, template_bytes, open_s, memory_ratio })
}

fn template(who: u64) -> Option<Template> {
    let square = Palm::from_seed(who, Side::Right).draw_roi(&Conditions::of_capture(who, 0));
    Some(Template::extract(&Roi::from_grey(square)?))
}

/// Bytes of this process in memory; `None` where the system does not say.
fn resident() -> Option<f64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    Some(line.trim().trim_end_matches(" kB").trim().parse::<f64>().ok()? * 1024.0)
}
