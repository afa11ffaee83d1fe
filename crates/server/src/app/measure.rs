//! For `handsel bench`: an installation with as many palms as one likes, of nobody, and money that stands for nothing.

use super::{Answer, App, Refusal};
use crate::{
    clock::now_ms,
    log::event::{self, Event, ShownAt},
    nobody,
    store::{merchants, money, references, sessions},
};
use handsel_api::{Code, ReferenceId, consents::Purpose, references::Hand};
use handsel_gallery::Among;
use handsel_ledger::{Account, Amount, Currency, Outcome, Step, Transfer, TransferId};
use handsel_palm::{Probe, Side, Template};
use std::{
    sync::Arc,
    time::{Duration, Instant},
};

/// Subjects written in one transaction.
const AT_ONCE: u32 = 1_000;

impl App {
    /// Writes `subjects` subjects into the store, each with a consent and one palm, whose templates are the given ones in turn.
    /// They can be searched after the next start. For measuring only: one palm gets many names, so nobody is ever recognised.
    ///
    /// # Errors
    /// Whatever the store says; what was written before stays.
    pub async fn fill_to_measure(&self, subjects: u32, templates: &[Template], wrote: impl Fn(u32)) -> Answer<()> {
        let epoch = self.0.epochs.current();
        let mut template = templates.iter().cycle();
        for from in (0..subjects).step_by(AT_ONCE as usize) {
            let some = AT_ONCE.min(subjects - from);
            let mut tx = self.0.store.write().await?;
            for template in template.by_ref().take(some as usize) {
                nobody::enrol(&mut tx, &self.0.vault, &epoch, Hand::Right, template).await?;
            }
            tx.commit().await?;
            wrote(from + some);
        }
        Ok(())
    }

    /// Does what a recognition writes, once: two steps of it are in the log when `logged`, and else one step that is not. How long
    /// that took.
    ///
    /// # Errors
    /// Whatever the store or the log says.
    pub async fn steps_to_measure(&self, logged: bool) -> Answer<Duration> {
        let start = Instant::now();
        let (purpose, place) = (Purpose::Payment, ShownAt::default());
        if logged {
            self.log_now(Event::Search { purpose, place, among: event::Among::Everybody }).await?;
        }
        let mut tx = self.0.store.write().await?;
        sessions::put_setting(&mut tx, "measured", &[]).await?;
        if logged {
            self.log(&mut tx, Event::Match { purpose, place, outcome: event::Outcome::Found })?;
        }
        tx.commit().await?;
        Ok(start.elapsed())
    }

    /// Writes `groups` times `per_group` transfers that stand for nothing, one durable commit a group; how long that took.
    /// Only where nobody sells.
    ///
    /// # Errors
    /// [`Code::WrongState`] where there is a merchant.
    pub async fn transfers_to_measure(&self, groups: u32, per_group: u32) -> Answer<Duration> {
        let eur = Currency::parse("EUR").ok_or_else(|| Refusal::internal("a currency"))?;
        let (from, to) = (Account::promotion(eur), Account::clearing(eur));
        let mut tx = self.0.store.write().await?;
        if !merchants::merchants(&mut tx, 1, None).await?.is_empty() {
            return Err(Refusal::new(Code::WrongState, "Somebody sells here; measure in an empty installation."));
        }
        for (account, kind) in [(&from, "promotion"), (&to, "clearing")] {
            money::open(&mut tx, account, kind, "").await?;
        }
        tx.commit().await?;
        let amount = Amount::new(1, eur).map_err(|_| Refusal::internal("an amount"))?;
        let start = Instant::now();
        for group in 0..groups {
            let now_ms = now_ms();
            let transfers: Vec<Transfer> = (0..per_group)
                .map(|number| {
                    let id = TransferId::of((u128::from(group) << 32) | u128::from(number), "measure");
                    Transfer { id, step: Step::Move, debit: from.id, credit: to.id, amount }
                })
                .collect();
            let mut tx = self.0.store.write().await?;
            let outcomes = money::apply_all(&mut tx, &self.0.vault, &transfers, now_ms).await?;
            if outcomes.iter().any(|outcome| *outcome != Outcome::Created) {
                return Err(Refusal::internal("a transfer that was not new"));
            }
            tx.commit().await?;
        }
        Ok(start.elapsed())
    }

    /// Some references there are, in the order of their ids, from the `from`th on.
    ///
    /// # Errors
    /// Whatever the store says.
    pub async fn references_to_measure(&self, from: u32, most: u32) -> Answer<Vec<ReferenceId>> {
        Ok(references::some(&mut *self.0.store.read().await?, from, most).await?)
    }

    /// Searches some references, or all; the best one's score, `None` when no vector lay close enough.
    ///
    /// # Errors
    /// [`Code::GalleryUnavailable`].
    pub async fn search_to_measure(&self, probe: &Arc<Probe>, only: Option<&[ReferenceId]>) -> Answer<Option<f32>> {
        let among = only.map_or(Among::EVERYONE, |some| Among::Only(some.iter().map(|id| id.0.into()).collect()));
        let found = self.0.palms.search(self.permit(Purpose::Payment)?, Arc::clone(probe), Side::Right, among).await?;
        Ok(found.best.map(|best| best.score.similarity()))
    }

    /// How many palms the memory of this process holds.
    pub fn palms(&self) -> usize {
        self.0.palms.len()
    }
}
