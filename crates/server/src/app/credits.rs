//! Credits after they were given: shown, taken back, expired.
//!
//! The ledger knows how much an account has, and the rows what went into it until when. What expires first counts as spent
//! first, so what has expired is what the account has beyond everything that has not. What is held is left alone until the payment
//! is paid or let go, and what a refund brings back after its time goes the same way.

use super::{
    Answer, App, Caller, Refusal,
    access::{Right, allow},
};
use crate::{
    clock::{now_ms, rfc3339},
    store::{
        Conn, Step as WriteStep,
        credits::{self, EndedBy},
        money, subjects,
    },
};
use handsel_api::{SubjectId, credits::Credit};
use handsel_ledger::{Account, AccountId, Amount, Currency, Step, Transfer, TransferId};
use std::collections::{HashMap, hash_map::Entry};

/// How many accounts the housekeeper looks at in one step.
const ACCOUNTS: u32 = 50;

impl App {
    /// A subject's credits, newest first. For themselves and the operator.
    pub async fn credits(&self, caller: &Caller, subject: SubjectId) -> Answer<Vec<Credit>> {
        allow(caller, Right::ActFor { subject })?;
        let mut conn = self.0.store.read().await?;
        subjects::subject(&mut conn, subject).await?.ok_or_else(|| Refusal::not_found("subject"))?;
        self.show_credits(&mut conn, subject).await
    }

    /// Takes back what is left of a subject's credits. Doing it twice changes nothing. Operators only.
    pub async fn take_back_credits(&self, caller: &Caller, subject: SubjectId) -> Answer<Vec<Credit>> {
        allow(caller, Right::Run)?;
        let mut tx = self.0.store.write().await?;
        subjects::subject(&mut tx, subject).await?.ok_or_else(|| Refusal::not_found("subject"))?;
        self.end_credits(&mut tx, subject, EndedBy::Operator, now_ms()).await?;
        let shown = self.show_credits(&mut tx, subject).await?;
        tx.commit().await?;
        tracing::warn!(%subject, "credits taken back");
        Ok(shown)
    }

    /// Ends everything a subject has; what is not held goes back at once.
    pub(super) async fn end_credits(
        &self,
        step: &mut WriteStep,
        subject: SubjectId,
        by: EndedBy,
        now_ms: i64,
    ) -> Answer<()> {
        for account in credits::accounts_of(step, subject).await? {
            credits::end(step, account, by, now_ms).await?;
            self.return_expired(step, account, now_ms).await?;
        }
        Ok(())
    }

    /// Has everything that has expired go back, a few accounts in one step.
    pub(super) async fn expire_credits(&self) -> Answer<()> {
        let mut after = None;
        loop {
            let now_ms = now_ms();
            let due = credits::due(&mut *self.0.store.read().await?, now_ms, after, ACCOUNTS).await?;
            let Some(last) = due.last() else { return Ok(()) };
            after = Some(*last);
            let mut tx = self.0.store.write().await?;
            for account in due {
                self.return_expired(&mut tx, account, now_ms).await?;
            }
            tx.commit().await?;
        }
    }

    /// Moves what has expired in an account back to where promotions come from.
    async fn return_expired(&self, step: &mut WriteStep, account: AccountId, now_ms: i64) -> Answer<()> {
        let open = credits::of_account(step, account).await?;
        let Some(first) = open.first().filter(|first| first.expires_ms <= now_ms) else { return Ok(()) };
        let stays: i64 = open.iter().filter(|one| one.expires_ms > now_ms).map(|one| one.amount_minor).sum();
        let balance = money::balance(step, account).await?;
        let back = (balance.available() - i128::from(stays)).clamp(0, i128::from(Amount::MAX_MINOR));
        let minor = i64::try_from(back).unwrap_or(0);
        if minor > 0 {
            let currency = Currency::parse(&first.currency).ok_or_else(|| Refusal::internal("credits' currency"))?;
            let what = format!("return/{:032x}/{}", account.0, first.returns);
            let back = Transfer {
                id: TransferId::of(first.promotion.0.into(), &what),
                step: Step::Move,
                debit: account,
                credit: Account::promotion(currency).id,
                amount: Amount::new(minor, currency).map_err(|_| Refusal::internal("what is left of credits"))?,
            };
            self.book(step, &[back], now_ms).await?;
            credits::add_return(step, first.promotion, account).await?;
        }
        let all_back = balance.available() - i128::from(minor) <= i128::from(stays);
        if balance.debits_pending == 0 && all_back {
            credits::set_over(step, account, now_ms).await?;
        }
        Ok(())
    }

    async fn show_credits(&self, conn: &mut Conn, subject: SubjectId) -> Answer<Vec<Credit>> {
        let mut all = credits::of_subject(conn, subject).await?;
        // What lasts longest is spent last, so what there is belongs to it first.
        all.sort_by_key(|one| (std::cmp::Reverse(one.expires_ms), std::cmp::Reverse(one.promotion)));
        let mut available: HashMap<AccountId, i64> = HashMap::new();
        let mut left = HashMap::new();
        for one in all.iter().filter(|one| !one.over) {
            let rest = match available.entry(one.account) {
                Entry::Occupied(known) => known.into_mut(),
                Entry::Vacant(unknown) => {
                    let minor = money::balance(conn, one.account).await?.available();
                    unknown.insert(i64::try_from(minor.max(0)).unwrap_or(i64::MAX))
                }
            };
            let minor = (*rest).min(one.amount_minor);
            *rest -= minor;
            left.insert(one.promotion, minor);
        }
        all.sort_by_key(|one| (std::cmp::Reverse(one.granted_ms), std::cmp::Reverse(one.promotion)));
        Ok(all
            .into_iter()
            .map(|one| Credit {
                promotion: one.promotion,
                left_minor: left.get(&one.promotion).copied().unwrap_or(0),
                name: one.name,
                amount_minor: one.amount_minor,
                currency: one.currency,
                granted_at: rfc3339(one.granted_ms),
                expires_at: rfc3339(one.expires_ms),
                taken_back: one.ended_by == Some(EndedBy::Operator),
            })
            .collect())
    }
}
