//! The right edge of a growing tree: of each level, the hashes of the tile that is not full yet.

use crate::{
    hash::Hash,
    layout::{Place, TILE_WIDTH},
};
use sha2::{Digest, Sha256};

/// What a tree needs to grow. At most 255 hashes on each of eight levels.
#[derive(Debug, Clone, Default)]
pub(super) struct Edge {
    size: u64,
    levels: Vec<Vec<Hash>>,
}

/// A tile with its hashes.
pub(super) struct Tile {
    pub place: Place,
    pub hashes: Vec<Hash>,
}

/// RFC 6962 section 2.1: "the hash of a list with one entry" is `SHA-256(0x00 || d(0))`.
pub(super) fn hash_entry(entry: &[u8]) -> Hash {
    let mut sha = Sha256::new();
    sha.update([0x00]);
    sha.update(entry);
    Hash(sha.finalize().into())
}

/// RFC 6962 section 2.1: `SHA-256(0x01 || left || right)`.
pub(super) fn join(left: &Hash, right: &Hash) -> Hash {
    let mut both = [0x01; 65];
    both[1..33].copy_from_slice(&left.0);
    both[33..].copy_from_slice(&right.0);
    Hash(Sha256::digest(both).into())
}

/// The hash over a power of two of hashes, halved level by level.
pub(super) fn fold(hashes: &[Hash]) -> Hash {
    debug_assert!(hashes.len().is_power_of_two());
    let mut row = hashes.to_vec();
    while row.len() > 1 {
        for at in 0..row.len() / 2 {
            row[at] = join(&row[2 * at], &row[2 * at + 1]);
        }
        row.truncate(row.len() / 2);
    }
    row[0]
}

impl Edge {
    /// The edge of a tree of this size: of each level the hashes of the tile that is not full.
    pub(super) fn new(size: u64, levels: Vec<Vec<Hash>>) -> Edge {
        Edge { size, levels }
    }

    /// How many entries the tree has.
    pub(super) fn size(&self) -> u64 {
        self.size
    }

    /// Appends an entry's hash, and gives every tile that it fills to `full`. "Each hash in a tile is the Merkle Tree Hash of a
    /// full tile at the level below" (<https://c2sp.org/tlog-tiles#merkle-tree>).
    pub(super) fn push(&mut self, entry: Hash, full: &mut impl FnMut(Tile)) {
        self.size += 1;
        let mut carry = entry;
        for level in 0.. {
            if self.levels.len() == level {
                self.levels.push(Vec::new());
            }
            self.levels[level].push(carry);
            if (self.levels[level].len() as u64) < TILE_WIDTH {
                break;
            }
            let hashes = std::mem::take(&mut self.levels[level]);
            carry = fold(&hashes);
            let index = (self.size >> (8 * (level + 1))) - 1;
            full(Tile { place: Place { level: Some(level as u8), index, width: TILE_WIDTH }, hashes });
        }
    }

    /// The tiles that are not full and not empty.
    pub(super) fn partial(&self) -> impl Iterator<Item = Tile> {
        self.levels.iter().enumerate().filter(|(_, hashes)| !hashes.is_empty()).map(|(level, hashes)| {
            let index = self.size >> (8 * (level + 1));
            Tile {
                place: Place { level: Some(level as u8), index, width: hashes.len() as u64 },
                hashes: hashes.clone(),
            }
        })
    }

    /// The root. The tree is a row of whole subtrees, one for each bit of its size, which lie in the open tiles from the top level
    /// to the lowest; they are joined from the right.
    pub(super) fn root(&self) -> Hash {
        let mut root = None;
        for hashes in &self.levels {
            let mut rest = &hashes[..];
            while !rest.is_empty() {
                let (left, subtree) = rest.split_at(rest.len() - (1 << rest.len().trailing_zeros()));
                let subtree = fold(subtree);
                root = Some(root.map_or(subtree, |right| join(&subtree, &right)));
                rest = left;
            }
        }
        // RFC 6962 section 2.1: "The hash of an empty list is the hash of an empty string."
        root.unwrap_or_else(|| Hash(Sha256::digest([]).into()))
    }
}
