//! `handsel doctor`: whether an installation is sound. Reads only, also beside the server.

use crate::{
    app::SEEN,
    config::Config,
    log,
    store::{
        Conn, Place, Store, StoreError, credits, disputes, incidents, log_entries, money, payments,
        payments::StoredPayment, refunds, sessions,
    },
    vault::Vault,
};
use handsel_api::{
    disputes::DisputeStatus,
    payments::{PaymentStatus, RefundStatus},
};
use handsel_ledger::{Account, Currency, Step, TransferId};
use serde::Serialize;

/// How many payments are read at once.
const PAGE: u32 = 500;
/// How many findings are listed.
const MOST_LISTED: usize = 20;

/// What was looked at, and what is wrong.
#[derive(Debug, Default, Serialize)]
pub struct Report {
    /// Whether nothing is wrong.
    pub sound: bool,
    /// How many transfers fit the chain.
    pub transfers: i64,
    /// How many payments were held against the ledger.
    pub payments: u64,
    /// By currency: what the ledger says that cards were charged, and how much of it was given back, in minor units.
    pub cards: Vec<Cards>,
    /// How many payments wait for the processor, of which nobody knows yet whether the card was charged.
    pub unknown: u64,
    /// How many entries of the transparency log are published and hold.
    pub log_entries: u64,
    /// How many refunds the processor has not confirmed yet.
    pub refunds_pending: u64,
    /// Everything that is wrong, each with what to do; at most twenty.
    pub findings: Vec<String>,
}

/// What went through cards in one currency, as the ledger has it.
#[derive(Debug, Serialize)]
pub struct Cards {
    /// ISO 4217.
    pub currency: &'static str,
    /// Taken.
    pub taken_minor: i64,
    /// Given back or promised, without what the processor refused.
    pub given_back_minor: i64,
}

/// Looks at the installation in `config`.
///
/// # Errors
/// Why it could not be looked at.
pub async fn examine(config: &Config) -> Result<Report, String> {
    let reader = Store::open_reader(&Place::of(config)).await.map_err(|error| error.to_string())?;
    let vault = Vault::of(config, false).map_err(|error| error.to_string())?;
    // Payments and transfers are compared one by one, while a server may write both.
    let mut moment = reader.snapshot().await.map_err(|error| error.to_string())?;
    let mut report = look(&mut moment, &vault).await.map_err(|error| error.to_string())?;
    look_at_log(&mut moment, config, &vault, &mut report).await.map_err(|error| error.to_string())?;
    report.sound = report.findings.is_empty();
    Ok(report)
}

/// Holds the transparency log against itself, and against what the store knows of it.
async fn look_at_log(conn: &mut Conn, config: &Config, vault: &Vault, report: &mut Report) -> Result<(), StoreError> {
    let seen = sessions::setting(conn, SEEN).await?;
    let (source, key) = log::to_look_at(&config.data_dir, vault);
    if log_entries::last(conn).await?.is_none() && seen.is_none() {
        return Ok(()); // An older version's: the log begins at its next start.
    }
    match log::held::read(&source, &key, 0, seen) {
        Ok(held) => {
            report.log_entries = held.size;
            if let Some(index) = log_entries::other_than(conn, &held).await? {
                report.finds(format!("entry {index} of the log is not the one that the store knows"));
            }
        }
        Err(fault) => report.finds(format!(
            "the log does not hold: {fault}. Keep its folder as it is, and tell those who read it; nothing repairs a log"
        )),
    }
    for (kind, detail) in incidents::open(conn).await? {
        report.finds(format!("an incident goes on: {kind}: {detail}"));
    }
    Ok(())
}

/// Looks at everything.
pub(crate) async fn look(conn: &mut Conn, vault: &Vault) -> Result<Report, StoreError> {
    let mut report = Report::default();
    if sessions::setting(conn, sessions::KEY_CHECK).await?.is_some_and(|check| check != vault.check()) {
        report.finds("the key file is not the one this store was sealed with; put the right one back from your backup");
        return Ok(report);
    }
    let checked = money::check(conn, vault).await?;
    report.transfers = checked.fit;
    if let Some(seq) = checked.broken_at {
        report.finds(format!(
            "transfer {seq} does not follow the one before it: a row was changed, taken out or moved. Stop the server, keep \
             the file as it is, and restore a backup; the processor's own list of charges tells what came after it"
        ));
    }
    for account in money::overdrawn(conn).await? {
        report.finds(format!("an account of {account} spent more than it was given"));
    }
    for currency in Currency::all() {
        let clearing = Account::clearing(currency).id;
        if money::is_open(conn, clearing).await? {
            let (taken_minor, given_back_minor) = money::through_cards(conn, clearing).await?;
            report.cards.push(Cards { currency: currency.code(), taken_minor, given_back_minor });
        }
    }
    let differ = money::rollups_that_differ(conn).await?;
    if differ > 0 {
        report.finds(format!(
            "{differ} roll-ups are not the sums of their transfers. Stop the server, delete the rows of the table `rollup`, and \
             start it: they are summed up anew"
        ));
    }
    look_at_credits(conn, &mut report).await?;
    let mut after = None;
    loop {
        let page = payments::list(conn, None, PAGE, after).await?;
        let Some(last) = page.last() else { break };
        after = Some(last.id);
        for stored in &page {
            look_at(conn, stored, &mut report).await?;
        }
    }
    report.sound = report.findings.is_empty();
    Ok(report)
}

/// Holds every credit against the transfer that gave it, and what is left against what was given.
async fn look_at_credits(conn: &mut Conn, report: &mut Report) -> Result<(), StoreError> {
    let mut after = None;
    loop {
        let page = credits::list(conn, after, PAGE).await?;
        let Some(last) = page.last() else { return Ok(()) };
        after = Some((last.promotion, last.account));
        for one in &page {
            let given = minor_of(conn, credits::gift(one.promotion, one.account), "move").await?;
            if given != one.amount_minor {
                report.finds(format!("{}: {} was to be given, but {given} was", one.promotion, one.amount_minor));
            }
            let open: i64 = credits::of_account(conn, one.account).await?.iter().map(|open| open.amount_minor).sum();
            let left = money::balance(conn, one.account).await?.available();
            if left > i128::from(open) {
                report.finds(format!("{}: {left} can be spent of credits that are over", one.promotion));
            }
        }
    }
}

/// Holds one payment against the ledger.
async fn look_at(conn: &mut Conn, stored: &StoredPayment, report: &mut Report) -> Result<(), StoreError> {
    report.payments += 1;
    report.unknown += u64::from(stored.status == PaymentStatus::Unknown);
    let of = stored.id.0.into();
    let (mut held, mut taken) = (0, 0);
    for (hold, capture) in [("hold", "capture"), ("hold_credits", "capture_credits")] {
        held += minor_of(conn, TransferId::of(of, hold), "hold").await?;
        taken += minor_of(conn, TransferId::of(of, capture), "post").await?;
    }
    let captured = stored.captured_minor.unwrap_or(0);
    if taken != captured {
        report.finds(format!("{}: {captured} captured, but {taken} stands in the ledger", stored.id));
    }
    let charged = stored.charge_request.is_some();
    if charged && held != stored.total_minor() {
        report.finds(format!("{}: {} was to be held, but {held} was", stored.id, stored.total_minor()));
    }
    let mut given_back = stored.refunded_minor;
    for dispute in disputes::of_payment(conn, stored.id).await? {
        if dispute.status != DisputeStatus::Lost {
            continue;
        }
        let of = dispute.id.0.into();
        let by_card = minor_of(conn, TransferId::of(of, "lost"), "move").await?;
        let by_credits = minor_of(conn, TransferId::of(of, "lost_credits"), "move").await?;
        if by_card + by_credits != dispute.amount_minor {
            report.finds(format!("{}: its transfers do not add up to what it took back", dispute.id));
        }
        given_back += dispute.amount_minor;
    }
    if given_back > captured {
        report.finds(format!("{}: {given_back} given back of {captured}", stored.id));
    }
    for refund in refunds::of_payment(conn, stored.id).await? {
        report.refunds_pending += u64::from(refund.status == RefundStatus::Pending);
        let of = refund.id.0.into();
        let by_card = minor_of(conn, TransferId::of(of, "refund"), "refund").await?;
        let by_credits = minor_of(conn, TransferId::of(of, "refund_credits"), "refund").await?;
        if by_card + by_credits != refund.amount_minor {
            report.finds(format!("{}: its transfers do not add up to it", refund.id));
        }
        let moved_back = minor_of(conn, TransferId::of(of, "refund_refused"), "move").await?;
        let refused = if refund.status == RefundStatus::Refused { by_card } else { 0 };
        if moved_back != refused {
            report.finds(format!("{}: {refused} was refused, but {moved_back} went back to the merchant", refund.id));
        }
    }
    Ok(())
}

/// The amount of a transfer of this step; nothing where there is none.
async fn minor_of(conn: &mut Conn, id: TransferId, step: &str) -> Result<i64, StoreError> {
    let transfer = money::transfer(conn, id).await?;
    Ok(transfer.filter(|transfer| Step::as_str(transfer.step) == step).map_or(0, |transfer| transfer.amount.minor()))
}

impl Report {
    fn finds(&mut self, finding: impl Into<String>) {
        if self.findings.len() < MOST_LISTED {
            self.findings.push(finding.into());
        }
    }
}
