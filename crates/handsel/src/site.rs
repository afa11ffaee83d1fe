//! `handsel site`: the agent of a shop that stands away from its server.

use crate::{
    serve::{log_to_stderr, runtime, stop_signal},
    till::Till,
};
use anyhow::{Context, Result};
use handsel_api::SiteId;
use handsel_server::site::{Agent, SiteConfig};
use std::{
    net::{Ipv4Addr, SocketAddr},
    path::PathBuf,
    process::ExitCode,
};
use tokio::net::TcpListener;

/// Tills are pointed at this instead of at the server. The key is the agent's own, with the scope `offline`.
#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    till: Till,
    /// The shop's site, sit_….
    #[arg(long)]
    site: SiteId,
    /// The agent's own folder: its key file, the sealed palms, and what was taken.
    #[arg(long, default_value = "handsel-site")]
    data_dir: PathBuf,
    /// Where to listen.
    #[arg(long, default_value_t = SocketAddr::from((Ipv4Addr::LOCALHOST, 8322)))]
    listen: SocketAddr,
}

pub(crate) fn run(args: Args) -> Result<ExitCode> {
    log_to_stderr();
    crate::memory::keep_memory_private()?;
    let config = SiteConfig {
        server: args.till.server(),
        key: args.till.key()?.into(),
        site: args.site,
        data_dir: args.data_dir,
    };
    runtime()?.block_on(async {
        let listener = TcpListener::bind(args.listen)
            .await
            .with_context(|| format!("cannot listen on {}; --listen names another", args.listen))?;
        let agent = Agent::open(config).await?;
        println!("The shop's agent is at   http://{}/", listener.local_addr()?);
        agent.serve(listener, stop_signal()).await.context("the agent stopped")
    })?;
    Ok(ExitCode::SUCCESS)
}
