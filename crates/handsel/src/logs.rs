//! `handsel logs tail`: follows the requests that a server answers, without anything that was sent or answered.

use crate::till::{self, Till};
use anyhow::{Context, Result};
use handsel_api::logs::RequestLine;
use std::process::ExitCode;

#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(clap::Subcommand)]
enum Command {
    /// The last requests of a key, then each new one; with an operator's session, everybody's.
    Tail(Till),
}

pub(crate) fn run(args: &Args) -> Result<ExitCode> {
    let Command::Tail(till) = &args.command;
    till::follow(&till.client()?, "/v1/logs/stream", &mut |item| {
        let line: RequestLine = serde_json::from_str(&item.data).context("a line that this version cannot read")?;
        let RequestLine { at, request_id, method, route, status, ms, code, key } = line;
        let (code, key) = (code.unwrap_or_default(), key.unwrap_or_default());
        println!("{at}  {status}  {ms:>5} ms  {method:<6} {route}  {code}  {key}  {request_id}");
        Ok(())
    })?;
    Ok(ExitCode::SUCCESS)
}
