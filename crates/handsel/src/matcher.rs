//! `handsel matcher`: holds a share of the palms for a server that searches over NATS.

use crate::serve::{configuration, log_to_stderr, no_core_dumps, runtime, stop_signal};
use anyhow::{Context, Result};
use handsel_server::matchers::Matcher;
use std::{path::PathBuf, process::ExitCode};

/// Flags win over the environment (`HANDSEL_DATA_DIR`, `HANDSEL_GALLERY`), which wins over `handsel.toml`.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// The NATS servers, as `nats://user:password@host:4222`, more after commas. `HANDSEL_GALLERY` keeps the password out of the
    /// list of processes.
    #[arg(long)]
    nats: Option<String>,
    /// Where the server's store and key file live. They are read, never written.
    #[arg(long)]
    data_dir: Option<PathBuf>,
    /// How many matchers hold each palm; the same at every matcher.
    #[arg(long, default_value_t = 2, value_parser = clap::value_parser!(u8).range(1..=9))]
    replicas: u8,
    /// A configuration file; without it, `handsel.toml` if there is one.
    #[arg(long)]
    config: Option<PathBuf>,
}

pub(crate) fn run(args: Args) -> Result<ExitCode> {
    no_core_dumps()?;
    log_to_stderr();
    let config = configuration(args.config.as_deref(), args.data_dir.as_deref(), args.nats.as_deref())?;
    let servers = config.gallery.context("name the NATS servers: --nats nats://user:password@host:4222")?;
    runtime()?.block_on(async {
        let matcher = Matcher::open(&config.data_dir, &servers, args.replicas.into()).await?;
        matcher.run(stop_signal()).await
    })?;
    Ok(ExitCode::SUCCESS)
}
