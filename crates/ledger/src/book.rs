//! The rules in memory: what the store must agree with.

use crate::{Account, AccountId, Balance, Known, Outcome, Step, Transfer, TransferId, judge};
use std::collections::HashMap;

/// Every account and every transfer there is, and what follows from them.
#[derive(Debug, Clone, Default)]
pub struct Book {
    accounts: HashMap<AccountId, Account>,
    transfers: HashMap<TransferId, Transfer>,
    resolved_by: HashMap<TransferId, TransferId>,
    refunded_minor: HashMap<TransferId, i64>,
    balances: HashMap<AccountId, Balance>,
}

impl Book {
    /// An empty book.
    pub fn new() -> Book {
        Book::default()
    }

    /// Opens an account. Once opened it stays as it is.
    pub fn open(&mut self, account: Account) {
        self.accounts.entry(account.id).or_insert(account);
    }

    /// Judges a transfer at a time and, if it is new and allowed, writes it.
    pub fn apply(&mut self, new: Transfer, now_ms: i64) -> Outcome {
        let outcome = judge(&new, &self.known(&new, now_ms));
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
        self.balances.values().fold(Balance::default(), |sum, one| sum + *one)
    }

    /// A transfer by its id.
    pub fn get(&self, id: TransferId) -> Option<&Transfer> {
        self.transfers.get(&id)
    }

    /// What matters to a new transfer at a time.
    pub fn known(&self, new: &Transfer, now_ms: i64) -> Known {
        let target = new.step.target();
        Known {
            now_ms,
            same_id: self.transfers.get(&new.id).copied(),
            debit: self.accounts.get(&new.debit).copied(),
            credit: self.accounts.get(&new.credit).copied(),
            debit_balance: self.balance(new.debit),
            target: target.and_then(|id| self.transfers.get(&id).copied()),
            resolved_by: target.and_then(|id| self.resolved_by.get(&id).copied()),
            refunded_minor: target.and_then(|id| self.refunded_minor.get(&id).copied()).unwrap_or(0),
        }
    }

    fn write(&mut self, new: Transfer) {
        let minor = i128::from(new.amount.minor());
        match new.step {
            Step::Move => self.move_posted(&new, minor),
            Step::Hold { .. } => self.move_pending(&new, minor),
            Step::Post { hold } | Step::Void { hold } | Step::Expire { hold } => {
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
