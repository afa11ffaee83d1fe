//! Wallets, sessions and links: 32 random bytes behind a prefix, of which only the SHA-256 is kept.

use super::{
    Answer, App, Caller, Refusal,
    access::{Right, allow},
    keys::{TILL, unknown},
};
use crate::{
    clock::now_ms,
    secret,
    store::{StoreError, merchants, sessions},
};
use handsel_api::SiteId;
use std::sync::PoisonError;

/// A subject's wallet.
pub(super) const WALLET: &str = "hsw_";
const OPERATOR: &str = "hso_";
const KIOSK: &str = "hsq_";
const ADMIN_LINK: &str = "hsa_";
/// One working day.
const SESSION_MS: i64 = 12 * 60 * 60 * 1000;

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

    /// The one-time administrator link's token (`hsa_`): new at each call, good for one use, and the one before is not.
    pub async fn admin_link_token(&self) -> String {
        let token = secret::token(ADMIN_LINK);
        *self.0.admin.lock().unwrap_or_else(PoisonError::into_inner) = Some(secret::hash(&token));
        token
    }

    /// Trades the one-time token for an operator's session (`hso_`, 12 hours); `None` when it is wrong or used.
    pub async fn claim_admin(&self, token: &str) -> Option<String> {
        {
            let mut unused = self.0.admin.lock().unwrap_or_else(PoisonError::into_inner);
            if *unused != Some(secret::hash(token)) {
                return None;
            }
            *unused = None;
        }
        match self.open_session(OPERATOR, None).await {
            Ok(session) => Some(session),
            Err(_) => {
                // The store could not keep the session: the link stays good for another try.
                *self.0.admin.lock().unwrap_or_else(PoisonError::into_inner) = Some(secret::hash(token));
                None
            }
        }
    }

    /// Opens a kiosk's session (`hsq_`, 12 hours) at a site. Operators only.
    pub async fn open_kiosk(&self, caller: &Caller, site: SiteId) -> Answer<String> {
        allow(caller, Right::Operate)?;
        merchants::site(&mut *self.0.store.read().await?, site).await?.ok_or_else(|| Refusal::not_found("site"))?;
        self.open_session(KIOSK, Some(site)).await
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

    async fn find_caller(&self, token: &str) -> Result<Option<Caller>, StoreError> {
        let mut conn = self.0.store.read().await?;
        let hash = secret::hash(token);
        Ok(if token.starts_with(WALLET) {
            sessions::subject_of_wallet(&mut conn, &hash).await?.map(Caller::Subject)
        } else if token.starts_with(OPERATOR) || token.starts_with(KIOSK) {
            let session = sessions::session(&mut conn, &hash, now_ms()).await?;
            session.map(|site| site.map_or(Caller::Operator, Caller::Kiosk))
        } else {
            None
        })
    }

    async fn open_session(&self, prefix: &str, site: Option<SiteId>) -> Answer<String> {
        let token = secret::token(prefix);
        let now_ms = now_ms();
        let mut tx = self.0.store.write().await?;
        sessions::insert_session(&mut tx, &secret::hash(&token), site, now_ms, now_ms + SESSION_MS).await?;
        tx.commit().await?;
        Ok(token)
    }
}
