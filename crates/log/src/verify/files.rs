//! A log's files, taken apart.

use super::{reason::Reason, tree::leaf_hash};
use crate::{
    hash::Hash,
    layout::{Place, TILE_WIDTH},
    source::Source,
};

/// More than any tile or bundle can have: 256 entries of 65,535 bytes behind two bytes of length.
const LONGEST_FILE: u64 = TILE_WIDTH * (2 + 65_535);

/// A tile's or bundle's bytes, as wide as the place says or wider: a full one may stand for a partial one that is gone.
pub(super) fn fetch(source: &impl Source, place: Place) -> Result<(Place, Vec<u8>), Reason> {
    for place in [place, place.full()] {
        if let Some(bytes) = source.read(&place.path(), LONGEST_FILE).map_err(Reason::unreadable)? {
            return Ok((place, bytes));
        }
    }
    Err(Reason::Missing)
}

/// The hashes of a tile: "concatenated sequences of consecutive Merkle Tree Hashes".
pub(super) fn hashes(bytes: &[u8], width: u64) -> Result<Vec<Hash>, Reason> {
    let (hashes, rest) = bytes.as_chunks();
    if !rest.is_empty() || hashes.len() as u64 != width {
        return Err(Reason::TileLength { bytes: bytes.len(), hashes: width });
    }
    Ok(hashes.iter().copied().map(Hash).collect())
}

/// The hashes of a bundle's entries: "sequences of big-endian uint16 length-prefixed log entries".
pub(super) fn entry_hashes(mut bytes: &[u8], width: u64) -> Result<Vec<Hash>, Reason> {
    let mut hashes = Vec::new();
    for _ in 0..width {
        let (length, rest) = bytes.split_first_chunk().ok_or(Reason::BundleLength)?;
        let (entry, rest) =
            rest.split_at_checked(usize::from(u16::from_be_bytes(*length))).ok_or(Reason::BundleLength)?;
        hashes.push(leaf_hash(entry));
        bytes = rest;
    }
    if bytes.is_empty() { Ok(hashes) } else { Err(Reason::BundleLength) }
}
