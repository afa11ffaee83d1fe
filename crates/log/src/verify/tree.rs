//! The tree as RFC 6962 defines it, and proofs about it as RFC 9162 checks them.

use crate::hash::Hash;
use sha2::{Digest, Sha256};

/// Why a proof shows nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadProof {
    /// The tree has no such entry, or the older tree is the larger one.
    #[error("it is about what is not in the tree")]
    Outside,
    /// Not as many hashes as the tree's shape wants.
    #[error("it has too few or too many hashes")]
    Length,
    /// It leads to another root.
    #[error("it leads to another root")]
    OtherRoot,
    /// It does not begin at the older root.
    #[error("it does not begin at the older root")]
    OtherOldRoot,
}

/// An entry's hash. RFC 6962 section 2.1: `MTH({d(0)}) = SHA-256(0x00 || d(0))`.
pub fn leaf_hash(entry: &[u8]) -> Hash {
    Hash(Sha256::new().chain_update([0x00]).chain_update(entry).finalize().into())
}

/// RFC 6962 section 2.1: "The hash of an empty list is the hash of an empty string."
pub fn root_of_nothing() -> Hash {
    Hash(Sha256::digest([]).into())
}

/// RFC 6962 section 2.1: `SHA-256(0x01 || MTH(D[0:k]) || MTH(D[k:n]))`.
pub(super) fn node_hash(left: Hash, right: Hash) -> Hash {
    Hash(Sha256::new().chain_update([0x01]).chain_update(left.0).chain_update(right.0).finalize().into())
}

/// The root over leaves `from` to `to`. RFC 6962 section 2.1, as it stands there: of no leaves, the hash of nothing; of one, that
/// leaf; else of two parts, the left one being the largest power of two smaller than the whole.
pub fn root_of(from: u64, to: u64, leaf: &mut dyn FnMut(u64) -> Hash) -> Hash {
    match to.saturating_sub(from) {
        0 => root_of_nothing(),
        1 => leaf(from),
        n => {
            let middle = from + left_part(n);
            let left = root_of(from, middle, leaf);
            node_hash(left, root_of(middle, to, leaf))
        }
    }
}

/// "Let k be the largest power of two smaller than n", for n of two or more.
pub(super) fn left_part(n: u64) -> u64 {
    1 << (n - 1).ilog2()
}

/// Checks that the leaf is entry `index` of the tree: RFC 9162 section 2.1.3.2 (the same proofs as RFC 6962 section 2.1.1).
///
/// # Errors
///
/// When the proof does not show it.
pub fn inclusion(leaf: Hash, index: u64, size: u64, proof: &[Hash], root: Hash) -> Result<(), BadProof> {
    if index >= size {
        return Err(BadProof::Outside);
    }
    let mut way = Way { node: index, last: size - 1 };
    let mut hash = leaf;
    for &sibling in proof {
        hash = if way.up()? { node_hash(sibling, hash) } else { node_hash(hash, sibling) };
    }
    match (way.last, hash == root) {
        (0, true) => Ok(()),
        (0, false) => Err(BadProof::OtherRoot),
        _ => Err(BadProof::Length),
    }
}

/// Checks that the older tree is the beginning of the newer one: RFC 9162 section 2.1.4.2 (the same proofs as RFC 6962
/// section 2.1.2).
///
/// # Errors
///
/// When the proof does not show it.
pub fn consistency(old: (u64, Hash), new: (u64, Hash), proof: &[Hash]) -> Result<(), BadProof> {
    let ((old_size, old_root), (new_size, new_root)) = (old, new);
    if old_size > new_size {
        return Err(BadProof::Outside);
    }
    if old_size == 0 || old_size == new_size {
        // Everything begins with nothing, and a tree with itself.
        let known = if old_size == 0 { root_of_nothing() } else { new_root };
        return match (proof, old_root == known) {
            ([], true) => Ok(()),
            ([], false) => Err(BadProof::OtherOldRoot),
            _ => Err(BadProof::Length),
        };
    }
    // A whole left subtree is its own beginning and is left out of the proof.
    let (first, proof) = match proof.split_first() {
        _ if old_size.is_power_of_two() => (old_root, proof),
        Some((&first, rest)) => (first, rest),
        None => return Err(BadProof::Length),
    };
    let whole = (old_size - 1).trailing_ones();
    let mut way = Way { node: (old_size - 1) >> whole, last: (new_size - 1) >> whole };
    let (mut of_old, mut of_new) = (first, first);
    for &hash in proof {
        if way.up()? {
            of_old = node_hash(hash, of_old);
            of_new = node_hash(hash, of_new);
        } else {
            of_new = node_hash(of_new, hash);
        }
    }
    match (way.last, of_old == old_root, of_new == new_root) {
        (0, true, true) => Ok(()),
        (0, false, _) => Err(BadProof::OtherOldRoot),
        (0, _, false) => Err(BadProof::OtherRoot),
        _ => Err(BadProof::Length),
    }
}

/// Where a proof stands on its way up: RFC 9162's `fn` and `sn`.
struct Way {
    node: u64,
    last: u64,
}

impl Way {
    /// Up to the next level that has a sibling; whether that sibling is the left one.
    fn up(&mut self) -> Result<bool, BadProof> {
        if self.last == 0 {
            return Err(BadProof::Length);
        }
        let left = self.node % 2 == 1 || self.node == self.last;
        if left {
            // At the right edge, levels without a sibling are passed over.
            while self.node.is_multiple_of(2) && self.node != 0 {
                self.node >>= 1;
                self.last >>= 1;
            }
        }
        self.node >>= 1;
        self.last >>= 1;
        Ok(left)
    }
}
