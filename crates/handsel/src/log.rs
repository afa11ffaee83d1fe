//! `handsel log`: a transparency log, and proofs that something is in it, checked as a stranger would. No installation is needed.

mod answers;
mod audit;
mod directory;
mod proof;
mod remote;
mod subject;

use anyhow::Result;
use handsel_log::{Folder, Source, VerifierKey};
use std::{
    process::ExitCode,
    time::{Duration, UNIX_EPOCH},
};

#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(clap::Subcommand)]
enum Command {
    /// Read a whole log and compute all of it anew.
    Audit(audit::Args),
    /// Make a proof file for one entry of a log.
    Prove(proof::Prove),
    /// Check a proof file, without any network.
    Verify(proof::Verify),
}

/// By whom a log must be signed.
#[derive(clap::Args)]
struct Trusted {
    /// What the log calls itself, if that is not its key's name.
    #[arg(long, value_name = "NAME")]
    origin: Option<String>,
    /// A witness that must have signed too; may be repeated.
    #[arg(long = "witness", value_name = "VKEY")]
    witnesses: Vec<VerifierKey>,
}

pub(crate) fn run(args: &Args) -> Result<ExitCode> {
    match &args.command {
        Command::Audit(args) => audit::run(args),
        Command::Prove(args) => proof::prove(args),
        Command::Verify(args) => proof::verify(args),
    }
}

/// An address, or else a folder.
fn source(place: &str) -> Box<dyn Source> {
    if place.starts_with("http://") || place.starts_with("https://") {
        Box::new(remote::Remote::new(place))
    } else {
        Box::new(Folder::new(place))
    }
}

/// A moment as people write it. A stranger may have made it up, so it may be any number.
fn moment(seconds: u64) -> String {
    let year_9999 = 253_402_300_799;
    match UNIX_EPOCH.checked_add(Duration::from_secs(seconds)).filter(|_| seconds <= year_9999) {
        Some(time) => humantime::format_rfc3339_seconds(time).to_string(),
        None => format!("{seconds} s after 1970"),
    }
}
