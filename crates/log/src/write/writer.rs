//! The one that writes a log.

use super::{
    files::{Files, make_folder},
    journal::{Batch, Journal, Unreadable},
    prove::Prover,
    tree::{Growing, Tree, publish},
};
use crate::{
    failpoint,
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
/// Its folder holds `public/`, which any static host can serve as it is, the journal of what is not published yet, drafts of files
/// that are not whole, and a lock: a log has one writer.
pub struct Writer {
    public: PathBuf,
    journal: PathBuf,
    drafts: PathBuf,
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
        let (public, journal, drafts) = (folder.join("public"), folder.join("journal"), folder.join("drafts"));
        make_folder(folder).map_err(at(folder))?;
        make_folder(&public).map_err(at(&public))?;
        make_folder(&journal).map_err(at(&journal))?;
        make_folder(&drafts).map_err(at(&drafts))?;
        let lock_path = folder.join("lock");
        let lock = File::create(&lock_path).map_err(at(&lock_path))?;
        lock.try_lock().map_err(|_| Error::Locked)?;

        let tree = match Tree::read(&public, &signer)? {
            Some(tree) => tree,
            None => Tree::empty(&public, &drafts, &signer)?,
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
        Ok(Writer {
            public,
            journal,
            drafts,
            signer,
            waiting: Mutex::new(waiting),
            tree: Mutex::new(tree),
            _lock: lock,
        })
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
            let mut files = Files::new(&self.public, &self.drafts);
            batches.iter().try_for_each(|batch| new.take_in(batch, &mut files)).map_err(at(&self.public))?;
            new.write(&mut files).map_err(at(&self.public))?;
            files.sync().map_err(at(&self.public))?;
        }
        failpoint::hit("tiles_written");

        let note = match batches[..] {
            // What was signed of it stays.
            [] => tree.checkpoint.clone(),
            _ => self.signer.checkpoint(new.edge.size(), new.edge.root()),
        };
        failpoint::hit("checkpoint_signed");
        let cosignatures = cosign(&note, &Prover::new(Folder::new(&self.public), new.edge.size()));
        if batches.is_empty() && cosignatures.is_empty() {
            return Ok(note);
        }
        let note = note.signed_also_by(cosignatures);
        publish(&self.public, &self.drafts, &note)?;

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

fn lock<T>(mutex: &Mutex<T>) -> Result<MutexGuard<'_, T>, Error> {
    mutex.lock().map_err(|_| Error::Broken)
}

pub(super) fn at(path: &Path) -> impl FnOnce(io::Error) -> Error {
    let path = path.to_owned();
    |why| Error::Io(path, why)
}
