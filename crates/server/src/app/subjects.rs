//! Subjects: making, showing, freezing.

use super::{Answer, App, Caller};
use handsel_api::{
    SubjectId,
    merchants::Page,
    subjects::{CreateSubject, CreatedSubject, Subject, SubjectStatus},
};

/// A subject as the operator's console lists them: no name, nothing biometric.
#[derive(Debug, Clone)]
pub struct SubjectRow {
    /// Their id.
    pub id: SubjectId,
    /// Whether palms work.
    pub status: SubjectStatus,
    /// How many palms are enrolled.
    pub palms: u32,
    /// RFC 3339.
    pub created_at: String,
    /// When a palm of theirs was last recognised, RFC 3339.
    pub last_used_at: Option<String>,
}

impl App {
    /// Makes a subject at a site. Operator, that merchant's till, that site's kiosk.
    pub async fn create_subject(&self, caller: &Caller, request: CreateSubject) -> Answer<CreatedSubject> {
        let _ = (caller, request);
        todo!()
    }

    /// A subject, for themselves, the operator, and whoever enrols them.
    pub async fn subject(&self, caller: &Caller, id: SubjectId) -> Answer<Subject> {
        let _ = (caller, id);
        todo!()
    }

    /// Every subject, newest first. Operators only.
    pub async fn list_subjects(
        &self,
        caller: &Caller,
        limit: u32,
        after: Option<SubjectId>,
    ) -> Answer<Page<SubjectRow>> {
        let _ = (caller, limit, after);
        todo!()
    }

    /// Takes every palm of a subject out of use.
    pub async fn freeze(&self, caller: &Caller, id: SubjectId) -> Answer<Subject> {
        let _ = (caller, id);
        todo!()
    }

    /// Puts the palms of a subject back into use.
    pub async fn unfreeze(&self, caller: &Caller, id: SubjectId) -> Answer<Subject> {
        let _ = (caller, id);
        todo!()
    }
}
