//! The sign at a site's door: nobody enrols at a site before the operator said that it hangs.

use super::{
    Answer, App, Caller, Refusal,
    access::{Right, allow},
};
use crate::{clock::now_ms, store::merchants};
use handsel_api::{Code, SiteId, merchants::Site};

impl App {
    /// The operator says that the sign hangs at a site's door; said again, the first time stands.
    pub async fn confirm_sign(&self, caller: &Caller, site: SiteId) -> Answer<Site> {
        self.set_sign(caller, site, true).await
    }

    /// The sign hangs there no longer: nobody enrols there until it does.
    pub async fn take_sign_down(&self, caller: &Caller, site: SiteId) -> Answer<Site> {
        self.set_sign(caller, site, false).await
    }

    async fn set_sign(&self, caller: &Caller, id: SiteId, hangs: bool) -> Answer<Site> {
        allow(caller, Right::Run)?;
        let mut tx = self.0.store.write().await?;
        let found = merchants::site(&mut tx, id).await?.ok_or_else(|| Refusal::not_found("site"))?;
        if found.sign_confirmed_at.is_some() != hangs {
            let confirmed = hangs.then(|| (caller.name(), now_ms()));
            merchants::set_sign(&mut tx, id, confirmed.as_ref().map(|(by, at)| (by.as_str(), *at))).await?;
        }
        let site = merchants::site(&mut tx, id).await?.ok_or_else(|| Refusal::not_found("site"))?;
        tx.commit().await?;
        tracing::info!(site = %id, hangs, "sign at the door");
        Ok(site)
    }
}

/// Refuses to enrol where the sign does not hang.
pub(super) fn sign_hangs(site: &Site) -> Answer<()> {
    if site.sign_confirmed_at.is_some() {
        return Ok(());
    }
    Err(Refusal::field(Code::SignMissing, "/site", "Nobody enrols here until the operator says that the sign hangs."))
}
