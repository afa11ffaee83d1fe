//! Merchants and their sites.

use super::{
    Answer, App, Caller, Refusal,
    access::{Right, allow, merchant_of},
    text,
};
use crate::{
    clock::{now_ms, rfc3339},
    ids,
    store::{merchants, money},
};
use handsel_api::{
    Code, MerchantId, SiteId,
    keys::Scope,
    merchants::{CreateMerchant, CreateSite, Merchant, Page, Site},
};
use handsel_ledger::Currency;

/// The longest name of a merchant or site, in characters: a line of a narrow receipt, and half another.
const LONGEST_NAME: usize = 60;

impl App {
    /// Makes a merchant. Operators only.
    pub async fn create_merchant(&self, caller: &Caller, request: CreateMerchant) -> Answer<Merchant> {
        allow(caller, Right::Run)?;
        let name = text("/name", &request.name, LONGEST_NAME)?;
        let currency = Currency::parse(&request.currency).ok_or_else(|| {
            let known: Vec<&str> = Currency::all().map(Currency::code).collect();
            Refusal::field(Code::InvalidField, "/currency", format!("One of {}.", known.join(", ")))
        })?;
        let (id, now_ms) = (MerchantId(ids::next()), now_ms());
        let mut tx = self.0.store.write().await?;
        merchants::insert_merchant(&mut tx, id, &name, currency.code(), now_ms).await?;
        money::open_merchant(&mut tx, id, currency).await?;
        tx.commit().await?;
        tracing::info!(merchant = %id, "merchant made");
        Ok(Merchant { id, name, currency: currency.code().to_owned(), created_at: rfc3339(now_ms) })
    }

    /// Every merchant, newest first. Operators only.
    pub async fn list_merchants(
        &self,
        caller: &Caller,
        limit: u32,
        after: Option<MerchantId>,
    ) -> Answer<Page<Merchant>> {
        allow(caller, Right::Look)?;
        let rows = merchants::merchants(&mut *self.0.store.read().await?, limit + 1, after).await?;
        Ok(page(rows, limit, |merchant| merchant.id.to_string()))
    }

    /// A merchant. Operators only.
    pub async fn merchant(&self, caller: &Caller, id: MerchantId) -> Answer<Merchant> {
        allow(caller, Right::Look)?;
        let found = merchants::merchant(&mut *self.0.store.read().await?, id).await?;
        found.ok_or_else(|| Refusal::not_found("merchant"))
    }

    /// Makes a site. Operators only.
    pub async fn create_site(&self, caller: &Caller, request: CreateSite) -> Answer<Site> {
        allow(caller, Right::Run)?;
        let name = text("/name", &request.name, LONGEST_NAME)?;
        let (id, now_ms) = (SiteId(ids::next()), now_ms());
        let mut tx = self.0.store.write().await?;
        if merchants::merchant(&mut tx, request.merchant).await?.is_none() {
            return Err(Refusal::field(Code::InvalidField, "/merchant", "There is no such merchant here."));
        }
        merchants::insert_site(&mut tx, id, request.merchant, &name, now_ms).await?;
        tx.commit().await?;
        tracing::info!(site = %id, merchant = %request.merchant, "site made");
        Ok(Site {
            id,
            merchant: request.merchant,
            name,
            sign_confirmed_by: None,
            sign_confirmed_at: None,
            created_at: rfc3339(now_ms),
        })
    }

    /// The sites the caller may see, newest first: an operator all, a till its merchant's.
    pub async fn list_sites(&self, caller: &Caller, limit: u32, after: Option<SiteId>) -> Answer<Page<Site>> {
        let merchant = merchant_of(caller, Scope::PaymentsRead)?;
        let rows = merchants::sites(&mut *self.0.store.read().await?, merchant, limit + 1, after).await?;
        Ok(page(rows, limit, |site| site.id.to_string()))
    }

    /// A site and who sells there; both stand on the kiosk's screen, so anybody may know them.
    pub async fn site(&self, site: SiteId) -> Answer<(Site, Merchant)> {
        let mut conn = self.0.store.read().await?;
        let site = merchants::site(&mut conn, site).await?.ok_or_else(|| Refusal::not_found("site"))?;
        let merchant = merchants::merchant(&mut conn, site.merchant).await?;
        Ok((site, merchant.ok_or_else(|| Refusal::not_found("merchant"))?))
    }
}

/// Cuts `limit + 1` rows down to a page; the one too many says that there is a next one.
pub(super) fn page<T>(mut rows: Vec<T>, limit: u32, id: impl Fn(&T) -> String) -> Page<T> {
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let more = rows.len() > limit;
    rows.truncate(limit);
    Page { next: if more { rows.last().map(id) } else { None }, data: rows }
}
