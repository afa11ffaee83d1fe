//! The processor: whoever moves real money. Everything is asked under the payment's own id, so asking twice is the same as
//! asking once, and what was asked can be looked up.

pub(crate) mod line;
pub(crate) mod sim;

use handsel_api::{
    PaymentId, RefundId,
    subjects::{Card, SandboxCard},
};
use handsel_ledger::Amount;
use std::{fmt, future::Future, pin::Pin};

/// What a processor's answer comes in.
pub(crate) type Asking<'a, T> = Pin<Box<dyn Future<Output = Result<T, Silent>> + Send + 'a>>;

/// Nothing came back, or nothing that says how it ended: the processor may or may not have done it. Look the charge up before anything else.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the processor did not answer")]
pub(crate) struct Silent;

/// A processor's own name for a card. Never a card number. No readable `Debug`.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct CardToken(pub(crate) String);

/// A charge to be made.
#[derive(Clone)]
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
    /// When it was first asked for: a processor forgets idempotency keys after about a day (then look it up by the payment's id instead of sending again).
    pub(crate) asked_ms: i64,
}

/// Where a charge stands at the processor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Charged {
    /// The processor's own name for it.
    pub(crate) reference: Option<String>,
    pub(crate) state: ChargeState,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ChargeState {
    Authorized {
        auth_code: String,
    },
    /// Taken, all or a part.
    Captured {
        auth_code: String,
        amount_minor: i64,
    },
    Declined {
        why: Decline,
    },
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
    Given,
    /// Under way; ask again.
    Pending,
    /// Never will be; somebody must look.
    Refused,
}

/// Moves money.
pub(crate) trait Processor: Send + Sync {
    /// `sim`, `stripe`, `hyperswitch`: in the store, in logs.
    fn name(&self) -> &'static str;
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
}

impl fmt::Debug for CardToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CardToken(…)")
    }
}

/// A sandbox card's face.
pub(crate) fn face(card: SandboxCard) -> Card {
    let (brand, last4) = match card {
        SandboxCard::VisaApproved => ("visa", "4242"),
        SandboxCard::MastercardApproved => ("mastercard", "4444"),
        SandboxCard::VisaDeclined => ("visa", "0002"),
    };
    Card { brand: brand.to_owned(), last4: last4.to_owned() }
}

/// The simulated processor's name for a sandbox card.
pub(crate) fn token(card: SandboxCard) -> CardToken {
    CardToken(
        match card {
            SandboxCard::VisaApproved => "card_visa_approved",
            SandboxCard::MastercardApproved => "card_mastercard_approved",
            SandboxCard::VisaDeclined => "card_visa_declined",
        }
        .to_owned(),
    )
}
