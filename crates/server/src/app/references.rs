//! Enrolled palms.

use super::{
    Answer, App, Caller, CaptureOutcome, CapturePurpose, Refusal,
    access::{Right, allow},
    consents::for_a_palm,
    look::hand,
    reading::Permit,
};
use crate::{
    clock::{day, now_ms},
    ids,
    log::event::{Event, ShownAt},
    residue::Handling,
    store::{Conn, counts, payments, references, references::NewReference, subjects},
    vault::What,
};
use handsel_api::{
    Code, ConsentId, ReferenceId, SubjectId,
    consents::Purpose,
    references::{Enrolled, Hand, Quality, Reference},
};
use handsel_gallery::{Among, TargetFpir};
use handsel_palm::{Probe, Side, Template};
use std::sync::Arc;

/// The most captures of one palm; more add little and cost a comparison each.
const MOST_CAPTURES: u32 = 3;
/// The false match rate at which a later capture counts as the same palm. One comparison with one or two templates, with
/// the person present, so much looser than a search: by chance a stranger's palm would pass once in a thousand tries.
/// Tuned on 40 drawn palms of two captures: none of the 40 second ones was sent back.
const SAME_PALM_FMR: f64 = 1e-3;
/// The risk at which a palm is surely enrolled already. One that only may be, at a hundred times this, is refused as well:
/// one capture of a new shopper in a hundred is sent back wrongly, and the next one is likely to pass.
const DUPLICATE_FPIR: f64 = 1e-4;

/// What is drawn from a sample to enrol it. Wiped when dropped.
struct Drawn {
    side: Side,
    template: Template,
    probe: Arc<Probe>,
}

impl App {
    /// Enrols a palm from the bytes of one frame, or adds a capture to the one already enrolled of that hand. A fourth
    /// capture is compared and not kept.
    ///
    /// The consent is looked up before the bytes are looked at.
    pub async fn add_reference(&self, caller: &Caller, subject: SubjectId, frame: Vec<u8>) -> Answer<Enrolled> {
        let _handling = Handling;
        let permit = {
            let mut conn = self.0.store.read().await?;
            let stored = subjects::subject(&mut conn, subject).await?.ok_or_else(|| Refusal::not_found("subject"))?;
            allow(caller, Right::Enrol { subject: &stored, now_ms: now_ms() })?;
            let (_, purpose) = consent_in_force(&mut conn, subject).await?;
            self.permit(purpose)?.at(ShownAt { site: caller.site(), ..ShownAt::default() })
        };
        let seen = self
            .look(CapturePurpose::Enrol, frame, |sample| Drawn {
                side: sample.side,
                template: Template::extract(&sample.roi),
                probe: Arc::new(Probe::build(&sample.roi)),
            })
            .await?;
        if !seen.made.template.is_usable() {
            // A palm without a line to compare: out of focus, whatever the reason.
            let quality = Quality { score: 0, reasons: vec!["blurred".to_owned()] };
            return Err(self.reject(CapturePurpose::Enrol, quality).await?);
        }
        let _changing = self.0.enrolling.lock().await;
        let (drawn, quality) = (seen.made, seen.quality);
        let enrolled = async {
            let before = self.same_hand(subject, hand(drawn.side)).await?;
            let drawn = match &before {
                Some(reference) => self.check_same_palm(permit, subject, reference.id, drawn).await?,
                None => self.check_new_palm(permit, subject, drawn).await?,
            };
            self.keep(subject, before, drawn).await
        };
        let outcome = match enrolled.await {
            Ok(reference) => Ok(Enrolled { reference, quality: quality.clone() }),
            Err(refusal) => Err(refusal),
        };
        let counted = match &outcome {
            Ok(_) => Some(CaptureOutcome::Enrolled),
            Err(refusal) if matches!(refusal.code, Code::AlreadyEnrolled | Code::PalmsDiffer) => {
                Some(CaptureOutcome::Refused)
            }
            Err(_) => None,
        };
        if let Some(counted) = counted {
            self.count_accepted(CapturePurpose::Enrol, counted, &quality).await;
        }
        outcome
    }

    /// Erases one palm. An open payment that had recognised its owner looks for a palm again.
    pub async fn remove_reference(&self, caller: &Caller, subject: SubjectId, reference: ReferenceId) -> Answer<()> {
        allow(caller, Right::ActFor { subject })?;
        let _changing = self.0.enrolling.lock().await;
        let mut tx = self.0.store.write().await?;
        if references::references(&mut tx, subject).await?.iter().all(|palm| palm.id != reference) {
            return Err(Refusal::not_found("palm"));
        }
        self.delete_references(&mut tx, subject, &[reference], now_ms()).await?;
        self.log_about(&mut tx, subject, Event::Erasure { palms: 1, held: false }).await?;
        payments::forget_match(&mut tx, subject).await?;
        tx.commit().await?;
        self.forget_palms(&[reference]).await;
        tracing::info!(%subject, %reference, "palm erased");
        Ok(())
    }

    /// Counts an accepted capture and its quality. A count that cannot be kept is no reason to refuse what was done.
    pub(super) async fn count_accepted(&self, purpose: CapturePurpose, outcome: CaptureOutcome, quality: &Quality) {
        let counted = async {
            let day = day(now_ms());
            let mut tx = self.0.store.write().await?;
            counts::add_capture(&mut tx, &day, purpose.word(), outcome.word(), "").await?;
            counts::add_quality(&mut tx, &day, (quality.score / 10).min(9)).await?;
            tx.commit().await
        };
        if let Err(error) = counted.await {
            tracing::warn!(%error, "a capture was not counted");
        }
    }

    async fn same_hand(&self, subject: SubjectId, hand: Hand) -> Answer<Option<Reference>> {
        let all = references::references(&mut *self.0.store.read().await?, subject).await?;
        Ok(all.into_iter().find(|reference| reference.hand == hand))
    }

    async fn check_same_palm(
        &self,
        permit: Permit,
        subject: SubjectId,
        reference: ReferenceId,
        drawn: Drawn,
    ) -> Answer<Drawn> {
        let score = self.verify(permit, reference, Arc::clone(&drawn.probe), drawn.side).await?;
        self.note_verified(permit, subject, reference).await?;
        if score.is_some_and(|score| score.fmr() <= SAME_PALM_FMR) {
            Ok(drawn)
        } else {
            Err(Refusal::new(Code::PalmsDiffer, "Hold the same hand as before over the scanner, or start over."))
        }
    }

    async fn check_new_palm(&self, permit: Permit, subject: SubjectId, drawn: Drawn) -> Answer<Drawn> {
        let Some(risk) = TargetFpir::new(DUPLICATE_FPIR) else { return Err(Refusal::internal("duplicate risk")) };
        let found = self.search(permit, Arc::clone(&drawn.probe), drawn.side, Among::EVERYONE).await?;
        // A palm that only may be enrolled already is refused too: once both were in, neither could be told from the other.
        if self.is_anothers(permit, found.decide(risk), subject).await? {
            return Err(Refusal::new(
                Code::AlreadyEnrolled,
                "This palm belongs to a wallet here; use that one. If it is new here, show it again: one capture in a hundred is \
                 mistaken for another's.",
            ));
        }
        Ok(drawn)
    }

    /// Seals and stores the template, then adds it to the gallery.
    async fn keep(&self, subject: SubjectId, before: Option<Reference>, drawn: Drawn) -> Answer<Reference> {
        let now_ms = now_ms();
        let mut tx = self.0.store.write().await?;
        // Looked up again in the transaction that writes: it may have been revoked since.
        let (consent, purpose) = consent_in_force(&mut tx, subject).await?;
        let person = self.person(&mut tx, subject).await?;
        let (id, position) = match &before {
            Some(reference) if reference.captures >= MOST_CAPTURES => {
                tx.commit().await?; // It may be of a moment ago, and not on the disk yet.
                return Ok(reference.clone());
            }
            Some(reference) => (reference.id, i64::from(reference.captures)),
            None => {
                let new =
                    NewReference { id: ReferenceId(ids::next()), subject, consent, hand: hand(drawn.side), now_ms };
                references::insert_reference(&mut tx, &new).await?;
                (new.id, 0)
            }
        };
        // Nobody begins another one meanwhile: `enrolling` is held.
        let epoch = self.0.epochs.current();
        let template = epoch.template(&drawn.template);
        let what = What::Template { reference: &id.to_string(), position, epoch: epoch.number };
        let sealed = person.key.seal(what, &template.to_bytes());
        references::insert_template(&mut tx, id, position, epoch.number, &sealed).await?;
        let all = references::references(&mut tx, subject).await?;
        let shown = all.into_iter().find(|reference| reference.id == id);
        self.give_credits(&mut tx, subject, now_ms).await?;
        self.log_about(&mut tx, subject, Event::Enrol { reference: id, purpose }).await?;
        tx.commit().await?;
        let capture = u8::try_from(position).map_err(|_| Refusal::internal("a capture too many"))?;
        if let Err(error) = self.0.palms.insert(epoch.number, id, drawn.side, capture, template) {
            tracing::error!(%error, reference = %id, "a palm that was stored cannot be searched");
            return Err(Refusal::internal("a palm that cannot be searched"));
        }
        tracing::info!(%subject, reference = %id, captures = position + 1, "palm enrolled");
        shown.ok_or_else(|| Refusal::internal("a reference that is not there"))
    }
}

/// What a palm is kept for: the first purpose that its owner consents to.
async fn consent_in_force(conn: &mut Conn, subject: SubjectId) -> Answer<(ConsentId, Purpose)> {
    for_a_palm(conn, subject).await?.ok_or_else(|| {
        Refusal::new(Code::ConsentRequired, "Sign the notice for the purpose payment first; no frame was looked at.")
    })
}
