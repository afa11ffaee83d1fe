//! `handsel backup` and `handsel restore`: the store, encrypted, and put back where none is.

use crate::serve::{Installation, configuration};
use anyhow::{Context, Result, bail};
use handsel_server::backup::{self, Lock, Summary, Unlock, passphrase_file};
use std::{fs::File, os::unix::fs::OpenOptionsExt, path::PathBuf, process::ExitCode};

/// The server may run meanwhile.
#[derive(clap::Args)]
pub(crate) struct Backup {
    /// The file to write; it must not be there yet.
    file: PathBuf,
    #[command(flatten)]
    installation: Installation,
    /// Encrypt to this recipient of age.
    #[arg(long, value_name = "age1…", required_unless_present = "passphrase_file", conflicts_with = "passphrase_file")]
    to: Option<String>,
    /// Encrypt with the passphrase in the first line of this file.
    #[arg(long, value_name = "F")]
    passphrase_file: Option<PathBuf>,
}

/// Puts the store back into a data folder that has none, beside its keys folder.
#[derive(clap::Args)]
pub(crate) struct Restore {
    /// The backup.
    file: PathBuf,
    #[command(flatten)]
    installation: Installation,
    /// The secret key of age, as age-keygen writes it.
    #[arg(long, value_name = "F", required_unless_present = "passphrase_file", conflicts_with = "passphrase_file")]
    identity: Option<PathBuf>,
    /// The passphrase is the first line of this file.
    #[arg(long, value_name = "F")]
    passphrase_file: Option<PathBuf>,
    /// A drill: do everything but put it back. The server may run meanwhile.
    #[arg(long)]
    check: bool,
}

pub(crate) fn make(args: &Backup) -> Result<ExitCode> {
    let config = configuration(&args.installation, None)?;
    let lock = match (&args.to, &args.passphrase_file) {
        (Some(to), _) => Lock::recipient(to)?,
        (None, Some(file)) => Lock::passphrase(&passphrase_file(file)?)?,
        (None, None) => bail!("--to or --passphrase-file says to whom it is encrypted"),
    };
    let name = args.file.display();
    let mut options = File::options();
    let file = options.write(true).create_new(true).mode(0o600).open(&args.file);
    let file = file.with_context(|| format!("cannot make {name}"))?;
    let written = backup::make(&config, lock, &file).map_err(anyhow::Error::from);
    let written = written.and_then(|made| file.sync_all().map(|()| made).map_err(anyhow::Error::from));
    let made = match written {
        Ok(made) => made,
        Err(error) => {
            // Half a backup is worse than none.
            std::fs::remove_file(&args.file).ok();
            return Err(error);
        }
    };
    println!("{name}: {} subjects, {} bytes, made at {}.", made.subjects, made.bytes, made.made_at);
    println!(
        "It holds no key. Keep a copy of the folder {} elsewhere, and its newest state.",
        config.keys_dir().display()
    );
    Ok(ExitCode::SUCCESS)
}

pub(crate) fn restore(args: &Restore) -> Result<ExitCode> {
    let config = configuration(&args.installation, None)?;
    let unlock = match (&args.identity, &args.passphrase_file) {
        (Some(file), _) => Unlock::identity_file(file)?,
        (None, Some(file)) => Unlock::passphrase(&passphrase_file(file)?)?,
        (None, None) => bail!("--identity or --passphrase-file opens it"),
    };
    let from = File::open(&args.file).with_context(|| format!("cannot read {}", args.file.display()))?;
    let Summary { made_at, subjects, templates, erased_since, .. } =
        if args.check { backup::drill(&config, &unlock, from)? } else { backup::restore(&config, &unlock, from)? };
    println!("Of {made_at}: {subjects} subjects, {templates} templates, all of which open.");
    println!("{erased_since} subjects were erased since; their keys are not put back.");
    println!("{}", if args.check { "It can be put back." } else { "Put back. Start the server." });
    Ok(ExitCode::SUCCESS)
}
