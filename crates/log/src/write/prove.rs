//! Proofs, made from a log's tiles.

use super::edge::{fold, join};
use crate::{
    hash::Hash,
    layout::{Place, TILE_WIDTH},
    source::Source,
};
use std::{
    collections::{HashMap, hash_map::Entry},
    io,
    sync::{Mutex, PoisonError},
};

/// Makes proofs about a tree of one size, from tiles that are read as they are needed, each once. It does not check them: a tile that
/// was changed gives a proof that shows nothing.
pub struct Prover<S> {
    source: S,
    size: u64,
    tiles: Mutex<HashMap<(u8, u64), Vec<Hash>>>,
}

/// Why no proof could be made.
#[derive(Debug, thiserror::Error)]
pub enum Unprovable {
    /// The tree has no such entry, or was never that large.
    #[error("the tree has {0} entries")]
    Outside(u64),
    /// A tile is not there or not whole.
    #[error("{0} is missing or not whole")]
    Tile(String),
    /// A tile cannot be read.
    #[error("{0}: {1}")]
    Io(String, #[source] io::Error),
}

impl<S: Source> Prover<S> {
    /// For the tree of this size, which has been published.
    pub fn new(source: S, size: u64) -> Prover<S> {
        Prover { source, size, tiles: Mutex::default() }
    }

    /// The size of the tree it is about.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// The way from an entry to the root. RFC 6962 section 2.1.1: `PATH(m, D[n])`.
    ///
    /// # Errors
    ///
    /// When there is no such entry, or tiles are missing.
    pub fn inclusion(&self, entry: u64) -> Result<Vec<Hash>, Unprovable> {
        if entry >= self.size {
            return Err(Unprovable::Outside(self.size));
        }
        let (mut from, mut to) = (0, self.size);
        let mut path = Vec::new();
        while to - from > 1 {
            let middle = from + largest_power_below(to - from);
            if entry < middle {
                path.push(self.hash(middle, to)?);
                to = middle;
            } else {
                path.push(self.hash(from, middle)?);
                from = middle;
            }
        }
        path.reverse();
        Ok(path)
    }

    /// That the tree of an older size is its beginning. RFC 6962 section 2.1.2: `PROOF(m, D[n])`.
    ///
    /// # Errors
    ///
    /// When it was never that large, or tiles are missing.
    pub fn consistency(&self, older: u64) -> Result<Vec<Hash>, Unprovable> {
        if older > self.size {
            return Err(Unprovable::Outside(self.size));
        }
        if older == 0 || older == self.size {
            return Ok(Vec::new());
        }
        let (mut from, mut to) = (0, self.size);
        let mut path = Vec::new();
        while to != older {
            let middle = from + largest_power_below(to - from);
            if older <= middle {
                path.push(self.hash(middle, to)?);
                to = middle;
            } else {
                path.push(self.hash(from, middle)?);
                from = middle;
            }
        }
        // A subtree that begins at the left end is the older root itself.
        if from > 0 {
            path.push(self.hash(from, to)?);
        }
        path.reverse();
        Ok(path)
    }

    /// The hash over entries `from` to `to`, which `from` is aligned for: from one tile if they are a whole subtree, else of
    /// the two parts that RFC 6962 section 2.1 splits them into.
    fn hash(&self, from: u64, to: u64) -> Result<Hash, Unprovable> {
        let n = to - from;
        if !n.is_power_of_two() {
            let middle = from + largest_power_below(n);
            return Ok(join(&self.hash(from, middle)?, &self.hash(middle, to)?));
        }
        let level = n.ilog2() / 8;
        let first = from >> (8 * level);
        let count = (n >> (8 * level)) as usize;
        let at = (first % TILE_WIDTH) as usize;
        let mut tiles = self.tiles.lock().unwrap_or_else(PoisonError::into_inner);
        let (level, index) = (level as u8, first / TILE_WIDTH);
        let tile = match tiles.entry((level, index)) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(unknown) => unknown.insert(self.tile(level, index)?),
        };
        let hashes = tile.get(at..at + count);
        hashes.map(fold).ok_or_else(|| Unprovable::Tile(format!("level {level}, tile {index}")))
    }

    fn tile(&self, level: u8, index: u64) -> Result<Vec<Hash>, Unprovable> {
        let place = Place::of_tree(Some(level), index, self.size).ok_or(Unprovable::Outside(self.size))?;
        // A partial tile may be gone when the full one is there.
        for place in [place, place.full()] {
            let path = place.path();
            let bytes = self.source.read(&path, TILE_WIDTH * 32).map_err(|why| Unprovable::Io(path.clone(), why))?;
            if let Some(bytes) = bytes {
                return Ok(bytes.as_chunks().0.iter().copied().map(Hash).collect());
            }
        }
        Err(Unprovable::Tile(place.path()))
    }
}

/// "Let k be the largest power of two smaller than n", for n of two or more.
fn largest_power_below(n: u64) -> u64 {
    n.next_power_of_two() / 2
}
