//! The match: from a frame to somebody, to one more question, or to nobody. Charges nothing.

use super::{
    Answer, App, Caller, CaptureOutcome, CapturePurpose, Cohort, Parts, Refusal,
    access::{Right, allow},
    demo::is_recognised_at,
    look::ms_since,
    loyalty::shown_to,
    payments::{reload, step},
    person::Person,
    reading::{Permit, Whose},
    subjects::four_digits,
};
use crate::{
    clock::now_ms,
    log::event::{self, ShownAt},
    payment_state::Event,
    residue::Handling,
    store::{Step, events, payment_methods, payments, payments::StoredPayment, references, scanners, subjects},
};
use handsel_api::{
    Code, PaymentId, ReferenceId, SiteId, SubjectId,
    consents::Purpose,
    payments::{Decision, Identification, Payment, StepUp, Timings},
    subjects::SubjectStatus,
};
use handsel_palm::Probe;
use std::{
    sync::{Arc, PoisonError},
    time::Instant,
};

/// The most accepted captures of one payment: what a shopper in a hurry tries, and a stranger gets no further with.
pub(crate) const MOST_ATTEMPTS: i64 = 8;
/// The most wrong proofs of one payment.
pub(crate) const MOST_WRONG_PROOFS: i64 = 3;
/// The most wrong proofs against one subject, over all payments since the last right one. Then the palms are frozen: four
/// digits last 10,000 guesses, and nine of those are one chance in a thousand.
pub(crate) const MOST_WRONG_PROOFS_EVER: i64 = 9;

/// Whom a search found, as far as this payment may use them.
enum Found {
    Sure(ReferenceId, SubjectId),
    Probably(SubjectId),
    Nobody,
    NoCard,
}

impl Found {
    /// Digits that were part of the search prove nothing when they are asked for again.
    fn unless_asked_before(self, cohort: &Cohort) -> Found {
        match self {
            Found::Probably(_) if matches!(cohort, Cohort::PhoneLast4(_)) => Found::Nobody,
            found => found,
        }
    }
}

impl App {
    /// Looks for whoever holds their hand over the scanner, from the bytes of one frame.
    pub async fn identify(
        &self,
        caller: &Caller,
        id: PaymentId,
        cohort: Cohort,
        frame: Vec<u8>,
    ) -> Answer<Identification> {
        let _handling = Handling;
        let permit = self.permit(Purpose::Payment)?;
        let (before, permit, among) = {
            let mut conn = self.0.store.read().await?;
            let stored = reload(&mut conn, id).await?;
            allow(caller, Right::Sell { merchant: stored.merchant, site: stored.site })?;
            check_open(&stored)?;
            let among = self.among(&mut conn, &stored, &cohort).await?;
            let scanner = scanners::collecting(&mut conn, id).await?;
            let place = ShownAt { site: Some(stored.site), scanner, payment: Some(id) };
            (stored, permit.at(place), among)
        };
        let looking = Identifying::begin(&self.0, id);
        let seen = self
            .look(CapturePurpose::Identify, frame, |sample| {
                let start = Instant::now();
                let probe = Arc::new(Probe::build(&sample.roi));
                (probe, sample.side, ms_since(start))
            })
            .await?;
        let (probe, side, extract_ms) = seen.made;
        let start = Instant::now();
        let decision = self.search(permit, probe, side, among).await?.decide(self.0.risk);
        let search_ms = ms_since(start);
        drop(looking);

        let now_ms = now_ms();
        let mut tx = self.0.store.write().await?;
        let stored = reload(&mut tx, id).await?;
        check_open(&stored)?;
        check_unchanged(&before, &stored)?;
        payments::add_attempt(&mut tx, id).await?;
        let found = self.find(&mut tx, stored.site, permit, decision).await?.unless_asked_before(&cohort);
        let (event, subject, shown, outcome) = match found {
            Found::Sure(_, subject) => {
                (Event::Recognised, Some(subject), Decision::Identified, CaptureOutcome::Identified)
            }
            Found::Probably(subject) => (Event::Unsure, Some(subject), Decision::StepUp, CaptureOutcome::StepUp),
            Found::NoCard => (Event::Nobody, None, Decision::NoMatch, CaptureOutcome::Identified),
            Found::Nobody => (Event::Nobody, None, Decision::NoMatch, CaptureOutcome::NoMatch),
        };
        let to = step(&stored, event, now_ms)?;
        payments::set_status(&mut tx, id, to, subject).await?;
        events::emit_status(&mut tx, stored.merchant, id, to, now_ms).await?;
        if let Found::Sure(reference, _) = found {
            references::mark_used(&mut tx, reference, now_ms).await?;
        }
        let stored = reload(&mut tx, id).await?;
        let payment = shown_to(caller, self.view(&mut tx, &stored, now_ms).await?);
        tx.commit().await?;
        self.count_accepted(CapturePurpose::Identify, outcome, &seen.quality).await;
        tracing::info!(payment = %id, ?outcome, "identified");
        if matches!(found, Found::NoCard) {
            return Err(Refusal::new(Code::NoPaymentMethod, "Link a card in the wallet, or pay by card here."));
        }
        let timings_ms =
            Timings { decode: seen.decode_ms, capture: seen.capture_ms, extract: extract_ms, search: search_ms };
        Ok(Identification { decision: shown, payment, quality: seen.quality, timings_ms })
    }

    /// One more proof: the last four digits of the phone. Three wrong ones end the palm path of this payment.
    pub async fn step_up(&self, caller: &Caller, id: PaymentId, proof: StepUp) -> Answer<Payment> {
        let given = four_digits("/phone_last4", &proof.phone_last4)?;
        let now_ms = now_ms();
        let mut tx = self.0.store.write().await?;
        let stored = reload(&mut tx, id).await?;
        allow(caller, Right::Sell { merchant: stored.merchant, site: stored.site })?;
        let to = step(&stored, Event::ProofFits, now_ms)?;
        let Some(subject) = stored.subject else { return Err(Refusal::internal("a step-up about nobody")) };
        let person = self.person(&mut tx, subject).await?;
        let usable = person.stored.status == SubjectStatus::Active;
        let passed = usable && person.phone_last4()?.is_some_and(|known| *known == given);
        self.log_about(&mut tx, subject, event::Event::StepUp { payment: id, passed }).await?;
        if passed {
            subjects::clear_wrong_proofs(&mut tx, subject).await?;
            payments::set_status(&mut tx, id, to, Some(subject)).await?;
            events::emit_status(&mut tx, stored.merchant, id, to, now_ms).await?;
            let stored = reload(&mut tx, id).await?;
            let shown = shown_to(caller, self.view(&mut tx, &stored, now_ms).await?);
            tx.commit().await?;
            tracing::info!(payment = %id, "step-up passed");
            return Ok(shown);
        }
        let left = MOST_WRONG_PROOFS - payments::add_wrong_proof(&mut tx, id).await?;
        if subjects::add_wrong_proof(&mut tx, subject).await? >= MOST_WRONG_PROOFS_EVER {
            subjects::set_status(&mut tx, subject, SubjectStatus::Frozen).await?;
            tracing::warn!(%subject, "frozen after too many wrong proofs");
        }
        if left <= 0 {
            payments::set_status(&mut tx, id, step(&stored, Event::Nobody, now_ms)?, None).await?;
        }
        tx.commit().await?;
        tracing::info!(payment = %id, "step-up failed");
        Err(if left > 0 {
            Refusal::field(Code::StepUpFailed, "/phone_last4", format!("Tries left: {left}."))
        } else {
            Refusal::new(Code::TooManyAttempts, "Pay by card; the payment is still open.")
        })
    }

    /// What a decision is worth here: frozen palms are nobody's, and a step-up needs something to ask for.
    async fn find(
        &self,
        conn: &mut Step,
        site: SiteId,
        permit: Permit,
        decision: handsel_gallery::Decision,
    ) -> Answer<Found> {
        let (reference, subject, sure) = match self.whose(conn, permit, decision).await? {
            Whose::Surely(reference, subject) => (reference, subject, true),
            Whose::Probably(reference, subject) => (reference, subject, false),
            Whose::Nobody => return Ok(Found::Nobody),
        };
        let person: Person = self.person(conn, subject).await?;
        if person.stored.status != SubjectStatus::Active || !is_recognised_at(conn, site, &person.stored).await? {
            return Ok(Found::Nobody);
        }
        let cards = payment_methods::list(conn, subject).await?;
        let has_card = payment_methods::paying(&cards, self.0.processor.name()).is_some();
        Ok(match (sure, has_card) {
            (true, true) => Found::Sure(reference, subject),
            (true, false) => Found::NoCard,
            (false, true) if person.stored.phone_sealed.is_some() => Found::Probably(subject),
            (false, _) => Found::Nobody,
        })
    }
}

/// A payment shows that a hand is being looked at, as long as this lives.
pub(super) struct Identifying<'a> {
    parts: &'a Parts,
    id: PaymentId,
}

impl<'a> Identifying<'a> {
    pub(super) fn begin(parts: &'a Parts, id: PaymentId) -> Identifying<'a> {
        parts.identifying.lock().unwrap_or_else(PoisonError::into_inner).insert(id);
        Identifying { parts, id }
    }
}

impl Drop for Identifying<'_> {
    fn drop(&mut self) {
        self.parts.identifying.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.id);
    }
}

/// Somebody may have been shown meanwhile, from another frame or after a proof; this frame must not put another in their
/// place behind the screen.
pub(super) fn check_unchanged(before: &StoredPayment, now: &StoredPayment) -> Answer<()> {
    let place = |stored: &StoredPayment| (stored.status, stored.attempts, stored.wrong_proofs);
    if place(before) == place(now) {
        return Ok(());
    }
    Err(Refusal::new(
        Code::WrongState,
        "The payment moved on while this frame was looked at; read it and go on from there.",
    ))
}

pub(super) fn check_open(stored: &StoredPayment) -> Answer<()> {
    step(stored, Event::Nobody, now_ms())?;
    if stored.attempts >= MOST_ATTEMPTS || stored.wrong_proofs >= MOST_WRONG_PROOFS {
        return Err(Refusal::new(Code::TooManyAttempts, "Pay by card; the payment is still open."));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use ulid::Ulid;

    #[test]
    fn digits_that_narrowed_the_search_are_no_further_proof() {
        let someone = SubjectId(Ulid::from_parts(1, 2));
        let typed = Cohort::PhoneLast4("1234".to_owned());
        assert!(matches!(Found::Probably(someone).unless_asked_before(&typed), Found::Nobody));
        for other in [Cohort::Everyone, Cohort::Site, Cohort::Shoppers(Vec::new())] {
            assert!(matches!(Found::Probably(someone).unless_asked_before(&other), Found::Probably(_)), "{other:?}");
        }
        let sure = Found::Sure(ReferenceId(Ulid::from_parts(1, 3)), someone);
        assert!(matches!(sure.unless_asked_before(&typed), Found::Sure(..)));
    }
}
