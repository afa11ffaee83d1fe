//! What pays for what: a payment's transfers. Credits pay first and a card pays the rest; money goes back in the reverse
//! order, to the card first.

use super::{Answer, Refusal, payments::parse_amount};
use crate::store::{Conn, Step as WriteStep, money, payments::StoredPayment};
use handsel_api::SubjectId;
use handsel_ledger::{Account, AccountId, Amount, Currency, Step, Transfer, TransferId};

/// One of the two ways a payment is paid.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    Credits,
    Card,
}

/// How a payment's holds end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    /// So much is taken; the rest is let go.
    Taken(i64),
    /// All is let go.
    LetGo,
    /// All is let go, because its time is over.
    Expired,
}

impl Way {
    /// The transfer that does this for a payment or refund.
    fn transfer(self, of: u128, what: &str) -> TransferId {
        match self {
            Way::Card => TransferId::of(of, what),
            Way::Credits => TransferId::of(of, &format!("{what}_credits")),
        }
    }

    /// Its share of `minor` units of a payment.
    fn share(self, stored: &StoredPayment, minor: i64) -> i64 {
        let credits = minor.min(stored.credit_minor);
        match self {
            Way::Credits => credits,
            Way::Card => minor - credits,
        }
    }

    /// The ways a payment is paid, with the share of each.
    fn all(stored: &StoredPayment) -> impl Iterator<Item = (Way, i64)> {
        let shares = [Way::Credits, Way::Card].map(|way| (way, way.share(stored, stored.total_minor())));
        shares.into_iter().filter(|(_, minor)| *minor > 0)
    }
}

/// The transfers by which `minor` units moved, credits among them: one for each way, with its part.
pub(super) fn parts(of: u128, what: &str, minor: i64, credit_minor: i64) -> impl Iterator<Item = (TransferId, i64)> {
    let parts = [(Way::Card, minor - credit_minor), (Way::Credits, credit_minor)];
    parts.map(|(way, minor)| (way.transfer(of, what), minor)).into_iter().filter(|(_, minor)| *minor > 0)
}

/// How much of a payment the subject's credits pay: as much as there is.
pub(super) async fn credits_for(conn: &mut Conn, stored: &StoredPayment, subject: SubjectId) -> Answer<i64> {
    let account = credits_of(stored, subject)?;
    if money::is_open(conn, account).await? { available(conn, stored, account).await } else { Ok(0) }
}

/// How much of a payment this account's credits pay, for a step that is about to hold it.
pub(super) async fn credits_in(step: &mut WriteStep, stored: &StoredPayment, account: AccountId) -> Answer<i64> {
    if !money::is_open(step, account).await? {
        return Ok(0);
    }
    step.write_pending().await?;
    available(step, stored, account).await
}

/// Where a subject's credits are.
pub(super) fn credits_of(stored: &StoredPayment, subject: SubjectId) -> Answer<AccountId> {
    Ok(Account::credit(subject.0.into(), currency(stored)?).id)
}

async fn available(conn: &mut Conn, stored: &StoredPayment, account: AccountId) -> Answer<i64> {
    let available = money::balance(conn, account).await?.available();
    Ok(i64::try_from(available.max(0)).unwrap_or(i64::MAX).min(stored.total_minor()))
}

/// How much of `minor` units of a payment the card pays.
pub(super) fn card_share(stored: &StoredPayment, minor: i64) -> i64 {
    Way::Card.share(stored, minor)
}

/// From which account a payment's card pays, and to which.
pub(super) fn card_accounts(stored: &StoredPayment) -> Answer<(AccountId, AccountId)> {
    let currency = currency(stored)?;
    Ok((Account::clearing(currency).id, Account::merchant(stored.merchant.0.into(), currency).id))
}

/// The holds of a payment that is about to be charged, one for each way it is paid; credits come from the voucher, where there is
/// one, or else from the subject.
pub(super) fn holds(stored: &StoredPayment, voucher: Option<AccountId>) -> Answer<Vec<Transfer>> {
    let currency = currency(stored)?;
    let subject = stored.subject.map(|subject| u128::from(subject.0));
    Way::all(stored)
        .map(|(way, minor)| {
            let debit = match way {
                Way::Card => Account::clearing(currency).id,
                Way::Credits => voucher
                    .or(subject.map(|subject| Account::credit(subject, currency).id))
                    .ok_or_else(|| Refusal::internal("credits of nobody"))?,
            };
            hold(stored, way, debit, minor)
        })
        .collect()
}

/// What ends a payment's holds.
pub(super) async fn ends(conn: &mut Conn, stored: &StoredPayment, end: End, now_ms: i64) -> Answer<Vec<Transfer>> {
    let of = stored.id.0.into();
    let mut ends = Vec::new();
    for (way, held_minor) in Way::all(stored) {
        let hold = match end {
            // Its own time counts, which was written with it.
            End::Expired => written_hold(conn, stored, way).await?,
            _ => standing_hold(conn, stored, way, held_minor).await?,
        };
        let over = end == End::Expired && hold.step.expires_ms().is_some_and(|until| now_ms >= until);
        let taken = if let End::Taken(minor) = end { way.share(stored, minor) } else { 0 };
        ends.push(match end {
            End::Taken(_) if taken > 0 => Transfer {
                id: way.transfer(of, "capture"),
                step: Step::Post { hold: hold.id },
                amount: amount(stored, taken)?,
                ..hold
            },
            _ if over => Transfer { id: way.transfer(of, "expire"), step: Step::Expire { hold: hold.id }, ..hold },
            _ => Transfer { id: way.transfer(of, "void"), step: Step::Void { hold: hold.id }, ..hold },
        });
    }
    Ok(ends)
}

/// What gives back `minor` of a captured payment as the refund `of`, and how much of it goes to credits.
pub(super) async fn gives_back(
    conn: &mut Conn,
    stored: &StoredPayment,
    of: u128,
    minor: i64,
) -> Answer<(Vec<Transfer>, i64)> {
    let card_taken = card_share(stored, stored.captured_minor.unwrap_or(0));
    // What was refused is not asked for again: it stays refused.
    let card_left = card_taken - (stored.refunded_minor - stored.refunded_credit_minor) - stored.refused_minor;
    let to_card = minor.min(card_left.max(0));
    let shares = [(Way::Card, to_card), (Way::Credits, minor - to_card)];
    let mut transfers = Vec::new();
    for (way, minor) in shares.into_iter().filter(|(_, minor)| *minor > 0) {
        let hold = standing_hold(conn, stored, way, minor).await?;
        transfers.push(Transfer {
            id: way.transfer(of, "refund"),
            step: Step::Refund { post: way.transfer(stored.id.0.into(), "capture") },
            debit: hold.credit,
            credit: hold.debit,
            amount: amount(stored, minor)?,
        });
    }
    Ok((transfers, minor - to_card))
}

/// What the lost dispute `of` takes from the merchant: all that remains paid, each part to where it came from. Also how much of it
/// goes to credits.
pub(super) async fn lost(conn: &mut Conn, stored: &StoredPayment, of: u128) -> Answer<(Vec<Transfer>, i64)> {
    let captured = stored.captured_minor.unwrap_or(0);
    let card = card_share(stored, captured) - (stored.refunded_minor - stored.refunded_credit_minor);
    let credit = Way::Credits.share(stored, captured) - stored.refunded_credit_minor;
    let mut transfers = Vec::new();
    for (way, minor) in [(Way::Card, card), (Way::Credits, credit)].into_iter().filter(|(_, minor)| *minor > 0) {
        let hold = standing_hold(conn, stored, way, minor).await?;
        transfers.push(Transfer {
            id: way.transfer(of, "lost"),
            step: Step::Move,
            debit: hold.credit,
            credit: hold.debit,
            amount: amount(stored, minor)?,
        });
    }
    Ok((transfers, credit.max(0)))
}

/// Takes back the card's part of a refund that the processor will never give: the operator owes the merchant that much again.
pub(super) fn takes_back(stored: &StoredPayment, of: u128, minor: i64) -> Answer<Transfer> {
    let hold = hold(stored, Way::Card, Account::clearing(currency(stored)?).id, minor)?;
    Ok(Transfer { id: TransferId::of(of, "refund_refused"), step: Step::Move, ..hold })
}

/// A hold as it was written. Whose credits it came from is read from the ledger: the payment forgets its subject.
async fn standing_hold(conn: &mut Conn, stored: &StoredPayment, way: Way, minor: i64) -> Answer<Transfer> {
    match way {
        Way::Card => hold(stored, way, Account::clearing(currency(stored)?).id, minor),
        Way::Credits => written_hold(conn, stored, way).await,
    }
}

async fn written_hold(conn: &mut Conn, stored: &StoredPayment, way: Way) -> Answer<Transfer> {
    let found = money::transfer(conn, way.transfer(stored.id.0.into(), "hold")).await?;
    found.ok_or_else(|| Refusal::internal("a hold that was never written"))
}

fn hold(stored: &StoredPayment, way: Way, debit: AccountId, minor: i64) -> Answer<Transfer> {
    Ok(Transfer {
        id: way.transfer(stored.id.0.into(), "hold"),
        step: Step::Hold { expires_ms: stored.hold_until_ms },
        debit,
        credit: Account::merchant(stored.merchant.0.into(), currency(stored)?).id,
        amount: amount(stored, minor)?,
    })
}

fn currency(stored: &StoredPayment) -> Answer<Currency> {
    Currency::parse(&stored.currency).ok_or_else(|| Refusal::internal("a stored currency that is not known"))
}

fn amount(stored: &StoredPayment, minor: i64) -> Answer<Amount> {
    parse_amount(minor, &stored.currency, &stored.currency)
}
