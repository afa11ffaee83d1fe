//! What stands on a receipt, line by line: one list that the page, the text and the PDF all print.

use super::super::words;
use handsel_api::{
    disputes::{DisputeParty, DisputeStatus},
    receipts::{Receipt, ReceiptDispute},
};

/// A receipt in the words people read.
pub(in crate::pages) struct Slip {
    pub(in crate::pages) merchant: String,
    pub(in crate::pages) site: String,
    /// With its zone: UTC.
    pub(in crate::pages) when: String,
    /// What was sold, added and given back.
    pub(in crate::pages) sums: Vec<Line>,
    /// What it comes to.
    pub(in crate::pages) total: Line,
    /// How it was paid.
    pub(in crate::pages) facts: Vec<Line>,
    /// What to quote.
    pub(in crate::pages) reference: String,
    /// What else there is to know.
    pub(in crate::pages) notes: Vec<String>,
}

/// A name and what stands beside it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::pages) struct Line {
    pub(in crate::pages) name: String,
    pub(in crate::pages) value: String,
}

/// What the letters are put on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::pages) enum On {
    /// A screen or a file with its own type: `€12.40`, `•• 4242`.
    Screen,
    /// A till's printer, which knows few signs: `EUR 12.40`, `**4242`.
    Till,
}

impl Slip {
    /// The lines of a receipt.
    pub(in crate::pages) fn of(receipt: &Receipt, on: On) -> Slip {
        let money = |minor| match on {
            On::Screen => words::money(minor, &receipt.currency),
            On::Till => format!("{} {}", receipt.currency, words::plain_money(minor, &receipt.currency)),
        };
        let less = |minor: i64| match on {
            On::Screen => money(-minor),
            On::Till => format!("-{}", money(minor)),
        };
        let mut sums = vec![line("Sale", money(receipt.amount_minor))];
        sums.extend(receipt.tip_minor.map(|tip| line("Tip", money(tip))));
        for refund in &receipt.refunds {
            let name = format!("Refund, {}", words::when(&refund.created_at));
            sums.push(line(&name, less(refund.amount_minor)));
        }
        let total = if receipt.refunds.is_empty() { "Paid" } else { "Remains" };
        let mut facts = vec![line("Paid by", words::means(receipt.means).to_owned())];
        facts.extend(receipt.credit_minor.map(|credit| line("Credit used", money(credit))));
        facts.extend(receipt.card.as_ref().map(|card| {
            let face = words::card(card);
            line("Card", if on == On::Till { face.replace("•• ", "**") } else { face })
        }));
        facts.push(line("Authorisation", receipt.auth_code.clone()));
        facts.extend(receipt.client_reference.as_ref().map(|number| line("Till number", number.clone())));
        let mut notes = vec!["Simulated card: no money moved.".to_owned()];
        notes.extend(receipt.dispute.as_ref().map(said));
        Slip {
            merchant: receipt.merchant.clone(),
            site: receipt.site.clone(),
            when: words::when(&receipt.paid_at),
            sums,
            total: line(total, money(receipt.remains_minor())),
            facts,
            reference: receipt.payment.to_string(),
            notes,
        }
    }
}

fn line(name: &str, value: String) -> Line {
    Line { name: name.to_owned(), value }
}

/// Where a dispute stands, in one sentence.
fn said(dispute: &ReceiptDispute) -> String {
    let opened = words::when(&dispute.opened_at);
    let closed = dispute.closed_at.as_deref().map(words::when).unwrap_or_default();
    let by = match dispute.opened_by {
        DisputeParty::Shopper => "by the shopper",
        DisputeParty::Processor => "by the card's issuer",
        DisputeParty::Operator => "by the operator",
    };
    match dispute.status {
        DisputeStatus::Open => format!("Disputed {by} on {opened}; not decided yet."),
        DisputeStatus::Won => format!("Disputed {by} on {opened}; decided on {closed}: the payment stands."),
        DisputeStatus::Lost => {
            format!("Disputed {by} on {opened}; decided on {closed}: the money goes back to the card.")
        }
        DisputeStatus::Withdrawn => format!("Disputed {by} on {opened}; taken back on {closed}."),
    }
}
