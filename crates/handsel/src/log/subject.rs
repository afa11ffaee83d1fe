//! `handsel log verify --subject`: everything that was done with somebody's palms, checked without any network.

use super::{Trusted, moment};
use anyhow::{Context, Result, bail, ensure};
use handsel_directory::{Complete, Completeness, Trusted as By, Use};
use handsel_log::{Proof, VerifierKey, commitment::Opening, read_at_most, verify};
use std::{fs::File, path::Path, process::ExitCode, time::SystemTime};

/// What each proof begins with.
const HEADER: &str = "c2sp.org/tlog-proof@v1\n";
/// Some ten thousand proofs.
const LONGEST: u64 = 64 * 1024 * 1024;

/// Checks each proof of the file, says what it is of, and whether they are all.
pub(super) fn verify(path: &Path, key: &VerifierKey, trusted: &Trusted, since: Option<SystemTime>) -> Result<ExitCode> {
    let what = || format!("cannot read {}", path.display());
    let bytes = read_at_most(File::open(path).with_context(what)?, LONGEST).with_context(what)?;
    let text = std::str::from_utf8(&bytes).context("it is not a file of proofs")?;
    let origin = trusted.origin.as_deref().unwrap_or(key.name().as_str());
    let by = By { origin, key, witnesses: &trusted.witnesses };
    let (proofs, rest) = text.split_at(Completeness::begins(text).unwrap_or(text.len()));
    let found = each(proofs, by).and_then(|uses| Ok((all(rest, &uses, by, since)?, uses.len())));
    let (complete, count) = match found {
        Ok(found) => found,
        Err(why) => {
            println!("It does not hold. {why:#}");
            return Ok(ExitCode::FAILURE);
        }
    };
    println!("{count} entries hold, in {origin:?}");
    match complete {
        Some(complete) => say(&complete, count),
        None => println!("  whether these are all that there are was not checked: the file has no proof of it"),
    }
    Ok(ExitCode::SUCCESS)
}

/// Each use that is proved, oldest first.
fn each(text: &str, by: By<'_>) -> Result<Vec<Use>> {
    let mut uses: Vec<Use> = Vec::new();
    // Proofs of one file mostly share their checkpoint: its signatures are checked once.
    let mut checked = None;
    for (number, one) in (1..).zip(apart(text)) {
        let proved = holds(one, by, &mut checked).with_context(|| format!("Proof {number}"))?;
        let (index, opening) = proved;
        ensure!(
            uses.last().is_none_or(|last| last.index < index),
            "Proof {number}: entry {index} is there twice, or out of order"
        );
        uses.push(Use::of(index, &opening.leaf()));
        // Escaped: a stranger may have made it up.
        println!("  entry {index}: {}", opening.event().escape_ascii());
    }
    Ok(uses)
}

/// Whether the uses are all; `None` where the file does not say.
fn all(text: &str, uses: &[Use], by: By<'_>, since: Option<SystemTime>) -> Result<Option<Complete>> {
    if text.is_empty() {
        ensure!(since.is_none(), "The file has no proof that these are all");
        return Ok(None);
    }
    let complete = Completeness::parse(text)?.check(uses, by).context("That these are all")?;
    let at = SystemTime::UNIX_EPOCH.checked_add(std::time::Duration::from_millis(at_ms(&complete)));
    if since.is_some_and(|since| at.is_none_or(|at| at < since)) {
        bail!("These were all at {}, which is before the time that was asked for", moment(at_ms(&complete) / 1000));
    }
    Ok(Some(complete))
}

fn say(complete: &Complete, count: usize) {
    let Complete { statement, versions, looked_at, checkpoint, .. } = complete;
    println!("They are all {count} of this person's uses, and there is no other one:");
    println!(
        "  of the first {} entries of the log, as it says at {}, in a checkpoint of {} entries",
        statement.entries,
        moment(at_ms(complete) / 1000),
        checkpoint.size
    );
    println!("  the directory has {versions} versions of their place at epoch {}, and none is newer", statement.epoch);
    if (*looked_at as u64) < *versions {
        println!("  the newest {looked_at} were looked at one by one; those before are held by what these sum up");
    }
}

fn at_ms(complete: &Complete) -> u64 {
    u64::try_from(complete.at_ms).unwrap_or(0)
}

/// Each proof of a file.
fn apart(text: &str) -> impl Iterator<Item = &str> {
    let starts = text.match_indices(HEADER).map(|(at, _)| at).filter(|&at| at == 0 || text.as_bytes()[at - 1] == b'\n');
    let starts: Vec<usize> = starts.chain([text.len()]).collect();
    // What stands before the first one is no proof, and is refused as one.
    let first = starts.first().copied().filter(|&first| first > 0);
    let rest: Vec<_> = starts.windows(2).map(|pair| &text[pair[0]..pair[1]]).collect();
    first.map(|first| &text[..first]).into_iter().chain(rest)
}

/// `checked` is a proof whose checkpoint was found to be signed.
fn holds(text: &str, by: By<'_>, checked: &mut Option<(Proof, handsel_log::Checkpoint)>) -> Result<(u64, Opening)> {
    let proof = Proof::parse(text.as_bytes())?;
    let opening = Opening::parse(proof.extra.as_deref().context("it carries no opening")?)?;
    let entry = opening.leaf().to_bytes();
    let index = proof.index;
    match checked {
        Some((known, checkpoint)) if known.checkpoint == proof.checkpoint => {
            let leaf = verify::leaf_hash(&entry);
            let inside = verify::inclusion(leaf, index, checkpoint.size, &proof.hashes, checkpoint.root);
            inside.map_err(handsel_log::Unproven::from)?;
        }
        _ => {
            let checkpoint = proof.check(&entry, by.origin, by.key, by.witnesses)?;
            *checked = Some((proof, checkpoint));
        }
    }
    Ok((index, opening))
}
