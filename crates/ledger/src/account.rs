//! Accounts: what money comes from and goes to.

use crate::{Currency, name};

/// Names one account. Made from what the account stands for, so it can be found without being looked up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct AccountId(pub u128);

/// One account. It has to be opened before anything goes through it, and never changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Account {
    /// Its name.
    pub id: AccountId,
    /// The only currency that goes through it.
    pub currency: Currency,
    /// What must hold of its sums.
    pub rule: Rule,
}

/// What must hold of an account's sums.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Rule {
    /// Nothing.
    Free,
    /// What was taken and what is held to be taken never exceed what was given: nobody spends what they do not have.
    DebitsWithinCredits,
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

impl Account {
    /// What the processor owes this operator.
    pub fn clearing(currency: Currency) -> Account {
        Account::free(name(&[b"clearing", currency.code().as_bytes()]), currency)
    }

    /// What this operator owes a merchant.
    pub fn merchant(merchant: u128, currency: Currency) -> Account {
        Account::free(name(&[b"merchant", &merchant.to_be_bytes(), currency.code().as_bytes()]), currency)
    }

    /// What this operator gave away as credits; they come out of here.
    pub fn promotion(currency: Currency) -> Account {
        Account::free(name(&[b"promotion", currency.code().as_bytes()]), currency)
    }

    /// What somebody may spend without a card. Never below nothing.
    pub fn credit(subject: u128, currency: Currency) -> Account {
        let id = AccountId(name(&[b"credit", &subject.to_be_bytes(), currency.code().as_bytes()]));
        Account { id, currency, rule: Rule::DebitsWithinCredits }
    }

    fn free(id: u128, currency: Currency) -> Account {
        Account { id: AccountId(id), currency, rule: Rule::Free }
    }
}

impl Rule {
    /// The lower-case English word used in SQL.
    pub fn as_str(self) -> &'static str {
        match self {
            Rule::Free => "free",
            Rule::DebitsWithinCredits => "debits_within_credits",
        }
    }

    /// The rule a word stands for.
    pub fn parse(word: &str) -> Option<Rule> {
        [Rule::Free, Rule::DebitsWithinCredits].into_iter().find(|rule| rule.as_str() == word)
    }
}

impl Balance {
    /// What is left to take where [`Rule::DebitsWithinCredits`] holds.
    pub fn available(&self) -> i128 {
        self.credits_posted - self.debits_posted - self.debits_pending
    }
}

impl std::ops::Add for Balance {
    type Output = Balance;

    fn add(self, other: Balance) -> Balance {
        Balance {
            debits_pending: self.debits_pending + other.debits_pending,
            debits_posted: self.debits_posted + other.debits_posted,
            credits_pending: self.credits_pending + other.credits_pending,
            credits_posted: self.credits_posted + other.credits_posted,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_differ_by_what_they_name() {
        let (eur, usd) = (Currency::parse("EUR").unwrap(), Currency::parse("USD").unwrap());
        assert_eq!(Account::merchant(1, eur), Account::merchant(1, eur));
        let ids = [
            Account::merchant(1, eur),
            Account::merchant(1, usd),
            Account::merchant(2, eur),
            Account::credit(1, eur),
            Account::clearing(eur),
            Account::clearing(usd),
            Account::promotion(eur),
        ];
        for (at, one) in ids.iter().enumerate() {
            assert!(ids[..at].iter().all(|other| other.id != one.id));
        }
    }

    #[test]
    fn rules_read_back() {
        for rule in [Rule::Free, Rule::DebitsWithinCredits] {
            assert_eq!(Rule::parse(rule.as_str()), Some(rule));
        }
        assert_eq!(Rule::parse("none"), None);
    }
}
