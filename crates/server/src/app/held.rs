//! Palms that their owners carry: sealed to a phone or a card, and forgotten here.

use super::{
    Answer, App, Caller, CaptureOutcome, CapturePurpose, Refusal,
    access::{Right, allow},
    consents::in_force,
};
use crate::{
    clock::{now_ms, rfc3339},
    held::{Blob, Contents, Pin, Sealing, Shown, read},
    ids,
    log::event::{Event, HeldStep},
    residue::Handling,
    store::{Step, held, held::StoredHeld, subjects},
};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use handsel_api::{
    Code, HeldId, Private, SubjectId,
    consents::Purpose,
    held::{Carrier, Held, NewHeld, OpensWith, SeenCarrier},
    keys::Scope,
    references::Quality,
};
use handsel_palm::{HeldTemplate, Side, Template};
use zeroize::Zeroizing;

/// Failures in a row after which a palm alone opens nothing.
const FAILURES_TO_PIN: i64 = 5;
/// Failures in a row after which a phone opens nothing. A card, which takes its PIN from the start, is locked after the first five.
const FAILURES_TO_LOCK: i64 = 10;
/// The most held palms of one subject: a phone and a card for each hand, and as many again.
const MOST_HELD: usize = 8;

impl App {
    /// Seals the palm in one frame to its owner's carrier. The template is in memory for as long as that takes; nothing of it is kept.
    ///
    /// The consent is looked up before the bytes are looked at.
    pub(crate) async fn hold(
        &self,
        caller: &Caller,
        subject: SubjectId,
        carrier: Carrier,
        pin: Pin,
        frame: Vec<u8>,
    ) -> Answer<NewHeld> {
        let _handling = Handling;
        self.held_is_offered()?;
        {
            let mut conn = self.0.store.read().await?;
            let stored = subjects::subject(&mut conn, subject).await?.ok_or_else(|| Refusal::not_found("subject"))?;
            allow(caller, Right::Enrol { subject: &stored, now_ms: now_ms() })?;
            in_force(&mut conn, subject, Purpose::Payment).await?.ok_or_else(unsigned)?;
            if held::of_subject(&mut conn, subject).await?.len() >= MOST_HELD {
                return Err(Refusal::new(Code::TooManyAttempts, "Remove a held palm that is not used any more first."));
            }
        }
        let taken = self.look(CapturePurpose::Enrol, frame, |sample| taken(sample.side, &sample.roi)).await?;
        let quality = taken.quality;
        let Some((side, template)) = taken.made else {
            let quality = Quality { score: 0, reasons: vec!["blurred".to_owned()] };
            return Err(self.reject(CapturePurpose::Enrol, quality).await?);
        };
        let id = HeldId(ids::next());
        // Nobody begins another epoch meanwhile.
        let _changing = self.0.enrolling.lock().await;
        let epoch = self.0.epochs.current().number;
        let (mine, key) = {
            let mut conn = self.0.store.read().await?;
            (self.person(&mut conn, subject).await?.key.half_of_held(id), new_key(carrier))
        };
        let keys = self.0.vault.held_keys();
        let theirs = key.clone();
        let sealed = self
            .off_thread(move || {
                let sealing = Sealing::begin(id, carrier, epoch)?;
                let stretched = pin.stretch(sealing.salt())?;
                let half = theirs.as_ref().unwrap_or(&stretched.half).clone();
                sealing.finish(&keys, [&mine, &half], &Contents { side, pin: stretched.check, template }).ok()
            })
            .await?;
        let blob = sealed.ok_or_else(|| Refusal::internal("a held palm that cannot be sealed"))?;

        let mut tx = self.0.store.write().await?;
        // Looked up again in the transaction that writes: it may have been revoked since.
        let consent = in_force(&mut tx, subject, Purpose::Payment).await?.ok_or_else(unsigned)?;
        let new = StoredHeld { id, subject, carrier, epoch, failures: 0, created_ms: now_ms() };
        held::insert(&mut tx, &new, consent).await?;
        self.log_held(&mut tx, &new, HeldStep::Given).await?;
        tx.commit().await?;
        self.count_accepted(CapturePurpose::Enrol, CaptureOutcome::Enrolled, &quality).await;
        tracing::info!(%subject, held = %id, carrier = carrier.word(), "palm given to its owner");
        Ok(NewHeld {
            held: self.show_held(&new),
            blob: Private(BASE64_URL_SAFE_NO_PAD.encode(blob)),
            shown_to: key.as_ref().map(|_| BASE64_URL_SAFE_NO_PAD.encode(self.0.vault.held_keys().shown_to())),
            key: key.map(|key| Private(BASE64_URL_SAFE_NO_PAD.encode(key.as_slice()))),
            quality,
        })
    }

    /// What is known here of the palms that a subject carries.
    pub async fn list_held(&self, caller: &Caller, subject: SubjectId) -> Answer<Vec<Held>> {
        allow(caller, Right::ActFor { subject })?;
        let all = held::of_subject(&mut *self.0.store.read().await?, subject).await?;
        Ok(all.iter().map(|stored| self.show_held(stored)).collect())
    }

    /// Has a held palm open nothing any more, wherever it lies.
    pub async fn remove_held(&self, caller: &Caller, subject: SubjectId, id: HeldId) -> Answer<()> {
        allow(caller, Right::ActFor { subject })?;
        let mut tx = self.0.store.write().await?;
        let stored = held::held(&mut tx, id).await?.filter(|held| held.subject == subject);
        let stored = stored.ok_or_else(|| Refusal::not_found("held palm"))?;
        held::delete(&mut tx, id).await?;
        self.log_held(&mut tx, &stored, HeldStep::GivenUp).await?;
        tx.commit().await?;
        tracing::info!(%subject, held = %id, "held palm given up");
        Ok(())
    }

    /// Starts counting failures again. For its owner, signed in to their wallet.
    pub async fn unlock_held(&self, caller: &Caller, subject: SubjectId, id: HeldId) -> Answer<Held> {
        allow(caller, Right::OwnWallet { subject })?;
        let mut tx = self.0.store.write().await?;
        let stored = held::held(&mut tx, id).await?.filter(|held| held.subject == subject);
        let stored = stored.ok_or_else(|| Refusal::not_found("held palm"))?;
        held::unlock(&mut tx, id).await?;
        self.log_held(&mut tx, &stored, HeldStep::Unlocked).await?;
        tx.commit().await?;
        tracing::info!(%subject, held = %id, "held palm unlocked");
        Ok(self.show_held(&StoredHeld { failures: 0, ..stored }))
    }

    /// Reads the code of a carrier from a frame, and says what it takes to pay with it. Opens nothing.
    pub async fn see_carrier(&self, caller: &Caller, frame: Vec<u8>) -> Answer<SeenCarrier> {
        self.held_is_offered()?;
        caller.needs(Scope::PaymentsWrite)?;
        if let Caller::Subject(_) = caller {
            return Err(Refusal::new(Code::Forbidden, "Codes are read at a till."));
        }
        let _handling = Handling;
        let frame = Zeroizing::new(frame);
        let codes = self.off_thread(move || read(&frame)).await?;
        let codes = codes.map_err(|error| Refusal::new(Code::InvalidFrame, format!("{error}.")))?;
        let (shown, stored, bytes) = self.first_known(codes).await?;
        Ok(SeenCarrier {
            carried: Private(BASE64_URL_SAFE_NO_PAD.encode(bytes.as_slice())),
            carrier: shown.blob.carrier,
            opens_with: self.opens_with(&stored),
        })
    }

    /// The first of several codes that was made here; posters may hang behind it.
    async fn first_known(&self, codes: Vec<Zeroizing<Vec<u8>>>) -> Answer<(Shown, StoredHeld, Zeroizing<Vec<u8>>)> {
        let mut why = Refusal::new(Code::HeldUnreadable, "Hold the code still, so that it fills the frame.");
        for bytes in codes {
            match self.known_carrier(&bytes).await {
                Ok((shown, stored)) => return Ok((shown, stored, bytes)),
                Err(refusal) => why = refusal,
            }
        }
        Err(why)
    }

    /// What a carrier holds, and what is known of it here: that it was made here, and stands for somebody still.
    pub(super) async fn known_carrier(&self, bytes: &[u8]) -> Answer<(Shown, StoredHeld)> {
        if !Shown::is_whole(bytes) {
            return Err(Refusal::new(Code::HeldUnreadable, "It is no held palm, or not a whole one."));
        }
        let shown = Shown::parse(&self.0.vault.held_keys(), bytes)
            .map_err(|_| Refusal::new(Code::HeldInvalid, "It was not made here, or was changed since."))?;
        let stored = held::held(&mut *self.0.store.read().await?, shown.blob.id).await?;
        let stored = stored.filter(|stored| is_still(&shown.blob, stored)).ok_or_else(revoked)?;
        if self.opens_with(&stored) == OpensWith::Revoked { Err(revoked()) } else { Ok((shown, stored)) }
    }

    /// Logs, with this step, what happens to a held palm: its owner reads it.
    pub(super) async fn log_held(&self, step: &mut Step, of: &StoredHeld, what: HeldStep) -> Answer<()> {
        self.log_about(step, of.subject, Event::HeldPalm { held: of.id, step: what }).await
    }

    pub(super) fn opens_with(&self, stored: &StoredHeld) -> OpensWith {
        if stored.epoch != self.0.epochs.current().number {
            return OpensWith::Revoked;
        }
        match (stored.carrier, stored.failures) {
            (Carrier::Phone, ..FAILURES_TO_PIN) => OpensWith::Palm,
            (Carrier::Phone, FAILURES_TO_PIN..FAILURES_TO_LOCK) => OpensWith::PalmAndPin,
            (Carrier::Card, ..FAILURES_TO_PIN) => OpensWith::PalmAndPin,
            _ => OpensWith::Locked,
        }
    }

    fn show_held(&self, stored: &StoredHeld) -> Held {
        Held {
            id: stored.id,
            carrier: stored.carrier,
            opens_with: self.opens_with(stored),
            created_at: rfc3339(stored.created_ms),
        }
    }

    pub(super) fn held_is_offered(&self) -> Answer<()> {
        if self.0.policy.held { Ok(()) } else { Err(Refusal::not_found("custody as held")) }
    }
}

fn taken(side: Side, roi: &handsel_palm::Roi) -> Option<(Side, HeldTemplate)> {
    HeldTemplate::of(&Template::extract(roi)).map(|template| (side, template))
}

/// A phone's own half of the key; a card's is its PIN.
fn new_key(carrier: Carrier) -> Option<Zeroizing<[u8; 32]>> {
    (carrier == Carrier::Phone).then(|| Zeroizing::new(crate::secret::random()))
}

fn is_still(blob: &Blob, stored: &StoredHeld) -> bool {
    (blob.carrier, blob.epoch) == (stored.carrier, stored.epoch)
}

fn revoked() -> Refusal {
    Refusal::new(Code::HeldRevoked, "Pay by card; the payment is still open. Enrol again to have another one.")
}

fn unsigned() -> Refusal {
    Refusal::new(Code::ConsentRequired, "Sign the notice for the purpose payment first; no frame was looked at.")
}
