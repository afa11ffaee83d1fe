//! Sealed custody: epochs are begun and ended, references re-keyed and keys wrapped anew, while everything goes on.

use super::{
    Answer, App, Caller, Parts, Refusal,
    access::{Right, allow},
};
use crate::{
    clock::now_ms,
    custody::{self, Order},
    epochs::Epoch,
    load,
    log::event::Event,
    residue::{Handling, wipe_stack},
    store::{
        epochs::{self, Number},
        references::{self, StoredTemplate},
    },
    vault::{self, FIRST, Sealed, Vault, What},
};
use handsel_api::{Code, ReferenceId, custody::Custody};
use handsel_palm::{Template, TemplateError};
use std::{
    sync::{Arc, Weak},
    time::{Duration, Instant},
};

/// How often it looks for what is to be done.
const POLL: Duration = Duration::from_millis(500);
/// References re-keyed in one transaction: enrolling and paying wait for one of these at most.
const REFERENCES_AT_ONCE: u32 = 200;
/// Keys wrapped anew in one transaction.
const KEYS_AT_ONCE: u32 = 500;
/// How long a replaced key-encryption key is kept when nothing is wrapped by it any more: a request that took it before has
/// written its row by then.
const KEEP_REPLACED: Duration = Duration::from_secs(60);

/// A template that was re-keyed.
struct Rekeyed {
    before: StoredTemplate<'static>,
    template: Template,
    sealed: Sealed,
}

impl App {
    /// The epochs and key-encryption keys. Operators only.
    pub async fn custody(&self, caller: &Caller) -> Answer<Custody> {
        allow(caller, Right::Oversee)?;
        Ok(custody::look(&mut *self.0.store.read().await?, &self.0.vault).await?)
    }

    /// Revokes the current epoch. Operators only.
    pub async fn revoke_epoch(&self, caller: &Caller) -> Answer<Custody> {
        allow(caller, Right::Own)?;
        self.begin_epoch().await?;
        self.custody(caller).await
    }

    /// Makes a new key-encryption key. Operators only.
    pub async fn rotate_keys(&self, caller: &Caller) -> Answer<Custody> {
        allow(caller, Right::Own)?;
        let before = self.custody(caller).await?;
        if !custody::is_rotated(&before) {
            let detail = "Keys are wrapped anew still. Wait until the newest key-encryption key wraps all.";
            return Err(Refusal::new(Code::WrongState, detail));
        }
        let made = vault::make_wrapping_key(&self.0.keys_dir, self.0.token.as_ref())
            .and_then(|_| self.0.vault.reread_wrapping());
        made.map_err(|error| {
            tracing::error!(%error, "no key-encryption key can be made");
            Refusal::internal("a key-encryption key")
        })?;
        self.log_rotation().await?;
        self.custody(caller).await
    }

    /// Begins a new epoch, in which everybody is re-keyed from now on; then the current one's key is destroyed.
    ///
    /// # Errors
    /// [`Code::WrongState`] while references are re-keyed still.
    pub(crate) async fn begin_epoch(&self) -> Answer<Number> {
        let _changing = self.0.enrolling.lock().await;
        if self.0.epochs.in_use().len() > 1 {
            let detail = "References are re-keyed still. Wait until all are of the current epoch.";
            return Err(Refusal::new(Code::WrongState, detail));
        }
        let mut tx = self.0.store.write().await?;
        let number = epochs::last(&mut tx).await? + 1;
        let (epoch, wrapped) = Epoch::new(&self.0.vault, number)?;
        epochs::begin(&mut tx, number, &wrapped, now_ms()).await?;
        self.log(&mut tx, Event::EpochRevocation { began: number })?;
        tx.commit().await?;
        self.0.epochs.begin(epoch);
        tracing::info!(epoch = number, "a new epoch began");
        Ok(number)
    }

    /// Re-keys some references that are of an older epoch; false when there are none, and older epochs' keys are destroyed.
    pub(super) async fn rekey_some(&self) -> Answer<bool> {
        if self.0.epochs.in_use().len() == 1 {
            return Ok(false);
        }
        self.0.palms.keep_pace().await;
        let _handling = Handling;
        let _changing = self.0.enrolling.lock().await;
        let current = self.0.epochs.current();
        let mut tx = self.0.store.write().await?;
        let Some(oldest) = epochs::oldest_used(&mut tx).await?.filter(|&oldest| oldest < current.number) else {
            drop(tx);
            self.end_epochs_before(current.number).await?;
            return Ok(false);
        };
        let Some(old) = self.0.epochs.get(oldest) else { return Err(Refusal::internal("a template of no epoch")) };
        let some = references::templates_of_epoch(&mut tx, oldest, REFERENCES_AT_ONCE).await?;
        let (vault, new) = (Arc::clone(&self.0.vault), Arc::clone(&current));
        let rekeying = tokio::task::spawn_blocking(move || {
            let rekeyed = rekey(&vault, &old, &new, some);
            wipe_stack();
            rekeyed
        });
        let rekeyed = rekeying.await.map_err(|_| Refusal::internal("re-keying broke off"))?;
        let rekeyed = rekeyed.map_err(|_| Refusal::internal("a stored template cannot be re-keyed"))?;
        let mut moved: Vec<ReferenceId> = rekeyed.iter().map(|one| one.before.reference).collect();
        moved.dedup();
        for one in &rekeyed {
            epochs::rekey(&mut tx, &one.before, current.number, &one.sealed).await?;
        }
        epochs::announce(&mut tx, &moved).await?;
        tx.commit().await?;
        for Rekeyed { before, template, .. } in rekeyed {
            let capture = u8::try_from(before.position).map_err(|_| Refusal::internal("a capture too many"))?;
            let side = load::side(before.hand);
            if let Err(error) = self.0.palms.insert(current.number, before.reference, side, capture, template) {
                tracing::error!(%error, reference = %before.reference, "a re-keyed palm is searched as it was before");
                return Err(Refusal::internal("a palm that cannot be re-keyed in memory"));
            }
        }
        self.0.palms.rekeyed(&moved, current.number);
        Ok(true)
    }

    /// Nothing is of the older epochs any more: they are forgotten, and their keys destroyed.
    async fn end_epochs_before(&self, current: Number) -> Answer<()> {
        self.0.palms.all_rekeyed().await;
        let mut tx = self.0.store.write().await?;
        let destroyed = epochs::destroy_retiring(&mut tx, current, now_ms()).await?;
        tx.commit().await?;
        self.0.epochs.end_retiring();
        // Its bytes leave the files as an erased subject's do.
        if !self.0.store.scrub().await? {
            tracing::warn!("readers held the write-ahead log, so the destroyed key is not out of it yet");
        }
        tracing::info!(epoch = current, destroyed, "every reference is of the current epoch");
        Ok(())
    }

    /// Wraps some keys anew that an older key-encryption key wraps; false when there are none.
    pub(super) async fn rewrap_some(&self) -> Answer<bool> {
        let vault = &self.0.vault;
        let newest = vault.newest_wrapping();
        if newest == FIRST {
            return Ok(false);
        }
        let mut tx = self.0.store.write().await?;
        let mut done = 0;
        for epoch in epochs::in_use(&mut tx).await?.into_iter().filter(|epoch| epoch.wrapped.by < newest) {
            let wrapped = vault.rewrap_epoch(epoch.number, &epoch.wrapped)?;
            epochs::rewrap_epoch(&mut tx, epoch.number, &wrapped).await?;
            done += 1;
        }
        for one in epochs::subjects_wrapped_before(&mut tx, newest, KEYS_AT_ONCE).await? {
            let wrapped = vault.rewrap_subject(&one.subject, &one.wrapped)?;
            epochs::rewrap_subject(&mut tx, &one.subject, &wrapped).await?;
            done += 1;
        }
        tx.commit().await?;
        Ok(done > 0)
    }

    /// Does what the command line left in the keys folder to be done.
    async fn follow_order(&self) -> Answer<()> {
        let keys_dir = &self.0.keys_dir;
        let Some(order) = Order::read(keys_dir) else { return Ok(()) };
        // An order that names another epoch was followed before, and not taken away.
        if self.0.epochs.current().number == order.epoch {
            self.begin_epoch().await?;
        }
        order.done(keys_dir);
        Ok(())
    }
}

/// Opens templates of one epoch and seals them for another.
fn rekey(
    vault: &Vault,
    old: &Epoch,
    new: &Epoch,
    templates: Vec<StoredTemplate<'static>>,
) -> Result<Vec<Rekeyed>, TemplateError> {
    let one = |before: StoredTemplate<'static>| {
        let key = vault.subject_key(before.subject, &before.wrapped_key).map_err(|_| TemplateError::Damaged)?;
        let template = new.template(&old.bare_template(&load::open(&key, &before)?)?);
        let reference = before.reference.to_string();
        let what = What::Template { reference: &reference, position: before.position, epoch: new.number };
        let sealed = key.seal(what, &template.to_bytes());
        Ok(Rekeyed { before, template, sealed })
    };
    templates.into_iter().map(one).collect()
}

/// What the task that keeps keys remembers between two looks.
struct Keeping {
    epoch: Number,
    /// Before this, a search may be under way that does not know the current epoch.
    epoch_known_at: Instant,
    wrapping: i64,
    wrapping_since: Instant,
    /// Nothing is wrapped by an older one, and the file holds no older one.
    wrapping_alone: bool,
}

impl Keeping {
    /// Does some of what is to be done; false when nothing is.
    async fn look(&mut self, app: &App) -> Answer<bool> {
        app.follow_order().await?;
        let vault = &app.0.vault;
        if let Err(error) = vault.reread_wrapping() {
            tracing::error!(%error, "the key-encryption keys cannot be read again");
        }
        if vault.newest_wrapping() != self.wrapping {
            app.log_rotation().await?;
            (self.wrapping, self.wrapping_since) = (vault.newest_wrapping(), Instant::now());
            self.wrapping_alone = false;
        }
        let current = app.0.epochs.current().number;
        if current != self.epoch {
            (self.epoch, self.epoch_known_at) = (current, Instant::now() + app.0.palms.until_all_know_the_epoch());
        }
        let rekeyed = Instant::now() >= self.epoch_known_at && app.rekey_some().await?;
        let rewrapped = app.rewrap_some().await?;
        if !rewrapped && !self.wrapping_alone && self.wrapping_since.elapsed() >= KEEP_REPLACED {
            match vault.forget_old_wrapping() {
                Ok(()) => self.wrapping_alone = true,
                Err(error) => tracing::error!(%error, "a replaced key-encryption key stays in its file"),
            }
        }
        Ok(rekeyed || rewrapped)
    }
}

/// Works until the last [`App`] is gone.
pub(super) async fn work(parts: Weak<Parts>) {
    let now = Instant::now();
    let Some(epoch) = parts.upgrade().map(|parts| parts.epochs.current().number) else { return };
    let (epoch_known_at, wrapping_since) = (now, now);
    let mut keeping = Keeping { epoch, epoch_known_at, wrapping: FIRST, wrapping_since, wrapping_alone: false };
    let mut failing = false;
    loop {
        let Some(app) = parts.upgrade().map(App) else { return };
        let looked = keeping.look(&app).await;
        drop(app);
        if let (Err(refusal), false) = (&looked, failing) {
            tracing::error!(code = refusal.code.name(), "keys could not be changed; it is tried again");
        }
        failing = looked.is_err();
        tokio::time::sleep(if looked.unwrap_or(false) { Duration::ZERO } else { POLL }).await;
    }
}
