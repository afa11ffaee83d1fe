//! `handsel operator link`: a way in for whoever runs the machine, also while the server runs.

use crate::serve::{Installation, configuration};
use anyhow::{Context, Result};
use std::process::ExitCode;

#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(clap::Subcommand)]
enum What {
    /// Print a link that signs in as an owner, once, within an hour.
    Link(Installation),
}

pub(crate) fn run(args: &Args) -> Result<ExitCode> {
    let What::Link(installation) = &args.what;
    let config = configuration(installation, None)?;
    let token = handsel_server::operator_link(&config.data_dir)
        .with_context(|| format!("cannot write into {}; is it the server's data folder?", config.data_dir.display()))?;
    let base = match &config.public_url {
        Some(url) => url.origin().to_owned(),
        None => format!("http://localhost:{}", config.listen.port()),
    };
    println!("Administrator, once: {base}/admin/{token}");
    Ok(ExitCode::SUCCESS)
}
