//! `handsel privacy-check`: the promises about palms, run one by one against a fresh store and a real server.

mod checks;
mod erasing;
mod held;
pub(crate) mod look;
pub(crate) mod server;

use crate::serve::runtime;
use anyhow::Result;
use serde::Serialize;
use std::process::ExitCode;

/// How to say it.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Print the report as JSON.
    #[arg(long)]
    json: bool,
    /// Check with the store in this PostgreSQL database, which must be empty: postgres://user@host/database. Its own files are not looked
    /// at.
    #[arg(long, value_name = "ADDRESS")]
    store: Option<String>,
}

/// What was checked.
#[derive(Serialize)]
struct Report {
    ok: bool,
    promises: Vec<Line>,
}

/// One promise, whether it held, and what was seen.
#[derive(Serialize)]
struct Line {
    promise: &'static str,
    held: bool,
    evidence: String,
}

/// Exits with 0 only if every promise held.
pub(crate) fn run(args: &Args) -> Result<ExitCode> {
    let folder = tempfile::Builder::new().prefix("handsel-privacy-").tempdir()?;
    let runtime = runtime()?;
    let ground = server::Ground { store: args.store.clone(), ..server::Ground::of(folder.path()) };
    let mut day = checks::Day::begin(ground, &runtime)?;
    let promises: [(&'static str, checks::Check); 9] = [
        ("consent_before_capture", checks::consent_before_capture),
        ("purpose", checks::purpose),
        ("pairwise_ids", checks::pairwise_ids),
        ("custody", checks::custody),
        ("held", held::held),
        ("no_picture", checks::no_picture),
        ("revoked_epoch", checks::revoked_epoch),
        ("erasure", erasing::erasure),
        ("retention", erasing::retention),
    ];
    let mut report = Report { ok: true, promises: Vec::new() };
    for (promise, check) in promises {
        let (held, evidence) = match check(&mut day) {
            Ok(evidence) => (true, evidence),
            Err(error) => (false, format!("{error:#}")),
        };
        report.ok &= held;
        if !args.json {
            println!("{:<5}{promise:<24}{evidence}", if held { "ok" } else { "NOT" });
        }
        report.promises.push(Line { promise, held, evidence });
    }
    if args.json {
        println!("{}", serde_json::to_string_pretty(&report)?);
    } else {
        println!("{}", if report.ok { "Every promise held." } else { "Something did not hold." });
    }
    Ok(if report.ok { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
