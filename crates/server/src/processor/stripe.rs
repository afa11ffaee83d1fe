//! Stripe, thin: form posts under idempotency keys of our own, a pinned version, unknown fields ignored.
//!
//! A charge is two steps. The intent is made under the payment's own key without being confirmed, so that it moves nothing;
//! then it is confirmed. Whatever answer is lost, the intent can be found by the payment's id in its metadata, and cancelled.

mod objects;
mod setups;

use super::{
    Asking, BadEvent, Charge, ChargeAt, ChargeState, Charged, Decline, LinkedCard, Processor, ProcessorEvent,
    RefundState, SetupStarted, Silent, Take, signed,
    wire::{Answer, Wire},
};
use crate::{
    clock::now_ms,
    config::{BaseUrl, SecretText},
    secret::unhex,
};
use axum::http::HeaderMap;
use handsel_api::{CardSetupId, PaymentId, RefundId};
use handsel_ledger::{Amount, Currency};
use objects::{Event, Failure, Intent, IntentStatus, List, OURS, Refund};
use reqwest::{Method, StatusCode};

/// What the answers look like, whatever the account's own version is.
const VERSION: &str = "2026-09-30.endive";
/// How many intents are looked through for one whose name is not known, a hundred at a time.
const PAGES: usize = 10;
/// Clocks here and there may differ by this much.
const CLOCKS_MS: i64 = 10 * 60 * 1000;

/// The way to it.
pub(super) struct Stripe {
    wire: Wire,
    secret_key: SecretText,
    webhook_secret: Option<SecretText>,
}

type Field<'a> = (&'a str, String);

/// What became of making an intent.
enum Made {
    Intent(Box<Intent>),
    /// Its key was used with other parameters.
    KeyIsTaken,
    /// It will never be made.
    Refused,
}

impl Stripe {
    pub(super) fn new(url: &BaseUrl, secret_key: SecretText, webhook_secret: Option<SecretText>) -> Stripe {
        Stripe { wire: Wire::to(url), secret_key, webhook_secret }
    }

    async fn post(&self, path: &str, key: &str, fields: &[Field<'_>]) -> Result<Answer, Silent> {
        let request = self.wire.request(Method::POST, path).header("idempotency-key", key).form(fields);
        self.send(request).await
    }

    async fn get(&self, path: &str, query: &[Field<'_>]) -> Result<Answer, Silent> {
        self.send(self.wire.request(Method::GET, path).query(query)).await
    }

    async fn send(&self, request: reqwest::RequestBuilder) -> Result<Answer, Silent> {
        let request = request.bearer_auth(self.secret_key.text()).header("stripe-version", VERSION);
        let answer = self.wire.send(request).await?;
        if matches!(answer.status, StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN) {
            tracing::error!("the processor does not take the secret key");
        }
        Ok(answer)
    }

    /// An intent by its own name.
    async fn intent(&self, id: &str) -> Result<Intent, Silent> {
        let answer = self.get(&format!("/v1/payment_intents/{id}"), &[expand()]).await?;
        if answer.status == StatusCode::OK { answer.read() } else { answer.unclear("look up") }
    }

    /// The intent of a payment: by its name if that is known, among the newest ones otherwise – these are listed at once,
    /// while a search is minutes behind – and by a search when it is old.
    async fn find(&self, at: &ChargeAt) -> Result<Option<Intent>, Silent> {
        if let Some(id) = &at.reference {
            return self.intent(id).await.map(Some);
        }
        let ours = |list: &List<Intent>| list.data.iter().find(|one| one.is_of(at.payment)).map(|one| one.id.clone());
        if at.is_old(now_ms()) {
            let query = format!("metadata['{OURS}']:'{}'", at.payment);
            let answer = self.get("/v1/payment_intents/search", &[("query", query)]).await?;
            if answer.status != StatusCode::OK {
                return answer.unclear("search");
            }
            return match ours(&answer.read()?) {
                Some(id) => self.intent(&id).await.map(Some),
                None => Ok(None),
            };
        }
        let mut after = None;
        for _ in 0..PAGES {
            let mut query = vec![("limit", "100".to_owned())];
            query.extend(after.take().map(|id| ("starting_after", id)));
            let answer = self.get("/v1/payment_intents", &query).await?;
            if answer.status != StatusCode::OK {
                return answer.unclear("list");
            }
            let page: List<Intent> = answer.read()?;
            if let Some(id) = ours(&page) {
                return self.intent(&id).await.map(Some);
            }
            match page.data.last() {
                Some(last) if page.has_more && last.created * 1000 >= at.asked_ms - CLOCKS_MS => {
                    after = Some(last.id.clone());
                }
                _ => return Ok(None),
            }
        }
        tracing::error!(payment = %at.payment, "too many intents to look through");
        Err(Silent)
    }

    /// Makes an intent that moves nothing yet. `None`: the payment's key was used with something else before.
    async fn create(&self, payment: PaymentId, fields: &[Field<'_>]) -> Result<Made, Silent> {
        let mut all = vec![
            ("payment_method_types[]", "card".to_owned()),
            ("metadata[handsel_payment]", payment.to_string()),
            expand(),
        ];
        all.extend_from_slice(fields);
        let answer = self.post("/v1/payment_intents", &format!("{payment}:create"), &all).await?;
        match answer.status {
            StatusCode::OK => answer.read().map(|intent| Made::Intent(Box::new(intent))),
            StatusCode::BAD_REQUEST | StatusCode::NOT_FOUND => {
                let Failure { error } = answer.read()?;
                match (error.is_about_the_key(), error.is_refusal()) {
                    (true, _) => Ok(Made::KeyIsTaken),
                    (false, true) => Ok(Made::Refused),
                    (false, false) => answer.unclear("create"),
                }
            }
            _ => answer.unclear("create"),
        }
    }

    /// Takes a step with an intent. What is refused is looked up: the intent says how it stands.
    async fn step(&self, id: &str, step: &str, key: &str, fields: &[Field<'_>]) -> Result<Intent, Silent> {
        let mut all = vec![expand()];
        all.extend_from_slice(fields);
        let answer = self.post(&format!("/v1/payment_intents/{id}/{step}"), key, &all).await?;
        match answer.status {
            StatusCode::OK => answer.read(),
            // Refused by the card's bank, or not possible any more.
            StatusCode::PAYMENT_REQUIRED | StatusCode::BAD_REQUEST => self.intent(id).await,
            _ => answer.unclear("a step of an intent"),
        }
    }

    /// Nobody is asked anything at a till: an intent that waits for a shopper's bank is cancelled.
    async fn unless_it_waits(&self, payment: PaymentId, intent: Intent) -> Result<Charged, Silent> {
        if intent.status != IntentStatus::RequiresAction {
            return intent.charged();
        }
        let cancelled = self.step(&intent.id, "cancel", &format!("{payment}:cancel"), &[]).await?.charged()?;
        if cancelled.state == ChargeState::Voided {
            let state = ChargeState::Declined { why: Decline::AuthenticationRequired };
            return Ok(Charged { state, ..cancelled });
        }
        Ok(cancelled)
    }

    /// A refund that was given before, among those of its charge.
    async fn refund_before(&self, intent: &str, refund: RefundId) -> Result<Option<Refund>, Silent> {
        let query = [("payment_intent", intent.to_owned()), ("limit", "100".to_owned())];
        let answer = self.get("/v1/refunds", &query).await?;
        if answer.status != StatusCode::OK {
            return answer.unclear("list refunds");
        }
        Ok(answer.read::<List<Refund>>()?.data.into_iter().find(|one| one.is_named(refund)))
    }
}

impl Processor for Stripe {
    fn name(&self) -> &'static str {
        "stripe"
    }

    fn start_setup(&self, setup: CardSetupId, return_url: String) -> Asking<'_, SetupStarted> {
        Box::pin(setups::start(self, setup, return_url))
    }

    fn look_up_setup(&self, reference: String) -> Asking<'_, Option<LinkedCard>> {
        Box::pin(setups::look_up(self, reference))
    }

    fn charge(&self, charge: Charge) -> Asking<'_, Charged> {
        Box::pin(async move {
            let payment = charge.payment;
            let (customer, card) = setups::customer_and_card(&charge.card)?;
            let how = if charge.take == Take::Now { "automatic" } else { "manual" };
            let fields = [
                ("amount", scaled(charge.amount).to_string()),
                ("currency", charge.amount.currency().code().to_ascii_lowercase()),
                ("capture_method", how.to_owned()),
                ("customer", customer.to_owned()),
                ("payment_method", card.to_owned()),
            ];
            let intent = match self.create(payment, &fields).await? {
                Made::Intent(intent) => *intent,
                // The payment was closed meanwhile, or is another one's: it is not confirmed here.
                Made::KeyIsTaken => {
                    let at = ChargeAt { payment, reference: None, asked_ms: now_ms() };
                    return self.find(&at).await?.ok_or(Silent)?.charged();
                }
                // Too little for this card network, a card that is gone: it was never charged, and never will be.
                Made::Refused => {
                    tracing::warn!(%payment, "the processor does not take this charge");
                    let state = ChargeState::Declined { why: Decline::Refused };
                    return Ok(Charged { reference: None, state });
                }
            };
            let intent = match intent.status {
                IntentStatus::RequiresConfirmation => {
                    // The card was saved for this, and no bank's page can be shown at a till.
                    let fields = [("off_session", "true".to_owned())];
                    self.step(&intent.id, "confirm", &format!("{payment}:confirm"), &fields).await?
                }
                _ => intent,
            };
            self.unless_it_waits(payment, intent).await
        })
    }

    fn capture(&self, at: ChargeAt, amount: Amount) -> Asking<'_, Charged> {
        Box::pin(async move {
            let intent = self.find(&at).await?.ok_or(Silent)?;
            if intent.status != IntentStatus::RequiresCapture {
                return intent.charged();
            }
            let minor = scaled(amount);
            let key = format!("{}:capture:{minor}", at.payment);
            self.step(&intent.id, "capture", &key, &[("amount_to_capture", minor.to_string())]).await?.charged()
        })
    }

    fn void(&self, at: ChargeAt) -> Asking<'_, Charged> {
        Box::pin(async move {
            let found = match self.find(&at).await? {
                Some(intent) => intent,
                None => {
                    // An intent of nothing takes the payment's key, so that a late one finds it used.
                    let nothing = [
                        ("amount", "100".to_owned()),
                        ("currency", "eur".to_owned()),
                        ("metadata[closed]", "1".to_owned()),
                    ];
                    match self.create(at.payment, &nothing).await? {
                        Made::Intent(intent) => *intent,
                        Made::KeyIsTaken | Made::Refused => return Err(Silent),
                    }
                }
            };
            if matches!(found.status, IntentStatus::Succeeded | IntentStatus::Canceled) {
                return found.charged();
            }
            self.step(&found.id, "cancel", &format!("{}:cancel", at.payment), &[]).await?.charged()
        })
    }

    fn refund(&self, refund: RefundId, at: ChargeAt, amount: Amount) -> Asking<'_, RefundState> {
        Box::pin(async move {
            let intent = match &at.reference {
                Some(id) => id.clone(),
                None => self.find(&at).await?.ok_or(Silent)?.id,
            };
            if at.is_old(now_ms())
                && let Some(before) = self.refund_before(&intent, refund).await?
            {
                return Ok(before.state());
            }
            let fields = [
                ("payment_intent", intent.clone()),
                ("amount", scaled(amount).to_string()),
                ("metadata[handsel_refund]", refund.to_string()),
            ];
            let answer = self.post("/v1/refunds", &refund.to_string(), &fields).await?;
            match answer.status {
                StatusCode::OK => match answer.read::<Refund>()?.state() {
                    // A key's answer stays as it was; the refund goes on.
                    RefundState::Pending => {
                        let now = self.refund_before(&intent, refund).await?;
                        Ok(now.map_or(RefundState::Pending, |refund| refund.state()))
                    }
                    state => Ok(state),
                },
                StatusCode::BAD_REQUEST if answer.read::<Failure>()?.error.is_refusal() => Ok(RefundState::Refused),
                _ => answer.unclear("refund"),
            }
        })
    }

    fn look_up(&self, at: ChargeAt) -> Asking<'_, Option<Charged>> {
        Box::pin(async move {
            match self.find(&at).await? {
                // Never confirmed: nothing was asked of the card yet.
                Some(intent) if intent.status == IntentStatus::RequiresConfirmation => Ok(None),
                Some(intent) => self.unless_it_waits(at.payment, intent).await.map(Some),
                None => Ok(None),
            }
        })
    }

    fn read_event(&self, headers: &HeaderMap, body: &[u8], now_ms: i64) -> Result<ProcessorEvent, BadEvent> {
        let secret = self.webhook_secret.as_ref().ok_or(BadEvent::NotExpected)?;
        let header =
            headers.get("stripe-signature").and_then(|value| value.to_str().ok()).ok_or(BadEvent::Signature)?;
        let pairs = || header.split(',').filter_map(|pair| pair.trim().split_once('='));
        let time = pairs().find(|(name, _)| *name == "t").map(|(_, time)| time).ok_or(BadEvent::Signature)?;
        // Several are sent while a secret is changed.
        let genuine = pairs()
            .filter(|(name, _)| *name == "v1")
            .filter_map(|(_, code)| unhex::<32>(code))
            .any(|code| signed::is_sha256(secret.text().as_bytes(), &[time.as_bytes(), b".", body], code.as_slice()));
        if !genuine {
            return Err(BadEvent::Signature);
        }
        signed::check_time(time, now_ms)?;
        let event: Event = serde_json::from_slice(body).map_err(|_| BadEvent::NotAnEvent)?;
        let payment = event.data.object.metadata.get(OURS).and_then(|id| id.parse().ok());
        Ok(ProcessorEvent { id: event.id, payment })
    }
}

/// The charge with the intent, for what stands on a receipt.
fn expand() -> Field<'static> {
    ("expand[]", "latest_charge".to_owned())
}

/// An amount as Stripe writes it: in the smallest unit, except that an Icelandic króna still has a hundred there.
fn scaled(amount: Amount) -> i64 {
    amount.minor().saturating_mul(units_per_minor(amount.currency()))
}

fn units_per_minor(currency: Currency) -> i64 {
    if currency.code() == "ISK" { 100 } else { 1 }
}

#[cfg(test)]
mod tests;
