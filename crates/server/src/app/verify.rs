//! The match with a palm that its owner brought: 1:1, in memory, and forgotten with the answer. Charges nothing.

use super::{
    Answer, App, Caller, CaptureOutcome, CapturePurpose, Refusal,
    access::{Right, allow},
    consents::in_force,
    demo::is_recognised_at,
    identify::{Identifying, check_open, check_unchanged},
    look::ms_since,
    loyalty::shown_to,
    payments::{reload, step},
};
use crate::{
    clock::now_ms,
    held::{Contents, Pin, Shown},
    log::event::{HeldStep, ShownAt},
    payment_state::Event,
    residue::Handling,
    store::{Conn, Step, events, held, held::StoredHeld, payment_methods, payments, scanners},
};
use handsel_api::{
    Code, PaymentId,
    consents::Purpose,
    held::OpensWith,
    payments::{Decision, Identification, Timings},
    subjects::SubjectStatus,
};
use handsel_palm::Probe;
use std::time::Instant;
use zeroize::Zeroizing;

/// How old what a phone shows may be, by its clock and ours; and how far ahead.
const YOUNG_MS: i64 = 90_000;

impl App {
    /// Compares the hand in a frame with the palm that its owner brought on a carrier; a match is theirs to confirm.
    ///
    /// What was brought is opened before the frame is looked at, lives until the comparison, and is wiped with it.
    pub(crate) async fn verify_brought(
        &self,
        caller: &Caller,
        id: PaymentId,
        carried: &[u8],
        pin: Option<Pin>,
        frame: Vec<u8>,
    ) -> Answer<Identification> {
        let _handling = Handling;
        let (before, permit) = {
            let mut conn = self.0.store.read().await?;
            let stored = reload(&mut conn, id).await?;
            allow(caller, Right::Sell { merchant: stored.merchant, site: stored.site })?;
            check_open(&stored)?;
            let scanner = scanners::collecting(&mut conn, id).await?;
            let place = ShownAt { site: Some(stored.site), scanner, payment: Some(id) };
            (stored, self.permit_brought(Purpose::Payment, place)?)
        };
        let (shown, stored) = self.known_carrier(carried).await?;
        let (contents, shown_hash) = self.open_carried(shown, &stored, pin).await?;
        self.log_brought(permit).await?;
        let looking = Identifying::begin(&self.0, id);
        let seen = self
            .look(CapturePurpose::Identify, frame, move |sample| {
                let start = Instant::now();
                let probe = Probe::build(&sample.roi);
                let extract_ms = ms_since(start);
                let start = Instant::now();
                let is_match = contents.side == sample.side && contents.template.compare(&probe).is_match();
                (is_match, extract_ms, ms_since(start))
            })
            .await?;
        drop(looking);
        let (is_match, extract, search) = seen.made;

        let now_ms = now_ms();
        let mut tx = self.0.store.write().await?;
        let payment = reload(&mut tx, id).await?;
        check_open(&payment)?;
        check_unchanged(&before, &payment)?;
        if let Some(hash) = shown_hash
            && !held::note_shown(&mut tx, &hash, now_ms, now_ms - 2 * YOUNG_MS).await?
        {
            return Err(replayed());
        }
        // It may have been erased, given up, locked or its yes taken back since it was read.
        let stored =
            held::held(&mut tx, stored.id).await?.filter(|now| self.opens_with(now) == self.opens_with(&stored));
        let stored = stored.ok_or_else(moved_on)?;
        payments::add_attempt(&mut tx, id).await?;
        let allowed = is_match && self.may_pay(&mut tx, payment.site, &stored).await?;
        self.note_brought(&mut tx, permit, stored.subject, is_match).await?;
        match is_match {
            true => held::succeed(&mut tx, stored.id, now_ms).await?,
            false => self.count_failure(&mut tx, &stored).await?,
        }
        let cards = payment_methods::list(&mut tx, stored.subject).await?;
        let has_card = payment_methods::paying(&cards, self.0.processor.name()).is_some();
        let (event, subject, decision) = match allowed && has_card {
            true => (Event::Recognised, Some(stored.subject), Decision::Identified),
            false => (Event::Nobody, None, Decision::NoMatch),
        };
        let to = step(&payment, event, now_ms)?;
        payments::set_status(&mut tx, id, to, subject).await?;
        events::emit_status(&mut tx, payment.merchant, id, to, now_ms).await?;
        let payment = reload(&mut tx, id).await?;
        let payment = shown_to(caller, self.view(&mut tx, &payment, now_ms).await?);
        tx.commit().await?;
        let outcome = if is_match { CaptureOutcome::Identified } else { CaptureOutcome::NoMatch };
        self.count_accepted(CapturePurpose::Identify, outcome, &seen.quality).await;
        tracing::info!(payment = %id, ?outcome, "verified with a palm its owner brought");
        if allowed && !has_card {
            return Err(Refusal::new(Code::NoPaymentMethod, "Link a card in the wallet, or pay by card here."));
        }
        let timings_ms = Timings { decode: seen.decode_ms, capture: seen.capture_ms, extract, search };
        Ok(Identification { decision, payment, quality: seen.quality, timings_ms })
    }

    /// Opens what was brought, with the phone's key or the PIN, and the half that is here. A wrong PIN is a failure, and counted.
    async fn open_carried(
        &self,
        shown: Shown,
        stored: &StoredHeld,
        pin: Option<Pin>,
    ) -> Answer<(Contents, Option<[u8; 32]>)> {
        let needs_pin = match self.opens_with(stored) {
            OpensWith::Palm => false,
            OpensWith::PalmAndPin => true,
            OpensWith::Locked | OpensWith::Revoked => {
                return Err(locked());
            }
        };
        let invalid = || Refusal::new(Code::HeldInvalid, "The phone did not make this code for this installation.");
        let said = shown.said(&self.0.vault.held_keys()).map_err(|_| invalid())?;
        if let Some(said) = &said {
            let now_ms = now_ms();
            if now_ms.saturating_sub(said.at_ms).saturating_abs() > YOUNG_MS {
                let seconds = YOUNG_MS / 1000;
                return Err(Refusal::new(Code::HeldExpired, format!("A code lasts {seconds} seconds.")));
            }
            if held::was_shown(&mut *self.0.store.read().await?, &said.hash).await? {
                return Err(replayed());
            }
        }
        let pin = match (needs_pin, pin) {
            (true, None) => return Err(Refusal::new(Code::PinRequired, "Type the PIN of this held palm.")),
            (true, pin) => pin,
            (false, _) => None,
        };
        let tried = match pin {
            Some(_) => Some(self.count_try(stored).await?),
            None => None,
        };
        let here = self.person(&mut *self.0.store.read().await?, stored.subject).await?.key.half_of_held(stored.id);
        let hash = said.as_ref().map(|said| said.hash);
        let opened = self
            .off_thread(move || {
                let stretched = match pin {
                    Some(pin) => Some(pin.stretch(shown.blob.salt()).ok_or(())?),
                    None => None,
                };
                let half: Option<&Zeroizing<[u8; 32]>> = said.as_ref().map(|said| &said.key);
                let half = half.or(stretched.as_ref().map(|stretched| &stretched.half));
                let opened = half.and_then(|half| shown.blob.open([&here, half]).ok());
                let fits = |contents: &Contents| stretched.as_ref().is_none_or(|typed| typed.check.is(&contents.pin));
                Ok::<_, ()>((said.is_some() && opened.is_none(), opened.filter(fits)))
            })
            .await?;
        let (made_up, opened) = opened.map_err(|()| Refusal::internal("no memory to stretch a PIN"))?;
        // A phone's key is right or made up; no PIN is guessed with it.
        if tried.is_some() && (made_up || opened.is_some()) {
            self.take_back_try(stored).await?;
        }
        match opened {
            Some(contents) => Ok((contents, hash)),
            None if made_up => Err(invalid()),
            None => {
                self.log_wrong_pin(tried.as_ref().unwrap_or(stored)).await?;
                Err(Refusal::new(Code::PinWrong, "After five failures in a row it is locked."))
            }
        }
    }

    /// Counts a try as a failure before it is made, so that tries side by side are no more than those after each other; how it stands then.
    async fn count_try(&self, stored: &StoredHeld) -> Answer<StoredHeld> {
        let mut tx = self.0.store.write().await?;
        let now = held::held(&mut tx, stored.id).await?.ok_or_else(moved_on)?;
        if self.opens_with(&now) != OpensWith::PalmAndPin {
            return Err(locked());
        }
        held::fail(&mut tx, now.id).await?;
        tx.commit().await?;
        Ok(now.failed_once_more())
    }

    async fn log_wrong_pin(&self, tried: &StoredHeld) -> Answer<()> {
        let mut tx = self.0.store.write().await?;
        self.log_held(&mut tx, tried, HeldStep::WrongPin).await?;
        if self.opens_with(tried) == OpensWith::Locked {
            self.log_held(&mut tx, tried, HeldStep::Locked).await?;
        }
        Ok(tx.commit().await?)
    }

    /// Counts another hand as a failure, and logs it where it locks.
    async fn count_failure(&self, tx: &mut Step, stored: &StoredHeld) -> Answer<()> {
        held::fail(tx, stored.id).await?;
        if self.opens_with(&stored.failed_once_more()) == OpensWith::Locked {
            self.log_held(tx, stored, HeldStep::Locked).await?;
        }
        Ok(())
    }

    /// The PIN was right: that try was no failure.
    async fn take_back_try(&self, stored: &StoredHeld) -> Answer<()> {
        let mut tx = self.0.store.write().await?;
        held::take_back_failure(&mut tx, stored.id).await?;
        Ok(tx.commit().await?)
    }

    /// Whether whoever carries it may pay here now.
    async fn may_pay(&self, tx: &mut Conn, site: handsel_api::SiteId, stored: &StoredHeld) -> Answer<bool> {
        let person = self.person(tx, stored.subject).await?;
        Ok(person.stored.status == SubjectStatus::Active
            && in_force(tx, stored.subject, Purpose::Payment).await?.is_some()
            && is_recognised_at(tx, site, &person.stored).await?)
    }
}

fn locked() -> Refusal {
    Refusal::new(Code::HeldLocked, "Too many failures in a row. Unlock it in the wallet, or pay by card.")
}

fn replayed() -> Refusal {
    Refusal::new(Code::HeldReplayed, "Each code is used once.")
}

fn moved_on() -> Refusal {
    Refusal::new(Code::WrongState, "The held palm changed while this frame was looked at; show it again.")
}
