//! The rule book: from what is known to what becomes of a new transfer.

use crate::{Account, Balance, Rule, Step, Transfer, TransferId};

/// Everything that matters to one new transfer. Whoever asks looks these up, all at one moment.
#[derive(Debug, Clone, Copy, Default)]
pub struct Known {
    /// The time, in milliseconds since 1970.
    pub now_ms: i64,
    /// The transfer that already has this id.
    pub same_id: Option<Transfer>,
    /// The account it is taken from.
    pub debit: Option<Account>,
    /// The account it is given to.
    pub credit: Option<Account>,
    /// What went through the account it is taken from; only asked for where a rule holds there.
    pub debit_balance: Balance,
    /// The transfer that [`Step::target`] names.
    pub target: Option<Transfer>,
    /// What resolved the target already, where that is a hold.
    pub resolved_by: Option<TransferId>,
    /// How much of the target was given back already, in minor units, where that is a post.
    pub refunded_minor: i64,
}

/// What becomes of a new transfer. Only [`Outcome::Created`] changes anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It is new and allowed: write it.
    Created,
    /// It was written before, exactly so: a retry.
    Exists,
    /// This id was used for another step.
    ExistsWithDifferentStep,
    /// This id was used for another hold or post.
    ExistsWithDifferentTarget,
    /// This id was used for a hold that expires at another time.
    ExistsWithDifferentExpiry,
    /// This id was used from another account.
    ExistsWithDifferentDebit,
    /// This id was used to another account.
    ExistsWithDifferentCredit,
    /// This id was used in another currency.
    ExistsWithDifferentCurrency,
    /// This id was used for another amount.
    ExistsWithDifferentAmount,
    /// Debit and credit are one account.
    SameAccount,
    /// An account was never opened.
    AccountNotFound,
    /// The hold or post it builds on is not there.
    TargetNotFound,
    /// What it builds on is not a hold (for post, void and expire) or not a post (for refund).
    TargetOfAnotherKind,
    /// Its accounts are not those of what it builds on.
    AccountsDiffer,
    /// Its currency is not that of its accounts, or of what it builds on.
    CurrencyDiffers,
    /// The hold was posted, voided or expired already.
    HoldAlreadyResolved {
        /// By which transfer.
        by: TransferId,
    },
    /// The hold's time is not over, or it never expires.
    HoldNotExpired,
    /// More than was held; or, for a void, not all of it.
    ExceedsHold {
        /// What was held, in minor units.
        held_minor: i64,
    },
    /// More than is left of what was posted.
    ExceedsCaptured {
        /// What is left, in minor units.
        left_minor: i64,
    },
    /// More than the account it is taken from has.
    ExceedsCredits {
        /// What it has, in minor units.
        available_minor: i128,
    },
}

/// Judges a new transfer.
pub fn judge(new: &Transfer, known: &Known) -> Outcome {
    if let Some(old) = known.same_id {
        return judge_retry(new, &old);
    }
    if new.debit == new.credit {
        return Outcome::SameAccount;
    }
    let (Some(debit), Some(credit)) = (known.debit, known.credit) else { return Outcome::AccountNotFound };
    let currency = new.amount.currency();
    if debit.currency != currency || credit.currency != currency {
        return Outcome::CurrencyDiffers;
    }
    match new.step {
        Step::Move | Step::Hold { .. } => judge_spending(new, &debit, known),
        Step::Post { .. } | Step::Void { .. } | Step::Expire { .. } => judge_resolution(new, known),
        Step::Refund { .. } => judge_refund(new, &debit, known),
    }
}

fn judge_retry(new: &Transfer, old: &Transfer) -> Outcome {
    let differences = [
        (new.step.as_str() != old.step.as_str(), Outcome::ExistsWithDifferentStep),
        (new.step.target() != old.step.target(), Outcome::ExistsWithDifferentTarget),
        (new.step.expires_ms() != old.step.expires_ms(), Outcome::ExistsWithDifferentExpiry),
        (new.debit != old.debit, Outcome::ExistsWithDifferentDebit),
        (new.credit != old.credit, Outcome::ExistsWithDifferentCredit),
        (new.amount.currency() != old.amount.currency(), Outcome::ExistsWithDifferentCurrency),
        (new.amount != old.amount, Outcome::ExistsWithDifferentAmount),
    ];
    differences.into_iter().find(|(differs, _)| *differs).map_or(Outcome::Exists, |(_, outcome)| outcome)
}

fn judge_spending(new: &Transfer, debit: &Account, known: &Known) -> Outcome {
    let available_minor = known.debit_balance.available();
    if debit.rule == Rule::DebitsWithinCredits && i128::from(new.amount.minor()) > available_minor {
        return Outcome::ExceedsCredits { available_minor };
    }
    Outcome::Created
}

fn judge_resolution(new: &Transfer, known: &Known) -> Outcome {
    let Some(hold) = known.target else { return Outcome::TargetNotFound };
    let Step::Hold { expires_ms } = hold.step else { return Outcome::TargetOfAnotherKind };
    if (new.debit, new.credit) != (hold.debit, hold.credit) {
        return Outcome::AccountsDiffer;
    }
    if new.amount.currency() != hold.amount.currency() {
        return Outcome::CurrencyDiffers;
    }
    if let Some(by) = known.resolved_by {
        return Outcome::HoldAlreadyResolved { by };
    }
    let is_post = matches!(new.step, Step::Post { .. });
    let (asked, held_minor) = (new.amount.minor(), hold.amount.minor());
    if asked > held_minor || (!is_post && asked != held_minor) {
        return Outcome::ExceedsHold { held_minor };
    }
    let is_over = expires_ms.is_some_and(|expires_ms| known.now_ms >= expires_ms);
    if matches!(new.step, Step::Expire { .. }) && !is_over { Outcome::HoldNotExpired } else { Outcome::Created }
}

fn judge_refund(new: &Transfer, debit: &Account, known: &Known) -> Outcome {
    let Some(post) = known.target else { return Outcome::TargetNotFound };
    if !matches!(post.step, Step::Post { .. }) {
        return Outcome::TargetOfAnotherKind;
    }
    if (new.debit, new.credit) != (post.credit, post.debit) {
        return Outcome::AccountsDiffer;
    }
    let left_minor = post.amount.minor() - known.refunded_minor;
    if new.amount.minor() > left_minor {
        return Outcome::ExceedsCaptured { left_minor };
    }
    judge_spending(new, debit, known)
}
