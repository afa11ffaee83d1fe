//! Codes, amounts and times in the words people read.

use crate::app::{Role, Ruling};
use handsel_api::{
    disputes::{DisputeParty, DisputeStatus},
    incidents::IncidentKind,
    payments::{Means, PaymentStatus},
    references::Hand,
    subjects::Card,
    transparency::{Part, RequestKind},
};
use handsel_ledger::Currency;

/// An amount with its currency: `€12.40`, `CHF 12.40`, `¥1,240`.
pub(super) fn money(minor: i64, currency: &str) -> String {
    let sign = if minor < 0 { "−" } else { "" };
    let number = decimal(minor, currency, true);
    let symbol = match currency {
        "EUR" => "€",
        "GBP" => "£",
        "USD" => "$",
        "JPY" => "¥",
        other => return format!("{sign}{other} {number}"),
    };
    format!("{sign}{symbol}{number}")
}

/// An amount's digits alone, as a form takes them: `1240.00`. Never below zero.
pub(super) fn plain_money(minor: i64, currency: &str) -> String {
    decimal(minor, currency, false)
}

/// Whole minor units from what somebody typed: digits, and after a point or comma at most the currency's own digits.
pub(super) fn read_money(text: &str, currency: &str) -> Option<i64> {
    let digits = digits(currency);
    let text = text.trim().replace(',', ".");
    let (whole, part) = text.split_once('.').unwrap_or((&text, ""));
    let numeric = |s: &str| s.bytes().all(|b| b.is_ascii_digit());
    if whole.is_empty() || !numeric(whole) || !numeric(part) || part.len() > digits {
        return None;
    }
    format!("{whole}{part:0<digits$}").parse().ok()
}

/// An amount's digits, without its sign.
fn decimal(minor: i64, currency: &str, grouped: bool) -> String {
    let digits = digits(currency);
    let unit = 10u64.pow(u32::try_from(digits).unwrap_or(0));
    let (whole, part) = (minor.unsigned_abs() / unit, minor.unsigned_abs() % unit);
    let whole = if grouped { group(whole) } else { whole.to_string() };
    if digits == 0 { whole } else { format!("{whole}.{part:0digits$}") }
}

fn group(number: u64) -> String {
    let text = number.to_string();
    let mut out = String::new();
    for (i, digit) in text.chars().enumerate() {
        if i > 0 && (text.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

fn digits(currency: &str) -> usize {
    Currency::parse(currency).map_or(2, |currency| usize::from(currency.digits()))
}

/// An RFC 3339 time in UTC as `23 Nov 2026, 04:13 UTC`; what is not one stays as it is.
pub(super) fn when(rfc3339: &str) -> String {
    const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let read = || {
        let month: usize = rfc3339.get(5..7)?.parse().ok()?;
        let day: u32 = rfc3339.get(8..10)?.parse().ok()?;
        let month = MONTHS.get(month.checked_sub(1)?)?;
        Some(format!("{day} {month} {}, {} UTC", rfc3339.get(..4)?, rfc3339.get(11..16)?))
    };
    read().unwrap_or_else(|| rfc3339.to_owned())
}

/// A day, `2026-11-23`, as `23 Nov 2026`; what is not one stays as it is.
pub(super) fn day(day: &str) -> String {
    let when = when(&format!("{day}T00:00:00Z"));
    when.split_once(',').map_or_else(|| day.to_owned(), |(date, _)| date.to_owned())
}

/// A card's face: `Visa •• 4242`.
pub(super) fn card(card: &Card) -> String {
    let brand = match card.brand.as_str() {
        "visa" => "Visa",
        "mastercard" => "Mastercard",
        other => other,
    };
    format!("{brand} •• {}", card.last4)
}

/// How it was paid.
pub(super) fn means(means: Means) -> &'static str {
    match means {
        Means::Palm => "Palm",
        Means::Card => "Card",
    }
}

/// Which hand.
pub(super) fn hand(hand: Hand) -> &'static str {
    match hand {
        Hand::Left => "Left",
        Hand::Right => "Right",
    }
}

/// Where a payment stands.
pub(super) fn status(status: PaymentStatus) -> &'static str {
    match status {
        PaymentStatus::RequiresPalm => "Waiting",
        PaymentStatus::Identifying => "Looking at a hand",
        PaymentStatus::RequiresStepUp => "Waiting for digits",
        PaymentStatus::RequiresConfirmation => "Waiting for a yes",
        PaymentStatus::Processing => "Being paid",
        PaymentStatus::Unknown => "Being found out",
        PaymentStatus::Authorized => "Set aside",
        PaymentStatus::Accepted => "Accepted offline",
        PaymentStatus::Captured => "Paid",
        PaymentStatus::Declined => "Card declined",
        PaymentStatus::Cancelled => "Cancelled",
        PaymentStatus::Expired => "Expired",
    }
}

/// Where a dispute stands.
pub(super) fn dispute(status: DisputeStatus) -> &'static str {
    match status {
        DisputeStatus::Open => "Disputed",
        DisputeStatus::Won => "Dispute won",
        DisputeStatus::Lost => "Money taken back",
        DisputeStatus::Withdrawn => "Dispute withdrawn",
    }
}

/// Who disputes.
pub(super) fn disputer(by: DisputeParty) -> &'static str {
    match by {
        DisputeParty::Shopper => "Shopper",
        DisputeParty::Processor => "Processor",
        DisputeParty::Operator => "Operator",
    }
}

/// What lowered a capture's quality.
pub(super) fn reason(code: &str) -> &str {
    match code {
        "no_hand" => "No hand",
        "several_hands" => "Several hands",
        "back_of_hand" => "Back of the hand",
        "cut_off" => "Cut off",
        "fingers_closed" => "Fingers closed",
        "too_far" => "Too far",
        "too_close" => "Too close",
        "too_dark" => "Too dark",
        "too_bright" => "Too bright",
        "blurred" => "Blurred",
        other => other,
    }
}

/// What a palm was read for, and what came of it.
pub(super) fn read(purpose: &str, outcome: &str) -> String {
    let purpose = match purpose {
        "payment" => "Payment",
        "entry" => "Entry",
        "age_check" => "Age",
        other => other,
    };
    let outcome = match outcome {
        "found" => "found",
        "nobody" => "nobody",
        "no_consent" => "no consent",
        "taken" => "enrolled already",
        "verified" => "compared with one’s own",
        "brought" => "the same as its owner brought",
        other => other,
    };
    format!("{purpose}: {outcome}")
}

/// What an authority came with.
pub(super) fn request_kind(kind: RequestKind) -> &'static str {
    match kind {
        RequestKind::Warrant => "Warrant",
        RequestKind::CourtOrder => "Order of a court",
        RequestKind::Subpoena => "Subpoena",
        RequestKind::Informal => "Question without an order",
    }
}

/// What may be given to an authority.
pub(super) fn part(part: Part) -> &'static str {
    match part {
        Part::Membership => "Since when they are enrolled",
        Part::Payments => "Their payments: when, where, how much",
        Part::Cards => "Their cards: brand and last digits",
    }
}

/// What was decided about a request of an authority.
pub(super) fn ruling(ruling: &Ruling) -> String {
    match ruling {
        Ruling::Refused => "Refused".to_owned(),
        Ruling::NothingHeld => "Answered that nothing is held".to_owned(),
        Ruling::Answered(parts) => {
            let parts: Vec<_> = parts.iter().map(|&one| part(one)).collect();
            format!("Given: {}", parts.join("; "))
        }
    }
}

/// What was done with a palm, as its owner reads it.
pub(super) fn used(kind: &str, outcome: Option<&str>) -> &'static str {
    match (kind, outcome) {
        ("enrol", _) => "A palm of yours was enrolled",
        ("match", Some("found")) => "Your palm was recognised",
        ("match", Some("probably")) => "Your palm was probably recognised, and one more proof asked for",
        ("match", Some("no_consent")) => "Your palm was shown for something you did not agree to, and nobody was told",
        ("match", Some("taken")) => "Somebody wanted to enrol a palm that is yours, and was refused",
        ("match", Some("verified")) => "Your palm was compared with the one you enrolled",
        ("match", Some("different")) => "Another hand was held against the palm that you carry, and refused",
        ("match", Some("carried")) => "Your palm was sent, sealed, to a store that may be cut off",
        ("step_up", Some("passed")) => "You gave one more proof",
        ("step_up", _) => "A proof of yours was asked for, and a wrong one given",
        ("held_palm", Some("given")) => "A palm of yours was sealed, and given to you to carry",
        ("held_palm", Some("wrong_pin")) => "Somebody showed the palm that you carry, and typed a wrong PIN",
        ("held_palm", Some("locked")) => "A palm that you carry was locked after too many failures",
        ("held_palm", Some("unlocked")) => "You unlocked a palm that you carry",
        ("held_palm", _) => "A palm that you carry was turned off",
        ("staff_access", _) => "The operator looked at your record",
        ("consent_given", _) => "You signed a consent",
        ("consent_withdrawn", _) => "You withdrew a consent",
        ("erasure", _) => "A palm of yours was deleted",
        _ => "Something else was done",
    }
}

/// A count and its word: `1 palm`, `2 palms`.
pub(super) fn counted(count: usize, one: &str) -> String {
    if count == 1 { format!("1 {one}") } else { format!("{count} {one}s") }
}

/// What was found amiss.
pub(super) fn incident(kind: IncidentKind) -> &'static str {
    match kind {
        IncidentKind::LogDamaged => "A file of the public log was missing or changed",
        IncidentKind::LogForked => "The public log was not the continuation of what it had been",
        IncidentKind::WitnessDisagrees => "A witness knew the public log otherwise",
        IncidentKind::PromiseBroken => "An entry that was acknowledged was not in the public log",
        IncidentKind::UnloggedRead => "Palms were compared and the public log did not say so",
        IncidentKind::RatesDrifted => "Palms were recognised worse than in the weeks before",
    }
}

/// A role's name, and what it may do.
pub(super) fn role(role: Role) -> (&'static str, &'static str) {
    match role {
        Role::Owner => ("Owner", "Does everything, and alone decides about staff, palm keys and legal holds."),
        Role::Manager => ("Manager", "Runs stores: sites, tills, refunds, disputes, credits."),
        Role::Support => ("Support", "Helps one person at a time, by their receipt. Sees no lists of people."),
        Role::Auditor => ("Auditor", "Reads settlements, disputes, holds and palm keys, and changes nothing."),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_follow_their_currency() {
        assert_eq!(money(1_240, "EUR"), "€12.40");
        assert_eq!(money(123_456_789, "CHF"), "CHF 1,234,567.89");
        assert_eq!(money(5, "USD"), "$0.05");
        assert_eq!(money(1_240, "JPY"), "¥1,240");
        assert_eq!(money(1_240, "KWD"), "KWD 1.240");
        assert_eq!(money(-320, "EUR"), "−€3.20");
        assert_eq!(money(-320, "CHF"), "−CHF 3.20");
        assert_eq!(plain_money(123_456, "EUR"), "1234.56");
    }

    #[test]
    fn a_typed_amount_is_exact_or_refused() {
        for (text, minor) in [("12.40", 1240), ("12,4", 1240), (" 12 ", 1200), ("0.05", 5), ("12.", 1200)] {
            assert_eq!(read_money(text, "EUR"), Some(minor), "{text}");
        }
        assert_eq!(read_money("1240", "JPY"), Some(1240));
        for text in ["", ".5", "1.234", "-1", "1e3", "1 000", "12.4.0", "€5", "99999999999999999999"] {
            assert_eq!(read_money(text, "EUR"), None, "{text}");
        }
        assert_eq!(read_money("1.5", "JPY"), None);
    }

    #[test]
    fn a_time_is_read_or_left_alone() {
        assert_eq!(when("2026-11-03T04:13:03.123Z"), "3 Nov 2026, 04:13 UTC");
        assert_eq!((day("2026-11-03"), day("soon")), ("3 Nov 2026".to_owned(), "soon".to_owned()));
        for odd in ["", "soon", "2026-13-03T04:13:03Z", "2026-00-03T04:13:03Z", "2026-1é-03"] {
            assert_eq!(when(odd), odd);
        }
    }
}
