//! `handsel doctor`: whether an installation is sound.

use crate::serve::{Installation, configuration, runtime};
use anyhow::{Result, anyhow};
use std::process::ExitCode;

/// Which installation, and how to say it.
#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    installation: Installation,
    /// Print the report as JSON.
    #[arg(long)]
    json: bool,
}

/// Exits with 1 when something is wrong.
pub(crate) fn run(args: &Args) -> Result<ExitCode> {
    let config = configuration(&args.installation, None)?;
    let report = runtime()?.block_on(handsel_server::doctor::examine(&config)).map_err(|why| anyhow!(why))?;
    if args.json {
        println!("{}", serde_json::to_string_pretty(&report)?);
    } else {
        println!("{} transfers follow each other", report.transfers);
        println!("{} payments were held against them", report.payments);
        println!("{} payments and {} refunds wait for the processor", report.unknown, report.refunds_pending);
        println!("{} entries of the log hold", report.log_entries);
        println!(
            "{}",
            if crate::memory::may_lock() {
                "memory is locked by a server of this user: none of it is swapped to the disk"
            } else {
                "memory may be swapped to the disk: this user may not lock it (LimitMEMLOCK=infinity, or ulimit -l unlimited)"
            }
        );
        for finding in &report.findings {
            println!("WRONG: {finding}");
        }
        println!("{}", if report.sound { "Sound." } else { "Not sound." });
    }
    Ok(if report.sound { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
