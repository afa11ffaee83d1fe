//! `handsel log verify --subject`: everything that was done with somebody's palms, checked without any network.

use super::Trusted;
use anyhow::{Context, Result};
use handsel_log::{Proof, VerifierKey, commitment::Opening, read_at_most};
use std::{fs::File, path::Path, process::ExitCode};

/// What each proof begins with.
const HEADER: &str = "c2sp.org/tlog-proof@v1\n";
/// Some ten thousand proofs.
const LONGEST: u64 = 64 * 1024 * 1024;

/// Checks each proof of the file and says what it is of.
pub(super) fn verify(path: &Path, key: &VerifierKey, trusted: &Trusted) -> Result<ExitCode> {
    let what = || format!("cannot read {}", path.display());
    let bytes = read_at_most(File::open(path).with_context(what)?, LONGEST).with_context(what)?;
    let text = std::str::from_utf8(&bytes).context("it is not a file of proofs")?;
    let origin = trusted.origin.as_deref().unwrap_or(key.name().as_str());
    let mut last = None;
    for (number, one) in (1..).zip(apart(text)) {
        match holds(one, origin, key, trusted) {
            Ok((index, opening)) if last.is_none_or(|last| last < index) => {
                last = Some(index);
                // Escaped: a stranger may have made it up.
                println!("  entry {index}: {}", opening.event().escape_ascii());
            }
            Ok((index, _)) => {
                println!("It does not hold. Proof {number}: entry {index} is there twice, or out of order");
                return Ok(ExitCode::FAILURE);
            }
            Err(why) => {
                println!("It does not hold. Proof {number}: {why:#}");
                return Ok(ExitCode::FAILURE);
            }
        }
    }
    println!("{} entries hold, in {origin:?}", apart(text).count());
    println!("  whether these are all that there are was not checked");
    Ok(ExitCode::SUCCESS)
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

fn holds(text: &str, origin: &str, key: &VerifierKey, trusted: &Trusted) -> Result<(u64, Opening)> {
    let proof = Proof::parse(text.as_bytes())?;
    let opening = Opening::parse(proof.extra.as_deref().context("it carries no opening")?)?;
    proof.check(&opening.leaf().to_bytes(), origin, key, &trusted.witnesses)?;
    Ok((proof.index, opening))
}
