//! The published log, read as a whole and held against itself, by what shares nothing with its writer.

use handsel_log::{
    Folder, Source, VerifierKey,
    commitment::Leaf,
    layout::{CHECKPOINT, Place, TILE_WIDTH},
    verify::{Expected, Fault, Reason, audit},
};
use std::ops::Range;

/// A checkpoint or a bundle is not longer.
const LONGEST_FILE: u64 = TILE_WIDTH * (2 + 65_535);

/// A log that was read as a whole and holds.
pub(crate) struct Held {
    /// A checkpoint that it continues.
    pub(crate) checkpoint: Vec<u8>,
    /// How many entries there are.
    pub(crate) size: u64,
    /// From which entry on they were read.
    pub(crate) from: u64,
    /// These entries.
    pub(crate) new: Vec<Leaf>,
}

impl Held {
    /// What an entry that was read commits by.
    pub(crate) fn commitment(&self, index: u64) -> Option<[u8; 32]> {
        let at = usize::try_from(index.checked_sub(self.from)?).ok()?;
        self.new.get(at).map(|leaf| leaf.commitment.0)
    }
}

/// Computes the whole log anew, as a stranger would, and reads the entries from `from` on. `seen` is a checkpoint of before, which it
/// must continue.
pub(crate) fn read(source: &Folder, key: &VerifierKey, from: u64, seen: Option<Vec<u8>>) -> Result<Held, Fault> {
    // Read before: what is found to hold afterwards continues it too.
    let checkpoint = source.read(CHECKPOINT, LONGEST_FILE).ok().flatten().unwrap_or_default();
    let older = seen.into_iter().chain([checkpoint.clone()]).collect();
    let size = audit(source, &Expected { key: Some(key.clone()), older, ..Expected::default() })?.checkpoint.size;
    let from = from.min(size);
    let broken = || Fault { file: "tile/entries".to_owned(), reason: Reason::BundleLength };
    Ok(Held { checkpoint, size, from, new: leaves(source, from..size).ok_or_else(broken)? })
}

/// Entries of a log whose bundles were found to hold; `None` where one is not laid out as ours are.
fn leaves(source: &Folder, range: Range<u64>) -> Option<Vec<Leaf>> {
    let mut found = Vec::new();
    for index in range.start / TILE_WIDTH..range.end.div_ceil(TILE_WIDTH) {
        let place = Place::of_tree(None, index, range.end)?;
        let read = |place: Place| source.read(&place.path(), LONGEST_FILE).ok().flatten();
        let bytes = read(place).or_else(|| read(place.full()))?;
        let mut rest = &bytes[..];
        for at in (index * TILE_WIDTH..range.end).take(TILE_WIDTH as usize) {
            let (length, tail) = rest.split_first_chunk()?;
            let (entry, tail) = tail.split_at_checked(usize::from(u16::from_be_bytes(*length)))?;
            if at >= range.start {
                found.push(Leaf::parse(entry).ok()?);
            }
            rest = tail;
        }
    }
    Some(found)
}
