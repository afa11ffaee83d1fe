//! Notices and consents.

use super::{Answer, App, Caller};
use handsel_api::{
    ConsentId, SubjectId,
    consents::{Consent, GiveConsent, Notice, Purpose},
};

impl App {
    /// The notice in force for a purpose.
    pub fn notice(&self, purpose: Purpose) -> Notice {
        let _ = purpose;
        todo!()
    }

    /// Records a subject's signed yes to the notice in force.
    pub async fn give_consent(&self, caller: &Caller, subject: SubjectId, request: GiveConsent) -> Answer<Consent> {
        let _ = (caller, subject, request);
        todo!()
    }

    /// Revokes a consent; every palm that rested on it is erased.
    pub async fn revoke_consent(&self, caller: &Caller, subject: SubjectId, consent: ConsentId) -> Answer<Consent> {
        let _ = (caller, subject, consent);
        todo!()
    }
}
