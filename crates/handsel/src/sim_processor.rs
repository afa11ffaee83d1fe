//! `handsel sim-processor`: a card company that does not exist, for trying and testing.

use crate::serve::{log_to_stderr, runtime, stop_signal};
use anyhow::{Context, Result};
use handsel_sim_processor::{SimProcessor, Webhooks};
use std::{net::SocketAddr, path::PathBuf, process::ExitCode};
use tokio::net::TcpListener;

/// It has no keys and no accounts: keep it at a loopback address.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Where to listen; any free port by default.
    #[arg(long, default_value = "127.0.0.1:0")]
    listen: SocketAddr,
    /// Where its books are kept; without it, in a temporary file that goes when it stops.
    #[arg(long, value_name = "FILE")]
    books: Option<PathBuf>,
    /// Tell this URL of every change, such as http://127.0.0.1:8321/v1/processor_events.
    #[arg(long, value_name = "URL", requires = "webhook_secret")]
    webhook_url: Option<String>,
    /// What webhooks are signed with: whsec_ and 16 or more bytes in Base64.
    #[arg(long, env = "SIM_PROCESSOR_WEBHOOK_SECRET", hide_env_values = true, value_name = "SECRET")]
    webhook_secret: Option<String>,
}

pub(crate) fn run(args: Args) -> Result<ExitCode> {
    log_to_stderr();
    let temporary = tempfile::Builder::new().prefix("handsel-books-").tempdir()?;
    let books = args.books.unwrap_or_else(|| temporary.path().join("books.db"));
    let mut processor = SimProcessor::open(&books)?;
    if let (Some(url), Some(secret)) = (args.webhook_url, &args.webhook_secret) {
        processor = processor.with_webhooks(Webhooks::new(url, secret)?);
    }
    runtime()?.block_on(async {
        let listener =
            TcpListener::bind(args.listen).await.with_context(|| format!("cannot listen on {}", args.listen))?;
        println!("The simulated processor is at http://{}", listener.local_addr()?);
        processor.serve(listener, stop_signal()).await.context("the simulated processor stopped")
    })?;
    Ok(ExitCode::SUCCESS)
}
