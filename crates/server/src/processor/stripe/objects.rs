//! What Stripe's answers hold, as far as it is needed.

use super::units_per_minor;
use crate::processor::{ChargeState, Charged, Decline, RefundState, Silent};
use handsel_api::{PaymentId, RefundId};
use handsel_ledger::Currency;
use serde::Deserialize;
use std::collections::HashMap;

/// Where our own name stands in an intent's metadata.
pub(super) const OURS: &str = "handsel_payment";
/// And in a refund's.
pub(super) const REFUND: &str = "handsel_refund";

type Metadata = HashMap<String, String>;

#[derive(Deserialize)]
pub(super) struct Intent {
    pub(super) id: String,
    pub(super) status: IntentStatus,
    pub(super) created: i64,
    currency: String,
    #[serde(default)]
    amount_received: Option<i64>,
    #[serde(default)]
    latest_charge: Option<Latest>,
    #[serde(default)]
    last_payment_error: Option<Error>,
    #[serde(default)]
    metadata: Metadata,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum IntentStatus {
    RequiresPaymentMethod,
    RequiresConfirmation,
    RequiresAction,
    Processing,
    RequiresCapture,
    Canceled,
    Succeeded,
}

/// Expanded, or only named.
#[derive(Deserialize)]
#[serde(untagged)]
enum Latest {
    Named(String),
    Whole(Box<Charge>),
}

#[derive(Deserialize)]
struct Charge {
    id: String,
    #[serde(default)]
    amount_captured: Option<i64>,
    #[serde(default)]
    amount: Option<i64>,
    #[serde(default)]
    amount_refunded: Option<i64>,
    #[serde(default)]
    authorization_code: Option<String>,
    #[serde(default)]
    payment_method_details: Option<Details>,
}

#[derive(Deserialize)]
struct Details {
    #[serde(default)]
    card: Option<CardDetails>,
}

#[derive(Deserialize)]
struct CardDetails {
    #[serde(default)]
    authorization_code: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct Failure {
    pub(super) error: Error,
}

#[derive(Deserialize)]
pub(super) struct Error {
    #[serde(rename = "type", default)]
    kind: Option<String>,
    #[serde(default)]
    code: Option<String>,
    #[serde(default)]
    decline_code: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct List<T> {
    pub(super) data: Vec<T>,
    #[serde(default)]
    pub(super) has_more: bool,
}

#[derive(Deserialize)]
pub(super) struct Refund {
    status: String,
    #[serde(default)]
    metadata: Metadata,
}

#[derive(Deserialize)]
pub(super) struct Event {
    pub(super) id: String,
    pub(super) data: EventData,
}

#[derive(Deserialize)]
pub(super) struct EventData {
    pub(super) object: EventObject,
}

#[derive(Deserialize)]
pub(super) struct EventObject {
    #[serde(default)]
    pub(super) metadata: Metadata,
}

impl Intent {
    pub(super) fn is_of(&self, payment: PaymentId) -> bool {
        self.metadata.get(OURS).is_some_and(|ours| *ours == payment.to_string())
    }

    /// Where the charge stands. What is under way is silence: it is looked up again.
    pub(super) fn charged(&self) -> Result<Charged, Silent> {
        let state = match self.status {
            IntentStatus::RequiresCapture => ChargeState::Authorized { auth_code: self.auth_code() },
            IntentStatus::Succeeded => ChargeState::Captured {
                auth_code: self.auth_code(),
                amount_minor: self.received_minor().ok_or(Silent)?,
            },
            IntentStatus::Canceled => ChargeState::Voided,
            IntentStatus::RequiresPaymentMethod => {
                ChargeState::Declined { why: self.last_payment_error.as_ref().map_or(Decline::Refused, Error::decline) }
            }
            IntentStatus::RequiresConfirmation | IntentStatus::RequiresAction | IntentStatus::Processing => {
                return Err(Silent);
            }
        };
        Ok(Charged { reference: Some(self.id.clone()), state })
    }

    /// The issuer's code, where there is one; else the end of the charge's name, by which Stripe finds it.
    fn auth_code(&self) -> String {
        let name = match &self.latest_charge {
            Some(Latest::Whole(charge)) => {
                let details = charge.payment_method_details.as_ref().and_then(|details| details.card.as_ref());
                let code = details.and_then(|card| card.authorization_code.as_ref());
                if let Some(code) = code.or(charge.authorization_code.as_ref()) {
                    return code.clone();
                }
                &charge.id
            }
            Some(Latest::Named(id)) => id,
            None => &self.id,
        };
        let start = name.char_indices().rev().nth(7).map_or(0, |(at, _)| at);
        name[start..].to_owned()
    }

    fn received_minor(&self) -> Option<i64> {
        let charge = match &self.latest_charge {
            Some(Latest::Whole(charge)) => charge.amount_captured.or_else(|| {
                // Before there was a field for it, what was not captured counted as given back.
                Some(charge.amount? - charge.amount_refunded.unwrap_or(0))
            }),
            _ => None,
        };
        let units = self.amount_received.or(charge)?;
        let currency = Currency::parse(&self.currency.to_ascii_uppercase())?;
        Some(units / units_per_minor(currency))
    }
}

impl Error {
    /// The key was used with other parameters before.
    pub(super) fn is_about_the_key(&self) -> bool {
        self.kind.as_deref() == Some("idempotency_error")
    }

    /// It will never be possible.
    pub(super) fn is_refusal(&self) -> bool {
        self.kind.as_deref() == Some("invalid_request_error")
    }

    fn decline(&self) -> Decline {
        match (self.code.as_deref(), self.decline_code.as_deref()) {
            (Some("expired_card"), _) | (_, Some("expired_card")) => Decline::Expired,
            (_, Some("insufficient_funds")) => Decline::InsufficientFunds,
            (Some("authentication_required"), _) | (_, Some("authentication_required")) => {
                Decline::AuthenticationRequired
            }
            _ => Decline::Refused,
        }
    }
}

impl Refund {
    pub(super) fn is_named(&self, refund: RefundId) -> bool {
        self.metadata.get(REFUND).is_some_and(|name| *name == refund.to_string())
    }

    pub(super) fn state(&self) -> RefundState {
        match self.status.as_str() {
            "succeeded" => RefundState::Given,
            "failed" | "canceled" => RefundState::Refused,
            _ => RefundState::Pending,
        }
    }
}
