//! The processor: whoever moves real money. A charge is asked for under the payment's own id, so asking twice is the same
//! as asking once; what came back unclear is looked up. Each driver speaks to one kind of processor over HTTP.

pub(crate) mod breaker;
mod hyperswitch;
#[cfg(test)]
mod recorded;
#[cfg(test)]
pub(crate) mod rehearsal;
mod signed;
mod sim;
mod stripe;
mod wire;

pub(crate) use signed::BadEvent;

use crate::config::ProcessorConfig;
use axum::http::HeaderMap;
use handsel_api::{
    CardSetupId, PaymentId, RefundId,
    subjects::{Card, SandboxCard},
};
use handsel_ledger::Amount;
use std::{fmt, future::Future, pin::Pin};

/// What a processor's answer comes in.
pub(crate) type Asking<'a, T> = Pin<Box<dyn Future<Output = Result<T, Silent>> + Send + 'a>>;

/// Nothing came back, or nothing that says how it ended: the processor may or may not have done it. Look the charge up
/// before anything else.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the processor did not answer")]
pub(crate) struct Silent;

/// A processor's own name for a card. Never a card number. No readable `Debug`.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct CardToken(pub(crate) String);

/// A card that a shopper linked on the processor's own page.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct LinkedCard {
    pub(crate) token: CardToken,
    /// What may stand on a receipt.
    pub(crate) face: Card,
    /// The same for the same card, whoever links it; another at another processor.
    pub(crate) fingerprint: String,
}

/// A page of the processor's own where a shopper names a card.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SetupStarted {
    /// The processor's own name for it.
    pub(crate) reference: String,
    /// Where the shopper's browser goes.
    pub(crate) redirect_url: String,
}

/// A charge to be made.
#[derive(Debug, Clone)]
pub(crate) struct Charge {
    pub(crate) payment: PaymentId,
    pub(crate) amount: Amount,
    pub(crate) card: CardToken,
    pub(crate) take: Take,
}

/// When the money is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Take {
    /// With the authorisation, in one request.
    Now,
    /// Later, by [`Processor::capture`].
    Later,
}

/// A charge as both sides name it.
#[derive(Debug, Clone)]
pub(crate) struct ChargeAt {
    pub(crate) payment: PaymentId,
    /// The processor's own name for it, once it is known.
    pub(crate) reference: Option<String>,
    /// When it was first asked for: a processor forgets idempotency keys after about a day, so what is older is looked up by
    /// the payment's id instead of being sent again.
    pub(crate) asked_ms: i64,
}

/// Where a charge stands at the processor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Charged {
    /// The processor's own name for it.
    pub(crate) reference: Option<String>,
    pub(crate) state: ChargeState,
}

/// How far a charge has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ChargeState {
    /// The card's money is set aside.
    Authorized {
        /// What stands on the receipt.
        auth_code: String,
    },
    /// Taken, all or a part.
    Captured {
        /// What stands on the receipt.
        auth_code: String,
        amount_minor: i64,
    },
    /// The card was refused.
    Declined { why: Decline },
    /// Let go; the same payment cannot be charged any more.
    Voided,
}

/// Why a card was refused, as far as a shopper may know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Decline {
    Refused,
    InsufficientFunds,
    Expired,
    AuthenticationRequired,
}

/// What became of a refund.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RefundState {
    /// It is done.
    Given,
    /// It is under way; ask again.
    Pending,
    /// It never will be; somebody must look.
    Refused,
}

/// What a processor told by itself. Only a reason to look the payment up: what else it says is not believed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ProcessorEvent {
    /// The processor's own name for it; the same when it is told again.
    pub(crate) id: String,
    /// The payment it is about, if it is about one of ours.
    pub(crate) payment: Option<PaymentId>,
}

/// Moves money.
pub(crate) trait Processor: Send + Sync {
    /// Whether no real money moves; keys are for the one or the other.
    fn is_simulated(&self) -> bool {
        self.name() == "sim"
    }
    /// `sim`, `stripe`, `hyperswitch`: in the store, in logs.
    fn name(&self) -> &'static str;
    /// Opens a page of the processor's own where the shopper names a card; afterwards the browser comes back to
    /// `return_url`.
    fn start_setup(&self, setup: CardSetupId, return_url: String) -> Asking<'_, SetupStarted>;
    /// The card named there; `None` while none is.
    fn look_up_setup(&self, reference: String) -> Asking<'_, Option<LinkedCard>>;
    /// Sets a card's money aside or takes it; the same payment again gets the same answer.
    fn charge(&self, charge: Charge) -> Asking<'_, Charged>;
    /// Takes what was authorised, all or a part; the rest is let go.
    fn capture(&self, at: ChargeAt, amount: Amount) -> Asking<'_, Charged>;
    /// Lets an authorisation go. A payment never seen is closed too, so that a late charge cannot take it.
    fn void(&self, at: ChargeAt) -> Asking<'_, Charged>;
    /// Gives captured money back; the same refund again gives nothing more.
    fn refund(&self, refund: RefundId, at: ChargeAt, amount: Amount) -> Asking<'_, RefundState>;
    /// Where a charge stands; `None` when it was never asked for.
    fn look_up(&self, at: ChargeAt) -> Asking<'_, Option<Charged>>;
    /// Reads what the processor tells by itself, and believes only its own signature.
    ///
    /// # Errors
    /// [`BadEvent`].
    fn read_event(&self, _headers: &HeaderMap, _body: &[u8], _now_ms: i64) -> Result<ProcessorEvent, BadEvent> {
        Err(BadEvent::NotExpected)
    }
}

/// The processor that the configuration names.
pub(crate) fn driver(config: &ProcessorConfig) -> Box<dyn Processor> {
    match config {
        ProcessorConfig::Sim { url, webhook_secret } => Box::new(sim::Sim::new(url, webhook_secret.clone())),
        ProcessorConfig::Stripe { url, secret_key, webhook_secret } => {
            Box::new(stripe::Stripe::new(url, secret_key.clone(), webhook_secret.clone()))
        }
        ProcessorConfig::Hyperswitch { url, secret_key, webhook_secret } => {
            Box::new(hyperswitch::Hyperswitch::new(url, secret_key.clone(), webhook_secret.clone()))
        }
    }
}

/// For how long an idempotency key can be relied on: processors forget them after a day at the earliest.
const KEYS_HOLD_MS: i64 = 23 * 60 * 60 * 1000;

impl ChargeAt {
    /// Whether the processor may have forgotten the keys it was asked under.
    pub(crate) fn is_old(&self, now_ms: i64) -> bool {
        now_ms.saturating_sub(self.asked_ms) >= KEYS_HOLD_MS
    }
}

impl fmt::Debug for LinkedCard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LinkedCard").field("face", &self.face).finish_non_exhaustive()
    }
}

impl fmt::Debug for CardToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CardToken(…)")
    }
}

/// A sandbox card, as the simulated processor has it.
pub(crate) fn sandbox(card: SandboxCard) -> LinkedCard {
    let (token, brand, last4) = match card {
        SandboxCard::VisaApproved => ("card_visa_approved", "visa", "4242"),
        SandboxCard::MastercardApproved => ("card_mastercard_approved", "mastercard", "4444"),
        SandboxCard::VisaDeclined => ("card_visa_declined", "visa", "0002"),
    };
    LinkedCard {
        token: CardToken(token.to_owned()),
        face: Card { brand: brand.to_owned(), last4: last4.to_owned() },
        fingerprint: last4.to_owned(),
    }
}
