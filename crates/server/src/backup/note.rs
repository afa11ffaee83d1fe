//! When a backup was last made, and last tried: a file beside the store, for the console.

use super::Summary;
use crate::{
    clock::{now_ms, rfc3339},
    vault::write_private,
};
use serde::{Deserialize, Serialize};
use std::path::Path;

const FILE_NAME: &str = "backups.json";

/// What was done last.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Notes {
    /// The last backup that was made here.
    pub backup: Option<Summary>,
    /// When a backup was put back here, RFC 3339.
    pub restored_at: Option<String>,
    /// When a backup was last opened to see that it could be put back, RFC 3339.
    pub drilled_at: Option<String>,
    /// What was in it.
    pub drilled: Option<Summary>,
}

/// What was done last with this data folder.
pub fn notes(data_dir: &Path) -> Notes {
    let text = std::fs::read(data_dir.join(FILE_NAME));
    text.ok().and_then(|text| serde_json::from_slice(&text).ok()).unwrap_or_default()
}

pub(super) fn backed_up(data_dir: &Path, made: &Summary) {
    change(data_dir, |notes| notes.backup = Some(made.clone()));
}

pub(super) fn restored(data_dir: &Path, _: &Summary) {
    change(data_dir, |notes| notes.restored_at = Some(rfc3339(now_ms())));
}

pub(super) fn drilled(data_dir: &Path, found: &Summary) {
    change(data_dir, |notes| {
        notes.drilled_at = Some(rfc3339(now_ms()));
        notes.drilled = Some(found.clone());
    });
}

/// What was done is done; a note that cannot be written is only said.
fn change(data_dir: &Path, change: impl FnOnce(&mut Notes)) {
    let mut now = notes(data_dir);
    change(&mut now);
    let written = serde_json::to_vec_pretty(&now).map_err(|error| error.to_string());
    let written =
        written.and_then(|text| write_private(&data_dir.join(FILE_NAME), &text).map_err(|error| error.to_string()));
    if let Err(error) = written {
        tracing::warn!(%error, "the time of the backup could not be noted");
    }
}
