//! Accounts and transfers.

use crate::{Amount, Currency};
use sha2::{Digest, Sha256};

/// Names one account. Made from what the account stands for, so it needs no table to be found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct AccountId(pub u128);

/// Names one transfer. Made by whoever asks for it, from what it is for: asking again names the same transfer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TransferId(pub u128);

/// Money going from one account to another, in one step of a payment. Never changes once it is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Transfer {
    /// Its name.
    pub id: TransferId,
    /// Which step of a payment it is.
    pub step: Step,
    /// The account it is taken from.
    pub debit: AccountId,
    /// The account it is given to; another one.
    pub credit: AccountId,
    /// How much.
    pub amount: Amount,
}

/// A step of a payment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Step {
    /// Sets money aside; moves none.
    Hold,
    /// Takes a hold's money, all or a part; what is left is let go. Same accounts as the hold.
    Post {
        /// Which hold.
        hold: TransferId,
    },
    /// Lets all of a hold's money go. Same accounts and amount as the hold.
    Void {
        /// Which hold.
        hold: TransferId,
    },
    /// Gives back a part or all of what was posted. The post's accounts, the other way round.
    Refund {
        /// Which post.
        post: TransferId,
    },
}

impl AccountId {
    /// What the processor owes this operator, in one currency.
    pub fn clearing(currency: Currency) -> AccountId {
        AccountId(name(&[b"clearing", currency.code().as_bytes()]))
    }

    /// What this operator owes a merchant, in one currency.
    pub fn merchant(merchant: u128, currency: Currency) -> AccountId {
        AccountId(name(&[b"merchant", &merchant.to_be_bytes(), currency.code().as_bytes()]))
    }
}

impl TransferId {
    /// The transfer of this kind that belongs to the payment or refund `of`.
    pub fn of(of: u128, kind: &str) -> TransferId {
        TransferId(name(&[b"transfer", &of.to_be_bytes(), kind.as_bytes()]))
    }
}

impl Step {
    /// The transfer this step builds on.
    pub fn target(self) -> Option<TransferId> {
        match self {
            Step::Hold => None,
            Step::Post { hold } | Step::Void { hold } => Some(hold),
            Step::Refund { post } => Some(post),
        }
    }

    /// The lower-case English word used in SQL and in logs.
    pub fn as_str(self) -> &'static str {
        match self {
            Step::Hold => "hold",
            Step::Post { .. } => "post",
            Step::Void { .. } => "void",
            Step::Refund { .. } => "refund",
        }
    }

    /// Puts a step together from its word and its target; `None` when they do not fit.
    pub fn from_parts(word: &str, target: Option<TransferId>) -> Option<Step> {
        match (word, target) {
            ("hold", None) => Some(Step::Hold),
            ("post", Some(hold)) => Some(Step::Post { hold }),
            ("void", Some(hold)) => Some(Step::Void { hold }),
            ("refund", Some(post)) => Some(Step::Refund { post }),
            _ => None,
        }
    }
}

/// The first 128 bits of the SHA-256 of the parts, each behind its length so that no two lists of parts run together.
fn name(parts: &[&[u8]]) -> u128 {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    let digest: [u8; 32] = hash.finalize().into();
    digest[..16].iter().fold(0, |id, &byte| (id << 8) | u128::from(byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_the_same_every_time_and_differ_by_what_they_name() {
        assert_eq!(TransferId::of(1, "hold"), TransferId::of(1, "hold"));
        assert_ne!(TransferId::of(1, "hold"), TransferId::of(1, "capture"));
        assert_ne!(TransferId::of(1, "hold"), TransferId::of(2, "hold"));
        let (eur, usd) = (Currency::parse("EUR").unwrap(), Currency::parse("USD").unwrap());
        assert_ne!(AccountId::merchant(1, eur), AccountId::merchant(1, usd));
        assert_ne!(AccountId::clearing(eur), AccountId::clearing(usd));
    }

    #[test]
    fn steps_survive_their_parts() {
        let id = TransferId(5);
        for step in [Step::Hold, Step::Post { hold: id }, Step::Void { hold: id }, Step::Refund { post: id }] {
            assert_eq!(Step::from_parts(step.as_str(), step.target()), Some(step));
        }
        assert_eq!(Step::from_parts("post", None), None);
        assert_eq!(Step::from_parts("hold", Some(id)), None);
    }
}
