//! What it costs to keep the directory, and to be shown that a thousand uses are all.

use super::{Spread, spread, timed};
use anyhow::{Context, Result, ensure};
use handsel_directory::{Completeness, Directory, Secret, Statement, Trusted, Use, audit};
use handsel_log::{
    Folder, Hash, Proof, Prover, Writer,
    commitment::{EventKind, Opening},
};
use serde::Serialize;
use std::hint::black_box;

/// How many people have a place before anything is measured.
const PEOPLE: u64 = 20_000;
/// How many uses of different people are put in at once, how often.
const BATCH: u64 = 150;
const BATCHES: u64 = 20;
/// How many uses one person shows to be all.
const USES: u64 = 1_000;
/// How many times that is checked.
const CHECKS: u32 = 10;

/// The directory of so many people.
#[derive(Serialize)]
pub(super) struct InADirectory {
    people: u64,
    batch: u64,
    /// Putting in a batch of uses of as many people: one epoch, on the disk.
    publish_ms: Spread,
    /// What is published of an epoch, so that anybody can check that the directory only grew.
    growth_bytes: Spread,
    /// Checking that.
    audit_ms: Spread,
    /// Of one person, each in an epoch of its own.
    uses: u64,
    versions: u64,
    /// Making the proof that they are all.
    prove_ms: f64,
    /// That proof alone.
    complete_bytes: usize,
    /// The whole file, with the proof of each use.
    file_bytes: usize,
    /// Checking that the uses are all.
    complete_ms: Spread,
    /// That, and that each use is in the log.
    whole_ms: Spread,
}

pub(super) fn directory() -> Result<InADirectory> {
    let folder = tempfile::tempdir()?;
    let directory = Directory::open(&folder.path().join("directory.redb"), &[9; 32])?;
    let log = Writer::open(&folder.path().join("log"), super::signer()?)?;
    let mut index = 0;
    let mut some = |people: std::ops::Range<u64>| -> Vec<(Secret, Use)> {
        let made = people.map(|person| {
            index += 1;
            (secret(person), Use { index, commitment: Hash([5; 32]) })
        });
        made.collect()
    };
    let first = directory.publish(&some(0..PEOPLE), 1)?.context("something new")?;
    let mut auditor = audit::Auditor::midway();
    let public = folder.path().join("public");
    std::fs::create_dir_all(public.join(audit::FOLDER))?;
    let mut look = |statement: &Statement, growth: &[u8]| -> Result<f64> {
        let leaf = opening(statement)?.leaf();
        std::fs::write(public.join(audit::path(&leaf.commitment)), audit::file(&opening(statement)?, growth))?;
        Ok(timed(|| auditor.look(&Folder::new(&public), u64::MAX, &leaf))?.1)
    };
    look(&first, b"")?;
    let (mut publish_ms, mut growth_bytes, mut audit_ms) = (Vec::new(), Vec::new(), Vec::new());
    for batch in 0..BATCHES {
        let uses = some(batch * BATCH..(batch + 1) * BATCH);
        let ((statement, growth), ms) = timed(|| -> Result<_> {
            let statement = directory.publish(&uses, 1)?.context("something new")?;
            let growth = directory.growth(statement.epoch)?;
            Ok((statement, growth))
        })?;
        publish_ms.push(ms);
        growth_bytes.push(growth.len() as f64);
        audit_ms.push(look(&statement, &growth)?);
    }

    let wren = secret(PEOPLE);
    let kind = EventKind::parse("match").context("a kind")?;
    let mut openings = Vec::new();
    for use_of in 0..USES {
        let one = Opening::new(kind.clone(), 1, format!("{{\"kind\": \"match\", \"number\": {use_of}}}").into_bytes());
        let index = log.append(&[one.leaf().to_bytes()])?.start;
        directory.publish(&[(wren.clone(), Use::of(index, &one.leaf()))], index + 1)?;
        openings.push((index, one));
    }
    let statement = directory.statement()?.context("a statement")?;
    let said = opening(&statement)?;
    let at = log.append(&[said.leaf().to_bytes()])?.start;
    let checkpoint = log.publish()?;
    let prover = Prover::new(Folder::new(log.public()), log.len());
    let prove = |index: u64, opening: &Opening| -> Result<Proof> {
        let (extra, hashes) = (Some(opening.to_bytes()), prover.inclusion(index)?);
        Ok(Proof { extra, index, hashes, checkpoint: checkpoint.clone() })
    };
    let (history, prove_ms) = timed(|| directory.history(&wren))?;
    let history = history.context("a history")?;
    let complete = Completeness { secret: wren, history, statement: prove(at, &said)? }.to_string();
    let proofs = openings.iter().map(|(index, one)| Ok(prove(*index, one)?.to_string())).collect::<Result<Vec<_>>>()?;

    let key = super::signer()?.verifier().clone();
    let by = Trusted { origin: super::LOG, key: &key, witnesses: &[] };
    let uses: Vec<Use> = openings.iter().map(|(index, one)| Use::of(*index, &one.leaf())).collect();
    let (mut complete_ms, mut whole_ms, mut versions) = (Vec::new(), Vec::new(), 0);
    for _ in 0..CHECKS {
        let (found, ms) =
            timed(|| Ok::<_, anyhow::Error>(Completeness::parse(black_box(&complete))?.check(&uses, by)?))?;
        versions = found.versions;
        complete_ms.push(ms);
        let (_, each) = timed(|| {
            for proof in black_box(&proofs) {
                let proof = Proof::parse(proof.as_bytes())?;
                let opening = Opening::parse(proof.extra.as_deref().unwrap_or_default())?;
                let leaf = handsel_log::verify::leaf_hash(&opening.leaf().to_bytes());
                handsel_log::verify::inclusion(
                    leaf,
                    proof.index,
                    found.checkpoint.size,
                    &proof.hashes,
                    found.checkpoint.root,
                )?;
            }
            anyhow::Ok(())
        })?;
        whole_ms.push(ms + each);
    }
    ensure!(Completeness::parse(&complete)?.check(&uses[1..], by).is_err(), "a use was left out unnoticed");
    Ok(InADirectory {
        people: PEOPLE,
        batch: BATCH,
        publish_ms: spread(publish_ms),
        growth_bytes: spread(growth_bytes),
        audit_ms: spread(audit_ms),
        uses: USES,
        versions,
        prove_ms,
        complete_bytes: complete.len(),
        file_bytes: complete.len() + proofs.iter().map(String::len).sum::<usize>(),
        complete_ms: spread(complete_ms),
        whole_ms: spread(whole_ms),
    })
}

fn secret(person: u64) -> Secret {
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&person.to_be_bytes());
    Secret::new(bytes)
}

/// As the log says it.
fn opening(statement: &Statement) -> Result<Opening> {
    let mut event = serde_json::to_value(statement)?;
    event["at_ms"] = 0.into();
    event["kind"] = Statement::KIND.into();
    let kind = EventKind::parse(Statement::KIND).context("a kind")?;
    Ok(Opening::for_everybody(kind, 1, serde_json::to_vec(&event)?))
}
