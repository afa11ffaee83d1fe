//! An installation of palms that belong to nobody, to measure and try matchers with: filled without anybody who consents, so never
//! one that takes payments.

use super::{
    Coordinator, NatsError, NatsServers,
    members::ANNOUNCED_TWICE,
    message::{Announcement, Release},
    seal::{Kind, Seal},
};
use crate::{
    clock::now_ms,
    config::Config,
    epochs::Epochs,
    nobody,
    palms::Palms,
    secret,
    store::{OpenError, Place, Store, StoreError, changes, references, sessions, subjects},
    vault::{KeyFileError, Vault},
};
use async_nats::Client;
use handsel_api::{ReferenceId, references::Hand};
use handsel_gallery::{Among, Buckets, Found, Key};
use handsel_palm::{Probe, Side, Template};
use std::sync::Arc;
use ulid::Ulid;

/// A store of made-up references, and a server's way to the matchers that hold them.
pub struct Rehearsal {
    store: Store,
    vault: Arc<Vault>,
    epochs: Arc<Epochs>,
    coordinator: Arc<Coordinator>,
    client: Client,
}

/// Why something could not be rehearsed.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct RehearsalError(String);

impl Rehearsal {
    /// Makes the configured store, which must be empty, and its key file, and connects.
    ///
    /// # Errors
    /// The store holds somebody already, cannot be written, or no NATS server answers.
    pub async fn make(config: &Config, servers: &NatsServers) -> Result<Rehearsal, RehearsalError> {
        let store = Store::open(&Place::of(config)).await?;
        let vault = Arc::new(Vault::of(config, true)?);
        let mut tx = store.write().await?;
        if subjects::any_subject(&mut tx).await? {
            return Err(RehearsalError("the store is an installation's: name an empty one".to_owned()));
        }
        sessions::put_setting(&mut tx, sessions::KEY_CHECK, vault.check()).await?;
        let epochs =
            Epochs::load(&mut tx, &vault, now_ms()).await.map_err(|error| RehearsalError(error.to_string()))?;
        tx.commit().await?;
        Rehearsal::with(store, vault, Arc::new(epochs), servers).await
    }

    /// Another server over the same store.
    ///
    /// # Errors
    /// No NATS server answers.
    pub async fn again(&self, servers: &NatsServers) -> Result<Rehearsal, RehearsalError> {
        Rehearsal::with(self.store.clone(), Arc::clone(&self.vault), Arc::clone(&self.epochs), servers).await
    }

    async fn with(
        store: Store,
        vault: Arc<Vault>,
        epochs: Arc<Epochs>,
        servers: &NatsServers,
    ) -> Result<Rehearsal, RehearsalError> {
        let (of, under) = (Arc::clone(&vault), Arc::clone(&epochs));
        let coordinator = Arc::new(Coordinator::connect(servers, store.clone(), of, under).await?);
        let client = servers.connect("handsel rehearsal").await?;
        Ok(Rehearsal { store, vault, epochs, coordinator, client })
    }

    /// Stores a reference for each template, in one transaction; gives their keys, in the same order.
    ///
    /// # Errors
    /// The store cannot be written.
    pub async fn enrol(&self, side: Side, templates: &[&Template]) -> Result<Vec<Key>, RehearsalError> {
        let hand = if side == Side::Left { Hand::Left } else { Hand::Right };
        let mut tx = self.store.write().await?;
        let epoch = self.epochs.current();
        let mut keys = Vec::with_capacity(templates.len());
        for template in templates {
            let id = nobody::enrol(&mut tx, &self.vault, &epoch, hand, template).await?;
            keys.push(id.0.into());
        }
        tx.commit().await?;
        self.coordinator.hint();
        Ok(keys)
    }

    /// Erases a reference, as the server does: returns once every matcher that is alive has overwritten it.
    ///
    /// # Errors
    /// The store cannot be written, or there is no such reference.
    pub async fn erase(&self, key: Key) -> Result<(), RehearsalError> {
        let reference = ReferenceId(Ulid::from(key));
        let mut tx = self.store.write().await?;
        let subject = references::subject_of(&mut tx, reference).await?;
        let subject = subject.ok_or_else(|| RehearsalError("there is no such reference".to_owned()))?;
        references::delete_reference(&mut tx, subject, reference).await?;
        tx.commit().await?;
        Palms::AtMatchers(Arc::clone(&self.coordinator)).forget(&[reference]).await;
        Ok(())
    }

    /// Searches every reference of a side at the matchers. `None`: `gallery_unavailable`.
    pub async fn search(&self, probe: &Arc<Probe>, side: Side) -> Option<Found> {
        self.coordinator.search(probe, side, &Among::EVERYONE).await.ok()
    }

    /// Searches some references.
    pub async fn search_only(&self, probe: &Arc<Probe>, side: Side, keys: &[Key]) -> Option<Found> {
        self.coordinator.search(probe, side, &Among::Only(keys.to_vec())).await.ok()
    }

    /// Waits until every bucket is held by `replicas` matchers that are alive, or by more.
    pub async fn held_by(&self, replicas: usize) {
        while self.coordinator.holders().iter().any(|&holders| holders < replicas) {
            tokio::time::sleep(ANNOUNCED_TWICE / 20).await;
        }
    }

    /// Waits until every bucket is held by `replicas` matchers that are alive, and not by more: nothing is moving any longer.
    pub async fn settled_at(&self, replicas: usize) {
        while self.coordinator.holders().iter().any(|&holders| holders != replicas) {
            tokio::time::sleep(ANNOUNCED_TWICE / 20).await;
        }
    }

    /// Whether every bucket is held by a matcher that is alive.
    pub fn is_held(&self) -> bool {
        self.coordinator.held() == Buckets::ALL
    }

    /// Loses some numbers of the list of changes, as a store that was put back from somewhere else would have.
    ///
    /// # Errors
    /// The store cannot be written.
    pub async fn lose_changes(&self) -> Result<(), RehearsalError> {
        let mut tx = self.store.write().await?;
        changes::leave_a_gap(&mut tx).await?;
        tx.commit().await?;
        self.coordinator.hint();
        Ok(())
    }

    /// Makes the store look as if a program that is as many versions newer had written it; older when negative.
    ///
    /// # Errors
    /// The store cannot be written.
    pub async fn pretend_schema(&self, newer_by: i64) -> Result<(), RehearsalError> {
        Ok(self.store.pretend_version(newer_by).await?)
    }

    /// Announces a matcher of another release that holds everything, and nothing more: who counts on it gets no answer.
    ///
    /// # Errors
    /// NATS is gone.
    pub async fn announce_another_release(&self, version: &str) -> Result<(), RehearsalError> {
        let release = Release { version: version.to_owned(), ..Release::own() };
        let (id, time_ms, applied) = (u128::from_le_bytes(secret::random()), now_ms(), i64::MAX);
        let said = Announcement { release, id, time_ms, leaving: false, ready: Buckets::ALL, applied };
        let seal = Seal::new(Arc::clone(&self.vault));
        let sealed = seal.seal(Kind::Announcement, &said.write());
        let failed = |error: &dyn std::fmt::Display| RehearsalError(error.to_string());
        self.client.publish(seal.subject("announce"), sealed.into()).await.map_err(|error| failed(&error))?;
        self.client.flush().await.map_err(|error| failed(&error))
    }
}

impl From<StoreError> for RehearsalError {
    fn from(error: StoreError) -> RehearsalError {
        RehearsalError(error.to_string())
    }
}

impl From<OpenError> for RehearsalError {
    fn from(error: OpenError) -> RehearsalError {
        RehearsalError(error.to_string())
    }
}

impl From<KeyFileError> for RehearsalError {
    fn from(error: KeyFileError) -> RehearsalError {
        RehearsalError(error.to_string())
    }
}

impl From<NatsError> for RehearsalError {
    fn from(error: NatsError) -> RehearsalError {
        RehearsalError(error.to_string())
    }
}
