//! The one place where references are read. Each read names its purpose; whoever is found must consent to that purpose at that
//! moment, or nobody was found. A search is in the transparency log before it begins, and what it found before anybody is told; and it
//! is counted in the store.

use super::{Answer, App, Refusal, consents::in_force};
use crate::{
    clock::{day, now_ms},
    log::event::{self, Event, ShownAt},
    store::{Conn, Step, counts, references},
};
use handsel_api::{Code, MerchantId, ReferenceId, SubjectId, consents::Purpose, policy::SearchedBy};
use handsel_gallery::{Among, Decision, Found};
use handsel_palm::{Probe, Score, Side};
use std::sync::Arc;
use ulid::Ulid;

/// Leave to read references for a purpose, for a palm that is shown somewhere. Only this file gives one, and palms are compared with
/// nothing less.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Permit {
    purpose: Purpose,
    place: ShownAt,
}

impl Permit {
    /// The same, for a palm that is shown there.
    pub(super) fn at(self, place: ShownAt) -> Permit {
        Permit { place, ..self }
    }
}

/// Whom a search found, as far as its purpose may know.
pub(super) enum Whose {
    Surely(ReferenceId, SubjectId),
    Probably(ReferenceId, SubjectId),
    Nobody,
}

/// What came of a read, as it is counted.
#[derive(Debug, Clone, Copy)]
enum Outcome {
    Found,
    Nobody,
    /// Somebody was found who did not consent to this purpose.
    NoConsent,
    /// A palm that is about to be enrolled is another's already.
    Taken,
    /// One palm was compared with the one its owner enrolled.
    Verified,
    /// Palms went sealed to a shop that may be cut off, to be compared there for this purpose.
    Carried,
    /// A palm is the one that its owner brought.
    Brought,
}

impl Outcome {
    fn word(self) -> &'static str {
        match self {
            Outcome::Found => "found",
            Outcome::Nobody => "nobody",
            Outcome::NoConsent => "no_consent",
            Outcome::Taken => "taken",
            Outcome::Verified => "verified",
            Outcome::Carried => "carried",
            Outcome::Brought => "brought",
        }
    }
}

impl App {
    /// Leave to search among all references for a purpose.
    pub(super) fn permit(&self, purpose: Purpose) -> Answer<Permit> {
        if self.0.policy.searched_by == SearchedBy::Nobody {
            return Err(Refusal::new(
                Code::CustodyForbidden,
                "Here a palm may only be compared with the one its owner brings. No frame was looked at; pay by card.",
            ));
        }
        Ok(Permit { purpose, place: ShownAt::default() })
    }

    /// Leave to compare a palm with the one that its owner brings.
    pub(super) fn permit_brought(&self, purpose: Purpose, place: ShownAt) -> Answer<Permit> {
        self.held_is_offered()?;
        Ok(Permit { purpose, place })
    }

    /// Logs that a palm is about to be compared with the one that its owner brought.
    pub(super) async fn log_brought(&self, permit: Permit) -> Answer<()> {
        self.log_search(permit, event::Among::Brought).await
    }

    /// Searches exactly, once the log says so. What is found is not decided yet.
    pub(super) async fn search(&self, permit: Permit, probe: Arc<Probe>, side: Side, among: Among) -> Answer<Found> {
        let told = if matches!(among, Among::Only(_)) { event::Among::Cohort } else { event::Among::Everybody };
        self.log_search(permit, told).await?;
        Ok(self.0.palms.search(permit, probe, side, among).await?)
    }

    /// The best score of one reference, once the log says that it is compared; `None` if it is not there.
    pub(super) async fn verify(
        &self,
        permit: Permit,
        reference: ReferenceId,
        probe: Arc<Probe>,
        side: Side,
    ) -> Answer<Option<Score>> {
        self.log_search(permit, event::Among::OnePalm).await?;
        Ok(self.0.palms.verify(permit, reference, probe, side).await?)
    }

    async fn log_search(&self, Permit { purpose, place }: Permit, among: event::Among) -> Answer<()> {
        self.log_now(Event::Search { purpose, place, among }).await
    }

    /// Logs, with this step, what was done with a palm of a subject.
    async fn log_match(&self, step: &mut Step, permit: Permit, of: SubjectId, outcome: event::Outcome) -> Answer<()> {
        let Permit { purpose, place } = permit;
        self.log_about(step, of, Event::Match { purpose, place, outcome }).await
    }

    /// Whose the reference is that a search decided on. Call it in the transaction that acts on the answer.
    pub(super) async fn whose(&self, tx: &mut Step, permit: Permit, decision: Decision) -> Answer<Whose> {
        let (candidate, outcome, whose): (_, _, fn(_, _) -> Whose) = match decision {
            Decision::Identified(candidate) => (candidate, event::Outcome::Found, Whose::Surely),
            Decision::StepUp(candidate) => (candidate, event::Outcome::Probably, Whose::Probably),
            Decision::NoMatch => {
                note(tx, permit, Outcome::Nobody, None).await?;
                return Ok(Whose::Nobody);
            }
        };
        let reference = ReferenceId(Ulid::from(candidate.key));
        // Erased while the search ran.
        let Some(subject) = references::subject_of(tx, reference).await? else { return Ok(Whose::Nobody) };
        if in_force(tx, subject, permit.purpose).await?.is_none() {
            self.log_match(tx, permit, subject, event::Outcome::NoConsent).await?;
            note(tx, permit, Outcome::NoConsent, Some(reference)).await?;
            return Ok(Whose::Nobody);
        }
        self.log_match(tx, permit, subject, outcome).await?;
        note(tx, permit, Outcome::Found, Some(reference)).await?;
        Ok(whose(reference, subject))
    }

    /// Whether the reference that a search decided on is somebody else's than this subject's; not whose. That is asked once, when a
    /// palm is enrolled, of everybody: two subjects with one palm could not be told apart for any purpose.
    pub(super) async fn is_anothers(&self, permit: Permit, decision: Decision, subject: SubjectId) -> Answer<bool> {
        let mut tx = self.0.store.write().await?;
        let found = match decision {
            Decision::Identified(candidate) | Decision::StepUp(candidate) => {
                Some(ReferenceId(Ulid::from(candidate.key)))
            }
            Decision::NoMatch => None,
        };
        let owner = match found {
            Some(found) => references::subject_of(&mut tx, found).await?,
            None => None,
        };
        let other = owner.filter(|owner| *owner != subject);
        if let Some(other) = other {
            self.log_match(&mut tx, permit, other, event::Outcome::Taken).await?;
        }
        let anothers = other.is_some();
        note(&mut tx, permit, if anothers { Outcome::Taken } else { Outcome::Nobody }, found).await?;
        tx.commit().await?;
        Ok(anothers)
    }

    /// Notes that palms of people who consent to this purpose went to a shop that may be cut off.
    pub(super) async fn note_carried(&self, permit: Permit, merchant: MerchantId, of: &[SubjectId]) -> Answer<()> {
        let mut tx = self.0.store.write().await?;
        self.log(&mut tx, Event::Export { what: event::Exported::Palms, merchant })?;
        for subject in of {
            self.log_match(&mut tx, permit, *subject, event::Outcome::Carried).await?;
        }
        note(&mut tx, permit, Outcome::Carried, None).await?;
        Ok(tx.commit().await?)
    }

    /// Notes, with the step that acts on it, that a palm was compared with the one its owner brought: that it is the same, or another.
    pub(super) async fn note_brought(
        &self,
        tx: &mut Step,
        permit: Permit,
        of: SubjectId,
        is_match: bool,
    ) -> Answer<()> {
        let (logged, counted) = match is_match {
            true => (event::Outcome::Found, Outcome::Brought),
            false => (event::Outcome::Different, Outcome::Nobody),
        };
        self.log_match(tx, permit, of, logged).await?;
        note(tx, permit, counted, None).await
    }

    /// Notes that a palm was compared with the one its owner enrolled.
    pub(super) async fn note_verified(&self, permit: Permit, of: SubjectId, reference: ReferenceId) -> Answer<()> {
        let mut tx = self.0.store.write().await?;
        self.log_match(&mut tx, permit, of, event::Outcome::Verified).await?;
        note(&mut tx, permit, Outcome::Verified, Some(reference)).await?;
        Ok(tx.commit().await?)
    }
}

async fn note(
    tx: &mut Conn,
    Permit { purpose, .. }: Permit,
    outcome: Outcome,
    found: Option<ReferenceId>,
) -> Answer<()> {
    counts::add_read(tx, &day(now_ms()), purpose.word(), outcome.word()).await?;
    let reference = found.map(tracing::field::display);
    tracing::info!(purpose = purpose.word(), outcome = outcome.word(), reference, "references read");
    Ok(())
}
