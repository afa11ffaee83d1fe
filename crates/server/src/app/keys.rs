//! Tills' keys: made by the operator, held in memory by their hashes, each with its scopes and its pace.
//!
//! There are few of them, and each request of a till names one. This process is the store's only writer, so what it holds
//! is what is stored.

use super::{
    Answer, App, Caller, Refusal,
    access::{Right, Scopes, Till, allow},
    merchants::page,
};
use crate::{
    clock::{day, now_ms, rfc3339},
    ids, secret,
    store::{
        Conn, StoreError,
        keys::{self, StoredKey},
        merchants,
    },
};
use governor::{
    Quota, RateLimiter,
    clock::{Clock, DefaultClock},
    middleware::StateInformationMiddleware,
    state::{InMemoryState, NotKeyed},
};
use handsel_api::{
    Code, KeyId, MerchantId,
    keys::{CreateKey, Key, KeyMode, NewKey, Scope},
    merchants::Page,
};
use std::{
    collections::HashMap,
    num::NonZeroU32,
    sync::{Arc, Mutex, PoisonError, RwLock},
    time::Duration,
};

/// How every key of a till begins.
pub(super) const TILL: &str = "hsk_";
/// How many characters of a key's end are shown: enough to tell keys apart, and 240 of 256 bits stay unknown.
const SHOWN_END: usize = 4;

/// How fast one key's requests may follow each other.
type Pacer = RateLimiter<NotKeyed, InMemoryState, DefaultClock, StateInformationMiddleware>;

/// Every key of every till.
pub(crate) struct Keys {
    per_s: NonZeroU32,
    known: RwLock<HashMap<[u8; 32], Arc<Known>>>,
}

/// A key in use.
pub(crate) struct Known {
    /// Which one.
    pub(crate) id: KeyId,
    /// Whose.
    pub(crate) merchant: MerchantId,
    /// How it begins and ends.
    pub(crate) hint: String,
    mode: KeyMode,
    scopes: Scopes,
    revoked: bool,
    used: Mutex<Used>,
    pace: Pacer,
}

/// The last day a key was used, and whether the store knows of it.
struct Used {
    on: Option<String>,
    stored: bool,
}

/// What a key may still send.
#[derive(Debug, Clone, Copy)]
pub struct Pace {
    /// How many requests a second in the long run, and at once.
    pub per_s: u32,
    /// How many more may come now.
    pub left: u32,
    /// How long to wait before the next one; `None` when it may come now.
    pub wait: Option<Duration>,
}

impl Keys {
    pub(super) async fn load(conn: &mut Conn, per_s: NonZeroU32) -> Result<Keys, StoreError> {
        let keys = Keys { per_s, known: RwLock::default() };
        for key in keys::all(conn).await? {
            keys.put(&key);
        }
        Ok(keys)
    }

    /// Holds a key as it is stored now.
    fn put(&self, key: &StoredKey) {
        let known = Arc::new(Known {
            id: key.id,
            merchant: key.merchant,
            hint: hint(key),
            mode: key.mode,
            scopes: Scopes::of(&key.scopes),
            revoked: key.revoked_ms.is_some(),
            used: Mutex::new(Used { on: key.last_used_on.clone(), stored: true }),
            pace: self.pacer(),
        });
        self.known.write().unwrap_or_else(PoisonError::into_inner).insert(key.hash, known);
    }

    fn pacer(&self) -> Pacer {
        RateLimiter::direct(Quota::per_second(self.per_s)).with_middleware()
    }

    fn find(&self, hash: &[u8; 32]) -> Option<Arc<Known>> {
        self.known.read().unwrap_or_else(PoisonError::into_inner).get(hash).cloned()
    }

    /// What is kept of a key, and whose it is, while it is good.
    pub(super) fn good(&self, id: KeyId) -> Option<([u8; 32], KeyMode)> {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        known.iter().find(|(_, known)| known.id == id && !known.revoked).map(|(hash, known)| (*hash, known.mode))
    }

    /// What is kept of the keys that take payments for a merchant in a mode.
    pub(super) fn selling(&self, merchant: MerchantId, mode: KeyMode) -> Vec<[u8; 32]> {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        let sells = |known: &Known| {
            known.merchant == merchant && known.mode == mode && known.scopes.has(Scope::PaymentsWrite) && !known.revoked
        };
        known.iter().filter(|(_, known)| sells(known)).map(|(hash, _)| *hash).collect()
    }

    /// Whether a key is still good.
    pub(super) fn is_good(&self, id: KeyId) -> bool {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        known.values().any(|known| known.id == id && !known.revoked)
    }

    fn revoke(&self, hash: [u8; 32]) {
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(key) = known.get(&hash) {
            let revoked = Known {
                id: key.id,
                merchant: key.merchant,
                hint: key.hint.clone(),
                mode: key.mode,
                scopes: Scopes::of(&[]),
                revoked: true,
                used: Mutex::new(Used { on: None, stored: true }),
                pace: self.pacer(),
            };
            known.insert(hash, Arc::new(revoked));
        }
    }
}

impl Known {
    fn use_on(&self, day: String) {
        let mut used = self.used.lock().unwrap_or_else(PoisonError::into_inner);
        if used.on.as_ref() != Some(&day) {
            *used = Used { on: Some(day), stored: false };
        }
    }
}

impl App {
    /// Makes a till's key; this is the only time it is shown. Operators only.
    pub async fn create_key(&self, caller: &Caller, merchant: MerchantId, create: CreateKey) -> Answer<NewKey> {
        allow(caller, Right::Run)?;
        let scopes = create.scopes.unwrap_or_else(|| Scope::TILL.to_vec());
        let held: Vec<Scope> = Scope::ALL.into_iter().filter(|scope| scopes.contains(scope)).collect();
        if held.is_empty() {
            return Err(Refusal::field(Code::InvalidField, "/scopes", "Name at least one scope."));
        }
        if held.contains(&Scope::Offline) && !self.0.offline {
            let detail = "No shop may be cut off here: `offline` is not set in this server's configuration.";
            return Err(Refusal::field(Code::InvalidField, "/scopes", detail));
        }
        let key = secret::token(prefix(create.mode));
        let stored = StoredKey {
            id: KeyId(ids::next()),
            hash: secret::hash(&key),
            merchant,
            mode: create.mode,
            scopes: held,
            last4: key.get(key.len() - SHOWN_END..).map(str::to_owned),
            created_ms: now_ms(),
            last_used_on: None,
            revoked_ms: None,
        };
        let mut tx = self.0.store.write().await?;
        merchants::merchant(&mut tx, merchant).await?.ok_or_else(|| Refusal::not_found("merchant"))?;
        keys::insert(&mut tx, &stored).await?;
        tx.commit().await?;
        self.0.keys.put(&stored);
        tracing::info!(%merchant, key = %stored.id, "till key made");
        Ok(NewKey { id: stored.id, key })
    }

    /// A merchant's keys, newest first, revoked ones too. Operators only.
    pub async fn list_keys(
        &self,
        caller: &Caller,
        merchant: MerchantId,
        limit: u32,
        after: Option<KeyId>,
    ) -> Answer<Page<Key>> {
        allow(caller, Right::Look)?;
        let mut conn = self.0.store.read().await?;
        merchants::merchant(&mut conn, merchant).await?.ok_or_else(|| Refusal::not_found("merchant"))?;
        let rows = keys::of_merchant(&mut conn, merchant, limit + 1, after).await?;
        Ok(page(rows.iter().map(|row| self.show_key(row)).collect(), limit, |key| key.id.to_string()))
    }

    /// Ends a key for good, at once. Twice changes nothing. Operators only.
    pub async fn revoke_key(&self, caller: &Caller, merchant: MerchantId, id: KeyId) -> Answer<()> {
        allow(caller, Right::Run)?;
        let mut tx = self.0.store.write().await?;
        let hash = keys::revoke(&mut tx, merchant, id, now_ms()).await?;
        let hash = hash.ok_or_else(|| Refusal::not_found("key"))?;
        tx.commit().await?;
        self.0.keys.revoke(hash);
        tracing::info!(%merchant, key = %id, "till key revoked");
        Ok(())
    }

    /// Whose key this is, if it is one that is good here.
    pub(super) fn till_of(&self, token: &str) -> Answer<Caller> {
        let known = self.0.keys.find(&secret::hash(token)).ok_or_else(unknown)?;
        if known.revoked {
            let detail = "This key was revoked; ask the operator for another one.";
            return Err(Refusal::new(Code::Unauthenticated, detail));
        }
        match (known.mode, self.0.processor.is_simulated()) {
            (KeyMode::Test, true) | (KeyMode::Live, false) => {}
            (KeyMode::Live, true) => {
                let detail = "This is a live key, and the processor here is the simulated one.";
                return Err(Refusal::new(Code::KeyModeMismatch, detail));
            }
            (KeyMode::Test, false) => {
                let detail = "This is a test key, and the processor here moves real money.";
                return Err(Refusal::new(Code::KeyModeMismatch, detail));
            }
        }
        known.use_on(day(now_ms()));
        Ok(Caller::Till(Till { merchant: known.merchant, scopes: known.scopes, key: Some(known.id) }))
    }

    /// Counts a request of a till's key; `None` when this is no key that is known and good.
    pub(crate) fn pace(&self, token: &str) -> Option<(Arc<Known>, Pace)> {
        if !token.starts_with(TILL) {
            return None;
        }
        let known = self.0.keys.find(&secret::hash(token)).filter(|known| !known.revoked)?;
        let (left, wait) = match known.pace.check() {
            Ok(state) => (state.remaining_burst_capacity(), None),
            Err(early) => (0, Some(early.wait_time_from(DefaultClock::default().now()))),
        };
        Some((known, Pace { per_s: self.0.keys.per_s.get(), left, wait }))
    }

    /// Notes the day each key was last used, where the store does not know of it yet.
    pub(super) async fn note_used_keys(&self) -> Answer<()> {
        let known: Vec<Arc<Known>> =
            self.0.keys.known.read().unwrap_or_else(PoisonError::into_inner).values().cloned().collect();
        let unstored = |known: &Arc<Known>| {
            let used = known.used.lock().unwrap_or_else(PoisonError::into_inner);
            used.on.clone().filter(|_| !used.stored).map(|day| (Arc::clone(known), day))
        };
        let news: Vec<(Arc<Known>, String)> = known.iter().filter_map(unstored).collect();
        if news.is_empty() {
            return Ok(());
        }
        let mut tx = self.0.store.write().await?;
        for (known, day) in &news {
            keys::used_on(&mut tx, known.id, day).await?;
        }
        tx.commit().await?;
        for (known, day) in news {
            let mut used = known.used.lock().unwrap_or_else(PoisonError::into_inner);
            used.stored = used.on == Some(day);
        }
        Ok(())
    }

    fn show_key(&self, stored: &StoredKey) -> Key {
        let known = self.0.keys.find(&stored.hash).filter(|known| !known.revoked);
        let used = known.and_then(|known| known.used.lock().unwrap_or_else(PoisonError::into_inner).on.clone());
        Key {
            id: stored.id,
            merchant: stored.merchant,
            mode: stored.mode,
            hint: hint(stored),
            scopes: stored.scopes.clone(),
            created_at: rfc3339(stored.created_ms),
            last_used_on: used.or_else(|| stored.last_used_on.clone()),
            revoked_at: stored.revoked_ms.map(rfc3339),
        }
    }
}

/// A key, wallet or session that nobody here has.
pub(super) fn unknown() -> Refusal {
    Refusal::new(Code::Unauthenticated, "No key or wallet of this installation.")
}

fn prefix(mode: KeyMode) -> &'static str {
    match mode {
        KeyMode::Test => "hsk_test_",
        KeyMode::Live => "hsk_live_",
    }
}

fn hint(key: &StoredKey) -> String {
    format!("{}…{}", prefix(key.mode), key.last4.as_deref().unwrap_or_default())
}
