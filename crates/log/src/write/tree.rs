//! What was published last, and the tree that grows out of it.

use super::{
    edge::{Edge, Tile, hash_entry},
    files::{Files, replace, sync_folder},
    journal::Batch,
    writer::{Error, at},
};
use crate::{
    checkpoint::Checkpoint,
    failpoint,
    hash::Hash,
    layout::{CHECKPOINT, Place, TILE_WIDTH},
    note::Note,
    sign::LogSigner,
};
use std::{fs, io, path::Path};

/// What was published last.
pub(super) struct Tree {
    pub(super) edge: Edge,
    /// The entries of the bundle that is not full, as they stand in it.
    pub(super) bundle: Vec<u8>,
    pub(super) checkpoint: Note,
}

/// A tree that takes in what was appended.
pub(super) struct Growing {
    pub(super) edge: Edge,
    pub(super) bundle: Vec<u8>,
    /// Full tiles that are not written yet.
    tiles: Vec<Tile>,
    /// Partial tiles that are there already.
    known: Vec<Place>,
    /// What was filled.
    pub(super) full: Vec<Place>,
}

impl Growing {
    pub(super) fn from(tree: &Tree) -> Growing {
        let known = tree.edge.partial().map(|tile| tile.place).collect();
        Growing { edge: tree.edge.clone(), bundle: tree.bundle.clone(), tiles: Vec::new(), known, full: Vec::new() }
    }

    /// Bundles are written as they are full.
    pub(super) fn take_in(&mut self, batch: &Batch, files: &mut Files<'_>) -> io::Result<()> {
        for entry in entries(&batch.entries) {
            self.bundle.extend((entry.len() as u16).to_be_bytes());
            self.bundle.extend(entry);
            self.edge.push(hash_entry(entry), &mut |tile| self.tiles.push(tile));
            if self.edge.size().is_multiple_of(TILE_WIDTH) {
                let place = Place { level: None, index: self.edge.size() / TILE_WIDTH - 1, width: TILE_WIDTH };
                files.write(&place.path(), &std::mem::take(&mut self.bundle))?;
                self.full.push(place);
            }
        }
        Ok(())
    }

    /// Writes the bundle that is not full, then the tiles.
    pub(super) fn write(&mut self, files: &mut Files<'_>) -> io::Result<()> {
        if let Some(place) = Place::of_tree(None, self.edge.size() / TILE_WIDTH, self.edge.size()) {
            files.write(&place.path(), &self.bundle)?;
        }
        failpoint::hit("bundles_written");
        let full = self.tiles.drain(..).inspect(|tile| self.full.push(tile.place));
        let partial = self.edge.partial().filter(|tile| !self.known.contains(&tile.place));
        for tile in full.chain(partial) {
            files.write(&tile.place.path(), &tile.hashes.iter().flat_map(|hash| hash.0).collect::<Vec<_>>())?;
        }
        Ok(())
    }
}

impl Tree {
    /// A log without entries has a checkpoint as well.
    pub(super) fn empty(public: &Path, drafts: &Path, signer: &LogSigner) -> Result<Tree, Error> {
        if public.join("tile").exists() {
            return Err(Error::Damaged("its checkpoint is gone".to_owned()));
        }
        let edge = Edge::default();
        let checkpoint = signer.checkpoint(edge.size(), edge.root());
        publish(public, drafts, &checkpoint)?;
        Ok(Tree { edge, bundle: Vec::new(), checkpoint })
    }

    /// What was published last, if anything was. It must be this log's, and its edge must have the root that was signed.
    pub(super) fn read(public: &Path, signer: &LogSigner) -> Result<Option<Tree>, Error> {
        let path = public.join(CHECKPOINT);
        let bytes = match fs::read(&path) {
            Ok(bytes) => bytes,
            Err(why) if why.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(why) => return Err(at(&path)(why)),
        };
        let note = Note::parse(&bytes).map_err(|why| Error::Damaged(format!("checkpoint: {why}")))?;
        signer.verifier().check(&note).map_err(|_| Error::OtherLog)?;
        let said: Checkpoint = note.text().parse().map_err(|_| Error::OtherLog)?;
        let mut levels = Vec::new();
        while said.size.checked_shr(8 * levels.len() as u32).is_some_and(|hashes| hashes > 0) {
            let hashes = open_file(public, Some(levels.len() as u8), said.size)?;
            levels.push(hashes.as_chunks().0.iter().copied().map(Hash).collect::<Vec<_>>());
        }
        let bundle = open_file(public, None, said.size)?;
        let edge = Edge::new(said.size, levels);
        let in_bundle: Vec<_> = entries(&bundle).map(hash_entry).collect();
        let due = edge.partial().find(|tile| tile.place.level == Some(0)).map(|tile| tile.hashes).unwrap_or_default();
        if edge.root() != said.root || in_bundle != due || said.origin != signer.verifier().name().as_str() {
            return Err(Error::Damaged("its last tiles are not those of its checkpoint".to_owned()));
        }
        Ok(Some(Tree { edge, bundle, checkpoint: note }))
    }
}

/// The bytes of this level's tile or bundle that is not full; none if it is empty.
fn open_file(public: &Path, level: Option<u8>, size: u64) -> Result<Vec<u8>, Error> {
    let index = size >> (8 * (u32::from(level.unwrap_or(0)) + 1)).min(63);
    let Some(place) = Place::of_tree(level, index, size) else { return Ok(Vec::new()) };
    let path = public.join(place.path());
    fs::read(&path).map_err(at(&path))
}

/// What it speaks of is on the disk already.
pub(super) fn publish(public: &Path, drafts: &Path, note: &Note) -> Result<(), Error> {
    let path = public.join(CHECKPOINT);
    replace(&path, note.to_string().as_bytes(), &drafts.join(CHECKPOINT)).map_err(at(&path))?;
    failpoint::hit("checkpoint_renamed");
    sync_folder(public).map_err(at(public))?;
    failpoint::hit("checkpoint_synced");
    Ok(())
}

/// The entries behind their lengths.
fn entries(mut bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    std::iter::from_fn(move || {
        let (length, rest) = bytes.split_first_chunk()?;
        let (entry, rest) = rest.split_at_checked(usize::from(u16::from_be_bytes(*length)))?;
        bytes = rest;
        Some(entry)
    })
}
