//! `handsel bench ledger`: transfers a second, in groups that share a commit, next to what a database does by itself.

use anyhow::{Context, Result, bail};
use handsel_server::{App, Config};
use serde::Serialize;
use std::{path::PathBuf, process::Command};

#[derive(clap::Args)]
pub(crate) struct Args {
    /// How many groups are written.
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    groups: u32,
    /// How many transfers share a commit.
    #[arg(long, default_value_t = 1_000, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    per_group: u32,
    /// Keep the store in an empty PostgreSQL database: postgres://…
    #[arg(long, value_name = "ADDRESS")]
    store: Option<String>,
    /// Run pgbench's TPC-B in this database as well, with eight clients for ten seconds: postgres://…
    #[arg(long, value_name = "ADDRESS")]
    pgbench: Option<String>,
    /// Write the figures as JSON.
    #[arg(long, value_name = "F.json")]
    pub(super) json: Option<PathBuf>,
}

#[derive(Serialize)]
pub(super) struct Figures {
    transfers: u64,
    per_group: u32,
    transfers_per_s: f64,
    /// Transactions a second of pgbench's TPC-B.
    #[serde(skip_serializing_if = "Option::is_none")]
    tpc_b_per_s: Option<f64>,
    /// The one by the other.
    #[serde(skip_serializing_if = "Option::is_none")]
    ratio: Option<f64>,
}

pub(super) fn figures(args: &Args) -> Result<Figures> {
    let folder = tempfile::tempdir()?;
    let store = args.store.as_deref().map(str::parse).transpose()?;
    let config = Config { data_dir: folder.path().join("data"), store, ..Config::default() };
    let (config, _processor) = crate::serve::with_processor(config)?;
    let took = crate::serve::runtime()?.block_on(async {
        let app = App::open(&config).await?;
        let took = app.transfers_to_measure(args.groups, args.per_group).await;
        app.close().await;
        took.map_err(|refusal| anyhow::anyhow!(refusal.detail))
    })?;
    let transfers = u64::from(args.groups) * u64::from(args.per_group);
    let transfers_per_s = transfers as f64 / took.as_secs_f64();
    let tpc_b_per_s = args.pgbench.as_deref().map(tpc_b).transpose()?;
    let ratio = tpc_b_per_s.map(|other| transfers_per_s / other);
    Ok(Figures { transfers, per_group: args.per_group, transfers_per_s, tpc_b_per_s, ratio })
}

/// What pgbench says, at scale 10.
fn tpc_b(database: &str) -> Result<f64> {
    let run = |args: &[&str]| -> Result<String> {
        let out = Command::new("pgbench").args(args).arg(database).output().context("pgbench is not on the PATH")?;
        if !out.status.success() {
            bail!("pgbench: {}", String::from_utf8_lossy(&out.stderr));
        }
        Ok(String::from_utf8_lossy(&out.stdout).into_owned())
    };
    run(&["--initialize", "--quiet", "--scale=10"])?;
    let said = run(&["--client=8", "--jobs=2", "--time=10"])?;
    let line = said.lines().find_map(|line| line.strip_prefix("tps = ")).context("pgbench said no tps")?;
    Ok(line.split_whitespace().next().context("pgbench said no tps")?.parse()?)
}
