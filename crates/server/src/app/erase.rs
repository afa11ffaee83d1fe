//! Leaving: everything of a subject is gone in one transaction, and its bytes leave the files.

use super::{Answer, App, Caller};
use handsel_api::{SubjectId, subjects::Erased};

impl App {
    /// Erases a subject: templates, key, personal data, consents, cards, sessions. Receipts stay, linked to nobody.
    pub async fn erase_subject(&self, caller: &Caller, id: SubjectId) -> Answer<Erased> {
        let _ = (caller, id);
        todo!()
    }
}
