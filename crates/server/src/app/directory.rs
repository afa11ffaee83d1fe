//! The directory is told of each use, and the log of the directory: so that whoever asks for their uses is shown that they are all.
//!
//! What is told is read from the rows beside the log, in order, and only what is committed; so nobody waits for it. An epoch is on the
//! disk, then the log says so, then the next one begins. What a killed process left in between is said by the next one.

use super::{Answer, App, Parts, Refusal};
use crate::{
    failpoint::hit,
    log::{FOLDER, event::Event},
    store::{Conn, StoreError, log_entries, sessions},
    vault::{SubjectKey, Vault},
};
use handsel_api::{Code, SubjectId};
use handsel_directory::{Directory, Secret, Statement, Use};
use handsel_log::Hash;
use std::{
    collections::{HashMap, hash_map::Entry},
    path::Path,
    sync::{Arc, Weak},
    time::Duration,
};

/// How often it is told of what is new; whoever asks for their uses has it told at once.
/// Tests tell it themselves.
const EVERY: Duration = Duration::from_secs(if cfg!(test) { 3_600 } else { 10 });
/// How many entries are read at once, at most.
const AT_ONCE: u32 = 2_000;
/// The setting that remembers the last epoch that the log says.
const SAID: &str = "directory_said";
/// The file's name, beside the log's own.
const FILE: &str = "directory.redb";

/// The directory, and how far it is.
pub(crate) struct Telling {
    /// None once it was closed.
    directory: Option<Arc<Directory>>,
    /// It was told of every use among so many entries.
    told: u64,
    /// The log says that it was told of so many.
    said: u64,
    /// The last epoch that the log says.
    epoch: u64,
}

impl Telling {
    /// Opens the directory of an installation, or begins one. It is never older than what the store knows that was said of it.
    pub(super) async fn open(data_dir: &Path, vault: &Arc<Vault>, said: u64) -> Result<Telling, String> {
        let (path, vault) = (data_dir.join(FOLDER).join(FILE), Arc::clone(vault));
        let opening = move || {
            let directory = Directory::open(&path, vault.directory_key())?;
            let now = directory.statement()?;
            Ok::<_, handsel_directory::Error>((directory, now))
        };
        let opened = tokio::task::spawn_blocking(opening).await.map_err(|why| why.to_string())?;
        let (directory, now) = opened.map_err(|why| why.to_string())?;
        let (epoch, told) = now.map_or((0, 0), |now| (now.epoch, now.entries));
        if epoch < said {
            return Err(format!("its directory has {epoch} epochs, and the store knows of {said}"));
        }
        Ok(Telling { directory: Some(Arc::new(directory)), told, said: 0, epoch: said })
    }

    /// Does something with the directory, where it may wait for the disk.
    pub(super) async fn with<T: Send + 'static>(
        &self,
        what: impl FnOnce(&Directory) -> Result<T, handsel_directory::Error> + Send + 'static,
    ) -> Answer<T> {
        let Some(directory) = self.directory.clone() else { return Err(Refusal::internal("the directory was closed")) };
        let done = tokio::task::spawn_blocking(move || what(&directory)).await;
        done.map_err(|_| Refusal::internal("the directory broke off"))?.map_err(|error| {
            tracing::error!(%error, "the directory cannot be used now; it is tried again");
            Refusal::new(Code::LogUnavailable, "The directory cannot be used now; try again.")
        })
    }

    /// Lets go of the file for good.
    pub(super) fn close(&mut self) {
        self.directory = None;
    }

    /// That the newest version of what stands in somebody's place is the last one.
    pub(super) async fn history(&self, secret: Secret) -> Answer<Option<Vec<u8>>> {
        self.with(move |directory| directory.history(&secret)).await
    }
}

/// The last epoch that the store knows that the log says.
pub(super) async fn said(conn: &mut Conn) -> Result<u64, StoreError> {
    let said = sessions::setting(conn, SAID).await?;
    Ok(said.and_then(|said| std::str::from_utf8(&said).ok()?.parse().ok()).unwrap_or(0))
}

/// Finds a subject's place.
pub(super) fn secret(key: &SubjectKey) -> Secret {
    Secret::new(*key.directory_secret())
}

impl App {
    /// Tells the directory of every use that is committed, and the log of the directory. With `now`, the log says for how many entries that
    /// holds even where no use is among the new ones.
    pub(super) async fn tell(&self, telling: &mut Telling, now: bool) -> Answer<()> {
        let left = telling.with(|directory| directory.statement()).await?.filter(|left| left.epoch > telling.epoch);
        if let Some(left) = left {
            self.say(telling, left).await?;
        }
        let mut secrets: HashMap<SubjectId, Option<Secret>> = HashMap::new();
        loop {
            let mut conn = self.0.store.read().await?;
            let new = log_entries::untold(&mut conn, telling.told, AT_ONCE).await?;
            let Some(last) = new.last() else { break };
            let entries = last.index + 1;
            let mut uses = Vec::new();
            for one in new {
                let Some(subject) = one.subject else { continue };
                let place = match secrets.entry(subject) {
                    Entry::Occupied(known) => known.into_mut(),
                    Entry::Vacant(unknown) => unknown.insert(self.place_of(&mut conn, subject).await?),
                };
                let Some(place) = place else { continue };
                uses.push((place.clone(), Use { index: one.index, commitment: Hash(one.commitment) }));
            }
            drop(conn);
            let published = telling.with(move |directory| directory.publish(&uses, entries)).await?;
            telling.told = entries;
            hit("epoch_published");
            if let Some(statement) = published {
                self.say(telling, statement).await?;
            }
        }
        if now && telling.told > telling.said {
            let statement = telling.with(|directory| directory.statement()).await?;
            if let Some(statement) = statement {
                self.say(telling, Statement { entries: telling.told, ..statement }).await?;
            }
        }
        Ok(())
    }

    /// What finds a subject's place; whoever left meanwhile has none any more.
    async fn place_of(&self, conn: &mut Conn, subject: SubjectId) -> Answer<Option<Secret>> {
        match self.person(conn, subject).await {
            Ok(person) => Ok(Some(secret(&person.key))),
            Err(refusal) if refusal.code == Code::NotFound => Ok(None),
            Err(refusal) => Err(refusal),
        }
    }

    /// Has the log say it. What everybody may read of it is on the disk before.
    async fn say(&self, telling: &mut Telling, statement: Statement) -> Answer<()> {
        let (epoch, entries) = (statement.epoch, statement.entries);
        let (logged, opening) = self.to_log(Event::Directory(statement))?;
        let grown = epoch > telling.epoch;
        let growth =
            telling.with(move |directory| if grown { directory.growth(epoch) } else { Ok(Vec::new()) }).await?;
        let (log, written) = (Arc::clone(&self.0.log), opening.clone());
        let written = tokio::task::spawn_blocking(move || log.put_statement(&written, &growth)).await;
        written.map_err(|_| Refusal::internal("writing broke off"))?.map_err(|why| {
            tracing::error!(%why, "what is said of the directory cannot be written now; it is tried again");
            Refusal::new(Code::LogUnavailable, "The log cannot be written now; try again.")
        })?;
        hit("statement_written");
        let mut step = self.0.store.write().await?;
        self.log_ready(&mut step, &logged, &opening);
        sessions::put_setting(&mut step, SAID, epoch.to_string().as_bytes()).await?;
        step.commit().await?;
        hit("statement_logged");
        (telling.epoch, telling.said) = (epoch, entries);
        Ok(())
    }

    /// After a committed erasure: nobody can say any more which parts of the tree were theirs.
    pub(super) async fn forget_place(&self, secret: Secret) {
        let telling = self.0.directory.lock().await;
        // It was said; and without the secret, which is destroyed, what stays cannot be found.
        let _ = telling.with(move |directory| directory.forget(&secret)).await;
    }
}

/// Works until the last [`App`] is gone.
pub(super) async fn work(parts: Weak<Parts>) {
    loop {
        tokio::time::sleep(EVERY).await;
        let Some(app) = parts.upgrade().map(App) else { return };
        let mut telling = app.0.directory.lock().await;
        // What failed was said, and is tried again.
        let _ = app.tell(&mut telling, false).await;
    }
}
