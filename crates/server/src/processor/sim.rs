//! The simulated processor: sandbox cards, no real money, over HTTP like any other (docs/SIM-PROCESSOR.md).

use super::{
    Asking, BadEvent, CardToken, Charge, ChargeAt, ChargeState, Charged, Decline, LinkedCard, Processor,
    ProcessorEvent, RefundState, SetupStarted, Silent, Take, signed,
    wire::{Answer, Wire},
};
use crate::{
    clock::now_ms,
    config::{BaseUrl, SecretText},
};
use axum::http::HeaderMap;
use base64::{Engine, engine::general_purpose::STANDARD};
use handsel_api::{CardSetupId, PaymentId, RefundId, subjects::Card};
use handsel_ledger::Amount;
use reqwest::{Method, StatusCode};
use serde::Deserialize;
use serde_json::{Value, json};

/// The way to it.
pub(crate) struct Sim {
    wire: Wire,
    webhook_secret: Option<SecretText>,
}

/// A charge as it says it. Other fields are ignored.
#[derive(Deserialize)]
struct SimCharge {
    id: Option<String>,
    state: State,
    captured_minor: i64,
    auth_code: String,
    decline: Option<Why>,
}

#[derive(Deserialize, Clone, Copy, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
enum State {
    Authorized,
    Captured,
    Declined,
    Voided,
    Expired,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Why {
    Refused,
    InsufficientFunds,
    Expired,
    AuthenticationRequired,
}

/// A refusal, with the charge as it stands.
#[derive(Deserialize)]
struct Refused {
    charge: Option<SimCharge>,
}

/// What is known of a payment.
#[derive(Deserialize)]
struct Known {
    closed: bool,
    charges: Vec<SimCharge>,
}

#[derive(Deserialize)]
struct SimRefund {
    state: Fate,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Fate {
    Given,
    Pending,
    Refused,
}

#[derive(Deserialize)]
struct Setup {
    id: String,
    url: Option<String>,
    card: Option<SimCard>,
}

#[derive(Deserialize)]
struct SimCard {
    token: String,
    brand: String,
    last4: String,
    fingerprint: String,
}

#[derive(Deserialize)]
struct Event {
    data: Data,
}

#[derive(Deserialize)]
struct Data {
    payment: String,
}

impl Sim {
    pub(crate) fn new(url: &BaseUrl, webhook_secret: Option<SecretText>) -> Sim {
        Sim { wire: Wire::to(url), webhook_secret }
    }

    async fn post(&self, path: &str, key: &str, body: &Value) -> Result<Answer, Silent> {
        self.wire.send(self.wire.request(Method::POST, path).header("idempotency-key", key).json(body)).await
    }

    async fn get(&self, path: &str) -> Result<Answer, Silent> {
        self.wire.send(self.wire.request(Method::GET, path)).await
    }

    /// A refund by our own name for it; `None` when there is none.
    async fn look_up_refund(&self, refund: RefundId) -> Result<Option<RefundState>, Silent> {
        let answer = self.get(&format!("/v1/refunds/{refund}")).await?;
        match answer.status {
            StatusCode::OK => Ok(Some(answer.read::<SimRefund>()?.state())),
            StatusCode::NOT_FOUND => Ok(None),
            _ => answer.unclear("look up a refund"),
        }
    }
}

impl Processor for Sim {
    fn name(&self) -> &'static str {
        "sim"
    }

    fn start_setup(&self, setup: CardSetupId, return_url: String) -> Asking<'_, SetupStarted> {
        Box::pin(async move {
            let answer = self.post("/v1/card_setups", &setup.to_string(), &json!({"return_url": return_url})).await?;
            if answer.status != StatusCode::OK {
                return answer.unclear("start a card setup");
            }
            let setup: Setup = answer.read()?;
            Ok(SetupStarted { reference: setup.id, redirect_url: setup.url.ok_or(Silent)? })
        })
    }

    fn look_up_setup(&self, reference: String) -> Asking<'_, Option<LinkedCard>> {
        Box::pin(async move {
            let answer = self.get(&format!("/v1/card_setups/{reference}")).await?;
            if answer.status != StatusCode::OK {
                return answer.unclear("look up a card setup");
            }
            Ok(answer.read::<Setup>()?.card.map(|card| LinkedCard {
                token: CardToken(card.token),
                face: Card { brand: card.brand, last4: card.last4 },
                fingerprint: card.fingerprint,
            }))
        })
    }

    fn charge(&self, charge: Charge) -> Asking<'_, Charged> {
        Box::pin(async move {
            let body = json!({
                "payment": charge.payment,
                "amount_minor": charge.amount.minor(),
                "currency": charge.amount.currency().code(),
                "card": charge.card.0,
                "capture": charge.take == Take::Now,
            });
            let answer = self.post("/v1/charges", &format!("{}:charge", charge.payment), &body).await?;
            charged(&answer, "charge")
        })
    }

    fn capture(&self, at: ChargeAt, amount: Amount) -> Asking<'_, Charged> {
        Box::pin(async move {
            let (payment, minor) = (at.payment, amount.minor());
            let path = format!("/v1/payments/{payment}/capture");
            let answer =
                self.post(&path, &format!("{payment}:capture:{minor}"), &json!({"amount_minor": minor})).await?;
            charged(&answer, "capture")
        })
    }

    fn void(&self, at: ChargeAt) -> Asking<'_, Charged> {
        Box::pin(async move {
            let payment = at.payment;
            let answer =
                self.post(&format!("/v1/payments/{payment}/void"), &format!("{payment}:void"), &json!({})).await?;
            charged(&answer, "void")
        })
    }

    fn refund(&self, refund: RefundId, at: ChargeAt, amount: Amount) -> Asking<'_, RefundState> {
        Box::pin(async move {
            if at.is_old(now_ms())
                && let Some(before) = self.look_up_refund(refund).await?
            {
                return Ok(before);
            }
            let body = json!({"refund": refund, "payment": at.payment, "amount_minor": amount.minor()});
            let answer = self.post("/v1/refunds", &refund.to_string(), &body).await?;
            match answer.status {
                StatusCode::OK => match answer.read::<SimRefund>()?.state() {
                    // A key's answer stays as it was; the refund goes on.
                    RefundState::Pending => Ok(self.look_up_refund(refund).await?.unwrap_or(RefundState::Pending)),
                    state => Ok(state),
                },
                StatusCode::CONFLICT if answer.read::<Refused>()?.charge.is_some() => Ok(RefundState::Refused),
                _ => answer.unclear("refund"),
            }
        })
    }

    fn look_up(&self, at: ChargeAt) -> Asking<'_, Option<Charged>> {
        Box::pin(async move {
            let answer = self.get(&format!("/v1/payments/{}", at.payment)).await?;
            if answer.status != StatusCode::OK {
                return answer.unclear("look up");
            }
            let Known { closed, charges } = answer.read()?;
            if charges.iter().filter(|charge| matches!(charge.state, State::Authorized | State::Captured)).count() > 1 {
                tracing::error!(payment = %at.payment, "the processor has more than one charge of this payment");
            }
            let of = |state| move |charge: &&SimCharge| charge.state == state;
            let taken = charges.iter().find(of(State::Captured));
            let charge = taken.or_else(|| charges.iter().find(of(State::Authorized))).or(charges.last());
            Ok(match charge {
                Some(charge) => Some(charge.charged()),
                None => closed.then_some(Charged { reference: None, state: ChargeState::Voided }),
            })
        })
    }

    fn read_event(&self, headers: &HeaderMap, body: &[u8], now_ms: i64) -> Result<ProcessorEvent, BadEvent> {
        let secret = self.webhook_secret.as_ref().ok_or(BadEvent::NotExpected)?;
        let key = secret.text().strip_prefix("whsec_").and_then(|key| STANDARD.decode(key).ok());
        let key = key.ok_or(BadEvent::NotExpected)?;
        let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).ok_or(BadEvent::Signature);
        let (id, time, signatures) =
            (header("webhook-id")?, header("webhook-timestamp")?, header("webhook-signature")?);
        // Several signatures are sent while a secret is changed.
        let genuine = signatures
            .split(' ')
            .filter_map(|one| STANDARD.decode(one.strip_prefix("v1,")?).ok())
            .any(|code| signed::is_sha256(&key, &[id.as_bytes(), b".", time.as_bytes(), b".", body], &code));
        if !genuine {
            return Err(BadEvent::Signature);
        }
        signed::check_time(time, now_ms)?;
        let event: Event = serde_json::from_slice(body).map_err(|_| BadEvent::NotAnEvent)?;
        Ok(ProcessorEvent { id: id.to_owned(), payment: event.data.payment.parse::<PaymentId>().ok() })
    }
}

/// A charge is in the answer, or in the refusal; anything else says nothing.
fn charged(answer: &Answer, call: &'static str) -> Result<Charged, Silent> {
    match answer.status {
        StatusCode::OK => Ok(answer.read::<SimCharge>()?.charged()),
        StatusCode::CONFLICT => match answer.read::<Refused>()?.charge {
            Some(charge) => Ok(charge.charged()),
            None => answer.unclear(call),
        },
        _ => answer.unclear(call),
    }
}

impl SimCharge {
    fn charged(&self) -> Charged {
        let auth_code = self.auth_code.clone();
        let state = match self.state {
            State::Authorized => ChargeState::Authorized { auth_code },
            State::Captured => ChargeState::Captured { auth_code, amount_minor: self.captured_minor },
            // An authorisation that ran out has let the money go.
            State::Voided | State::Expired => ChargeState::Voided,
            State::Declined => ChargeState::Declined {
                why: match self.decline {
                    Some(Why::InsufficientFunds) => Decline::InsufficientFunds,
                    Some(Why::Expired) => Decline::Expired,
                    Some(Why::AuthenticationRequired) => Decline::AuthenticationRequired,
                    Some(Why::Refused) | None => Decline::Refused,
                },
            },
        };
        Charged { reference: self.id.clone(), state }
    }
}

impl SimRefund {
    fn state(&self) -> RefundState {
        match self.state {
            Fate::Given => RefundState::Given,
            Fate::Pending => RefundState::Pending,
            Fate::Refused => RefundState::Refused,
        }
    }
}

#[cfg(test)]
mod tests;
