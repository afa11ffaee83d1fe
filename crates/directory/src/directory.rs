//! The writer.

use crate::{
    Hashing,
    nodes::Nodes,
    proof::NEWEST,
    statement::Statement,
    uses::{Secret, Sum, Use},
};
use akd::{
    AkdLabel, AkdValue, AzksParallelismConfig, EpochHash, HistoryParams,
    ecvrf::{VRFKeyStorage, VrfError},
    errors::{AkdError, StorageError},
    storage::StorageManager,
};
use akd_core::proto::specs::types;
use async_trait::async_trait;
use handsel_log::Hash;
use protobuf::Message;
use std::{
    collections::BTreeMap,
    path::Path,
    pin::pin,
    task::{Context, Poll, Waker},
};
use zeroize::Zeroizing;

/// The directory. All of it may wait for the disk.
pub struct Directory {
    tree: akd::Directory<Hashing, Nodes, HidingKey>,
    nodes: Nodes,
    key: Hash,
}

/// The key by which places are hidden.
#[derive(Clone)]
struct HidingKey(Zeroizing<[u8; 32]>);

/// Why the directory cannot be written or read.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Its file.
    #[error("the directory's file: {0}")]
    File(#[from] redb::Error),
    /// What is in the file does not fit together.
    #[error("the directory: {0}")]
    Tree(String),
}

impl From<AkdError> for Error {
    fn from(why: AkdError) -> Error {
        Error::Tree(why.to_string())
    }
}

impl Directory {
    /// Opens the directory in this file, or begins one. The key that hides places must never be another one.
    ///
    /// # Errors
    ///
    /// When the file cannot be read, or another process has it.
    pub fn open(path: &Path, hiding_key: &[u8; 32]) -> Result<Directory, Error> {
        let nodes = Nodes::open(path)?;
        let key = HidingKey(Zeroizing::new(*hiding_key));
        let storage = StorageManager::new_no_cache(nodes.clone());
        let tree = at_once(akd::Directory::new(storage, key.clone(), AzksParallelismConfig::disabled()))?;
        let public = at_once(key.get_vrf_public_key()).map_err(|why| Error::Tree(why.to_string()))?;
        Ok(Directory { tree, nodes, key: Hash(public.to_bytes()) })
    }

    /// What can be said of it now; `None` while nothing was added.
    ///
    /// # Errors
    ///
    /// When its file cannot be read.
    pub fn statement(&self) -> Result<Option<Statement>, Error> {
        let EpochHash(epoch, root) = at_once(self.tree.get_epoch_hash())?;
        let entries = self.nodes.entries(epoch)?;
        Ok((epoch > 0).then_some(Statement { epoch, root: Hash(root), entries, key: self.key }))
    }

    /// Adds uses, in one epoch that is on the disk when this returns: from now on all uses among so many `entries` of the log are
    /// there. A use that is there already, or an older one, is passed over, so it may be tried again. What there is to say of it;
    /// `None` where nothing was new.
    ///
    /// # Errors
    ///
    /// When it cannot be written; nothing of it is kept then.
    pub fn publish(&self, uses: &[(Secret, Use)], entries: u64) -> Result<Option<Statement>, Error> {
        let mut places: BTreeMap<AkdLabel, Sum> = BTreeMap::new();
        let mut added: BTreeMap<AkdLabel, AkdValue> = BTreeMap::new();
        for (secret, one) in uses {
            let label = secret.label();
            let sum = match places.get(&label) {
                Some(sum) => *sum,
                None => self.sum(secret)?,
            };
            let fresh = sum.count == 0 || one.index > sum.last;
            let sum = if fresh { sum.with(one) } else { sum };
            if fresh {
                added.insert(label.clone(), sum.value());
            }
            places.insert(label, sum);
        }
        if added.is_empty() {
            return Ok(None);
        }
        self.nodes.note_entries(entries);
        let EpochHash(epoch, root) = at_once(self.tree.publish(added.into_iter().collect()))?;
        Ok(Some(Statement { epoch, root: Hash(root), entries, key: self.key }))
    }

    /// That an epoch's tree continues the one before, as [`audit`](crate::audit) reads it.
    ///
    /// # Errors
    ///
    /// When there is no such epoch, or the file cannot be read.
    pub fn growth(&self, epoch: u64) -> Result<Vec<u8>, Error> {
        let before = epoch.checked_sub(1).ok_or_else(|| Error::Tree("nothing comes before epoch 0".to_owned()))?;
        let grown = at_once(self.tree.audit(before, epoch))?;
        let one = grown.proofs.first().ok_or_else(|| Error::Tree("an epoch without a proof".to_owned()))?;
        written(&types::SingleAppendOnlyProof::from(one))
    }

    /// That the newest version of what stands in somebody's place is the last one; `None` where nothing stands there.
    ///
    /// # Errors
    ///
    /// When the file cannot be read.
    pub fn history(&self, secret: &Secret) -> Result<Option<Vec<u8>>, Error> {
        match at_once(self.tree.key_history(&secret.label(), HistoryParams::MostRecent(NEWEST))) {
            Ok((history, _)) => written(&types::HistoryProof::from(&history)).map(Some),
            Err(AkdError::Storage(StorageError::NotFound(_))) => Ok(None),
            Err(why) => Err(why.into()),
        }
    }

    /// Forgets what stood in somebody's place: call it when their secret is destroyed. The tree stays, and nobody can say any more
    /// which parts of it were theirs.
    ///
    /// # Errors
    ///
    /// When the file cannot be written.
    pub fn forget(&self, secret: &Secret) -> Result<(), Error> {
        Ok(self.nodes.forget(&secret.label().0)?)
    }

    fn sum(&self, secret: &Secret) -> Result<Sum, Error> {
        let damaged = || Error::Tree("what stands in a place is no sum".to_owned());
        match self.nodes.newest(&secret.label().0, u64::MAX)? {
            Some(state) => Sum::of(&state.value).ok_or_else(damaged),
            None => Ok(Sum::begin(secret)),
        }
    }
}

#[async_trait]
impl VRFKeyStorage for HidingKey {
    async fn retrieve(&self) -> Result<Vec<u8>, VrfError> {
        Ok(self.0.to_vec())
    }
}

/// The tree's code is made for storage that is waited for. Ours answers at once, and nobody else uses it, so there is nothing to wait for.
fn at_once<T>(work: impl Future<Output = T>) -> T {
    let mut work = pin!(work);
    loop {
        if let Poll::Ready(done) = work.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            return done;
        }
        std::thread::yield_now();
    }
}

fn written(message: &impl Message) -> Result<Vec<u8>, Error> {
    message.write_to_bytes().map_err(|why| Error::Tree(why.to_string()))
}
