//! Helping one person at a time: whoever shows a receipt of theirs.

use super::{
    Answer, App, Caller, Refusal, Role,
    access::{Right, allow},
};
use crate::clock::now_ms;
use handsel_api::{Code, subjects::Subject};

impl App {
    /// Whose palm paid what is on a receipt, by its link or the secret in it. Owners and support; it is logged.
    pub async fn person_of_receipt(&self, caller: &Caller, receipt: &str) -> Answer<Subject> {
        if !matches!(caller.role(), Some(Role::Owner | Role::Support)) {
            return Err(Refusal::new(Code::Forbidden, "This is for whoever helps people."));
        }
        let secret = receipt.trim().rsplit('/').next().unwrap_or_default();
        let secret = secret.split(['.', '?', '#']).next().unwrap_or_default();
        let mut conn = self.0.store.read().await?;
        let paid = self.paid(&mut conn, secret).await?;
        let id = paid.subject.ok_or_else(|| {
            Refusal::new(
                Code::NotFound,
                "No palm of anybody here paid this: it was paid by card, or its owner has left.",
            )
        })?;
        let person = self.person(&mut conn, id).await?;
        allow(caller, Right::See { subject: &person.stored, now_ms: now_ms() })?;
        let shown = self.show_subject(&mut conn, id).await?;
        drop(conn);
        let mut step = self.0.store.write().await?;
        self.log_staff(&mut step, caller, id).await?;
        step.commit().await?;
        Ok(shown)
    }
}
