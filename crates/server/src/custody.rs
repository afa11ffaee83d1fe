//! What an operator has done with the keys of sealed custody: `handsel keys`. The server follows within a second, or at its next start.

use crate::{
    clock::rfc3339,
    config::Config,
    store::{Place, Reader, Store, epochs},
    vault::{self, Vault},
};
use serde::Serialize;
use std::{fs, path::Path};

/// Where the order to revoke an epoch is left.
const ORDER: &str = "revoke_epoch";

/// An order that the command line leaves in the keys folder: who may write there may do everything.
pub(crate) struct Order {
    /// The epoch to revoke; only while it is current.
    pub(crate) epoch: epochs::Number,
}

impl Order {
    /// What was ordered and not done yet.
    pub(crate) fn read(keys_dir: &Path) -> Option<Order> {
        let epoch = fs::read_to_string(keys_dir.join(ORDER)).ok()?.trim().parse().ok()?;
        Some(Order { epoch })
    }

    /// Takes it away.
    pub(crate) fn done(&self, keys_dir: &Path) {
        if let Err(error) = fs::remove_file(keys_dir.join(ORDER)) {
            tracing::error!(%error, "an order that was followed stays in the keys folder");
        }
    }
}

/// An installation's epochs and key-encryption keys.
#[derive(Debug, Serialize)]
pub struct Status {
    /// Every epoch there was, newest first.
    pub epochs: Vec<EpochStatus>,
    /// How many templates are of an older epoch than the current one.
    pub templates_to_rekey: i64,
    /// Every key-encryption key that wraps something, by its number.
    pub wrapping_keys: Vec<WrappingKey>,
    /// The number of the key-encryption key that wraps what is new.
    pub newest_wrapping_key: i64,
}

/// One epoch.
#[derive(Debug, Serialize)]
pub struct EpochStatus {
    /// Its number.
    pub number: i64,
    /// `current`, `retiring` or `revoked`.
    pub status: String,
    /// When it began.
    pub began_at: String,
    /// When its key was destroyed.
    pub ended_at: Option<String>,
    /// How many templates are of it.
    pub templates: u64,
}

/// One key-encryption key.
#[derive(Debug, Serialize)]
pub struct WrappingKey {
    /// Its number.
    pub number: i64,
    /// How many keys it wraps.
    pub wraps: i64,
}

/// Looks at an installation, also beside its server.
///
/// # Errors
/// Why it could not be looked at.
pub async fn status(config: &Config) -> Result<Status, String> {
    let reader = open(config).await?;
    let vault = Vault::open(&config.data_dir.join("keys"), false).map_err(text)?;
    let mut moment = reader.snapshot().await.map_err(text)?;
    let current = epochs::last(&mut moment).await.map_err(text)?;
    let listed = epochs::list(&mut moment).await.map_err(text)?.into_iter().map(|epoch| EpochStatus {
        number: epoch.number,
        status: epoch.status,
        began_at: rfc3339(epoch.began_ms),
        ended_at: epoch.ended_ms.map(rfc3339),
        templates: epoch.templates,
    });
    let wrappings = epochs::wrappings(&mut moment).await.map_err(text)?;
    Ok(Status {
        epochs: listed.collect(),
        templates_to_rekey: epochs::templates_before(&mut moment, current).await.map_err(text)?,
        wrapping_keys: wrappings.iter().map(|one| WrappingKey { number: one.by, wraps: one.keys }).collect(),
        newest_wrapping_key: vault.newest_wrapping(),
    })
}

/// Orders that the current epoch is revoked: a new one begins, everybody is re-keyed, and the old key is destroyed. Gives the
/// number of the epoch to be revoked.
///
/// # Errors
/// Why it could not be ordered.
pub async fn revoke_epoch(config: &Config) -> Result<i64, String> {
    let current = status(config).await?.epochs.first().map(|epoch| epoch.number);
    let current = current.ok_or("there is no epoch yet: start the server once")?;
    let path = config.data_dir.join("keys").join(ORDER);
    vault::write_private(&path, format!("{current}\n").as_bytes()).map_err(text)?;
    Ok(current)
}

/// Makes another key-encryption key, which the server wraps everything by; gives its number.
///
/// # Errors
/// Why it could not be made.
pub async fn rotate(config: &Config) -> Result<i64, String> {
    let status = status(config).await?;
    let stale = status.wrapping_keys.iter().any(|key| key.number != status.newest_wrapping_key);
    if stale {
        return Err("the last rotation is not through: the server wraps keys anew still, or is not running".to_owned());
    }
    vault::make_wrapping_key(&config.data_dir.join("keys")).map_err(text)
}

async fn open(config: &Config) -> Result<Reader, String> {
    Store::open_reader(&Place::of(config)).await.map_err(text)
}

fn text(error: impl std::fmt::Display) -> String {
    error.to_string()
}
