//! Epochs in memory: the transform of each that templates are kept under. One is current; while its references are re-keyed, the
//! one before it is in use too.

use crate::{
    secret,
    store::{
        Conn, StoreError,
        epochs::{self, Number},
        references::StoredTemplate,
    },
    vault::{DoesNotOpen, SubjectKey, TokenError, Vault, What, Wrapped},
};
use handsel_palm::{Probe, Template, TemplateError, Transform};
use std::{
    collections::BTreeMap,
    sync::{Arc, PoisonError, RwLock},
};

/// The epoch of templates from before there were epochs: they are bare.
pub(crate) const BARE: Number = 0;

/// One epoch.
pub(crate) struct Epoch {
    pub(crate) number: Number,
    /// `None` for [`BARE`].
    transform: Option<Transform>,
}

/// Why a stored epoch's key cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum EpochError {
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Its wrapped key does not open.
    #[error(transparent)]
    Key(#[from] DoesNotOpen),
    /// The token does not wrap a new one.
    #[error(transparent)]
    Token(#[from] TokenError),
}

impl Epoch {
    /// The bare one.
    pub(crate) fn bare() -> Epoch {
        Epoch { number: BARE, transform: None }
    }

    /// A new one, and its wrapped key to store.
    pub(crate) fn new(vault: &Vault, number: Number) -> Result<(Epoch, Wrapped<'static>), TokenError> {
        let (key, wrapped) = vault.new_epoch_key(number)?;
        Ok((Epoch { number, transform: Some(Transform::new(&key)) }, wrapped))
    }

    /// A bare template under this epoch's transform.
    pub(crate) fn template(&self, bare: &Template) -> Template {
        self.transform.as_ref().map_or_else(|| bare.clone(), |transform| bare.under(transform, secret::random()))
    }

    /// The bare template from under this epoch's transform.
    pub(crate) fn bare_template(&self, under: &Template) -> Result<Template, TemplateError> {
        self.transform.as_ref().map_or_else(|| Ok(under.clone()), |transform| under.bare(transform))
    }

    /// A bare probe under this epoch's transform.
    pub(crate) fn probe(&self, bare: &Arc<Probe>) -> Arc<Probe> {
        self.transform.as_ref().map_or_else(|| Arc::clone(bare), |transform| Arc::new(bare.under(transform)))
    }
}

impl std::fmt::Debug for Epoch {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Epoch({})", self.number)
    }
}

/// The epochs that templates may be of now. At least one, and the newest is current.
#[derive(Debug)]
pub(crate) struct Epochs(RwLock<BTreeMap<Number, Arc<Epoch>>>);

impl Epochs {
    /// Reads the store's; makes the first one when there is none yet.
    pub(crate) async fn load(conn: &mut Conn, vault: &Vault, now_ms: i64) -> Result<Epochs, EpochError> {
        let mut all = BTreeMap::new();
        for stored in epochs::in_use(conn).await? {
            let transform = Some(Transform::new(&*vault.epoch_key(stored.number, &stored.wrapped)?));
            all.insert(stored.number, Arc::new(Epoch { number: stored.number, transform }));
        }
        if all.is_empty() {
            let (first, wrapped) = Epoch::new(vault, epochs::last(conn).await? + 1)?;
            epochs::begin(conn, first.number, &wrapped, now_ms).await?;
            all.insert(first.number, Arc::new(first));
        }
        if epochs::oldest_used(conn).await? == Some(BARE) {
            all.insert(BARE, Arc::new(Epoch::bare()));
        }
        Ok(Epochs(RwLock::new(all)))
    }

    /// The one that new templates are of.
    pub(crate) fn current(&self) -> Arc<Epoch> {
        #[expect(clippy::expect_used, reason = "the newest is never taken out")]
        self.in_use().pop().expect("an epoch")
    }

    /// Every one that templates may be of, oldest first.
    pub(crate) fn in_use(&self) -> Vec<Arc<Epoch>> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).values().cloned().collect()
    }

    /// One of them.
    pub(crate) fn get(&self, number: Number) -> Option<Arc<Epoch>> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).get(&number).cloned()
    }

    /// A stored template, bare. `None` when its epoch ended since it was read, or another version wrote it.
    pub(crate) fn bare(&self, key: &SubjectKey, stored: &StoredTemplate<'_>) -> Result<Option<Template>, DoesNotOpen> {
        let reference = stored.reference.to_string();
        let what = What::Template { reference: &reference, position: stored.position, epoch: stored.epoch };
        let opened = key.open(what, &stored.sealed)?;
        let Some(epoch) = self.get(stored.epoch) else { return Ok(None) };
        Ok(Template::from_bytes(&opened).and_then(|under| epoch.bare_template(&under)).ok())
    }

    /// A newer one becomes current.
    pub(crate) fn begin(&self, epoch: Epoch) {
        self.0.write().unwrap_or_else(PoisonError::into_inner).insert(epoch.number, Arc::new(epoch));
    }

    /// The current one alone stays.
    pub(crate) fn end_retiring(&self) {
        let mut all = self.0.write().unwrap_or_else(PoisonError::into_inner);
        let current = all.last_key_value().map(|(&number, _)| number);
        all.retain(|&number, _| Some(number) == current);
    }
}
