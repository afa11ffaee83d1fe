//! Palms that belong to nobody, for measuring and rehearsing: stored as an enrolment stores them, without anybody who consents.

use crate::{
    clock::now_ms,
    epochs::Epoch,
    ids, secret,
    store::{
        Conn, StoreError,
        references::{self, NewReference},
        subjects::{self, NewConsent, NewSubject},
    },
    vault::{Vault, What},
};
use handsel_api::{
    ConsentId, ReferenceId, SubjectId,
    consents::{Language, Purpose},
    references::Hand,
};
use handsel_palm::Template;

/// Stores a subject with a consent and one palm, from a bare template.
pub(crate) async fn enrol(
    conn: &mut Conn,
    vault: &Vault,
    epoch: &Epoch,
    hand: Hand,
    template: &Template,
) -> Result<ReferenceId, StoreError> {
    let (subject, consent, id) = (SubjectId(ids::next()), ConsentId(ids::next()), ReferenceId(ids::next()));
    let made = vault.new_subject_key(subject).map_err(|error| StoreError::Broken(error.to_string()))?;
    let (key, wrapped_key) = made;
    let now_ms = now_ms();
    let new = NewSubject {
        id: subject,
        wallet_hash: secret::random(),
        leave_hash: secret::random(),
        wrapped_key: &wrapped_key,
        name: &key.seal(What::DisplayName, b"Nobody"),
        phone: None,
        phone_index: None,
        enrolled_by: "nobody",
        enrol_until_ms: now_ms,
        created_ms: now_ms,
    };
    subjects::insert_subject(conn, &new).await?;
    let new = NewConsent {
        id: consent,
        subject,
        purpose: Purpose::Payment,
        notice_version: 0, // nobody was told anything
        notice_sha256: &"0".repeat(64),
        language: Language::En,
        device: "nobody",
        kept_ms: i64::from(i32::MAX),
        signature: &key.seal(What::Signature { consent: &consent.to_string() }, b"Nobody"),
        now_ms,
    };
    subjects::insert_consent(conn, &new).await?;
    references::insert_reference(conn, &NewReference { id, subject, consent, hand, now_ms }).await?;
    let what = What::Template { reference: &id.to_string(), position: 0, epoch: epoch.number };
    let sealed = key.seal(what, &epoch.template(template).to_bytes());
    references::insert_template(conn, id, 0, epoch.number, &sealed).await?;
    Ok(id)
}
