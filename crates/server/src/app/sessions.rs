//! Wallets, sessions and links: 32 random bytes behind a prefix, of which only the SHA-256 is kept.

use super::{
    Account, Answer, App, Caller, Refusal, Staff,
    access::{Right, allow},
    keys::{TILL, unknown},
};
use crate::{
    clock::{now_ms, rfc3339},
    ids, secret,
    store::{
        StoreError, merchants,
        sessions::{self, NewSession, Of},
    },
    vault::write_private,
};
use handsel_api::{SessionId, SiteId};
use std::{path::Path, sync::PoisonError};

/// A subject's wallet.
pub(super) const WALLET: &str = "hsw_";
const OPERATOR: &str = "hso_";
const KIOSK: &str = "hsq_";
const ADMIN_LINK: &str = "hsa_";
/// A session in a wallet.
const WALLET_SESSION: &str = "hss_";
/// One working day.
const SESSION_MS: i64 = 12 * 60 * 60 * 1000;
const DAY_MS: i64 = 24 * 60 * 60 * 1000;
/// The link of a start may be read later.
const ADMIN_LINK_MS: i64 = DAY_MS;
/// Where a link made beside a running server waits.
const LEFT_LINK: &str = "operator-link";
const LEFT_LINK_MS: i64 = 60 * 60 * 1000;
/// How exactly it is known when a session was used.
const SEEN_EVERY_MS: i64 = 5 * 60 * 1000;

/// A one-time administrator link that was not used yet.
pub(crate) struct AdminLink {
    hash: [u8; 32],
    expires_ms: i64,
}

/// A session as its owner sees it.
#[derive(Debug, Clone)]
pub struct SignedInDevice {
    /// Its id, which is not its token.
    pub id: SessionId,
    /// A browser and a system, in words of ours.
    pub device: String,
    /// RFC 3339.
    pub since: String,
    /// When it was last used, to five minutes, RFC 3339.
    pub seen_at: String,
    /// Whether it is the one that asks.
    pub this: bool,
}

impl App {
    /// Whose key (`hsk_`), wallet (`hsw_`) or session (`hso_`, `hsq_`) this is.
    ///
    /// # Errors
    /// [`Code::Unauthenticated`](handsel_api::Code::Unauthenticated) when it is nobody's here, or a revoked key;
    /// [`Code::KeyModeMismatch`](handsel_api::Code::KeyModeMismatch).
    pub async fn caller_of(&self, token: &str) -> Answer<Caller> {
        if token.starts_with(TILL) {
            return self.till_of(token);
        }
        self.find_caller(token).await?.ok_or_else(unknown)
    }

    /// [`App::caller_of`], when the reason does not matter.
    pub async fn authenticate(&self, token: &str) -> Option<Caller> {
        self.caller_of(token).await.ok()
    }

    /// The one-time administrator link's token (`hsa_`): new at each call, good for one use within a day, and the one before is
    /// not.
    pub async fn admin_link_token(&self) -> String {
        let token = secret::token(ADMIN_LINK);
        let link = AdminLink { hash: secret::hash(&token), expires_ms: now_ms() + ADMIN_LINK_MS };
        *self.0.admin.lock().unwrap_or_else(PoisonError::into_inner) = Some(link);
        token
    }

    /// Trades the one-time token for an operator's session (`hso_`, 12 hours); `None` when it is wrong, used or too old. It is the
    /// one of this start, or one that [`operator_link`] left in the data folder.
    pub async fn claim_admin(&self, token: &str) -> Option<String> {
        let hash = secret::hash(token);
        let taken = {
            let mut unused = self.0.admin.lock().unwrap_or_else(PoisonError::into_inner);
            unused.take_if(|link| link.hash == hash)
        };
        let link = match taken {
            Some(link) => link,
            None => take_left(&self.0.data_dir, &hash)?,
        };
        if link.expires_ms <= now_ms() {
            return None;
        }
        match self.open_session(OPERATOR, Of::Operator, "").await {
            Ok(session) => Some(session),
            Err(_) => {
                // The store could not keep the session: the link stays good for another try.
                *self.0.admin.lock().unwrap_or_else(PoisonError::into_inner) = Some(link);
                None
            }
        }
    }

    /// Opens a kiosk's session (`hsq_`, 12 hours) at a site. Operators only.
    pub async fn open_kiosk(&self, caller: &Caller, site: SiteId) -> Answer<String> {
        allow(caller, Right::Run)?;
        merchants::site(&mut *self.0.store.read().await?, site).await?.ok_or_else(|| Refusal::not_found("site"))?;
        self.open_session(KIOSK, Of::Kiosk(site), "").await
    }

    /// Ends an operator's or a kiosk's session. Keys and wallets stay.
    pub async fn sign_out(&self, token: &str) {
        let gone = async {
            let mut tx = self.0.store.write().await?;
            sessions::delete_session(&mut tx, &secret::hash(token)).await?;
            tx.commit().await
        };
        if let Err(error) = gone.await {
            tracing::error!(%error, "a session could not be ended; it ends by itself within 12 hours");
        }
    }

    /// The caller's own sessions, the newest first; `token` is the one that asks.
    pub async fn list_sessions(&self, caller: &Caller, token: Option<&str>) -> Answer<Vec<SignedInDevice>> {
        let account = caller.account()?;
        let this = token.map(secret::hash);
        let found = sessions::of(&mut *self.0.store.read().await?, account, now_ms()).await?;
        let shown = found.into_iter().map(|one| SignedInDevice {
            id: one.id,
            device: one.device,
            since: rfc3339(one.created_ms),
            seen_at: rfc3339(one.seen_ms),
            this: this == Some(one.hash),
        });
        Ok(shown.collect())
    }

    /// Ends one of the caller's own sessions.
    pub async fn end_session(&self, caller: &Caller, id: SessionId) -> Answer<()> {
        let account = caller.account()?;
        let mut tx = self.0.store.write().await?;
        if !sessions::end(&mut tx, account, id).await? {
            return Err(Refusal::not_found("session"));
        }
        Ok(tx.commit().await?)
    }

    /// Opens a session for an account: in a wallet `hss_` for 30 days, for staff `hso_` for 12 hours; sooner when it is not used.
    pub(super) async fn sign_in_as(&self, account: Account, device: &str) -> Answer<String> {
        let prefix = match account {
            Account::Subject(_) => WALLET_SESSION,
            Account::Staff(_) => OPERATOR,
        };
        self.open_session(prefix, Of::Account(account, None), device).await
    }

    /// Trades a wallet's link for a session of its own on this device; the link stays good. `None` when nobody has it.
    pub async fn open_wallet(&self, link: &str, device: &str) -> Answer<Option<String>> {
        match self.authenticate(link).await {
            Some(Caller::Subject(id)) => self.sign_in_as(Account::Subject(id), device).await.map(Some),
            _ => Ok(None),
        }
    }

    async fn find_caller(&self, token: &str) -> Result<Option<Caller>, StoreError> {
        let mut conn = self.0.store.read().await?;
        let (hash, now_ms) = (secret::hash(token), now_ms());
        if token.starts_with(WALLET) {
            return Ok(sessions::subject_of_wallet(&mut conn, &hash).await?.map(Caller::Subject));
        }
        if ![OPERATOR, KIOSK, WALLET_SESSION].iter().any(|prefix| token.starts_with(prefix)) {
            return Ok(None);
        }
        let Some(session) = sessions::session(&mut conn, &hash, now_ms).await? else { return Ok(None) };
        drop(conn);
        if now_ms - session.seen_ms > idle_ms(session.of) {
            return Ok(None);
        }
        if now_ms - session.seen_ms > SEEN_EVERY_MS {
            let mut tx = self.0.store.write().await?;
            sessions::seen(&mut tx, session.id, now_ms).await?;
            tx.commit().await?;
        }
        Ok(match session.of {
            Of::Operator => Some(Caller::Operator),
            Of::Kiosk(site) => Some(Caller::Kiosk(site)),
            Of::Account(Account::Subject(id), _) => Some(Caller::Subject(id)),
            Of::Account(Account::Staff(id), role) => role.map(|role| Caller::Staff(Staff { id, role })),
        })
    }

    async fn open_session(&self, prefix: &str, of: Of, device: &str) -> Answer<String> {
        let token = secret::token(prefix);
        let now_ms = now_ms();
        let new = NewSession {
            id: SessionId(ids::next()),
            hash: &secret::hash(&token),
            of,
            device,
            now_ms,
            expires_ms: now_ms + lasts_ms(of),
        };
        let mut tx = self.0.store.write().await?;
        sessions::insert_session(&mut tx, &new).await?;
        tx.commit().await?;
        Ok(token)
    }
}

/// How long a session lasts at most.
fn lasts_ms(of: Of) -> i64 {
    match of {
        Of::Account(Account::Subject(_), _) => 30 * DAY_MS,
        Of::Operator | Of::Kiosk(_) | Of::Account(Account::Staff(_), _) => SESSION_MS,
    }
}

/// How long a session may rest before it is over.
fn idle_ms(of: Of) -> i64 {
    match of {
        Of::Kiosk(_) => SESSION_MS,
        Of::Operator | Of::Account(Account::Staff(_), _) => 2 * 60 * 60 * 1000,
        Of::Account(Account::Subject(_), _) => 7 * DAY_MS,
    }
}

/// Makes an administrator link's token from outside the server: whoever may write into the data folder runs the installation. The
/// folder gets its hash, for one use within an hour; a running server takes it as it is.
///
/// # Errors
/// When the folder cannot be written.
pub fn operator_link(data_dir: &Path) -> std::io::Result<String> {
    let token = secret::token(ADMIN_LINK);
    let text = format!("{} {}\n", secret::hex(&secret::hash(&token)), now_ms() + LEFT_LINK_MS);
    let path = data_dir.join(LEFT_LINK);
    write_private(&path, text.as_bytes()).map_err(std::io::Error::other)?;
    Ok(token)
}

/// Takes the link that was left in the data folder, if it is this one.
fn take_left(data_dir: &Path, hash: &[u8; 32]) -> Option<AdminLink> {
    let path = data_dir.join(LEFT_LINK);
    let text = std::fs::read_to_string(&path).ok()?;
    let (left, expires_ms) = text.trim().split_once(' ')?;
    let link = AdminLink { hash: *secret::unhex(left)?, expires_ms: expires_ms.parse().ok()? };
    // Whoever removes the file has used it: two at once cannot.
    (link.hash == *hash && std::fs::remove_file(&path).is_ok()).then_some(link)
}
