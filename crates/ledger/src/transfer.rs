//! Transfers: money going from one account to another.

use crate::{AccountId, Amount, name};

/// Names one transfer. Made by whoever asks for it, from what it is for: asking again names the same transfer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TransferId(pub u128);

/// Money going from one account to another. Never changes once it is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Transfer {
    /// Its name.
    pub id: TransferId,
    /// In one step, or a step of several.
    pub step: Step,
    /// The account it is taken from.
    pub debit: AccountId,
    /// The account it is given to; another one.
    pub credit: AccountId,
    /// How much.
    pub amount: Amount,
}

/// What a transfer does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Step {
    /// Moves money at once.
    Move,
    /// Sets money aside; moves none.
    Hold {
        /// From when on it may be let go as expired, in milliseconds since 1970; `None`: never.
        expires_ms: Option<i64>,
    },
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
    /// Lets all of a hold's money go because its time is over. Same accounts and amount as the hold.
    Expire {
        /// Which hold.
        hold: TransferId,
    },
    /// Gives back a part or all of what was posted. The post's accounts, the other way round.
    Refund {
        /// Which post.
        post: TransferId,
    },
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
            Step::Move | Step::Hold { .. } => None,
            Step::Post { hold } | Step::Void { hold } | Step::Expire { hold } => Some(hold),
            Step::Refund { post } => Some(post),
        }
    }

    /// When a hold may expire.
    pub fn expires_ms(self) -> Option<i64> {
        match self {
            Step::Hold { expires_ms } => expires_ms,
            _ => None,
        }
    }

    /// Whether this step ends a hold.
    pub fn resolves(self) -> bool {
        matches!(self, Step::Post { .. } | Step::Void { .. } | Step::Expire { .. })
    }

    /// The lower-case English word used in SQL and in logs.
    pub fn as_str(self) -> &'static str {
        match self {
            Step::Move => "move",
            Step::Hold { .. } => "hold",
            Step::Post { .. } => "post",
            Step::Void { .. } => "void",
            Step::Expire { .. } => "expire",
            Step::Refund { .. } => "refund",
        }
    }

    /// Puts a step together from its word, its target and its time; `None` when they do not fit.
    pub fn from_parts(word: &str, target: Option<TransferId>, expires_ms: Option<i64>) -> Option<Step> {
        match (word, target, expires_ms) {
            ("move", None, None) => Some(Step::Move),
            ("hold", None, expires_ms) => Some(Step::Hold { expires_ms }),
            ("post", Some(hold), None) => Some(Step::Post { hold }),
            ("void", Some(hold), None) => Some(Step::Void { hold }),
            ("expire", Some(hold), None) => Some(Step::Expire { hold }),
            ("refund", Some(post), None) => Some(Step::Refund { post }),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_the_same_every_time_and_differ_by_what_they_name() {
        assert_eq!(TransferId::of(1, "hold"), TransferId::of(1, "hold"));
        assert_ne!(TransferId::of(1, "hold"), TransferId::of(1, "capture"));
        assert_ne!(TransferId::of(1, "hold"), TransferId::of(2, "hold"));
    }

    #[test]
    fn steps_survive_their_parts() {
        let id = TransferId(5);
        for step in [
            Step::Move,
            Step::Hold { expires_ms: None },
            Step::Hold { expires_ms: Some(7) },
            Step::Post { hold: id },
            Step::Void { hold: id },
            Step::Expire { hold: id },
            Step::Refund { post: id },
        ] {
            assert_eq!(Step::from_parts(step.as_str(), step.target(), step.expires_ms()), Some(step));
        }
        assert_eq!(Step::from_parts("post", None, None), None);
        assert_eq!(Step::from_parts("hold", Some(id), None), None);
        assert_eq!(Step::from_parts("void", Some(id), Some(1)), None);
    }
}
