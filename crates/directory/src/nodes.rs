//! The tree's nodes, in one file.

use crate::records::{azks_of, azks_to_bytes, node_of, node_to_bytes, state_of, state_to_bytes};
use akd::{
    AkdLabel, AkdValue,
    errors::StorageError,
    storage::{
        Database, DbSetState, Storable,
        types::{DbRecord, KeyData, StorageType, ValueState, ValueStateKey, ValueStateRetrievalFlag},
    },
};
use async_trait::async_trait;
use redb::{ReadableDatabase, TableDefinition};
use std::{
    collections::HashMap,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

/// Nodes and the tree itself, by the ids that the tree gives them.
const NODES: TableDefinition<'_, &[u8], &[u8]> = TableDefinition::new("nodes");
/// What stands in each place, by whose it is and since which epoch.
const STATES: TableDefinition<'_, (&[u8], u64), &[u8]> = TableDefinition::new("states");
/// By epoch: every use among so many entries of the log was in the tree then.
const EPOCHS: TableDefinition<'_, u64, u64> = TableDefinition::new("epochs");

/// The file. Each epoch is one transaction: it is on the disk, or nothing of it is. Cloning shares it.
#[derive(Clone)]
pub(crate) struct Nodes {
    file: Arc<redb::Database>,
    /// What the next epoch is noted with.
    entries: Arc<AtomicU64>,
}

impl Nodes {
    pub(crate) fn open(path: &Path) -> Result<Nodes, redb::Error> {
        let file = redb::Database::create(path)?;
        let making = file.begin_write()?;
        making.open_table(NODES)?;
        making.open_table(STATES)?;
        making.open_table(EPOCHS)?;
        making.commit()?;
        Ok(Nodes { file: Arc::new(file), entries: Arc::default() })
    }

    /// With the epoch that is published next: how many entries of the log are in it.
    pub(crate) fn note_entries(&self, entries: u64) {
        self.entries.store(entries, Ordering::SeqCst);
    }

    /// How many entries of the log an epoch has.
    pub(crate) fn entries(&self, epoch: u64) -> Result<u64, redb::Error> {
        let noted = self.file.begin_read()?.open_table(EPOCHS)?.get(epoch)?;
        Ok(noted.map_or(0, |entries| entries.value()))
    }

    /// Every version of what stands in somebody's place, oldest first.
    pub(crate) fn states(&self, whose: &[u8]) -> Result<Vec<ValueState>, redb::Error> {
        let mut found = Vec::new();
        for row in self.file.begin_read()?.open_table(STATES)?.range((whose, 0)..=(whose, u64::MAX))? {
            let (key, bytes) = row?;
            let state = state_of(whose, key.value().1, bytes.value());
            found.push(state.ok_or_else(|| redb::Error::Corrupted("a version of a place".to_owned()))?);
        }
        Ok(found)
    }

    /// The newest version of what stood in somebody's place in an epoch.
    pub(crate) fn newest(&self, whose: &[u8], epoch: u64) -> Result<Option<ValueState>, redb::Error> {
        let states = self.file.begin_read()?.open_table(STATES)?;
        let Some(row) = states.range((whose, 0)..=(whose, epoch))?.next_back() else { return Ok(None) };
        let (key, bytes) = row?;
        let state = state_of(whose, key.value().1, bytes.value());
        state.map(Some).ok_or_else(|| redb::Error::Corrupted("a version of a place".to_owned()))
    }

    /// Forgets what stood in somebody's place. The tree stays as it is.
    pub(crate) fn forget(&self, whose: &[u8]) -> Result<(), redb::Error> {
        let forgetting = self.file.begin_write()?;
        forgetting.open_table(STATES)?.retain_in((whose, 0)..=(whose, u64::MAX), |_, _| false)?;
        Ok(forgetting.commit()?)
    }

    fn write(&self, records: &[DbRecord]) -> Result<(), redb::Error> {
        let mut writing = self.file.begin_write()?;
        // A process that was killed starts at once, however large the file is.
        writing.set_quick_repair(true);
        {
            let (mut nodes, mut states) = (writing.open_table(NODES)?, writing.open_table(STATES)?);
            for record in records {
                match record {
                    DbRecord::Azks(azks) => {
                        nodes.insert(&record.get_full_binary_id()[..], &azks_to_bytes(azks)[..])?;
                        let entries = self.entries.load(Ordering::SeqCst);
                        writing.open_table(EPOCHS)?.insert(azks.latest_epoch, entries)?;
                    }
                    DbRecord::TreeNode(node) => {
                        nodes.insert(&record.get_full_binary_id()[..], &node_to_bytes(node)[..])?;
                    }
                    DbRecord::ValueState(state) => {
                        states.insert((&state.username.0[..], state.epoch), &state_to_bytes(state)[..])?;
                    }
                }
            }
        }
        Ok(writing.commit()?)
    }

    /// Records of one type, in the order of their ids; those that are not there are left out.
    fn read<St: Storable>(&self, ids: &[St::StorageKey]) -> Result<Vec<DbRecord>, StorageError> {
        let reading = self.file.begin_read().map_err(failed)?;
        let nodes = reading.open_table(NODES).map_err(failed)?;
        let states = reading.open_table(STATES).map_err(failed)?;
        let mut found = Vec::with_capacity(ids.len());
        for id in ids {
            let id = St::get_full_binary_key_id(id);
            let record = match St::data_type() {
                StorageType::ValueState => {
                    let ValueStateKey(whose, epoch) =
                        ValueState::key_from_full_binary(&id).map_err(StorageError::Other)?;
                    let bytes = states.get((&whose[..], epoch)).map_err(failed)?;
                    bytes.map(|bytes| state_of(&whose, epoch, bytes.value()).map(DbRecord::ValueState))
                }
                StorageType::Azks => nodes.get(&id[..]).map_err(failed)?.map(|bytes| azks_of(bytes.value())),
                StorageType::TreeNode => nodes.get(&id[..]).map_err(failed)?.map(|bytes| node_of(bytes.value())),
            };
            match record {
                None => {}
                Some(Some(record)) => found.push(record),
                Some(None) => return Err(StorageError::Other("a record of the tree is damaged".to_owned())),
            }
        }
        Ok(found)
    }
}

#[async_trait]
impl Database for Nodes {
    async fn set(&self, record: DbRecord) -> Result<(), StorageError> {
        self.write(&[record]).map_err(failed)
    }

    async fn batch_set(&self, records: Vec<DbRecord>, _state: DbSetState) -> Result<(), StorageError> {
        self.write(&records).map_err(failed)
    }

    async fn get<St: Storable>(&self, id: &St::StorageKey) -> Result<DbRecord, StorageError> {
        let mut found = self.read::<St>(std::slice::from_ref(id))?;
        found.pop().ok_or_else(|| StorageError::NotFound("a record of the tree".to_owned()))
    }

    async fn batch_get<St: Storable>(&self, ids: &[St::StorageKey]) -> Result<Vec<DbRecord>, StorageError> {
        self.read::<St>(ids)
    }

    async fn get_user_data(&self, whose: &AkdLabel) -> Result<KeyData, StorageError> {
        match self.states(&whose.0).map_err(failed)? {
            none if none.is_empty() => Err(StorageError::NotFound("a place".to_owned())),
            states => Ok(KeyData { states }),
        }
    }

    async fn get_user_state(
        &self,
        whose: &AkdLabel,
        which: ValueStateRetrievalFlag,
    ) -> Result<ValueState, StorageError> {
        let all = || self.states(&whose.0).map_err(failed).map(Vec::into_iter);
        let found = match which {
            ValueStateRetrievalFlag::LeqEpoch(epoch) => self.newest(&whose.0, epoch).map_err(failed)?,
            ValueStateRetrievalFlag::MaxEpoch => self.newest(&whose.0, u64::MAX).map_err(failed)?,
            ValueStateRetrievalFlag::MinEpoch => all()?.next(),
            ValueStateRetrievalFlag::SpecificVersion(version) => all()?.find(|state| state.version == version),
            ValueStateRetrievalFlag::SpecificEpoch(epoch) => all()?.find(|state| state.epoch == epoch),
        };
        found.ok_or_else(|| StorageError::NotFound("a version of a place".to_owned()))
    }

    async fn get_user_state_versions(
        &self,
        all: &[AkdLabel],
        which: ValueStateRetrievalFlag,
    ) -> Result<HashMap<AkdLabel, (u64, AkdValue)>, StorageError> {
        let mut found = HashMap::new();
        for whose in all {
            match self.get_user_state(whose, which).await {
                Ok(state) => drop(found.insert(whose.clone(), (state.version, state.value))),
                Err(StorageError::NotFound(_)) => {}
                Err(why) => return Err(why),
            }
        }
        Ok(found)
    }
}

fn failed(why: impl Into<redb::Error>) -> StorageError {
    StorageError::Other(why.into().to_string())
}
