//! For `handsel bench`: an installation with as many palms as one likes, of nobody.

use super::{Answer, App};
use crate::{
    clock::now_ms,
    ids, notice, secret,
    store::{
        references::{self, NewReference},
        subjects::{self, NewConsent, NewSubject},
    },
    vault::What,
};
use handsel_api::{ConsentId, ReferenceId, SubjectId, consents::Purpose, references::Hand};
use handsel_palm::Template;

/// Subjects written in one transaction.
const AT_ONCE: u32 = 1_000;

impl App {
    /// Writes `subjects` subjects into the store, each with a consent and one palm, whose templates are the given ones in turn.
    /// They can be searched after the next start. For measuring only: one palm gets many names, so nobody is ever recognised.
    ///
    /// # Errors
    /// Whatever the store says; what was written before stays.
    pub async fn fill_to_measure(&self, subjects: u32, templates: &[Template], wrote: impl Fn(u32)) -> Answer<()> {
        let notice = notice::in_force(Purpose::Payment);
        let bytes: Vec<_> = templates.iter().map(Template::to_bytes).collect();
        let mut template = bytes.iter().cycle();
        for from in (0..subjects).step_by(AT_ONCE as usize) {
            let now_ms = now_ms();
            let mut tx = self.0.store.write().await?;
            for bytes in template.by_ref().take(AT_ONCE.min(subjects - from) as usize) {
                let (id, consent, reference) =
                    (SubjectId(ids::next()), ConsentId(ids::next()), ReferenceId(ids::next()));
                let (key, wrapped_key) = self.0.vault.new_subject_key(id);
                let new = NewSubject {
                    id,
                    wallet_hash: secret::random(),
                    wrapped_key: &wrapped_key,
                    name: &key.seal(What::DisplayName, b"Nobody"),
                    phone: None,
                    enrolled_by: "bench",
                    enrol_until_ms: now_ms,
                    created_ms: now_ms,
                };
                subjects::insert_subject(&mut tx, &new).await?;
                let signature = key.seal(What::Signature { consent: &consent.to_string() }, b"Nobody");
                let new = NewConsent {
                    id: consent,
                    subject: id,
                    purpose: Purpose::Payment,
                    notice_version: notice.version,
                    notice_sha256: &notice.sha256,
                    signature: &signature,
                    now_ms,
                };
                subjects::insert_consent(&mut tx, &new).await?;
                let new = NewReference { id: reference, subject: id, consent, hand: Hand::Right, now_ms };
                references::insert_reference(&mut tx, &new).await?;
                let sealed = key.seal(What::Template { reference: &reference.to_string(), position: 0 }, bytes);
                references::insert_template(&mut tx, reference, 0, &sealed).await?;
            }
            tx.commit().await?;
            wrote(from + AT_ONCE.min(subjects - from));
        }
        Ok(())
    }

    /// How many palms can be searched in this process.
    pub fn palms(&self) -> usize {
        self.0.palms.len()
    }
}
