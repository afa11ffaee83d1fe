//! Events: what happened, in the order it happened. An event holds no copy of anything: it shows the payment as it is when
//! the event is looked at or sent.

use crate::{
    EventId, MerchantId,
    payments::{Payment, PaymentStatus, Refund},
    scanners::ScannerAction,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

macro_rules! kinds {
    ($($(#[$doc:meta])* $name:ident $word:literal;)*) => {
        /// What can happen.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
        pub enum EventKind {
            $($(#[$doc])* #[serde(rename = $word)] $name,)*
        }

        impl EventKind {
            /// Every kind.
            pub const ALL: &[EventKind] = &[$(EventKind::$name),*];

            /// Its word, as it stands in JSON.
            pub fn word(self) -> &'static str {
                match self { $(EventKind::$name => $word,)* }
            }
        }
    };
}

kinds! {
    /// A till asked for an amount.
    PaymentCreated "payment.created";
    /// Probably recognised: one more proof decides.
    PaymentRequiresStepUp "payment.requires_step_up";
    /// Recognised: the shopper is asked for their yes.
    PaymentRequiresConfirmation "payment.requires_confirmation";
    /// The money is set aside and not yet taken.
    PaymentAuthorized "payment.authorized";
    /// Paid.
    PaymentCaptured "payment.captured";
    /// The card was refused; nothing was charged.
    PaymentDeclined "payment.declined";
    /// Given up; nothing was charged.
    PaymentCancelled "payment.cancelled";
    /// Nobody came in time; nothing was charged.
    PaymentExpired "payment.expired";
    /// The processor has not said yet whether it took the money. Do not ask the shopper to pay again.
    PaymentUnknown "payment.unknown";
    /// What was not known is known; the payment's status says what.
    PaymentResolved "payment.resolved";
    /// Whoever holds the receipt said that it wasn't them.
    PaymentDisputed "payment.disputed";
    /// Money was given back.
    RefundCreated "refund.created";
    /// A scanner's action ended.
    ScannerActionUpdated "scanner.action_updated";
}

impl EventKind {
    /// The kind that says that a payment has come to stand here; `None` where nobody waits to hear of it.
    pub fn of(status: PaymentStatus) -> Option<EventKind> {
        match status {
            PaymentStatus::RequiresPalm
            | PaymentStatus::Identifying
            | PaymentStatus::Processing
            | PaymentStatus::Accepted => None,
            PaymentStatus::RequiresStepUp => Some(EventKind::PaymentRequiresStepUp),
            PaymentStatus::RequiresConfirmation => Some(EventKind::PaymentRequiresConfirmation),
            PaymentStatus::Unknown => Some(EventKind::PaymentUnknown),
            PaymentStatus::Authorized => Some(EventKind::PaymentAuthorized),
            PaymentStatus::Captured => Some(EventKind::PaymentCaptured),
            PaymentStatus::Declined => Some(EventKind::PaymentDeclined),
            PaymentStatus::Cancelled => Some(EventKind::PaymentCancelled),
            PaymentStatus::Expired => Some(EventKind::PaymentExpired),
        }
    }
}

/// Something that happened. In this form it is listed, streamed and sent to webhooks (Standard Webhooks).
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Event {
    /// Its id, the same each time it is sent: who has seen it already lets it go.
    pub id: EventId,
    /// What happened.
    #[serde(rename = "type")]
    pub kind: EventKind,
    /// When, RFC 3339.
    pub timestamp: String,
    /// To whose payment.
    pub merchant: MerchantId,
    /// What it is about, as it is now.
    pub data: EventData,
}

/// What an event is about.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct EventData {
    /// The payment as it is now, without initials.
    pub payment: Payment,
    /// Of `refund.created`: the refund.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub refund: Option<Refund>,
    /// Of `scanner.action_updated`: the action.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub action: Option<ScannerAction>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_is_spelt_as_serde_spells_it() {
        for &kind in EventKind::ALL {
            assert_eq!(serde_json::to_value(kind).unwrap(), kind.word());
        }
    }
}
