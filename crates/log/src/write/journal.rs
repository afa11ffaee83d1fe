//! Entries that were appended and are not in the tree yet. A record is a batch; it is on the disk before anybody hears its index.
//!
//! A segment is a file, named by the first entry in it. Each publishing begins a new one and removes those before it, so appending
//! never waits for it.

use super::files::sync_folder;
use crate::failpoint;
use sha2::{Digest, Sha256};
use std::{
    fs::{self, File, OpenOptions},
    io::{self, Write},
    ops::Range,
    path::{Path, PathBuf},
};

/// What a record begins with.
const MARK: [u8; 8] = *b"entries\n";
/// The mark, the first entry's index, how many there are, the length of what follows, and the SHA-256 of all that and what follows.
const HEADER: usize = 8 + 8 + 4 + 4 + 32;

/// A batch: entries behind their lengths, as in a bundle.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Batch {
    pub first: u64,
    pub count: u32,
    pub entries: Vec<u8>,
}

impl Batch {
    pub(super) fn indexes(&self) -> Range<u64> {
        self.first..self.first.saturating_add(u64::from(self.count))
    }
}

/// The folder of segments, and the one that is written to.
pub(super) struct Journal {
    folder: PathBuf,
    open: Option<File>,
}

/// Why a journal cannot be read.
#[derive(Debug, thiserror::Error)]
pub(super) enum Unreadable {
    #[error(transparent)]
    Io(#[from] io::Error),
    /// Something in the middle is damaged: what follows it was acknowledged.
    #[error("the journal is damaged at byte {at} of {segment}")]
    Damaged { segment: String, at: usize },
}

impl Journal {
    /// Opens the folder, which is there, and reads every batch in it. What an interrupted append left at an end is cut off: nobody heard of it.
    pub(super) fn open(folder: PathBuf) -> Result<(Journal, Vec<Batch>), Unreadable> {
        let journal = Journal { folder, open: None };
        let mut batches = Vec::new();
        let segments = journal.segments()?;
        for (number, (_, path)) in segments.iter().enumerate() {
            let bytes = fs::read(path)?;
            let mut at = 0;
            while let Some((batch, length)) = read(&bytes[at..]) {
                batches.push(batch);
                at += length;
            }
            if at == bytes.len() && at > 0 {
                continue;
            }
            let last = number + 1 == segments.len();
            if !last || holds_a_record(&bytes[at..]) {
                let segment = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
                return Err(Unreadable::Damaged { segment, at });
            }
            if at == 0 {
                fs::remove_file(path)?;
            } else {
                let file = OpenOptions::new().write(true).open(path)?;
                file.set_len(at as u64)?;
                file.sync_all()?;
            }
        }
        sync_folder(&journal.folder)?;
        Ok((journal, batches))
    }

    /// The batch is on the disk when this returns.
    pub(super) fn append(&mut self, batch: &Batch) -> io::Result<()> {
        let mut record = record_head(batch);
        record.extend(&batch.entries);
        let mut file = match self.open.take() {
            Some(file) => file,
            None => {
                let path = self.folder.join(batch.first.to_string());
                let file = OpenOptions::new().create_new(true).append(true).open(path)?;
                sync_folder(&self.folder)?;
                failpoint::hit("segment_created");
                file
            }
        };
        if failpoint::chosen("record_half_written") {
            file.write_all(&record[..record.len() / 2])?;
            failpoint::hit("record_half_written");
        }
        file.write_all(&record)?;
        failpoint::hit("record_written");
        file.sync_data()?;
        failpoint::hit("record_synced");
        // Only a segment that holds nothing half-way is written to again.
        self.open = Some(file);
        Ok(())
    }

    /// The next batch begins a new segment.
    pub(super) fn begin_segment(&mut self) {
        self.open = None;
    }

    /// Removes the segments that begin before this entry. It is an entry that begins one.
    pub(super) fn remove_before(folder: &Path, entry: u64) -> io::Result<()> {
        for (_, path) in segments(folder)?.into_iter().filter(|(first, _)| *first < entry) {
            fs::remove_file(path)?;
        }
        Ok(())
    }

    fn segments(&self) -> io::Result<Vec<(u64, PathBuf)>> {
        segments(&self.folder)
    }
}

/// Oldest first.
fn segments(folder: &Path) -> io::Result<Vec<(u64, PathBuf)>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let first = path.file_name().and_then(|name| name.to_str()).and_then(|name| name.parse().ok());
        found.extend(first.map(|first| (first, path)));
    }
    found.sort();
    Ok(found)
}

fn record_head(batch: &Batch) -> Vec<u8> {
    let mut head = MARK.to_vec();
    head.extend(batch.first.to_be_bytes());
    head.extend(batch.count.to_be_bytes());
    head.extend((batch.entries.len() as u32).to_be_bytes());
    let sum = Sha256::new().chain_update(&head).chain_update(&batch.entries).finalize();
    head.extend(sum);
    head
}

/// The record that begins here, and how long it is.
fn read(bytes: &[u8]) -> Option<(Batch, usize)> {
    let (head, rest) = bytes.split_at_checked(HEADER)?;
    let number = |from: usize| u32::from_be_bytes(std::array::from_fn(|at| head[from + at]));
    let first = u64::from(number(8)) << 32 | u64::from(number(12));
    let entries = rest.get(..number(20) as usize)?.to_vec();
    let batch = Batch { first, count: number(16), entries };
    let length = HEADER + batch.entries.len();
    (head == record_head(&batch)).then_some((batch, length))
}

/// Whether a whole record begins anywhere in these bytes. An entry could be made to look like one; then an interrupted append is
/// refused instead of cut off, which loses nothing.
fn holds_a_record(bytes: &[u8]) -> bool {
    (0..bytes.len()).any(|at| bytes[at..].starts_with(&MARK) && read(&bytes[at..]).is_some())
}
