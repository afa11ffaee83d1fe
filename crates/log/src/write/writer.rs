//! The one that writes a log.

use super::{
    edge::{Edge, Tile, hash_entry},
    files::{Files, replace, sync_folder},
    journal::{Batch, Journal, Unreadable},
    prove::Prover,
};
use crate::{
    checkpoint::Checkpoint,
    failpoint,
    hash::Hash,
    layout::{CHECKPOINT, Place, TILE_WIDTH},
    note::{Note, Signature},
    sign::LogSigner,
    source::Folder,
};
use std::{
    fs::{self, File},
    io,
    ops::Range,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// The longest entry: its length is written in two bytes.
pub const MAX_ENTRY_BYTES: usize = u16::MAX as usize;

/// Writes a log. Entries are appended, on the disk at once, and later published together in a tree with a signed checkpoint.
/// Appending goes on while something is published.
///
/// Its folder holds `public/`, which any static host can serve as it is, the journal of what is not published yet, and a lock:
/// a log has one writer.
pub struct Writer {
    public: PathBuf,
    journal: PathBuf,
    draft: PathBuf,
    signer: LogSigner,
    /// Always locked after `tree`, if both are.
    waiting: Mutex<Waiting>,
    tree: Mutex<Tree>,
    _lock: File,
}

/// What was appended and is not published.
struct Waiting {
    journal: Journal,
    batches: Vec<Arc<Batch>>,
    next: u64,
    /// An append failed half-way: what is on the disk is not known any more.
    broken: bool,
}

/// What was published last.
struct Tree {
    edge: Edge,
    /// The entries of the bundle that is not full, as they stand in it.
    bundle: Vec<u8>,
    checkpoint: Note,
}

/// Why a log cannot be opened or written.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A file could not be read or written.
    #[error("{0}: {1}")]
    Io(PathBuf, #[source] io::Error),
    /// Somebody writes this log.
    #[error("another process writes this log")]
    Locked,
    /// What is there was signed by somebody else.
    #[error("what is there is another log, or signed by another key")]
    OtherLog,
    /// What is there does not fit together. It is not repaired here: somebody changed it.
    #[error("the log is damaged: {0}")]
    Damaged(String),
    /// An entry is too long.
    #[error("an entry has {0} bytes, and at most {MAX_ENTRY_BYTES} can be logged")]
    TooLong(usize),
    /// More at once than one batch can be.
    #[error("too many entries at once")]
    TooMany,
    /// Something failed before, and only opening the log again tells what is on the disk.
    #[error("writing failed before; the log must be opened again")]
    Broken,
}

impl Writer {
    /// Opens a log, or begins an empty one. Goes on where any interruption left it: what was acknowledged is there.
    ///
    /// # Errors
    ///
    /// When it cannot, or what is there is not what this writer left.
    pub fn open(folder: &Path, signer: LogSigner) -> Result<Writer, Error> {
        let (public, journal, draft) = (folder.join("public"), folder.join("journal"), folder.join("draft"));
        fs::create_dir_all(&public).map_err(at(&public))?;
        let lock_path = folder.join("lock");
        let lock = File::create(&lock_path).map_err(at(&lock_path))?;
        lock.try_lock().map_err(|_| Error::Locked)?;
        sync_folder(folder).map_err(at(folder))?;

        let tree = match Tree::read(&public, &signer)? {
            Some(tree) => tree,
            None => Tree::empty(&public, &draft, &signer)?,
        };
        let (open, batches) = Journal::open(journal.clone()).map_err(|why| match why {
            Unreadable::Io(why) => at(&journal)(why),
            damaged => Error::Damaged(damaged.to_string()),
        })?;
        // Those that were published before their segment was removed.
        let batches: Vec<_> = batches.into_iter().filter(|batch| batch.indexes().end > tree.edge.size()).collect();
        let mut next = tree.edge.size();
        for batch in &batches {
            if batch.first != next {
                return Err(Error::Damaged(format!("the journal goes on at entry {} instead of {next}", batch.first)));
            }
            next = batch.indexes().end;
        }
        let batches = batches.into_iter().map(Arc::new).collect();
        let waiting = Waiting { journal: open, batches, next, broken: false };
        Ok(Writer { public, journal, draft, signer, waiting: Mutex::new(waiting), tree: Mutex::new(tree), _lock: lock })
    }

    /// The folder to serve.
    pub fn public(&self) -> &Path {
        &self.public
    }

    /// How many entries were appended, whether published or not.
    pub fn len(&self) -> u64 {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner).next
    }

    /// Whether nothing was ever appended.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Appends entries, which are on the disk when this returns, all of them or none. Gives back which they are.
    ///
    /// # Errors
    ///
    /// When they are not. After a failure of the disk nothing more is appended until the log is opened again, which may find
    /// these entries there.
    pub fn append<E: AsRef<[u8]>>(&self, entries: &[E]) -> Result<Range<u64>, Error> {
        let mut bytes = Vec::with_capacity(entries.iter().map(|entry| 2 + entry.as_ref().len()).sum());
        for entry in entries.iter().map(AsRef::as_ref) {
            let length = u16::try_from(entry.len()).map_err(|_| Error::TooLong(entry.len()))?;
            bytes.extend(length.to_be_bytes());
            bytes.extend(entry);
        }
        if u32::try_from(bytes.len()).is_err() {
            return Err(Error::TooMany);
        }
        let mut waiting = lock(&self.waiting)?;
        let batch = Batch { first: waiting.next, count: entries.len() as u32, entries: bytes };
        let indexes = batch.indexes();
        if waiting.broken {
            return Err(Error::Broken);
        }
        if !indexes.is_empty() {
            waiting.broken = true;
            waiting.journal.append(&batch).map_err(at(&self.journal))?;
            waiting.broken = false;
            waiting.next = indexes.end;
            waiting.batches.push(Arc::new(batch));
        }
        Ok(indexes)
    }

    /// The checkpoint that was published last.
    ///
    /// # Errors
    ///
    /// When another thread panicked while it published.
    pub fn checkpoint(&self) -> Result<Note, Error> {
        Ok(lock(&self.tree)?.checkpoint.clone())
    }

    /// Publishes everything that was appended: bundles, tiles, and, once these are on the disk, a checkpoint.
    ///
    /// # Errors
    ///
    /// When it cannot be written. It may be tried again.
    pub fn publish(&self) -> Result<Note, Error> {
        self.publish_with(|_, _| Vec::new())
    }

    /// As [`Writer::publish`]; others sign the checkpoint before it is seen. They are given what can prove to them that the log
    /// only grew. They are asked even if nothing was appended.
    ///
    /// # Errors
    ///
    /// When it cannot be written. It may be tried again.
    pub fn publish_with(&self, cosign: impl FnOnce(&Note, &Prover<Folder>) -> Vec<Signature>) -> Result<Note, Error> {
        let mut tree = lock(&self.tree)?;
        let batches = {
            let mut waiting = lock(&self.waiting)?;
            waiting.journal.begin_segment();
            waiting.batches.clone()
        };
        let mut new = Growing::from(&tree);
        if !batches.is_empty() {
            let mut files = Files::new(&self.public, &self.draft);
            batches.iter().try_for_each(|batch| new.take_in(batch, &mut files)).map_err(at(&self.public))?;
            new.write(&mut files).map_err(at(&self.public))?;
            files.sync().map_err(at(&self.public))?;
        }
        failpoint::hit("tiles_written");

        let text = checkpoint(&self.signer, &new.edge);
        let note = Note::new(text.clone(), vec![self.signer.sign(&text)]);
        failpoint::hit("checkpoint_signed");
        let cosignatures = cosign(&note, &Prover::new(Folder::new(&self.public), new.edge.size()));
        if batches.is_empty() && cosignatures.is_empty() {
            return Ok(tree.checkpoint.clone());
        }
        let note = note.signed_also_by(cosignatures);
        publish(&self.public, &self.draft, &note)?;

        *tree = Tree { edge: new.edge, bundle: new.bundle, checkpoint: note.clone() };
        lock(&self.waiting)?.batches.drain(..batches.len());
        // What stays of these does no harm; the next time they go.
        let _ = Journal::remove_before(&self.journal, tree.edge.size());
        for full in new.full {
            let _ = fs::remove_dir_all(self.public.join(full.path()).with_added_extension("p"));
        }
        Ok(note)
    }
}

/// A tree that takes in what was appended.
struct Growing {
    edge: Edge,
    bundle: Vec<u8>,
    /// Full tiles that are not written yet.
    tiles: Vec<Tile>,
    /// Partial tiles that are there already.
    known: Vec<Place>,
    /// What was filled.
    full: Vec<Place>,
}

impl Growing {
    fn from(tree: &Tree) -> Growing {
        let known = tree.edge.partial().map(|tile| tile.place).collect();
        Growing { edge: tree.edge.clone(), bundle: tree.bundle.clone(), tiles: Vec::new(), known, full: Vec::new() }
    }

    /// Bundles are written as they are full.
    fn take_in(&mut self, batch: &Batch, files: &mut Files<'_>) -> io::Result<()> {
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
    fn write(&mut self, files: &mut Files<'_>) -> io::Result<()> {
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
    fn empty(public: &Path, draft: &Path, signer: &LogSigner) -> Result<Tree, Error> {
        let edge = Edge::default();
        let text = checkpoint(signer, &edge);
        let checkpoint = Note::new(text.clone(), vec![signer.sign(&text)]);
        publish(public, draft, &checkpoint)?;
        Ok(Tree { edge, bundle: Vec::new(), checkpoint })
    }

    /// What was published last, if anything was. It must be this log's, and its edge must have the root that was signed.
    fn read(public: &Path, signer: &LogSigner) -> Result<Option<Tree>, Error> {
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

fn checkpoint(signer: &LogSigner, edge: &Edge) -> String {
    let origin = signer.verifier().name().to_string();
    Checkpoint { origin, size: edge.size(), root: edge.root() }.to_string()
}

/// What it speaks of is on the disk already.
fn publish(public: &Path, draft: &Path, note: &Note) -> Result<(), Error> {
    let path = public.join(CHECKPOINT);
    replace(&path, note.to_string().as_bytes(), draft).map_err(at(&path))?;
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

fn lock<T>(mutex: &Mutex<T>) -> Result<MutexGuard<'_, T>, Error> {
    mutex.lock().map_err(|_| Error::Broken)
}

fn at(path: &Path) -> impl FnOnce(io::Error) -> Error {
    let path = path.to_owned();
    |why| Error::Io(path, why)
}
