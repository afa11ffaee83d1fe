//! Whoever changes a log is found out, and told why. `cargo xtask tamper` runs it over a larger log and prints the table.
//!
//! Each row is a way of tampering, tried in every place there is: every byte of every file, every file, every pair of neighbours.
//! Each try is a whole audit by somebody who has the log's key, a witness's key and a checkpoint of before; the reasons are counted.
//! `TAMPER_ENTRIES` says how large the log is, `TAMPER_BITS` how many bits of each byte are flipped, one after the other.

use handsel_log::{
    Folder, KeyName, LogSigner, Note, Prover, Writer,
    layout::{CHECKPOINT, Place, TILE_WIDTH},
    verify::{Expected, Fault, Reason, audit},
};
use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
    sync::atomic::{AtomicUsize, Ordering},
    time::Instant,
};
use support::{Memory, Witnessed, cosigner, files, signer};

mod support;

/// One full bundle, and a second one that is not.
const ENTRIES: u64 = 270;
/// How many checkpoints are made, the last ones an entry apart.
const STEPS: u64 = 6;
/// The one that the auditor has seen, and an older one.
const SEEN: u64 = 5;
const OLDER: u64 = 3;

/// A log's files.
type Files = BTreeMap<String, Vec<u8>>;

/// A log, what it was before, and what an auditor knows of it.
struct Ground {
    files: Files,
    before: Files,
    entries: u64,
    known: Expected,
}

#[test]
fn whatever_is_changed_is_found_out_with_its_reason() {
    let number = |name: &str, otherwise| std::env::var(name).map_or(otherwise, |text| text.parse().expect("a number"));
    let ground = Ground::new(number("TAMPER_ENTRIES", ENTRIES));
    let bits = number("TAMPER_BITS", 1) as u32;
    let bytes: usize = ground.files.values().map(Vec::len).sum();
    println!("{} entries in {} files of {bytes} bytes", ground.entries, ground.files.len());
    let report = audit(&Memory(ground.files.clone()), &ground.known).expect("nothing was changed yet");
    assert!(report.ahead.is_empty());

    println!("{:<58} {:>9} {:>9} {:>7}   reasons", "tampering", "tries", "detected", "s");
    let mut missed = 0;
    for (what, tries) in ground.rows(bits) {
        let start = Instant::now();
        let (found, reasons) = ground.audit_each(&tries);
        let reasons: Vec<String> = reasons.iter().map(|(reason, count)| format!("{reason} {count}")).collect();
        let (count, seconds) = (tries.count(), start.elapsed().as_secs_f32());
        println!("{what:<58} {count:>9} {found:>9} {seconds:>7.1}   {}", reasons.join(", "));
        assert!(count > 0, "{what}: nothing was tried");
        missed += count - found;
    }
    assert_eq!(missed, 0, "{missed} changes were not found out");
}

/// Ways to change a log.
enum Tries {
    /// Each byte of each file, with each of these bits.
    Bits(Vec<(String, usize)>, u32),
    /// A changed log each; files that are `None` are gone.
    Changes(Vec<Vec<(String, Option<Vec<u8>>)>>),
}

impl Tries {
    fn count(&self) -> usize {
        match self {
            Tries::Bits(places, bits) => places.len() * *bits as usize,
            Tries::Changes(changes) => changes.len(),
        }
    }

    /// Does the `number`th to the files, which are the log's.
    fn apply(&self, number: usize, files: &mut Files) {
        match self {
            Tries::Bits(places, bits) => {
                let (path, at) = &places[number / *bits as usize];
                files.get_mut(path).expect("it is there")[*at] ^= 1 << ((number % *bits as usize + at) % 8);
            }
            Tries::Changes(changes) => {
                for (path, bytes) in &changes[number] {
                    match bytes {
                        Some(bytes) => drop(files.insert(path.clone(), bytes.clone())),
                        None => drop(files.remove(path)),
                    }
                }
            }
        }
    }

    /// Which files the `number`th changes.
    fn touched(&self, number: usize) -> Vec<&String> {
        match self {
            Tries::Bits(places, bits) => vec![&places[number / *bits as usize].0],
            Tries::Changes(changes) => changes[number].iter().map(|(path, _)| path).collect(),
        }
    }
}

impl Ground {
    /// A log that was published step by step, so that partial tiles of before are there too, and witnessed.
    fn new(entries: u64) -> Ground {
        let folder = tempfile::tempdir().unwrap();
        let log = Writer::open(folder.path(), signer()).unwrap();
        let witness = Witnessed::new(1);
        let (mut before, mut older) = (Files::new(), Vec::new());
        for step in 1..=STEPS {
            let until = if step == STEPS { entries } else { entries - (STEPS - step) };
            append(&log, until, "");
            log.publish_with(|note, prover| witness.sign(note, prover, 1_800_000_000 + step)).unwrap();
            match step {
                OLDER => before = files(log.public()),
                SEEN => older.push(files(log.public())[CHECKPOINT].clone()),
                _ => {}
            }
        }
        let known = Expected {
            origin: None,
            key: Some(signer().verifier().clone()),
            witnesses: vec![cosigner(1).verifier().clone()],
            older,
        };
        Ground { files: files(log.public()), before, entries, known }
    }

    /// Every way of tampering, in every place there is.
    fn rows(&self, bits: u32) -> Vec<(&'static str, Tries)> {
        let bytes_of = |wanted: &dyn Fn(&str) -> bool| {
            let files = self.files.iter().filter(|(path, _)| wanted(path));
            Tries::Bits(files.flat_map(|(path, bytes)| (0..bytes.len()).map(|at| (path.clone(), at))).collect(), bits)
        };
        let needed: Vec<&String> = self.files.keys().filter(|path| self.is_needed(path)).collect();
        let change = |path: &String, bytes: Option<Vec<u8>>| vec![(path.clone(), bytes)];
        let gone = needed.iter().map(|path| change(path, None)).collect();
        let shorter = self.files.iter().map(|(path, bytes)| change(path, Some(bytes[..bytes.len() - 1].to_vec())));
        let longer = self.files.iter().map(|(path, bytes)| change(path, Some([&bytes[..], b"\n"].concat())));
        let empty = self.files.keys().map(|path| change(path, Some(Vec::new())));
        vec![
            ("a bit of the checkpoint", bytes_of(&|path| path == CHECKPOINT)),
            ("a bit of a bundle of entries", bytes_of(&|path| path.starts_with("tile/entries/"))),
            ("a bit of a tile", bytes_of(&|path| path.starts_with("tile/") && !path.starts_with("tile/entries/"))),
            ("a file is gone", Tries::Changes(gone)),
            ("a file is a byte shorter", Tries::Changes(shorter.collect())),
            ("a file is a byte longer", Tries::Changes(longer.collect())),
            ("a file is empty", Tries::Changes(empty.collect())),
            ("two entries changed places", Tries::Changes(self.swapped_entries(false))),
            ("two entries changed places, and their hashes too", Tries::Changes(self.swapped_entries(true))),
            ("an entry is gone, and its hash too", Tries::Changes(self.dropped_entries())),
            ("two files changed places", Tries::Changes(self.swapped_files())),
            ("a checkpoint of before, with the files of then", Tries::Changes(vec![self.instead(&self.before)])),
            (
                "a checkpoint of before, with the files of now",
                Tries::Changes(vec![change(&CHECKPOINT.to_owned(), Some(self.before[CHECKPOINT].clone()))]),
            ),
            ("a smaller log of the same entries, signed by its key", Tries::Changes(self.rolled_back())),
            ("another log of the same size, signed by its key", Tries::Changes(self.forked(self.entries))),
            ("another log that is larger, signed by its key", Tries::Changes(self.forked(self.entries + 100))),
            ("another log, signed by its key and not by the witness", Tries::Changes(self.unwitnessed())),
            ("the same log, signed by another key of its name", Tries::Changes(self.forged())),
            ("the checkpoint without one of its signatures", Tries::Changes(self.unsigned())),
            ("another size or root in the checkpoint", Tries::Changes(self.said_otherwise())),
        ]
    }

    /// How many of the tries an audit found out, and the reasons it gave. Two processors try at once.
    fn audit_each(&self, tries: &Tries) -> (usize, BTreeMap<String, usize>) {
        let next = AtomicUsize::new(0);
        let work = || {
            let mut changed = Memory(self.files.clone());
            let (mut found, mut reasons) = (0, BTreeMap::<String, usize>::new());
            loop {
                let number = next.fetch_add(1, Ordering::Relaxed);
                if number >= tries.count() {
                    return (found, reasons);
                }
                tries.apply(number, &mut changed.0);
                match audit(&changed, &self.known) {
                    Err(Fault { reason, .. }) => {
                        found += 1;
                        *reasons.entry(short(&reason)).or_default() += 1;
                    }
                    Ok(_) => eprintln!("not found out: {:?}, try {number}", tries.touched(number)),
                }
                for path in tries.touched(number) {
                    match self.files.get(path) {
                        Some(bytes) => drop(changed.0.insert(path.clone(), bytes.clone())),
                        None => drop(changed.0.remove(path)),
                    }
                }
            }
        };
        std::thread::scope(|scope| {
            let threads = [scope.spawn(work), scope.spawn(work)];
            threads.into_iter().map(|thread| thread.join().expect("no audit panics")).fold(
                (0, BTreeMap::new()),
                |(found, mut all), (more, reasons)| {
                    for (reason, count) in reasons {
                        *all.entry(reason).or_default() += count;
                    }
                    (found + more, all)
                },
            )
        })
    }

    /// Whether this checkpoint needs the file. Partial tiles of before may go.
    fn is_needed(&self, path: &str) -> bool {
        let place = Place::parse(path);
        place.is_none_or(|place| Place::of_tree(place.level, place.index, self.entries) == Some(place))
    }

    /// The bundles of this checkpoint, taken apart, and the tiles beside them.
    fn bundles(&self) -> impl Iterator<Item = (Place, Vec<Vec<u8>>, Vec<[u8; 32]>)> {
        let places = (0..).map_while(|index| Place::of_tree(None, index, self.entries));
        places.map(|place| {
            let (mut rest, mut entries) = (&self.files[&place.path()][..], Vec::new());
            while let Some((length, after)) = rest.split_first_chunk() {
                let (entry, after) = after.split_at(usize::from(u16::from_be_bytes(*length)));
                entries.push(entry.to_vec());
                rest = after;
            }
            let tile = self.files[&Place { level: Some(0), ..place }.path()].as_chunks().0.to_vec();
            (place, entries, tile)
        })
    }

    fn swapped_entries(&self, hashes_too: bool) -> Vec<Vec<(String, Option<Vec<u8>>)>> {
        let mut changes = Vec::new();
        for (place, entries, tile) in self.bundles() {
            for at in 1..entries.len() {
                let (mut entries, mut tile) = (entries.clone(), tile.clone());
                entries.swap(at - 1, at);
                tile.swap(at - 1, at);
                let mut change = vec![(place.path(), Some(bundle(&entries)))];
                if hashes_too {
                    change.push((Place { level: Some(0), ..place }.path(), Some(tile.concat())));
                }
                changes.push(change);
            }
        }
        changes
    }

    /// The place of the one that is gone is taken by the last one of the bundle once more, so that nothing is too short.
    fn dropped_entries(&self) -> Vec<Vec<(String, Option<Vec<u8>>)>> {
        let mut changes = Vec::new();
        for (place, entries, tile) in self.bundles() {
            for at in 0..entries.len() - 1 {
                let (mut entries, mut tile) = (entries.clone(), tile.clone());
                entries.remove(at);
                entries.extend(entries.last().cloned());
                tile.remove(at);
                tile.extend(tile.last().copied());
                let tile_path = Place { level: Some(0), ..place }.path();
                changes.push(vec![(place.path(), Some(bundle(&entries))), (tile_path, Some(tile.concat()))]);
            }
        }
        changes
    }

    /// Every two files of the same length and different bytes.
    fn swapped_files(&self) -> Vec<Vec<(String, Option<Vec<u8>>)>> {
        let mut changes = Vec::new();
        for (path, bytes) in &self.files {
            for (other, others) in self.files.range(path.clone()..) {
                if path != other
                    && bytes != others
                    && (bytes.len() == others.len() || is_bundle(path) && is_bundle(other))
                {
                    changes.push(vec![(path.clone(), Some(others.clone())), (other.clone(), Some(bytes.clone()))]);
                }
            }
        }
        changes
    }

    /// These files instead of the log's.
    fn instead(&self, files: &Files) -> Vec<(String, Option<Vec<u8>>)> {
        let paths: BTreeSet<&String> = self.files.keys().chain(files.keys()).collect();
        paths.into_iter().map(|path| (path.clone(), files.get(path).cloned())).collect()
    }

    fn rolled_back(&self) -> Vec<Vec<(String, Option<Vec<u8>>)>> {
        let sizes = [0, 1, TILE_WIDTH, self.entries - STEPS];
        sizes.into_iter().map(|size| self.instead(&other_log(size, "", signer(), true))).collect()
    }

    /// By a log that has every signature: its witness joined in.
    fn forked(&self, size: u64) -> Vec<Vec<(String, Option<Vec<u8>>)>> {
        vec![self.instead(&other_log(size, "!", signer(), true))]
    }

    fn unwitnessed(&self) -> Vec<Vec<(String, Option<Vec<u8>>)>> {
        [self.entries, self.entries + 1]
            .into_iter()
            .map(|size| self.instead(&other_log(size, "!", signer(), false)))
            .collect()
    }

    fn forged(&self) -> Vec<Vec<(String, Option<Vec<u8>>)>> {
        let forger = LogSigner::new(KeyName::parse("test.example/log").unwrap(), &[8; 32]);
        vec![self.instead(&other_log(self.entries, "", forger, false))]
    }

    fn unsigned(&self) -> Vec<Vec<(String, Option<Vec<u8>>)>> {
        let text = String::from_utf8(self.files[CHECKPOINT].clone()).unwrap();
        let lines: Vec<&str> = text.split_inclusive('\n').collect();
        let without = |gone: usize| -> String {
            lines.iter().enumerate().filter(|(at, _)| *at != gone).map(|(_, line)| *line).collect()
        };
        (4..lines.len()).map(|gone| vec![(CHECKPOINT.to_owned(), Some(without(gone).into_bytes()))]).collect()
    }

    fn said_otherwise(&self) -> Vec<Vec<(String, Option<Vec<u8>>)>> {
        let text = String::from_utf8(self.files[CHECKPOINT].clone()).unwrap();
        let before = String::from_utf8(self.before[CHECKPOINT].clone()).unwrap();
        let line = |text: &str, at: usize| text.lines().nth(at).unwrap().to_owned();
        [1, 2]
            .into_iter()
            .map(|at| text.replacen(&line(&text, at), &line(&before, at), 1))
            .map(|changed| vec![(CHECKPOINT.to_owned(), Some(changed.into_bytes()))])
            .collect()
    }
}

/// Another log under the test log's name.
fn other_log(size: u64, mark: &str, signer: LogSigner, witnessed: bool) -> Files {
    let folder = tempfile::tempdir().unwrap();
    let log = Writer::open(folder.path(), signer).unwrap();
    append(&log, size, mark);
    let witness = Witnessed::new(1);
    let cosign = |note: &Note, prover: &Prover<Folder>| {
        if witnessed { witness.sign(note, prover, 1_800_000_000) } else { Vec::new() }
    };
    log.publish_with(cosign).unwrap();
    files(Path::new(log.public()))
}

/// Appends until the log has so many entries.
fn append(log: &Writer, until: u64, mark: &str) {
    let entries: Vec<String> = (log.len()..until).map(|index| format!("entry {index}{mark}")).collect();
    log.append(&entries).unwrap();
}

fn is_bundle(path: &str) -> bool {
    path.starts_with("tile/entries/")
}

fn bundle(entries: &[Vec<u8>]) -> Vec<u8> {
    entries.iter().flat_map(|entry| [&(entry.len() as u16).to_be_bytes()[..], entry].concat()).collect()
}

/// A reason without what is particular to one place.
fn short(reason: &Reason) -> String {
    let shown = format!("{reason:?}");
    shown.split([' ', '(', '{']).next().unwrap_or_default().to_owned()
}
