//! What an operator has done with the keys of sealed custody: `handsel keys`. The server follows within a second, or at its next start.

use crate::{
    config::Config,
    store::{Conn, Place, Store, StoreError, epochs},
    vault::{self, Vault},
};
use handsel_api::custody::{Custody, WrappingKey};
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

/// Looks at an installation, also beside its server.
///
/// # Errors
/// Why it could not be looked at.
pub async fn status(config: &Config) -> Result<Custody, String> {
    let reader = Store::open_reader(&Place::of(config)).await.map_err(text)?;
    let vault = Vault::of(config, false).map_err(text)?;
    let mut moment = reader.snapshot().await.map_err(text)?;
    look(&mut moment, &vault).await.map_err(text)
}

/// Reads what there is.
pub(crate) async fn look(conn: &mut Conn, vault: &Vault) -> Result<Custody, StoreError> {
    let current = epochs::last(conn).await?;
    let wrappings = epochs::wrappings(conn).await?;
    Ok(Custody {
        epochs: epochs::list(conn).await?,
        templates_to_rekey: epochs::templates_before(conn, current).await?,
        wrapping_keys: wrappings.iter().map(|one| WrappingKey { number: one.by, wraps: one.keys }).collect(),
        newest_wrapping_key: vault.newest_wrapping(),
    })
}

/// Whether everything is wrapped by the newest key-encryption key.
pub(crate) fn is_rotated(custody: &Custody) -> bool {
    custody.wrapping_keys.iter().all(|key| key.number == custody.newest_wrapping_key)
}

/// Orders that the current epoch is revoked: a new one begins, everybody is re-keyed, and the old key is destroyed. Gives the
/// number of the epoch to be revoked.
///
/// # Errors
/// Why it could not be ordered.
pub async fn revoke_epoch(config: &Config) -> Result<i64, String> {
    let current = status(config).await?.epochs.first().map(|epoch| epoch.number);
    let current = current.ok_or("there is no epoch yet: start the server once")?;
    let path = config.keys_dir().join(ORDER);
    vault::write_private(&path, format!("{current}\n").as_bytes()).map_err(text)?;
    Ok(current)
}

/// Makes another key-encryption key, which the server wraps everything by; gives its number.
///
/// # Errors
/// Why it could not be made.
pub async fn rotate(config: &Config) -> Result<i64, String> {
    if !is_rotated(&status(config).await?) {
        return Err("the last rotation is not through: the server wraps keys anew still, or is not running".to_owned());
    }
    vault::make_wrapping_key(&config.keys_dir(), config.pkcs11.as_ref()).map_err(text)
}

fn text(error: impl std::fmt::Display) -> String {
    error.to_string()
}
