//! The rules in memory: what the store must agree with.

use crate::{AccountId, Known, Outcome, Step, Transfer, TransferId, judge};
use std::collections::HashMap;

/// Every transfer there is, and what follows from them.
#[derive(Debug, Clone, Default)]
pub struct Book {
    transfers: HashMap<TransferId, Transfer>,
    resolved_by: HashMap<TransferId, TransferId>,
    refunded_minor: HashMap<TransferId, i64>,
    balances: HashMap<AccountId, Balance>,
}

/// What went through one account, in minor units. Sums only grow, except that a resolved hold leaves the pending ones.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Balance {
    /// Held to be taken.
    pub debits_pending: i128,
    /// Taken.
    pub debits_posted: i128,
    /// Held to be given.
    pub credits_pending: i128,
    /// Given.
    pub credits_posted: i128,
}

impl Book {
    /// An empty book.
    pub fn new() -> Book {
        Book::default()
    }

    /// Judges a transfer and, if it is new and allowed, writes it.
    pub fn apply(&mut self, new: Transfer) -> Outcome {
        let outcome = judge(&new, &self.known(&new));
        if outcome == Outcome::Created {
            self.write(new);
        }
        outcome
    }

    /// What went through an account.
    pub fn balance(&self, account: AccountId) -> Balance {
        self.balances.get(&account).copied().unwrap_or_default()
    }

    /// What went through all accounts together.
    pub fn total(&self) -> Balance {
        self.balances.values().fold(Balance::default(), |sum, one| Balance {
            debits_pending: sum.debits_pending + one.debits_pending,
            debits_posted: sum.debits_posted + one.debits_posted,
            credits_pending: sum.credits_pending + one.credits_pending,
            credits_posted: sum.credits_posted + one.credits_posted,
        })
    }

    /// A transfer by its id.
    pub fn get(&self, id: TransferId) -> Option<&Transfer> {
        self.transfers.get(&id)
    }

    /// What matters to a new transfer.
    pub fn known(&self, new: &Transfer) -> Known {
        let target = new.step.target();
        Known {
            same_id: self.transfers.get(&new.id).copied(),
            target: target.and_then(|id| self.transfers.get(&id).copied()),
            resolved_by: target.and_then(|id| self.resolved_by.get(&id).copied()),
            refunded_minor: target.and_then(|id| self.refunded_minor.get(&id).copied()).unwrap_or(0),
        }
    }

    fn write(&mut self, new: Transfer) {
        let minor = i128::from(new.amount.minor());
        match new.step {
            Step::Hold => self.move_pending(&new, minor),
            Step::Post { hold } | Step::Void { hold } => {
                if let Some(held) = self.transfers.get(&hold).copied() {
                    self.move_pending(&held, -i128::from(held.amount.minor()));
                }
                self.resolved_by.insert(hold, new.id);
                if matches!(new.step, Step::Post { .. }) {
                    self.move_posted(&new, minor);
                }
            }
            Step::Refund { post } => {
                *self.refunded_minor.entry(post).or_default() += new.amount.minor();
                self.move_posted(&new, minor);
            }
        }
        self.transfers.insert(new.id, new);
    }

    fn move_pending(&mut self, transfer: &Transfer, minor: i128) {
        self.balances.entry(transfer.debit).or_default().debits_pending += minor;
        self.balances.entry(transfer.credit).or_default().credits_pending += minor;
    }

    fn move_posted(&mut self, transfer: &Transfer, minor: i128) {
        self.balances.entry(transfer.debit).or_default().debits_posted += minor;
        self.balances.entry(transfer.credit).or_default().credits_posted += minor;
    }
}
