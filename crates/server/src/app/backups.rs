//! Backups by the console: made for an owner to keep elsewhere, and tried. Putting one back needs the machine, where the keys and the log lie.

use super::{
    Answer, App, Caller, Refusal,
    access::{Right, allow},
};
use crate::{
    backup::{self, BackupError, Lock, Notes, Summary, Unlock},
    config::Config,
    log::event::{Event, Records},
};
use handsel_api::Code;
use std::{
    fs::File,
    io::{Seek, SeekFrom},
};

/// The least room for a backup that is tried; one of a store that has shrunk since is larger than the store.
const LEAST_ROOM: u64 = 64 * 1024 * 1024;

impl App {
    /// When a backup was last made, tried and put back. Owners and auditors.
    pub async fn backup_notes(&self, caller: &Caller) -> Answer<Notes> {
        allow(caller, Right::Oversee)?;
        Ok(backup::notes(&self.0.data_dir))
    }

    /// A backup, encrypted to whom `lock` says, in a file without a name that goes with its last handle. Owners only.
    pub async fn make_backup(&self, caller: &Caller, lock: Lock) -> Answer<(Summary, File)> {
        allow(caller, Right::Own)?;
        let _one = self.0.backing_up.lock().await;
        self.log_now(Event::StaffAccess { what: Records::Backup }).await?;
        self.beside(move |config| {
            let mut file = tempfile::tempfile_in(&config.data_dir)?;
            let made = backup::make(config, lock, &file)?;
            file.seek(SeekFrom::Start(0))?;
            Ok((made, file))
        })
        .await
    }

    /// Opens a backup and everything in it, to see that it could be put back. Owners only.
    pub async fn try_backup(&self, caller: &Caller, unlock: Unlock, mut from: File) -> Answer<Summary> {
        allow(caller, Right::Own)?;
        let _one = self.0.backing_up.lock().await;
        self.beside(move |config| {
            from.seek(SeekFrom::Start(0))?;
            backup::drill(config, &unlock, from)
        })
        .await
    }

    /// A file without a name for a backup that arrives, and how many bytes it may have. Owners only.
    pub async fn room_for_backup(&self, caller: &Caller) -> Answer<(File, u64)> {
        allow(caller, Right::Own)?;
        self.beside(|config| {
            let most = backup::store_bytes(config)?.saturating_mul(2).max(LEAST_ROOM);
            Ok((tempfile::tempfile_in(&config.data_dir)?, most))
        })
        .await
    }

    /// Does what waits for a disk on a thread for that.
    async fn beside<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Config) -> Result<T, BackupError> + Send + 'static,
    ) -> Answer<T> {
        let app = self.clone();
        let done = tokio::task::spawn_blocking(move || work(&app.0.installation)).await;
        let done = done.map_err(|_| Refusal::internal("a backup that broke off"))?;
        done.map_err(|why| Refusal::new(Code::InvalidField, sentence(&why.to_string())))
    }
}

/// An error's words, on a page.
fn sentence(words: &str) -> String {
    let mut chars = words.chars();
    chars.next().map_or_else(String::new, |first| format!("{}{}.", first.to_uppercase(), chars.as_str()))
}
