//! `handsel log prove` and `handsel log verify`: that one entry is in a log.

use super::{Trusted, moment, source};
use anyhow::{Context, Result, ensure};
use handsel_log::{
    Checkpoint, Note, Proof, Prover, VerifierKey,
    commitment::{Leaf, Opening},
    layout::CHECKPOINT,
    read_at_most,
};
use std::{
    fs::{self, File},
    path::{Path, PathBuf},
    process::ExitCode,
    time::SystemTime,
};

/// Far more than an entry, a proof or a checkpoint has.
const LONGEST: u64 = 1024 * 1024;

#[derive(clap::Args)]
pub(super) struct Prove {
    /// Where the log's `checkpoint` and `tile/` are.
    #[arg(value_name = "URL-OR-FOLDER")]
    log: String,
    /// Which entry, from 0.
    index: u64,
    /// The entry's opening, which goes into the proof, so that it can be checked without anything else.
    #[arg(long, value_name = "FILE")]
    opening: Option<PathBuf>,
    /// Where to write the proof.
    #[arg(long, value_name = "FILE.tlog")]
    out: PathBuf,
}

#[derive(clap::Args)]
pub(super) struct Verify {
    /// The proof (c2sp.org/tlog-proof).
    #[arg(value_name = "FILE.tlog")]
    proof: PathBuf,
    /// The log's key.
    #[arg(long, value_name = "KEY")]
    vkey: VerifierKey,
    /// The file holds the proofs of everything that was done with somebody's palms, as their wallet gives it.
    #[arg(long, conflicts_with = "entry")]
    subject: bool,
    /// The file holds what an installation answers to everybody, signed: its `/transparency.note`.
    #[arg(long, conflicts_with_all = ["entry", "subject"])]
    answers: bool,
    /// Where to write the checkpoint that the answers name, for `log audit --old`.
    #[arg(long, value_name = "FILE", requires = "answers")]
    checkpoint_out: Option<PathBuf>,
    /// With --subject: refuse what is older, such as 2026-11-25T12:00:00Z.
    #[arg(long, value_name = "TIME", requires = "subject", value_parser = humantime::parse_rfc3339)]
    since: Option<SystemTime>,
    /// The entry's bytes; without it, they are those that the opening in the proof leads to.
    #[arg(long, value_name = "FILE")]
    entry: Option<PathBuf>,
    #[command(flatten)]
    trusted: Trusted,
}

pub(super) fn prove(args: &Prove) -> Result<ExitCode> {
    let source = source(&args.log);
    let checkpoint = source.read(CHECKPOINT, LONGEST)?.context("there is no checkpoint, so no log")?;
    let checkpoint = Note::parse(&checkpoint).context("its checkpoint is not one")?;
    let size = checkpoint.text().parse::<Checkpoint>()?.size;
    let hashes = Prover::new(&*source, size).inclusion(args.index)?;
    let extra = args.opening.as_deref().map(read).transpose()?;
    let proof = Proof { extra, index: args.index, hashes, checkpoint };
    fs::write(&args.out, proof.to_string()).with_context(|| format!("cannot write {}", args.out.display()))?;
    Ok(ExitCode::SUCCESS)
}

pub(super) fn verify(args: &Verify) -> Result<ExitCode> {
    if args.answers {
        return super::answers::verify(&args.proof, &args.vkey, &args.trusted, args.checkpoint_out.as_deref());
    }
    if args.subject {
        return super::subject::verify(&args.proof, &args.vkey, &args.trusted, args.since);
    }
    let proof = Proof::parse(&read(&args.proof)?)?;
    let opening = match (&args.entry, &proof.extra) {
        (None, Some(extra)) => {
            Some(Opening::parse(extra).context("what the proof carries is not an opening; give --entry")?)
        }
        (None, None) => anyhow::bail!("the proof carries no opening: give the entry's bytes, --entry"),
        (Some(_), _) => None,
    };
    let entry = match (&args.entry, &opening) {
        (Some(path), _) => read(path)?,
        (None, opening) => opening.as_ref().map(|opening| opening.leaf().to_bytes()).unwrap_or_default(),
    };
    let origin = args.trusted.origin.as_deref().unwrap_or(args.vkey.name().as_str());
    let checkpoint = match proof.check(&entry, origin, &args.vkey, &args.trusted.witnesses) {
        Ok(checkpoint) => checkpoint,
        Err(why) => {
            println!("It does not hold. {why}");
            return Ok(ExitCode::FAILURE);
        }
    };
    println!("It holds: entry {} of the {} in {:?}", proof.index, checkpoint.size, checkpoint.origin);
    for witness in &args.trusted.witnesses {
        let seconds = witness.check(&proof.checkpoint)?.time_s.unwrap_or_default();
        println!("  seen to have only grown by {} at {}", witness.name(), moment(seconds));
    }
    if let Ok(leaf) = Leaf::parse(&entry) {
        println!("  a {:?} of epoch {}", leaf.kind.as_str(), leaf.epoch);
    }
    if let Some(opening) = opening {
        // Escaped: a stranger may have made it up.
        println!("  {}", opening.event().escape_ascii());
    }
    Ok(ExitCode::SUCCESS)
}

fn read(path: &Path) -> Result<Vec<u8>> {
    let what = || format!("cannot read {}", path.display());
    let file = File::open(path).with_context(what)?;
    ensure!(file.metadata().with_context(what)?.is_file(), "{} is not a file", path.display());
    read_at_most(file, LONGEST).with_context(what)
}
