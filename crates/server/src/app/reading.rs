//! The one place where references are read. Each read names its purpose; whoever is found must consent to that purpose at that
//! moment, or nobody was found; and it is noted: ids in the log, counts in the store.

use super::{Answer, App, Refusal, consents::in_force};
use crate::{
    clock::{day, now_ms},
    store::{Conn, counts, references},
};
use handsel_api::{Code, ReferenceId, SubjectId, consents::Purpose, policy::SearchedBy};
use handsel_gallery::Decision;
use ulid::Ulid;

/// Leave to read references for a purpose. Only this file gives one, and palms are compared with nothing less.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Permit(Purpose);

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
    /// A palm was compared with the one that its owner brought.
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
        Ok(Permit(purpose))
    }

    /// Whose the reference is that a search decided on. Call it in the transaction that acts on the answer.
    pub(super) async fn whose(&self, tx: &mut Conn, permit: Permit, decision: Decision) -> Answer<Whose> {
        let (candidate, whose): (_, fn(_, _) -> Whose) = match decision {
            Decision::Identified(candidate) => (candidate, Whose::Surely),
            Decision::StepUp(candidate) => (candidate, Whose::Probably),
            Decision::NoMatch => {
                note(tx, permit, Outcome::Nobody, None).await?;
                return Ok(Whose::Nobody);
            }
        };
        let reference = ReferenceId(Ulid::from(candidate.key));
        // Erased while the search ran.
        let Some(subject) = references::subject_of(tx, reference).await? else { return Ok(Whose::Nobody) };
        if in_force(tx, subject, permit.0).await?.is_none() {
            note(tx, permit, Outcome::NoConsent, Some(reference)).await?;
            return Ok(Whose::Nobody);
        }
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
        let anothers = owner.is_some_and(|owner| owner != subject);
        note(&mut tx, permit, if anothers { Outcome::Taken } else { Outcome::Nobody }, found).await?;
        tx.commit().await?;
        Ok(anothers)
    }

    /// Notes that palms of people who consent to this purpose went to a shop that may be cut off.
    pub(super) async fn note_carried(&self, permit: Permit) -> Answer<()> {
        let mut tx = self.0.store.write().await?;
        note(&mut tx, permit, Outcome::Carried, None).await?;
        Ok(tx.commit().await?)
    }

    /// Notes that a palm was compared with the one its owner brought. No reference was read for it; whoever calls checked the consent.
    pub(super) async fn note_brought(&self, tx: &mut Conn, purpose: Purpose) -> Answer<()> {
        note(tx, Permit(purpose), Outcome::Brought, None).await
    }

    /// Notes that a palm was compared with the one its owner enrolled.
    pub(super) async fn note_verified(&self, permit: Permit, reference: ReferenceId) -> Answer<()> {
        let mut tx = self.0.store.write().await?;
        note(&mut tx, permit, Outcome::Verified, Some(reference)).await?;
        Ok(tx.commit().await?)
    }
}

async fn note(tx: &mut Conn, Permit(purpose): Permit, outcome: Outcome, found: Option<ReferenceId>) -> Answer<()> {
    counts::add_read(tx, &day(now_ms()), purpose.word(), outcome.word()).await?;
    let reference = found.map(tracing::field::display);
    tracing::info!(purpose = purpose.word(), outcome = outcome.word(), reference, "references read");
    Ok(())
}
