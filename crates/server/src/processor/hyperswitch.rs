//! Hyperswitch: one way to many processors. The payment's own id is the duplicate guard: a payment is made under a name of
//! our choosing, once – our ids have the length that its names must have.

use super::{
    Asking, BadEvent, CardToken, Charge, ChargeAt, ChargeState, Charged, Decline, LinkedCard, Processor,
    ProcessorEvent, RefundState, SetupStarted, Silent, Take, signed,
    wire::{Answer, Wire},
};
use crate::{
    config::{BaseUrl, SecretText},
    secret::unhex,
};
use axum::http::HeaderMap;
use handsel_api::{CardSetupId, RefundId, subjects::Card};
use handsel_ledger::Amount;
use reqwest::{Method, RequestBuilder, StatusCode};
use serde::Deserialize;
use serde_json::json;

/// The way to it.
pub(super) struct Hyperswitch {
    wire: Wire,
    secret_key: SecretText,
    webhook_secret: Option<SecretText>,
}

/// A payment as it says it. Other fields are ignored.
#[derive(Deserialize)]
struct Payment {
    payment_id: String,
    status: String,
    #[serde(default)]
    amount_received: Option<i64>,
    #[serde(default)]
    error_code: Option<String>,
    #[serde(default)]
    connector_transaction_id: Option<String>,
    #[serde(default)]
    customer_id: Option<String>,
    #[serde(default)]
    payment_method_id: Option<String>,
    #[serde(default)]
    payment_method_data: Option<MethodData>,
    #[serde(default)]
    payment_link: Option<Link>,
}

#[derive(Deserialize)]
struct MethodData {
    #[serde(default)]
    card: Option<CardData>,
}

#[derive(Deserialize)]
struct CardData {
    last4: String,
    #[serde(default)]
    card_network: Option<String>,
    #[serde(default)]
    card_fingerprint: Option<String>,
}

#[derive(Deserialize)]
struct Link {
    link: String,
}

#[derive(Deserialize)]
struct Refund {
    status: String,
}

#[derive(Deserialize)]
struct Event {
    event_id: String,
    content: Content,
}

#[derive(Deserialize)]
struct Content {
    object: Object,
}

#[derive(Deserialize)]
struct Object {
    #[serde(default)]
    payment_id: Option<String>,
}

impl Hyperswitch {
    pub(super) fn new(url: &BaseUrl, secret_key: SecretText, webhook_secret: Option<SecretText>) -> Hyperswitch {
        Hyperswitch { wire: Wire::to(url), secret_key, webhook_secret }
    }

    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.wire.request(method, path).header("api-key", self.secret_key.text())
    }

    async fn post(&self, path: &str, body: &serde_json::Value) -> Result<Answer, Silent> {
        self.wire.send(self.request(Method::POST, path).json(body)).await
    }

    /// A payment by the name we gave it, after it has been asked for at the connector; `None` when there is none.
    async fn payment(&self, id: &str) -> Result<Option<Payment>, Silent> {
        let answer = self.wire.send(self.request(Method::GET, &format!("/payments/{id}?force_sync=true"))).await?;
        match answer.status {
            StatusCode::OK => answer.read().map(Some),
            StatusCode::NOT_FOUND => Ok(None),
            _ => answer.unclear("look up"),
        }
    }

    /// Nobody is asked anything at a till: a payment that waits for a shopper's bank is cancelled.
    async fn unless_it_waits(&self, payment: Payment) -> Result<Charged, Silent> {
        if payment.status != "requires_customer_action" {
            return payment.charged();
        }
        let cancelled = self.cancel(&payment.payment_id).await?;
        if cancelled.state == ChargeState::Voided {
            let state = ChargeState::Declined { why: Decline::AuthenticationRequired };
            return Ok(Charged { state, ..cancelled });
        }
        Ok(cancelled)
    }

    async fn cancel(&self, id: &str) -> Result<Charged, Silent> {
        let body = json!({"cancellation_reason": "abandoned"});
        let answer = self.post(&format!("/payments/{id}/cancel"), &body).await?;
        self.or_look_up(answer, id, "void").await?.charged()
    }

    /// What a refused step leaves is looked up: the payment says how it stands.
    async fn or_look_up(&self, answer: Answer, id: &str, call: &'static str) -> Result<Payment, Silent> {
        match answer.status {
            StatusCode::OK => answer.read(),
            StatusCode::BAD_REQUEST | StatusCode::UNPROCESSABLE_ENTITY => self.payment(id).await?.ok_or(Silent),
            _ => answer.unclear(call),
        }
    }
}

impl Processor for Hyperswitch {
    fn name(&self) -> &'static str {
        "hyperswitch"
    }

    /// A payment link over nothing, which keeps the card for later.
    fn start_setup(&self, setup: CardSetupId, return_url: String) -> Asking<'_, SetupStarted> {
        Box::pin(async move {
            let id = setup.to_string();
            let body = json!({
                "payment_id": id, "amount": 0, "currency": "EUR", "confirm": false, "payment_link": true,
                "payment_type": "setup_mandate", "setup_future_usage": "off_session", "customer_id": id,
                "return_url": return_url,
            });
            let answer = self.post("/payments", &body).await?;
            let payment = self.or_look_up(answer, &id, "start a card setup").await?;
            let link = payment.payment_link.ok_or(Silent)?.link;
            Ok(SetupStarted { reference: payment.payment_id, redirect_url: link })
        })
    }

    fn look_up_setup(&self, reference: String) -> Asking<'_, Option<LinkedCard>> {
        Box::pin(async move {
            let Some(payment) = self.payment(&reference).await? else { return Ok(None) };
            if payment.status != "succeeded" {
                return Ok(None);
            }
            let card = payment.payment_method_data.and_then(|data| data.card).ok_or(Silent)?;
            let (customer, method) = (payment.customer_id.ok_or(Silent)?, payment.payment_method_id.ok_or(Silent)?);
            Ok(Some(LinkedCard {
                // Without one, the same card linked again counts as another.
                fingerprint: card.card_fingerprint.unwrap_or_else(|| method.clone()),
                token: CardToken(format!("{customer}/{method}")),
                face: Card { brand: card.card_network.unwrap_or_default().to_ascii_lowercase(), last4: card.last4 },
            }))
        })
    }

    fn charge(&self, charge: Charge) -> Asking<'_, Charged> {
        Box::pin(async move {
            let id = charge.payment.to_string();
            let (customer, method) = charge.card.0.split_once('/').ok_or(Silent)?;
            let body = json!({
                "payment_id": id,
                "amount": charge.amount.minor(),
                "currency": charge.amount.currency().code(),
                "capture_method": if charge.take == Take::Now { "automatic" } else { "manual" },
                "confirm": true,
                "off_session": true,
                "customer_id": customer,
                "recurring_details": {"type": "payment_method_id", "data": method},
                "metadata": {"handsel_payment": charge.payment},
            });
            let answer = self.post("/payments", &body).await?;
            let payment = match answer.status {
                StatusCode::BAD_REQUEST | StatusCode::UNPROCESSABLE_ENTITY => match self.payment(&id).await? {
                    Some(payment) => payment,
                    // Not taken, and not there: it was never charged, and never will be.
                    None => {
                        tracing::warn!(payment = %charge.payment, "the processor does not take this charge");
                        let state = ChargeState::Declined { why: Decline::Refused };
                        return Ok(Charged { reference: None, state });
                    }
                },
                _ => self.or_look_up(answer, &id, "charge").await?,
            };
            self.unless_it_waits(payment).await
        })
    }

    fn capture(&self, at: ChargeAt, amount: Amount) -> Asking<'_, Charged> {
        Box::pin(async move {
            let id = at.payment.to_string();
            let body = json!({"amount_to_capture": amount.minor()});
            let answer = self.post(&format!("/payments/{id}/capture"), &body).await?;
            self.or_look_up(answer, &id, "capture").await?.charged()
        })
    }

    fn void(&self, at: ChargeAt) -> Asking<'_, Charged> {
        Box::pin(async move {
            let id = at.payment.to_string();
            if self.payment(&id).await?.is_none() {
                // A payment over nothing takes the name, so that a late one finds it used.
                let body = json!({"payment_id": id, "amount": 0, "currency": "EUR", "confirm": false});
                let answer = self.post("/payments", &body).await?;
                self.or_look_up(answer, &id, "close").await?;
            }
            self.cancel(&id).await
        })
    }

    /// The refund's own name is the duplicate guard, for good.
    fn refund(&self, refund: RefundId, at: ChargeAt, amount: Amount) -> Asking<'_, RefundState> {
        Box::pin(async move {
            let (refund, payment) = (refund.to_string(), at.payment.to_string());
            let body = json!({"refund_id": refund, "payment_id": payment, "amount": amount.minor()});
            let answer = self.post("/refunds", &body).await?;
            if answer.status == StatusCode::OK {
                return Ok(answer.read::<Refund>()?.state());
            }
            if !matches!(answer.status, StatusCode::BAD_REQUEST | StatusCode::UNPROCESSABLE_ENTITY) {
                return answer.unclear("refund");
            }
            // Made before under this name, or never possible.
            let known = self.wire.send(self.request(Method::GET, &format!("/refunds/{refund}"))).await?;
            match known.status {
                StatusCode::OK => Ok(known.read::<Refund>()?.state()),
                StatusCode::NOT_FOUND => Ok(RefundState::Refused),
                _ => known.unclear("look up a refund"),
            }
        })
    }

    fn look_up(&self, at: ChargeAt) -> Asking<'_, Option<Charged>> {
        Box::pin(async move {
            match self.payment(&at.payment.to_string()).await? {
                // Never confirmed: nothing was asked of the card yet.
                Some(payment) if payment.status.starts_with("requires_con") => Ok(None),
                Some(payment) => self.unless_it_waits(payment).await.map(Some),
                None => Ok(None),
            }
        })
    }

    /// Signed over the body alone, without a time: a recording is known by its id for a week, and does no more than make us
    /// look.
    fn read_event(&self, headers: &HeaderMap, body: &[u8], _now_ms: i64) -> Result<ProcessorEvent, BadEvent> {
        let secret = self.webhook_secret.as_ref().ok_or(BadEvent::NotExpected)?;
        let code = headers.get("x-webhook-signature-512").and_then(|value| unhex::<64>(value.to_str().ok()?));
        let genuine = code.is_some_and(|code| signed::is_sha512(secret.text().as_bytes(), &[body], code.as_slice()));
        if !genuine {
            return Err(BadEvent::Signature);
        }
        let event: Event = serde_json::from_slice(body).map_err(|_| BadEvent::NotAnEvent)?;
        let payment = event.content.object.payment_id.as_deref().and_then(|id| id.parse().ok());
        Ok(ProcessorEvent { id: event.event_id, payment })
    }
}

impl Payment {
    fn charged(&self) -> Result<Charged, Silent> {
        let auth_code = || self.connector_transaction_id.clone().unwrap_or_else(|| self.payment_id.clone());
        let state = match self.status.as_str() {
            "requires_capture" => ChargeState::Authorized { auth_code: auth_code() },
            "succeeded" | "partially_captured" => {
                let amount_minor = self.amount_received.ok_or(Silent)?;
                ChargeState::Captured { auth_code: auth_code(), amount_minor }
            }
            "failed" => ChargeState::Declined { why: decline(self.error_code.as_deref().unwrap_or_default()) },
            "cancelled" | "expired" => ChargeState::Voided,
            _ => return Err(Silent),
        };
        Ok(Charged { reference: Some(self.payment_id.clone()), state })
    }
}

/// Connectors have codes of their own; the common ones are read.
fn decline(code: &str) -> Decline {
    match code {
        "insufficient_funds" | "51" => Decline::InsufficientFunds,
        "expired_card" | "54" => Decline::Expired,
        "authentication_required" | "1A" | "65" => Decline::AuthenticationRequired,
        _ => Decline::Refused,
    }
}

impl Refund {
    fn state(&self) -> RefundState {
        match self.status.as_str() {
            "succeeded" => RefundState::Given,
            "failed" => RefundState::Refused,
            _ => RefundState::Pending,
        }
    }
}

#[cfg(test)]
mod tests;
