//! A whole log, read and computed anew.

use super::{
    files::{entry_hashes, fetch, hashes},
    reason::{Fault, Reason},
    tree::{left_part, node_hash, root_of},
};
use crate::{
    checkpoint::Checkpoint,
    hash::Hash,
    key::{Signed, VerifierKey},
    layout::{CHECKPOINT, Place, TILE_WIDTH},
    note::Note,
    source::Source,
};
use std::collections::BTreeMap;

/// A checkpoint file is not longer.
const LONGEST_CHECKPOINT: u64 = 256 * 1024;

/// What is known of a log beforehand. Each thing that is known makes something else impossible.
#[derive(Debug, Clone, Default)]
pub struct Expected {
    /// What it calls itself, when that is not its key's name.
    pub origin: Option<String>,
    /// The log's key; without it, anybody may have made this log.
    pub key: Option<VerifierKey>,
    /// Witnesses that must each have signed; without any, the log may show others another tree.
    pub witnesses: Vec<VerifierKey>,
    /// Checkpoints that were seen before, as notes; without any, it may have been rewritten since.
    pub older: Vec<Vec<u8>>,
}

/// What was found to hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// The checkpoint, of which everything below was computed anew.
    pub checkpoint: Checkpoint,
    /// Files that were read and hold.
    pub files: u64,
    /// When each witness signed, in seconds since 1970.
    pub witnessed_s: Vec<u64>,
    /// Tiles and bundles that belong to no tree up to this checkpoint: a writer may be about to publish them.
    pub ahead: Vec<String>,
}

/// Reads a whole log and computes all of it anew: the entries' hashes from the bundles, each tile from what is below it, the
/// root from all, the root of each older size; checks who signed. Stops at the first thing that does not hold.
///
/// # Errors
///
/// With what does not hold, and why.
pub fn audit(source: &impl Source, expected: &Expected) -> Result<Report, Fault> {
    let bytes = source.read(CHECKPOINT, LONGEST_CHECKPOINT).map_err(Reason::unreadable);
    let bytes = bytes.and_then(|bytes| bytes.ok_or(Reason::Missing)).map_err(|reason| reason.at(CHECKPOINT))?;
    let (checkpoint, witnessed) =
        signed(&bytes, expected, &expected.witnesses).map_err(|reason| reason.at(CHECKPOINT))?;
    let mut older = Vec::new();
    for (number, bytes) in (1..).zip(&expected.older) {
        // A witness's signature may have come later than the copy.
        let (old, _) =
            signed(bytes, expected, &[]).map_err(|reason| reason.at(format!("older checkpoint {number}")))?;
        if old.origin != checkpoint.origin {
            return Err(Reason::OtherOrigin(old.origin).at(format!("older checkpoint {number}")));
        }
        older.push(old);
    }
    if let Some(old) = older.iter().find(|old| old.size > checkpoint.size) {
        return Err(Reason::RolledBack { before: old.size, now: checkpoint.size }.at(CHECKPOINT));
    }

    let mut tree = Tree { source, size: checkpoint.size, nodes: Vec::new(), leaves: BTreeMap::new(), files: 1 };
    // Where the trees end whose roots will be asked for.
    for size in older.iter().map(|old| old.size).chain([checkpoint.size]) {
        tree.leaves.insert(size / TILE_WIDTH, Vec::new());
    }
    tree.read_entries()?;
    tree.read_levels()?;

    let root = tree.root(0, checkpoint.size);
    if root != checkpoint.root {
        return Err(Reason::OtherRoot { said: checkpoint.root, have: root }.at(CHECKPOINT));
    }
    for old in older {
        let is = tree.root(0, old.size);
        if is != old.root {
            return Err(Reason::Forked { size: old.size, was: old.root, is }.at(CHECKPOINT));
        }
    }
    let ahead = tree.check_the_rest()?;
    let witnessed_s = witnessed.into_iter().filter_map(|signed| signed.time_s).collect();
    Ok(Report { checkpoint, files: tree.files, witnessed_s, ahead })
}

/// Reads a checkpoint and checks whose it is.
fn signed(bytes: &[u8], expected: &Expected, witnesses: &[VerifierKey]) -> Result<(Checkpoint, Vec<Signed>), Reason> {
    let note = Note::parse(bytes)?;
    let checkpoint: Checkpoint = note.text().parse().map_err(|_| Reason::NotACheckpoint)?;
    let named = expected.key.as_ref().map(|key| key.name().as_str());
    if expected.origin.as_deref().or(named).is_some_and(|origin| origin != checkpoint.origin) {
        return Err(Reason::OtherOrigin(checkpoint.origin));
    }
    if let Some(key) = &expected.key {
        key.check(&note)?;
    }
    let witnessed = witnesses.iter().map(|witness| witness.check(&note)).collect::<Result<_, _>>()?;
    Ok((checkpoint, witnessed))
}

/// What was computed of a tree.
struct Tree<'a, S> {
    source: &'a S,
    size: u64,
    /// `nodes[l]` are the roots over each whole 256^(l+1) entries.
    nodes: Vec<Vec<Hash>>,
    /// The hashes of the entries in bundles where a tree ends.
    leaves: BTreeMap<u64, Vec<Hash>>,
    files: u64,
}

impl<S: Source> Tree<'_, S> {
    /// Every bundle: its entries' hashes are those of the tile beside it.
    fn read_entries(&mut self) -> Result<(), Fault> {
        let mut roots = Vec::new();
        for index in 0.. {
            let Some(bundle) = Place::of_tree(None, index, self.size) else { break };
            let hashes = self.bundle(bundle).map_err(|reason| reason.at(bundle.path()))?;
            self.compare(Place { level: Some(0), ..bundle }, &hashes)?;
            if hashes.len() as u64 == TILE_WIDTH {
                roots.push(whole(&hashes));
            }
            if let Some(kept) = self.leaves.get_mut(&index) {
                *kept = hashes;
            }
        }
        self.nodes.push(roots);
        Ok(())
    }

    /// Every tile above: its hashes are the roots of the full tiles below.
    fn read_levels(&mut self) -> Result<(), Fault> {
        for level in 1.. {
            let Some(below) = self.nodes.last().filter(|nodes| !nodes.is_empty()).cloned() else { break };
            let mut roots = Vec::new();
            for (index, hashes) in (0..).zip(below.chunks(TILE_WIDTH as usize)) {
                self.compare(Place { level: Some(level), index, width: hashes.len() as u64 }, hashes)?;
                if hashes.len() as u64 == TILE_WIDTH {
                    roots.push(whole(hashes));
                }
            }
            self.nodes.push(roots);
        }
        Ok(())
    }

    /// The hashes of a bundle's entries.
    fn bundle(&mut self, place: Place) -> Result<Vec<Hash>, Reason> {
        let (found, bytes) = fetch(self.source, place)?;
        self.files += 1;
        let mut hashes = entry_hashes(&bytes, found.width)?;
        hashes.truncate(place.width as usize);
        Ok(hashes)
    }

    /// The tile that is there has the hashes that it must.
    fn compare(&mut self, place: Place, computed: &[Hash]) -> Result<(), Fault> {
        let (found, bytes) = fetch(self.source, place).map_err(|reason| reason.at(place.path()))?;
        self.files += 1;
        let read = hashes(&bytes, found.width).map_err(|reason| reason.at(found.path()))?;
        match (0..).zip(read.iter().zip(computed)).find(|(_, (read, computed))| read != computed) {
            Some((at, _)) => Err(Reason::OtherHash(at).at(found.path())),
            None => Ok(()),
        }
    }

    /// The root over entries `from` to `to`, from what was computed: the recursion of [`root_of`], ended where a root is known.
    fn root(&self, from: u64, to: u64) -> Hash {
        let n = to - from;
        if n < TILE_WIDTH {
            let leaves = self.leaves.get(&(from / TILE_WIDTH)).map_or(&[][..], Vec::as_slice);
            // A leaf that was not read cannot make a root right.
            return root_of(from, to, &mut |leaf| {
                leaves.get((leaf % TILE_WIDTH) as usize).copied().unwrap_or(Hash([0; 32]))
            });
        }
        let level = (n.ilog2() / 8) as usize;
        let known = self.nodes.get(level - 1).filter(|_| n == 1 << (8 * level));
        if let Some(&root) = known.and_then(|nodes| nodes.get((from / n) as usize)) {
            return root;
        }
        let middle = from + left_part(n);
        node_hash(self.root(from, middle), self.root(middle, to))
    }

    /// Where files can be listed, those that no reader of this checkpoint needs: partial tiles and bundles of older trees must be
    /// the beginning of newer ones. Gives back what is of no tree yet.
    fn check_the_rest(&mut self) -> Result<Vec<String>, Fault> {
        let listed = self.source.list().map_err(|why| Reason::unreadable(why).at("the folder"))?;
        let mut ahead = Vec::new();
        for path in listed.unwrap_or_default().into_iter().filter(|path| path.starts_with("tile/")) {
            let place = Place::parse(&path).ok_or_else(|| Reason::Name.at(&path))?;
            match Place::of_tree(place.level, place.index, self.size) {
                Some(now) if now.width == place.width => {}
                Some(now) if now.width > place.width => {
                    self.begins(place, now).map_err(|reason| reason.at(&path))?;
                }
                _ => ahead.push(path),
            }
        }
        Ok(ahead)
    }

    fn begins(&mut self, older: Place, now: Place) -> Result<(), Reason> {
        let (found, older_bytes) = fetch(self.source, older)?;
        let (now, bytes) = fetch(self.source, now)?;
        self.files += 1;
        match older.level {
            Some(_) => drop(hashes(&older_bytes, found.width)?),
            None => drop(entry_hashes(&older_bytes, found.width)?),
        }
        if bytes.starts_with(&older_bytes) { Ok(()) } else { Err(Reason::NotTheBeginning(now.path())) }
    }
}

/// The root over a full tile's hashes.
fn whole(hashes: &[Hash]) -> Hash {
    root_of(0, hashes.len() as u64, &mut |leaf| hashes[leaf as usize])
}
