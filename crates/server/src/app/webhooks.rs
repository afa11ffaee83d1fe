//! Where events are sent: endpoints, and their secrets.

use super::{
    Answer, App, Caller, Refusal,
    access::{Right, allow, merchant_of},
    merchants::page,
};
use crate::{
    clock::{now_ms, rfc3339},
    ids,
    signing::Secret,
    store::{
        Conn, events, merchants,
        webhooks::{self, StoredDelivery, StoredEndpoint},
    },
};
use handsel_api::{
    Code, MerchantId, WebhookEndpointId,
    events::Event,
    keys::Scope,
    merchants::Page,
    webhooks::{CreateWebhookEndpoint, EndpointStatus, WebhookEndpoint, WebhookKeys, WebhookSecret},
};
use reqwest::Url;
use std::net::IpAddr;

/// The most endpoints of one merchant.
const MOST_ENDPOINTS: i64 = 10;
/// The longest address, in bytes.
const LONGEST_URL: usize = 2_000;
/// How long the secret before the newest one still signs: 24 hours.
const BOTH_SIGN_MS: i64 = 24 * 60 * 60 * 1000;
/// The most deliveries that the console shows of an endpoint.
const MOST_DELIVERIES: u32 = 20;

/// An event and how its delivery to one endpoint stands.
#[derive(Debug, Clone)]
pub struct Delivery {
    /// What happened.
    pub event: Event,
    /// How often it was sent.
    pub attempts: i64,
    /// The last HTTP status, if there was an answer.
    pub answered: Option<i64>,
    /// When it arrived, RFC 3339.
    pub delivered_at: Option<String>,
    /// When it is sent next, RFC 3339; absent when it is over.
    pub due_at: Option<String>,
}

impl App {
    /// Has a merchant's events sent to an address from now on. At most ten for each merchant.
    pub async fn create_webhook_endpoint(
        &self,
        caller: &Caller,
        create: CreateWebhookEndpoint,
    ) -> Answer<WebhookSecret> {
        let own = merchant_of(caller, Scope::WebhooksWrite)?;
        let Some(merchant) = create.merchant.or(own) else {
            return Err(Refusal::field(Code::InvalidField, "/merchant", "Name the merchant whose events these are."));
        };
        allow(caller, Right::Manage { merchant, scope: Scope::WebhooksWrite })?;
        let here_too = caller.role().is_some() || self.0.at_loopback;
        let url = parse_url(&create.url, here_too)?;
        let (id, now_ms) = (WebhookEndpointId(ids::next()), now_ms());
        let mut tx = self.0.store.write().await?;
        if merchants::merchant(&mut tx, merchant).await?.is_none() {
            return Err(Refusal::field(Code::InvalidField, "/merchant", "There is no such merchant here."));
        }
        if webhooks::count(&mut tx, merchant).await? >= MOST_ENDPOINTS {
            let detail = format!("A merchant has at most {MOST_ENDPOINTS} endpoints.");
            return Err(Refusal::new(Code::TooManyEndpoints, detail));
        }
        let last = events::last(&mut tx).await?;
        webhooks::insert(&mut tx, id, merchant, url.as_str(), last, now_ms).await?;
        let made = endpoint(&mut tx, id).await?;
        tx.commit().await?;
        self.start_courier(id);
        tracing::info!(endpoint = %id, %merchant, "webhook endpoint made");
        Ok(self.show_secret(&made))
    }

    /// The endpoints the caller may see, newest first: an operator all, a till its merchant's.
    pub async fn list_webhook_endpoints(
        &self,
        caller: &Caller,
        limit: u32,
        after: Option<WebhookEndpointId>,
    ) -> Answer<Page<WebhookEndpoint>> {
        let merchant = merchant_of(caller, Scope::WebhooksWrite)?;
        let rows = webhooks::list(&mut *self.0.store.read().await?, merchant, limit + 1, after).await?;
        Ok(page(rows.iter().map(show).collect(), limit, |endpoint| endpoint.id.to_string()))
    }

    /// Sends nothing more to an endpoint, and forgets it.
    pub async fn delete_webhook_endpoint(&self, caller: &Caller, id: WebhookEndpointId) -> Answer<()> {
        let mut tx = self.0.store.write().await?;
        self.own_endpoint(&mut tx, caller, id).await?;
        webhooks::delete(&mut tx, id).await?;
        tx.commit().await?;
        self.0.feed.wake();
        tracing::info!(endpoint = %id, "webhook endpoint deleted");
        Ok(())
    }

    /// Gives an endpoint a new secret; the one before signs for another 24 hours.
    pub async fn rotate_webhook_secret(&self, caller: &Caller, id: WebhookEndpointId) -> Answer<WebhookSecret> {
        let mut tx = self.0.store.write().await?;
        self.own_endpoint(&mut tx, caller, id).await?;
        webhooks::rotate(&mut tx, id, now_ms()).await?;
        let rotated = endpoint(&mut tx, id).await?;
        tx.commit().await?;
        tracing::info!(endpoint = %id, "webhook secret rotated");
        Ok(self.show_secret(&rotated))
    }

    /// What checks this installation's signatures; anybody may know it.
    pub fn webhook_keys(&self) -> WebhookKeys {
        WebhookKeys { public_keys: vec![self.0.signer.public_key()] }
    }

    /// The last deliveries to an endpoint, newest first.
    pub async fn list_deliveries(&self, caller: &Caller, id: WebhookEndpointId) -> Answer<Vec<Delivery>> {
        let mut conn = self.0.store.read().await?;
        self.own_endpoint(&mut conn, caller, id).await?;
        let mut shown = Vec::new();
        for stored in webhooks::deliveries(&mut conn, id, MOST_DELIVERIES).await? {
            // Forgotten meanwhile.
            let Some(event) = events::by_seq(&mut conn, stored.event_seq).await? else { continue };
            shown.push(delivery(self.show_event(&mut conn, &event).await?, &stored));
        }
        Ok(shown)
    }

    /// The secrets that sign what is sent to an endpoint now: one, or for a day after a new one two.
    pub(super) fn secrets(&self, endpoint: &StoredEndpoint, now_ms: i64) -> Vec<Secret> {
        let before = endpoint.rotated_ms.is_some_and(|rotated_ms| now_ms < rotated_ms + BOTH_SIGN_MS);
        let oldest = endpoint.secrets - i64::from(before);
        (oldest..=endpoint.secrets).rev().map(|number| self.0.vault.webhook_secret(endpoint.id, number)).collect()
    }

    async fn own_endpoint(&self, conn: &mut Conn, caller: &Caller, id: WebhookEndpointId) -> Answer<()> {
        // Asked before it is looked for: who may not act for any merchant learns nothing.
        let own: Option<MerchantId> = merchant_of(caller, Scope::WebhooksWrite)?;
        let found = endpoint(conn, id).await?;
        if own.is_none_or(|own| own == found.merchant) { Ok(()) } else { Err(Refusal::not_found("webhook endpoint")) }
    }

    fn show_secret(&self, endpoint: &StoredEndpoint) -> WebhookSecret {
        WebhookSecret {
            endpoint: show(endpoint),
            secret: self.0.vault.webhook_secret(endpoint.id, endpoint.secrets).text(),
            public_key: self.0.signer.public_key(),
        }
    }
}

async fn endpoint(conn: &mut Conn, id: WebhookEndpointId) -> Answer<StoredEndpoint> {
    webhooks::get(conn, id).await?.ok_or_else(|| Refusal::not_found("webhook endpoint"))
}

fn show(endpoint: &StoredEndpoint) -> WebhookEndpoint {
    WebhookEndpoint {
        id: endpoint.id,
        merchant: endpoint.merchant,
        url: endpoint.url.clone(),
        status: if endpoint.disabled_ms.is_some() { EndpointStatus::Disabled } else { EndpointStatus::Enabled },
        failing_since: endpoint.failing_since_ms.map(rfc3339),
        created_at: rfc3339(endpoint.created_ms),
    }
}

fn delivery(event: Event, stored: &StoredDelivery) -> Delivery {
    Delivery {
        event,
        attempts: stored.attempts,
        answered: stored.answered,
        delivered_at: stored.delivered_ms.map(rfc3339),
        due_at: stored.due_ms.map(rfc3339),
    }
}

/// An address that events may be sent to: https, or http where nothing leaves this machine. `here_too`: to a service of this
/// machine as well, which is nobody's to address but those who are on it.
fn parse_url(text: &str, here_too: bool) -> Answer<Url> {
    let refuse = |why: &str| Refusal::field(Code::InvalidField, "/url", why);
    if text.len() > LONGEST_URL {
        return Err(refuse("At most 2,000 bytes."));
    }
    let url = Url::parse(text).map_err(|_| refuse("An address such as https://till.example/hooks."))?;
    match url.scheme() {
        "http" | "https" if is_loopback(&url) && !here_too => {
            return Err(refuse("An address of this machine is added by its operator."));
        }
        "https" => {}
        "http" if is_loopback(&url) => {}
        _ => return Err(refuse("https, or http to this machine's loopback.")),
    }
    if !url.username().is_empty() || url.password().is_some() || url.fragment().is_some() {
        return Err(refuse("Without user, password and fragment; signatures say who sends."));
    }
    Ok(url)
}

fn is_loopback(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    let address = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
    address.map_or(host == "localhost", |address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_addresses_that_keep_what_is_sent_private_are_taken() {
        for good in [
            "https://till.example/hooks?a=b",
            "https://10.0.0.7:8443/",
            "http://127.0.0.1:3000/hooks",
            "http://127.9.9.9/",
            "http://[::1]:3000/",
            "http://localhost:3000",
        ] {
            assert!(parse_url(good, true).is_ok(), "{good}");
        }
        for bad in [
            "",
            "till.example/hooks",
            "/hooks",
            "http://till.example/",
            "http://localhost.till.example/",
            "http://10.0.0.7/",
            "http://169.254.169.254/",
            "http://[::ffff:10.0.0.1]/",
            "ftp://till.example/",
            "file:///etc/passwd",
            "https://user@till.example/",
            "https://:pw@till.example/",
            "https://till.example/#part",
            "https://",
            "javascript:alert(1)",
            &format!("https://till.example/{}", "x".repeat(2_000)),
        ] {
            let refusal = parse_url(bad, true).unwrap_err();
            assert_eq!((refusal.code, refusal.field.as_deref()), (Code::InvalidField, Some("/url")), "{bad}");
        }
        for here in ["http://127.0.0.1:3000/hooks", "https://localhost/", "http://[::1]:3000/"] {
            assert!(parse_url(here, false).is_err(), "{here} from elsewhere");
        }
        assert!(parse_url("https://till.example/hooks", false).is_ok());
    }
}
