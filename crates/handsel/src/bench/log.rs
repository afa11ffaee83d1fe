//! `handsel bench log`: entries appended a second, proofs in a log of a hundred million, what it costs a recognition to be logged, and
//! the directory of uses.

mod directory;
mod gate;

use super::{Spread, spread};
use anyhow::{Context, Result, ensure};
use handsel_log::{
    Cosigner, Folder, Hash, KeyName, LogSigner, Proof, Prover, Writer,
    commitment::{EventKind, Leaf},
    verify::{Expected, audit, leaf_hash, root_of},
    witness::{self, Answered, Witness},
};
use serde::Serialize;
use std::{
    collections::HashMap,
    convert::Infallible,
    fs::OpenOptions,
    hint::black_box,
    io::Write,
    ops::Range,
    path::PathBuf,
    sync::atomic::{AtomicBool, Ordering},
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

/// How often what was appended is published.
const MERGE_DELAY: Duration = Duration::from_secs(1);
/// How many times the proof is checked.
const CHECKS: u32 = 2_000;
/// The log's and the witness's names, as long as real ones.
const LOG: &str = "pay.shop.example/log";
const WITNESS: &str = "witness.example.org/w1";

#[derive(clap::Args)]
pub(crate) struct Args {
    /// How many entries are appended.
    #[arg(long, default_value_t = 500_000, value_parser = clap::value_parser!(u64).range(1..=100_000_000))]
    entries: u64,
    /// How many of them share a trip to the disk, as those do that come while it is busy.
    #[arg(long, default_value_t = 250, value_parser = clap::value_parser!(u64).range(1..=100_000))]
    batch: u64,
    /// How many entries the log has in which one is proved to be.
    #[arg(long, default_value_t = 100_000_000, value_parser = clap::value_parser!(u64).range(2..=1_000_000_000))]
    tree: u64,
    /// How many recognitions are written at once.
    #[arg(long, default_value_t = 4, value_parser = clap::value_parser!(u8).range(1..=100))]
    clients: u8,
    /// How many each of them writes, and as many that are not logged.
    #[arg(long, default_value_t = 500, value_parser = clap::value_parser!(u16).range(10..=10_000))]
    recognitions: u16,
    /// Where the log's files are; a temporary folder without it.
    #[arg(long, value_name = "DIR")]
    data_dir: Option<PathBuf>,
    /// Write the figures as JSON.
    #[arg(long, value_name = "F.json")]
    pub(super) json: Option<PathBuf>,
}

#[derive(Serialize)]
pub(super) struct Figures {
    append: Append,
    proof: InclusionProof,
    gate: gate::Gate,
    directory: directory::InADirectory,
}

/// Appending: each batch is on the disk before the next one, and a second thread publishes every second.
#[derive(Serialize)]
struct Append {
    entries: u64,
    entry_bytes: usize,
    batch: u64,
    entries_per_s: f64,
    append_ms: Spread,
    publish_ms: Spread,
    /// Writing as many bytes to the end of a file as often, with nothing but `fdatasync` after each.
    bare_entries_per_s: f64,
    /// The one by the other.
    ratio: f64,
    /// How long a stranger takes to compute all of it anew.
    audit_s: f64,
}

/// One inclusion proof. Every leaf and every node of the tree is hashed, and none is kept but those on the way.
#[derive(Serialize)]
struct InclusionProof {
    tree: u64,
    index: u64,
    hashes: usize,
    /// The whole file: proof, checkpoint, the log's signature and a witness's.
    bytes: usize,
    /// Reading the file, two signatures, and the way to the root.
    verify_ms: Spread,
    /// The way to the root alone.
    hashes_ms: f64,
    building_the_tree_s: f64,
}

pub(super) fn figures(args: &Args) -> Result<Figures> {
    let gate = gate::gate(args.clients.into(), usize::from(args.recognitions))?;
    Ok(Figures { append: append(args)?, proof: proof(args)?, gate, directory: directory::directory()? })
}

fn append(args: &Args) -> Result<Append> {
    let temporary = tempfile::tempdir()?;
    let folder = args.data_dir.as_deref().unwrap_or(temporary.path());
    let entry_bytes = leaf(0)?.len();
    let batches: Vec<Range<u64>> = (0..args.entries)
        .step_by(args.batch as usize)
        .map(|first| first..(first + args.batch).min(args.entries))
        .collect();

    let log = Writer::open(&folder.join("log"), signer()?)?;
    ensure!(log.is_empty(), "there is a log already");
    let done = AtomicBool::new(false);
    let (append_ms, publish_ms, seconds) = std::thread::scope(|scope| -> Result<_> {
        let publisher = scope.spawn(|| -> Result<Vec<f64>> {
            let mut laps = Vec::new();
            let mut next = Instant::now() + MERGE_DELAY;
            while !done.load(Ordering::Relaxed) {
                std::thread::sleep(Duration::from_millis(5));
                if Instant::now() >= next {
                    next += MERGE_DELAY;
                    laps.push(timed(|| log.publish())?.1);
                }
            }
            laps.push(timed(|| log.publish())?.1);
            Ok(laps)
        });
        let start = Instant::now();
        let appended = batches.iter().map(|batch| -> Result<f64> {
            let entries: Vec<Vec<u8>> = batch.clone().map(leaf).collect::<Result<_>>()?;
            let (indexes, ms) = timed(|| log.append(&entries))?;
            ensure!(indexes == *batch, "the log gave other indexes");
            Ok(ms)
        });
        let appended: Result<Vec<f64>> = appended.collect();
        let seconds = start.elapsed().as_secs_f64();
        done.store(true, Ordering::Relaxed);
        let published = publisher.join().map_err(|_| anyhow::anyhow!("publishing panicked"))??;
        Ok((appended?, published, seconds))
    })?;

    let known = Expected { key: Some(signer()?.verifier().clone()), ..Expected::default() };
    let (report, audit_ms) = timed(|| audit(&Folder::new(log.public()), &known))?;
    ensure!(report.checkpoint.size == args.entries, "entries are missing");
    let bare = bare(&folder.join("bare"), &batches, 2 + entry_bytes)?;
    let (entries_per_s, bare_entries_per_s) = (args.entries as f64 / seconds, args.entries as f64 / bare);
    Ok(Append {
        entries: args.entries,
        entry_bytes,
        batch: args.batch,
        entries_per_s,
        append_ms: spread(append_ms),
        publish_ms: spread(publish_ms),
        bare_entries_per_s,
        ratio: entries_per_s / bare_entries_per_s,
        audit_s: audit_ms / 1e3,
    })
}

/// The least that durable appending can take: the same bytes, as often.
fn bare(path: &PathBuf, batches: &[Range<u64>], entry_bytes: usize) -> Result<f64> {
    let mut file = OpenOptions::new().create_new(true).append(true).open(path)?;
    let bytes = vec![0xa5; entry_bytes * batches.first().map_or(0, |batch| (batch.end - batch.start) as usize)];
    let start = Instant::now();
    for batch in batches {
        file.write_all(&bytes[..entry_bytes * (batch.end - batch.start) as usize])?;
        file.sync_data()?;
    }
    Ok(start.elapsed().as_secs_f64())
}

fn proof(args: &Args) -> Result<InclusionProof> {
    // Somewhere in the middle, where no way is shorter than another.
    let index = args.tree / 3;
    let entry = |index| leaf(index).map(|entry| leaf_hash(&entry));
    entry(0)?;
    let start = Instant::now();
    let mut leaves = |index| entry(index).unwrap_or(Hash([0; 32]));
    let (hashes, root) = way(index, 0..args.tree, &mut leaves);
    let building_the_tree_s = start.elapsed().as_secs_f64();

    let checkpoint = signed(args.tree, root)?;
    let file = Proof { extra: None, index, hashes, checkpoint }.to_string().into_bytes();
    let (log, witness) = (signer()?.verifier().clone(), [cosigner()?.verifier().clone()]);
    let bytes = leaf(index)?;
    let mut laps = Vec::new();
    for _ in 0..CHECKS {
        let (_, ms) = timed(|| {
            let proof = Proof::parse(black_box(&file))?;
            proof.check(black_box(&bytes), LOG, &log, &witness)?;
            anyhow::Ok(())
        })?;
        laps.push(ms);
    }
    let proof = Proof::parse(&file)?;
    ensure!(proof.check(b"another entry", LOG, &log, &witness).is_err(), "a wrong entry was proved");
    let (_, hashing) = timed(|| {
        for _ in 0..CHECKS {
            let leaf = leaf_hash(black_box(&bytes));
            handsel_log::verify::inclusion(leaf, index, args.tree, black_box(&proof.hashes), root)?;
        }
        anyhow::Ok(())
    })?;
    Ok(InclusionProof {
        tree: args.tree,
        index,
        hashes: proof.hashes.len(),
        bytes: file.len(),
        verify_ms: spread(laps),
        hashes_ms: hashing / f64::from(CHECKS),
        building_the_tree_s,
    })
}

/// RFC 6962 section 2.1.1's path to an entry, leaf first, and the root; everything beside the way is hashed and forgotten.
fn way(index: u64, range: Range<u64>, leaves: &mut dyn FnMut(u64) -> Hash) -> (Vec<Hash>, Hash) {
    let n = range.end - range.start;
    if n == 1 {
        return (Vec::new(), leaves(index));
    }
    let middle = range.start + (1 << (n - 1).ilog2());
    let (inside, beside) = if index < middle {
        (range.start..middle, middle..range.end)
    } else {
        (middle..range.end, range.start..middle)
    };
    let sibling = root_of(beside.start, beside.end, leaves);
    let (mut path, hash) = way(index, inside, leaves);
    let pair = if index < middle { [hash, sibling] } else { [sibling, hash] };
    path.push(sibling);
    // The verifier's own recursion joins two hashes as if they were two leaves.
    (path, root_of(0, 2, &mut |at| pair[at as usize]))
}

/// A checkpoint of this tree as a log and a witness sign it: by a real witness that never saw this log before.
fn signed(size: u64, root: Hash) -> Result<handsel_log::Note> {
    let folder = tempfile::tempdir()?;
    let note = signer()?.checkpoint(size, root);
    let logs = HashMap::from([(LOG.to_owned(), vec![signer()?.verifier().clone()])]);
    let witness = Witness::open(folder.path(), cosigner()?, logs)?;
    let now_s = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
    let prover = Prover::new(Folder::new(folder.path()), size);
    let lines = witness::ask(witness.verifier(), &mut 0, &note, &prover, &mut |body| {
        let answer = witness.add_checkpoint(body.as_bytes(), now_s);
        Ok::<_, Infallible>(Answered { status: answer.status(), body: answer.body() })
    })?;
    Ok(note.signed_also_by(lines))
}

/// What Handsel logs of an event; the commitment is made up, since nobody opens it.
fn leaf(index: u64) -> Result<Vec<u8>> {
    let mut commitment = [0; 32];
    commitment[..8].copy_from_slice(&index.to_be_bytes());
    let kind = EventKind::parse("palm_searched").context("a kind")?;
    Ok(Leaf { kind, epoch: 1, commitment: Hash(commitment) }.to_bytes())
}

fn signer() -> Result<LogSigner> {
    Ok(LogSigner::new(KeyName::parse(LOG)?, &[7; 32]))
}

fn cosigner() -> Result<Cosigner> {
    Ok(Cosigner::new(KeyName::parse(WITNESS)?, &[8; 32]))
}

/// What it gives, and how many milliseconds it took.
fn timed<T, E: Into<anyhow::Error>>(work: impl FnOnce() -> Result<T, E>) -> Result<(T, f64)> {
    let start = Instant::now();
    let done = work().map_err(Into::into)?;
    Ok((done, start.elapsed().as_secs_f64() * 1e3))
}
