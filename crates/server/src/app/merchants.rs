//! Merchants, their sites and their keys.

use super::{Answer, App, Caller};
use handsel_api::{
    MerchantId, SiteId,
    merchants::{CreateMerchant, CreateSite, Merchant, NewKey, Page, Site},
};

impl App {
    /// Makes a merchant. Operators only.
    pub async fn create_merchant(&self, caller: &Caller, request: CreateMerchant) -> Answer<Merchant> {
        let _ = (caller, request);
        todo!()
    }

    /// Every merchant, newest first. Operators only.
    pub async fn list_merchants(
        &self,
        caller: &Caller,
        limit: u32,
        after: Option<MerchantId>,
    ) -> Answer<Page<Merchant>> {
        let _ = (caller, limit, after);
        todo!()
    }

    /// Makes a till's key; this is the only time it is shown. Operators only.
    pub async fn create_key(&self, caller: &Caller, merchant: MerchantId) -> Answer<NewKey> {
        let _ = (caller, merchant);
        todo!()
    }

    /// Makes a site. Operators only.
    pub async fn create_site(&self, caller: &Caller, request: CreateSite) -> Answer<Site> {
        let _ = (caller, request);
        todo!()
    }

    /// The sites the caller may see, newest first: an operator all, a till its merchant's.
    pub async fn list_sites(&self, caller: &Caller, limit: u32, after: Option<SiteId>) -> Answer<Page<Site>> {
        let _ = (caller, limit, after);
        todo!()
    }

    /// A site and who sells there; both stand on the kiosk's screen, so anybody may know them.
    pub async fn site(&self, site: SiteId) -> Answer<(Site, Merchant)> {
        let _ = site;
        todo!()
    }
}
