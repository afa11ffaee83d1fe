//! Enrolled palms.

use super::{Answer, App, Caller};
use handsel_api::{ReferenceId, SubjectId, references::Enrolled};

impl App {
    /// Enrols a palm from the bytes of one frame, or adds a capture to the one already enrolled of that hand.
    ///
    /// The consent is looked up before the bytes are looked at.
    pub async fn add_reference(&self, caller: &Caller, subject: SubjectId, frame: Vec<u8>) -> Answer<Enrolled> {
        let _ = (caller, subject, frame);
        todo!()
    }

    /// Erases one palm.
    pub async fn remove_reference(&self, caller: &Caller, subject: SubjectId, reference: ReferenceId) -> Answer<()> {
        let _ = (caller, subject, reference);
        todo!()
    }
}
