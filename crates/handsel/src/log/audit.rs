//! `handsel log audit`: a whole log, read and computed anew.

use super::{
    Trusted,
    directory::{Followed, follow},
    moment, source,
};
use anyhow::{Context, Result};
use handsel_log::{
    VerifierKey,
    verify::{Expected, audit},
};
use std::{path::PathBuf, process::ExitCode};

/// What is not given is not checked, and the answer says so.
#[derive(clap::Args)]
pub(super) struct Args {
    /// Where the log's `checkpoint` and `tile/` are.
    #[arg(value_name = "URL-OR-FOLDER")]
    log: String,
    /// The log's key; without it anybody may have made this log.
    #[arg(long, value_name = "KEY")]
    vkey: Option<VerifierKey>,
    /// A checkpoint of this log that was kept, of which it must be the continuation; may be repeated.
    #[arg(long, value_name = "FILE")]
    old: Vec<PathBuf>,
    #[command(flatten)]
    trusted: Trusted,
}

pub(super) fn run(args: &Args) -> Result<ExitCode> {
    let older =
        args.old.iter().map(|path| std::fs::read(path).with_context(|| format!("cannot read {}", path.display())));
    let known = Expected {
        origin: args.trusted.origin.clone(),
        key: args.vkey.clone(),
        witnesses: args.trusted.witnesses.clone(),
        older: older.collect::<Result<_>>()?,
    };
    let source = &*source(&args.log);
    let report = match audit(&source, &known) {
        Ok(report) => report,
        Err(fault) => {
            println!("It does not hold. {fault}");
            return Ok(ExitCode::FAILURE);
        }
    };
    let followed = follow(&source, report.checkpoint.size)?;
    if let Followed::Fault(fault) = &followed {
        println!("Its directory does not hold. {fault}");
        return Ok(ExitCode::FAILURE);
    }
    let checkpoint = report.checkpoint;
    println!("{:?} holds: {} entries, root {}", checkpoint.origin, checkpoint.size, checkpoint.root);
    println!("  {} files were read, and all of it was computed anew", report.files);
    match &args.vkey {
        Some(key) => println!("  signed by {}", key.name()),
        None => println!("  who signed it was not checked: give the log's key, --vkey"),
    }
    for (witness, seconds) in args.trusted.witnesses.iter().zip(&report.witnessed_s) {
        println!("  seen to have only grown by {} at {}", witness.name(), moment(*seconds));
    }
    if args.trusted.witnesses.is_empty() {
        println!("  whether others are shown the same was not checked: give a witness's key, --witness");
    }
    match args.old.len() {
        0 => println!(
            "  whether it was another one before was not checked: keep its checkpoint, and give it next time, --old"
        ),
        count => println!("  it continues each of {count} older checkpoints"),
    }
    if let Followed::Grew(auditor) = &followed
        && let Some(last) = auditor.last()
    {
        println!("  its directory of uses only grew, in {} epochs, by {} marks", last.epoch, auditor.added);
        println!("    root {}, which tells of the first {} entries", last.root, last.entries);
    }
    if !report.ahead.is_empty() {
        println!("  {} files are of no checkpoint yet", report.ahead.len());
    }
    Ok(ExitCode::SUCCESS)
}
