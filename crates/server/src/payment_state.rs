//! Where a payment can go from where it stands.

use handsel_api::payments::PaymentStatus::{self, *};

/// What can happen to a payment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Event {
    /// A search found one person.
    Recognised,
    /// A search found one person probably, and there is a further proof to ask for.
    Unsure,
    /// A search found nobody, or the proofs asked for are used up.
    Nobody,
    /// The further proof fits.
    ProofFits,
    /// The shopper said yes.
    Confirm,
    /// A card was held to the terminal.
    CardShown,
    /// The processor set the money aside.
    SetAside,
    /// The till wants the money that was set aside.
    Capture,
    /// The till does not want it.
    Release,
    /// The processor took the money.
    Taken,
    /// The processor refused the card.
    Refused,
    /// The processor let the money go, or never had it.
    LetGo,
    /// The processor did not answer.
    Silence,
    /// The time for capturing is over, and the processor let the money go.
    HoldOver,
    /// The till or the shopper gave up.
    GiveUp,
    /// Nobody came in time.
    TimeOut,
}

/// Where a payment goes; `None` when that cannot happen there. Whatever is not written here cannot happen.
pub(crate) fn next(from: PaymentStatus, event: Event) -> Option<PaymentStatus> {
    Some(match (from, event) {
        (RequiresPalm | RequiresStepUp | RequiresConfirmation, Event::Recognised) => RequiresConfirmation,
        (RequiresPalm | RequiresStepUp | RequiresConfirmation, Event::Unsure) => RequiresStepUp,
        (RequiresPalm | RequiresStepUp | RequiresConfirmation, Event::Nobody) => RequiresPalm,
        (RequiresStepUp, Event::ProofFits) => RequiresConfirmation,
        (RequiresConfirmation, Event::Confirm) => Processing,
        (RequiresPalm | RequiresStepUp | RequiresConfirmation, Event::CardShown) => Processing,
        (RequiresPalm | RequiresStepUp | RequiresConfirmation, Event::GiveUp) => Cancelled,
        (RequiresPalm | RequiresStepUp | RequiresConfirmation, Event::TimeOut) => Expired,
        (Authorized, Event::Capture | Event::Release) => Processing,
        (Processing | Unknown, Event::Silence) => Unknown,
        (Processing | Unknown, Event::SetAside) => Authorized,
        (Processing | Unknown, Event::Taken) => Captured,
        (Processing | Unknown, Event::Refused) => Declined,
        (Processing | Unknown, Event::LetGo) => Cancelled,
        (Processing | Unknown | Authorized, Event::HoldOver) => Expired,
        _ => return None,
    })
}

/// Every place a payment can stand in the store. `Identifying` is none: it is where a payment seems to stand while this
/// process looks at a hand.
pub(crate) const EVERY: [PaymentStatus; 10] = [
    RequiresPalm,
    RequiresStepUp,
    RequiresConfirmation,
    Processing,
    Unknown,
    Authorized,
    Captured,
    Declined,
    Cancelled,
    Expired,
];

#[cfg(test)]
mod tests {
    use super::*;

    const EVENTS: [Event; 16] = [
        Event::Recognised,
        Event::Unsure,
        Event::Nobody,
        Event::ProofFits,
        Event::Confirm,
        Event::CardShown,
        Event::SetAside,
        Event::Capture,
        Event::Release,
        Event::Taken,
        Event::Refused,
        Event::LetGo,
        Event::Silence,
        Event::HoldOver,
        Event::GiveUp,
        Event::TimeOut,
    ];

    #[test]
    fn what_is_over_stays_over_and_money_moves_only_through_the_processor() {
        for from in EVERY {
            for event in EVENTS {
                let to = next(from, event);
                if matches!(from, Captured | Declined | Cancelled | Expired) {
                    assert_eq!(to, None, "{from:?} {event:?}");
                }
                if matches!(to, Some(Captured | Declined | Authorized)) {
                    assert!(matches!(from, Processing | Unknown), "{from:?} {event:?}");
                }
                if to == Some(Processing) && event == Event::Confirm {
                    assert_eq!(from, RequiresConfirmation, "nobody pays by palm without being recognised");
                }
                if from == Unknown {
                    assert_ne!(to, Some(Processing), "what is unknown is looked up, not charged again");
                }
            }
        }
    }

    #[test]
    fn every_place_can_be_reached() {
        let mut reached = vec![RequiresPalm];
        while let Some(new) = reached
            .iter()
            .flat_map(|&from| EVENTS.map(|event| next(from, event)))
            .flatten()
            .find(|to| !reached.contains(to))
        {
            reached.push(new);
        }
        assert!(EVERY.iter().all(|status| reached.contains(status)));
    }
}
