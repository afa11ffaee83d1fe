//! `handsel matcher`: holds a share of the palms for a server that searches over NATS.

use crate::serve::{Installation, configuration, log_to_stderr, runtime, stop_signal};
use anyhow::{Context, Result};
use handsel_server::matchers::Matcher;
use std::process::ExitCode;

/// Flags win over the environment (`HANDSEL_DATA_DIR`, `HANDSEL_GALLERY`, …), which wins over `handsel.toml`.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// The server's installation: its store and its key file are read, never written.
    #[command(flatten)]
    installation: Installation,
    /// The NATS servers: nats://user:password@host:4222, more after commas. A password belongs into HANDSEL_GALLERY or the
    /// configuration file.
    #[arg(long, value_name = "ADDRESS")]
    nats: Option<String>,
    /// How many matchers hold each palm; the same at every matcher.
    #[arg(long, default_value_t = 2, value_parser = clap::value_parser!(u8).range(1..=9))]
    replicas: u8,
}

pub(crate) fn run(args: Args) -> Result<ExitCode> {
    log_to_stderr();
    crate::memory::keep_memory_private()?;
    let config = configuration(&args.installation, args.nats.as_deref())?;
    let servers = config.gallery.as_ref().context("name the NATS servers: --nats nats://user:password@host:4222")?;
    runtime()?.block_on(async {
        let matcher = Matcher::open(&config, servers, args.replicas.into()).await?;
        matcher.run(stop_signal()).await
    })?;
    Ok(ExitCode::SUCCESS)
}
