//! That the directory only grew, told from public files.
//!
//! Each statement's opening is a file beside the log, named by what its entry commits by; behind it stands the tree's proof that
//! the epoch continues the one before. What is hidden stays so: a stranger sees how many versions were added in an epoch, not whose.

use crate::{Hashing, statement::Statement};
use akd::{
    Azks, SingleAppendOnlyProof,
    auditor::verify_consecutive_append_only,
    storage::{StorageManager, memory::AsyncInMemoryDatabase},
};
use akd_core::proto::specs::types;
use handsel_log::{
    Hash, Source,
    commitment::{Leaf, Opening},
};
use protobuf::Message;
use std::fmt::Write;
use tokio::runtime::{Builder, Runtime};

/// The folder in the log's public one.
pub const FOLDER: &str = "directory";
/// No such file is longer.
const LONGEST: u64 = 256 * 1024 * 1024;
/// More epochs than that nobody publishes in a lifetime; arithmetic on them is safe.
const MAX_EPOCH: u64 = 1 << 48;

/// What does not hold, and where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{file}: {reason}")]
pub struct Fault {
    /// In which file.
    pub file: String,
    /// Why.
    pub reason: Reason,
}

/// Why a directory is not what the log says.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Reason {
    /// A statement's file is not there.
    #[error("it is missing")]
    Missing,
    /// A file cannot be read.
    #[error("it cannot be read: {0}")]
    Unreadable(String),
    /// Not a statement and a proof.
    #[error("it is not laid out as a statement and a proof")]
    Format,
    /// The log's entry commits to something else.
    #[error("it is not what entry {0} of the log commits to")]
    OtherStatement(u64),
    /// It speaks of entries that came later.
    #[error("it tells of {entries} entries and is entry {index} itself")]
    Ahead {
        /// How many it tells of.
        entries: u64,
        /// Which one it is.
        index: u64,
    },
    /// Under another key everybody has another place.
    #[error("the key that hides places is another one")]
    OtherKey,
    /// An epoch was left out, or came back, or fewer entries are told of.
    #[error("epoch {now} follows epoch {before}, or it tells of fewer entries")]
    OutOfOrder {
        /// The one before.
        before: u64,
        /// This one.
        now: u64,
    },
    /// An epoch has two roots.
    #[error("epoch {0} had another root before")]
    Forked(u64),
    /// Something was taken away or changed.
    #[error("epoch {0} does not continue the one before")]
    NotGrown(u64),
}

/// Follows the directory from statement to statement.
#[derive(Default)]
pub struct Auditor {
    last: Option<Statement>,
    /// The first statement is taken as it is: what came before it was looked at before.
    midway: bool,
    /// How many versions of places were added, and older ones marked as such.
    pub added: u64,
}

impl Auditor {
    /// From whichever statement comes next on; the default one begins with the first.
    pub fn midway() -> Auditor {
        Auditor { midway: true, ..Auditor::default() }
    }

    /// The last statement that held.
    pub fn last(&self) -> Option<&Statement> {
        self.last.as_ref()
    }

    /// Looks at the next entry of the log; those that are no statements are passed over.
    ///
    /// # Errors
    ///
    /// With what does not hold, and why.
    pub fn look(&mut self, source: &impl Source, index: u64, leaf: &Leaf) -> Result<(), Fault> {
        if leaf.kind.as_str() != Statement::KIND {
            return Ok(());
        }
        let file = path(&leaf.commitment);
        let reason = |reason| Fault { file: file.clone(), reason };
        let bytes = source.read(&file, LONGEST).map_err(|why| reason(Reason::Unreadable(why.to_string())))?;
        let bytes = bytes.ok_or_else(|| reason(Reason::Missing))?;
        let (statement, growth) = read(&bytes, index, leaf).map_err(reason)?;
        self.follow(&statement, growth).map_err(reason)?;
        self.last = Some(statement);
        self.midway = false;
        Ok(())
    }

    fn follow(&mut self, now: &Statement, growth: &[u8]) -> Result<(), Reason> {
        let (before, root) = match &self.last {
            Some(last) if last.key != now.key => return Err(Reason::OtherKey),
            Some(last) if last.entries > now.entries => {
                return Err(Reason::OutOfOrder { before: last.epoch, now: now.epoch });
            }
            Some(last) => (last.epoch, last.root),
            None if self.midway => return Ok(()),
            None => (0, empty()?),
        };
        if now.epoch == before {
            return if now.root == root { Ok(()) } else { Err(Reason::Forked(before)) };
        }
        if now.epoch != before.saturating_add(1) || now.epoch > MAX_EPOCH {
            return Err(Reason::OutOfOrder { before, now: now.epoch });
        }
        let growth = types::SingleAppendOnlyProof::parse_from_bytes(growth).map_err(|_| Reason::Format)?;
        let growth = SingleAppendOnlyProof::try_from(&growth).map_err(|_| Reason::Format)?;
        let added = growth.inserted.len() as u64;
        let holds = verify_consecutive_append_only::<Hashing>(&growth, root.0, now.root.0, now.epoch);
        runtime()?.block_on(holds).map_err(|_| Reason::NotGrown(now.epoch))?;
        self.added += added;
        Ok(())
    }
}

/// The root of a tree to which nothing was added.
fn empty() -> Result<Hash, Reason> {
    let storage = StorageManager::new_no_cache(AsyncInMemoryDatabase::new());
    let root = runtime()?.block_on(async {
        let tree = Azks::new::<Hashing, _>(&storage).await?;
        tree.get_root_hash::<Hashing, _>(&storage).await
    });
    root.map(Hash).map_err(|_| Reason::NotGrown(0))
}

/// The tree's check starts tasks of its own.
fn runtime() -> Result<Runtime, Reason> {
    Builder::new_current_thread().build().map_err(|why| Reason::Unreadable(why.to_string()))
}

/// Where a statement's file is, by what its entry commits by.
pub fn path(commitment: &Hash) -> String {
    let mut path = format!("{FOLDER}/");
    for byte in commitment.0 {
        // Writing to a text cannot fail.
        let _ = write!(path, "{byte:02x}");
    }
    path
}

/// Whether a statement's file could have this path.
pub fn is_path(path: &str) -> bool {
    let name = path.strip_prefix(FOLDER).and_then(|rest| rest.strip_prefix('/'));
    name.is_some_and(|name| name.len() == 64 && name.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f')))
}

/// A statement's file: its opening in Base64, a line break, and the proof that the tree grew, where it did.
pub fn file(opening: &Opening, growth: &[u8]) -> Vec<u8> {
    [handsel_log::to_base64(&opening.to_bytes()).as_bytes(), b"\n", growth].concat()
}

fn read<'a>(bytes: &'a [u8], index: u64, leaf: &Leaf) -> Result<(Statement, &'a [u8]), Reason> {
    let end = bytes.iter().position(|byte| *byte == b'\n').ok_or(Reason::Format)?;
    let line = std::str::from_utf8(&bytes[..end]).map_err(|_| Reason::Format)?;
    let opening = handsel_log::from_base64(line).and_then(|bytes| Opening::parse(&bytes).ok()).ok_or(Reason::Format)?;
    if !opening.verify(leaf) {
        return Err(Reason::OtherStatement(index));
    }
    let (statement, _) = Statement::of(&opening).ok_or(Reason::Format)?;
    if statement.entries > index {
        return Err(Reason::Ahead { entries: statement.entries, index });
    }
    Ok((statement, &bytes[end + 1..]))
}
