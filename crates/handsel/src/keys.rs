//! `handsel keys`: the epochs and key-encryption keys of an installation, shown and changed. The server follows while it runs.

use crate::serve::{Installation, configuration, runtime};
use anyhow::{Result, anyhow};
use handsel_api::custody::Custody;
use handsel_server::custody;
use std::process::ExitCode;

/// Which installation, and what to do.
#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    installation: Installation,
    #[command(subcommand)]
    action: Option<Action>,
}

#[derive(clap::Subcommand)]
enum Action {
    /// Show the epochs and key-encryption keys (the default).
    Show {
        /// Print them as JSON.
        #[arg(long)]
        json: bool,
    },
    /// Make a new key-encryption key and have everything wrapped by it, in the background.
    Rotate,
    /// What templates are kept under.
    Epoch {
        #[command(subcommand)]
        action: EpochAction,
    },
}

#[derive(clap::Subcommand)]
enum EpochAction {
    /// After a breach: re-key every palm in the background, then destroy the old key. Nobody has to come back.
    Revoke,
}

pub(crate) fn run(args: &Args) -> Result<ExitCode> {
    let config = configuration(&args.installation, None)?;
    runtime()?.block_on(async {
        match args.action.as_ref().unwrap_or(&Action::Show { json: false }) {
            Action::Show { json } => show(&custody::status(&config).await.map_err(|why| anyhow!(why))?, *json)?,
            Action::Rotate => {
                let number = custody::rotate(&config).await.map_err(|why| anyhow!(why))?;
                println!(
                    "Key-encryption key {number} is made. The server wraps everything by it now, or at its next start."
                );
                println!("Back the keys folder up, and bring it to matchers on other machines.");
            }
            Action::Epoch { action: EpochAction::Revoke } => {
                let number = custody::revoke_epoch(&config).await.map_err(|why| anyhow!(why))?;
                println!("Epoch {number} is revoked: the server re-keys every palm now, or at its next start.");
                println!("`handsel keys` shows how far it is.");
            }
        }
        Ok(ExitCode::SUCCESS)
    })
}

fn show(status: &Custody, json: bool) -> Result<()> {
    if json {
        println!("{}", serde_json::to_string_pretty(status)?);
        return Ok(());
    }
    for epoch in &status.epochs {
        let ended = epoch.ended_at.as_ref().map(|at| format!(", its key destroyed at {at}")).unwrap_or_default();
        let status = serde_json::to_value(epoch.status)?;
        let status = status.as_str().unwrap_or_default();
        println!("epoch {}: {status} since {}, {} templates{ended}", epoch.number, epoch.began_at, epoch.templates);
    }
    println!("{} templates are to be re-keyed", status.templates_to_rekey);
    for key in &status.wrapping_keys {
        println!("key-encryption key {} wraps {} keys", key.number, key.wraps);
    }
    println!("key-encryption key {} wraps what is new", status.newest_wrapping_key);
    Ok(())
}
