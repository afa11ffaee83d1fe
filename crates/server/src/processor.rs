//! The processor: whoever moves real money. Everything is asked under the payment's own id, so asking twice is the same as
//! asking once.

pub(crate) mod sim;

use handsel_api::{
    PaymentId, RefundId,
    subjects::{Card, SandboxCard},
};
use handsel_ledger::Amount;
use std::{future::Future, pin::Pin};

/// What a processor's answer comes in.
pub(crate) type Asking<'a, T> = Pin<Box<dyn Future<Output = Result<T, Silent>> + Send + 'a>>;

/// Nothing came back: the processor may or may not have done it. Look the payment up before doing anything else.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the processor did not answer")]
pub(crate) struct Silent;

/// A charge to be authorised.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Charge {
    pub(crate) payment: PaymentId,
    pub(crate) amount: Amount,
    pub(crate) card: SandboxCard,
}

/// Where a charge stands at the processor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ChargeState {
    /// The card's money is set aside.
    Authorized {
        /// What stands on the receipt.
        auth_code: String,
    },
    /// The card's money is taken.
    Captured {
        /// What stands on the receipt.
        auth_code: String,
    },
    /// The card was refused.
    Declined,
    /// Let go; the same id cannot be charged any more.
    Voided,
}

/// Moves money.
pub(crate) trait Processor: Send + Sync {
    /// Whether no real money moves; keys are for the one or the other.
    fn is_simulated(&self) -> bool;
    /// Sets a card's money aside; the same payment again gets the same answer.
    fn authorize(&self, charge: Charge) -> Asking<'_, ChargeState>;
    /// Takes what was authorised.
    fn capture(&self, payment: PaymentId) -> Asking<'_, ChargeState>;
    /// Lets an authorisation go. An id never seen is closed too, so that a late authorisation cannot charge it.
    fn void(&self, payment: PaymentId) -> Asking<'_, ChargeState>;
    /// Gives captured money back; the same refund again gives nothing more.
    fn refund(&self, refund: RefundId, payment: PaymentId, amount: Amount) -> Asking<'_, ()>;
    /// Where a charge stands; `None` when it was never asked for.
    fn look_up(&self, payment: PaymentId) -> Asking<'_, Option<ChargeState>>;
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

/// The sandbox card with this face.
pub(crate) fn card_with_face(wanted: &Card) -> Option<SandboxCard> {
    let all = [SandboxCard::VisaApproved, SandboxCard::MastercardApproved, SandboxCard::VisaDeclined];
    all.into_iter().find(|&card| face(card) == *wanted)
}
