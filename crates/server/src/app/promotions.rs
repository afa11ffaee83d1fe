//! Promotions: made and ended by the operator, given to whoever enrols.
//!
//! Once per palm: a palm is enrolled with one subject only, whichever hand it is of (`references.rs`), and a subject gets a promotion
//! once. Once per card: a keyed hash of the processor's fingerprint of the card is kept, also after its owner left. Nothing of
//! a palm is kept for this, and nothing could be: two captures of one palm never give the same bits, so there is no hash of
//! it to keep. Who leaves and comes back with another card, or enrols each hand by itself with a card of its own, gets it again.

use super::{
    Answer, App, Caller, Refusal,
    access::{Right, allow},
    merchants::page,
    payments::parse_amount,
    text,
};
use crate::{
    clock::{self, now_ms},
    ids,
    store::{
        Step as WriteStep, credits,
        credits::NewCredit,
        money, payment_methods,
        promotions::{self, StoredPromotion},
        references, subjects,
    },
};
use handsel_api::{
    Code, PromotionId, SubjectId,
    credits::{CreatePromotion, Promotion},
    merchants::Page,
};
use handsel_ledger::{Account, Currency, Step, Transfer};

/// The longest name, in characters.
const LONGEST_NAME: usize = 60;
/// The longest time credits last, in days.
const MOST_DAYS: u32 = 3650;

impl App {
    /// Makes a promotion. Operators only.
    pub async fn create_promotion(&self, caller: &Caller, create: CreatePromotion) -> Answer<Promotion> {
        allow(caller, Right::Run)?;
        let now_ms = now_ms();
        let name = text("/name", &create.name, LONGEST_NAME)?;
        if Currency::parse(&create.currency).is_none() {
            return Err(Refusal::field(Code::InvalidField, "/currency", "No currency that merchants here can have."));
        }
        let amount = parse_amount(create.amount_minor, &create.currency, &create.currency)?;
        if !(1..=MOST_DAYS).contains(&create.days) {
            return Err(Refusal::field(Code::InvalidField, "/days", format!("1 to {MOST_DAYS}.")));
        }
        let from_ms = create.from.as_deref().map_or(Ok(now_ms), |from| time("/from", from))?;
        let until_ms = create.until.as_deref().map(|until| time("/until", until)).transpose()?;
        if until_ms.is_some_and(|until| until <= from_ms.max(now_ms)) {
            return Err(Refusal::field(Code::InvalidField, "/until", "After now, and after `from`."));
        }
        let new = StoredPromotion {
            id: PromotionId(ids::next()),
            name,
            amount_minor: amount.minor(),
            currency: create.currency,
            from_ms,
            until_ms,
            days: create.days,
            ended_ms: None,
            given: 0,
            created_ms: now_ms,
        };
        let mut tx = self.0.store.write().await?;
        promotions::insert(&mut tx, &new).await?;
        tx.commit().await?;
        tracing::info!(promotion = %new.id, "promotion made");
        Ok(new.shown())
    }

    /// Every promotion, newest first. Operators only.
    pub async fn list_promotions(
        &self,
        caller: &Caller,
        limit: u32,
        after: Option<PromotionId>,
    ) -> Answer<Page<Promotion>> {
        allow(caller, Right::Look)?;
        let found = promotions::list(&mut *self.0.store.read().await?, limit + 1, after).await?;
        let shown = found.into_iter().map(StoredPromotion::shown).collect();
        Ok(page(shown, limit, |promotion: &Promotion| promotion.id.to_string()))
    }

    /// Ends a promotion: nobody gets it any more, what was given stays. Ending it again changes nothing. Operators only.
    pub async fn end_promotion(&self, caller: &Caller, id: PromotionId) -> Answer<Promotion> {
        allow(caller, Right::Run)?;
        let mut tx = self.0.store.write().await?;
        promotions::end(&mut tx, id, now_ms()).await?;
        let ended = promotions::promotion(&mut tx, id).await?.ok_or_else(|| Refusal::not_found("promotion"))?;
        tx.commit().await?;
        tracing::info!(promotion = %id, "promotion ended");
        Ok(ended.shown())
    }

    /// What enrolling gives now; the enrolment page tells everybody.
    pub async fn running_promotions(&self) -> Answer<Vec<Promotion>> {
        let found = promotions::running(&mut *self.0.store.read().await?, now_ms()).await?;
        Ok(found.into_iter().map(StoredPromotion::shown).collect())
    }

    /// Gives a subject who has a palm and a card whatever runs and they did not have. Call it in the step that completes
    /// either.
    pub(super) async fn give_credits(&self, step: &mut WriteStep, subject: SubjectId, now_ms: i64) -> Answer<()> {
        let running = promotions::running(step, now_ms).await?;
        if running.is_empty() || references::references(step, subject).await?.is_empty() {
            return Ok(());
        }
        let Some(stored) = subjects::subject(step, subject).await? else { return Ok(()) };
        let cards = payment_methods::list(step, subject).await?;
        // A card that cannot be told from others gives nothing.
        let known = cards.iter().filter(|stored| !stored.card.fingerprint.is_empty());
        let cards: Vec<_> =
            known.map(|stored| self.0.vault.card_hash(&stored.processor, &stored.card.fingerprint)).collect();
        if cards.is_empty() {
            return Ok(());
        }
        for promotion in running.iter().filter(|promotion| promotion.from_ms <= stored.created_ms) {
            let account = self.credit_account(subject.0.into(), promotion)?;
            if credits::is_given(step, promotion.id, account.id).await? {
                continue;
            }
            let mut used = false;
            for card in &cards {
                used |= credits::card_was_used(step, promotion.id, card).await?;
            }
            if used {
                continue;
            }
            for card in &cards {
                credits::use_card(step, promotion.id, card).await?;
            }
            self.give(step, promotion, &account, Some(subject), None, now_ms).await?;
            tracing::info!(%subject, promotion = %promotion.id, "credits given");
        }
        Ok(())
    }

    /// Where somebody's credits of a promotion are; `holder` is a subject's number or a voucher's.
    pub(super) fn credit_account(&self, holder: u128, promotion: &StoredPromotion) -> Answer<Account> {
        let currency = Currency::parse(&promotion.currency);
        Ok(Account::credit(holder, currency.ok_or_else(|| Refusal::internal("a promotion's currency"))?))
    }

    /// Moves a promotion's amount to an account. The transfer is named by both, so that it cannot be given twice.
    pub(super) async fn give(
        &self,
        step: &mut WriteStep,
        promotion: &StoredPromotion,
        to: &Account,
        subject: Option<SubjectId>,
        code_hash: Option<[u8; 16]>,
        now_ms: i64,
    ) -> Answer<()> {
        let from = Account::promotion(to.currency);
        money::open(step, &from, "promotion", "").await?;
        money::open(step, to, "credit", "").await?;
        let gift = Transfer {
            id: credits::gift(promotion.id, to.id),
            step: Step::Move,
            debit: from.id,
            credit: to.id,
            amount: parse_amount(promotion.amount_minor, &promotion.currency, &promotion.currency)?,
        };
        self.book(step, &[gift], now_ms).await?;
        let new = NewCredit {
            promotion: promotion.id,
            account: to.id,
            subject,
            code_hash,
            amount_minor: promotion.amount_minor,
            currency: promotion.currency.clone(),
            granted_ms: now_ms,
            expires_ms: promotion.expires_ms(now_ms),
        };
        Ok(credits::insert(step, &new).await?)
    }
}

fn time(field: &'static str, text: &str) -> Answer<i64> {
    clock::parse(text).ok_or_else(|| Refusal::field(Code::InvalidField, field, "A time like 2026-12-01T08:00:00Z."))
}
