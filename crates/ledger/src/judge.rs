//! The rule book: from what is known to what becomes of a new transfer.

use crate::{Step, Transfer, TransferId};

/// Everything that matters to one new transfer. Whoever asks looks these up, all at one moment.
#[derive(Debug, Clone, Copy, Default)]
pub struct Known {
    /// The transfer that already has this id.
    pub same_id: Option<Transfer>,
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
    /// This id was used for another amount or currency.
    ExistsWithDifferentAmount,
    /// This id was used between other accounts.
    ExistsWithDifferentAccounts,
    /// This id was used for another step.
    ExistsWithDifferentStep,
    /// Debit and credit are one account.
    SameAccount,
    /// The hold or post it builds on is not there.
    TargetNotFound,
    /// What it builds on is not a hold (for post and void) or not a post (for refund).
    TargetOfAnotherKind,
    /// Its accounts are not those of what it builds on.
    AccountsDiffer,
    /// Its currency is not that of what it builds on.
    CurrencyDiffers,
    /// The hold was posted or voided already.
    HoldAlreadyResolved {
        /// By which transfer.
        by: TransferId,
    },
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
}

/// Judges a new transfer.
pub fn judge(new: &Transfer, known: &Known) -> Outcome {
    if let Some(old) = known.same_id {
        return judge_retry(new, &old);
    }
    if new.debit == new.credit {
        return Outcome::SameAccount;
    }
    match new.step {
        Step::Hold => Outcome::Created,
        Step::Post { .. } | Step::Void { .. } => judge_resolution(new, known),
        Step::Refund { .. } => judge_refund(new, known),
    }
}

fn judge_retry(new: &Transfer, old: &Transfer) -> Outcome {
    if new.step != old.step {
        Outcome::ExistsWithDifferentStep
    } else if (new.debit, new.credit) != (old.debit, old.credit) {
        Outcome::ExistsWithDifferentAccounts
    } else if new.amount != old.amount {
        Outcome::ExistsWithDifferentAmount
    } else {
        Outcome::Exists
    }
}

fn judge_resolution(new: &Transfer, known: &Known) -> Outcome {
    let Some(hold) = known.target else { return Outcome::TargetNotFound };
    if hold.step != Step::Hold {
        return Outcome::TargetOfAnotherKind;
    }
    if (new.debit, new.credit) != (hold.debit, hold.credit) {
        return Outcome::AccountsDiffer;
    }
    if new.amount.currency() != hold.amount.currency() {
        return Outcome::CurrencyDiffers;
    }
    if let Some(by) = known.resolved_by {
        return Outcome::HoldAlreadyResolved { by };
    }
    let (asked, held_minor) = (new.amount.minor(), hold.amount.minor());
    let partial_void = matches!(new.step, Step::Void { .. }) && asked != held_minor;
    if asked > held_minor || partial_void { Outcome::ExceedsHold { held_minor } } else { Outcome::Created }
}

fn judge_refund(new: &Transfer, known: &Known) -> Outcome {
    let Some(post) = known.target else { return Outcome::TargetNotFound };
    if !matches!(post.step, Step::Post { .. }) {
        return Outcome::TargetOfAnotherKind;
    }
    if (new.debit, new.credit) != (post.credit, post.debit) {
        return Outcome::AccountsDiffer;
    }
    if new.amount.currency() != post.amount.currency() {
        return Outcome::CurrencyDiffers;
    }
    let left_minor = post.amount.minor() - known.refunded_minor;
    if new.amount.minor() > left_minor { Outcome::ExceedsCaptured { left_minor } } else { Outcome::Created }
}
