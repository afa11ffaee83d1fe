//! `handsel log verify --answers`: what an installation answered to everybody, checked without any network.

use super::{Trusted, moment};
use anyhow::{Context, Result, ensure};
use handsel_api::transparency::Transparency;
use handsel_log::{Checkpoint, Note, VerifierKey, read_at_most};
use std::{
    fs::{self, File},
    path::Path,
    process::ExitCode,
};

/// The longest note.
const LONGEST: u64 = 1024 * 1024;

/// Checks who signed the answers and the checkpoint in them, and says when they were true.
pub(super) fn verify(path: &Path, key: &VerifierKey, trusted: &Trusted, out: Option<&Path>) -> Result<ExitCode> {
    let what = || format!("cannot read {}", path.display());
    let bytes = read_at_most(File::open(path).with_context(what)?, LONGEST).with_context(what)?;
    let (answers, checkpoint, note) = match holds(&bytes, key, trusted) {
        Ok(held) => held,
        Err(why) => {
            println!("It does not hold. {why:#}");
            return Ok(ExitCode::FAILURE);
        }
    };
    // Escaped: a stranger may have made it up.
    println!("It holds: what {:?} answered at {}", key.name().as_str(), answers.as_of.escape_debug());
    println!("  its log had {} entries then", checkpoint.size);
    for witness in &trusted.witnesses {
        let seconds = witness.check(&note)?.time_s.unwrap_or_default();
        println!("  seen to have only grown by {} at {}", witness.name(), moment(seconds));
    }
    if let Some(out) = out {
        fs::write(out, answers.checkpoint).with_context(|| format!("cannot write {}", out.display()))?;
    }
    Ok(ExitCode::SUCCESS)
}

fn holds(bytes: &[u8], key: &VerifierKey, trusted: &Trusted) -> Result<(Transparency, Checkpoint, Note)> {
    let signed = Note::parse(bytes).context("It is no signed note")?;
    key.check(&signed).context("The answers")?;
    let answers: Transparency = serde_json::from_str(signed.text()).context("What is signed is no answers")?;
    let note = Note::parse(answers.checkpoint.as_bytes()).context("The checkpoint in it is no signed note")?;
    key.check(&note).context("The checkpoint in it")?;
    for witness in &trusted.witnesses {
        witness.check(&note).with_context(|| format!("The checkpoint in it, by the witness {}", witness.name()))?;
    }
    let checkpoint: Checkpoint = note.text().parse().context("The checkpoint in it is none")?;
    let origin = trusted.origin.as_deref().unwrap_or(key.name().as_str());
    ensure!(checkpoint.origin == origin, "The checkpoint in it is of another log, {:?}", checkpoint.origin);
    Ok((answers, checkpoint, note))
}
