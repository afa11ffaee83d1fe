//! Notices and consents.

use super::{
    Answer, App, Caller, Refusal,
    access::{Right, allow},
    text,
};
use crate::{
    clock::{now_ms, rfc3339},
    ids, notice,
    store::{Conn, loyalty, payments, references, subjects, subjects::NewConsent},
    vault::What,
};
use handsel_api::{
    Code, ConsentId, SubjectId,
    consents::{Consent, GiveConsent, Notice, Purpose},
};

/// The longest signature, in characters.
const LONGEST_SIGNATURE: usize = 80;

impl App {
    /// The notice in force for a purpose.
    pub fn notice(&self, purpose: Purpose) -> Notice {
        notice::in_force(purpose, self.0.offline)
    }

    /// Records a subject's signed yes to the notice in force. Signing again while one is in force gives that one.
    pub async fn give_consent(&self, caller: &Caller, subject: SubjectId, request: GiveConsent) -> Answer<Consent> {
        let mut tx = self.0.store.write().await?;
        let person = self.person(&mut tx, subject).await?;
        let now_ms = now_ms();
        allow(caller, Right::Enrol { subject: &person.stored, now_ms })?;
        let signature = text("/signature", &request.signature, LONGEST_SIGNATURE)?;
        let notice = self.notice(request.purpose);
        if (request.notice_version, request.notice_sha256.as_str()) != (notice.version, notice.sha256.as_str()) {
            return Err(Refusal::field(
                Code::NoticeOutdated,
                "/notice_sha256",
                format!("Version {} is in force.", notice.version),
            ));
        }
        let in_force = subjects::consents(&mut tx, subject).await?.into_iter().find(|consent| {
            consent.purpose == request.purpose && consent.revoked_at.is_none() && consent.notice_sha256 == notice.sha256
        });
        if let Some(consent) = in_force {
            tx.commit().await?; // It may be of a moment ago, and not on the disk yet.
            return Ok(consent);
        }
        let id = ConsentId(ids::next());
        let sealed = person.key.seal(What::Signature { consent: &id.to_string() }, signature.as_bytes());
        let new = NewConsent {
            id,
            subject,
            purpose: request.purpose,
            notice_version: notice.version,
            notice_sha256: &notice.sha256,
            signature: &sealed,
            now_ms,
        };
        subjects::insert_consent(&mut tx, &new).await?;
        tx.commit().await?;
        tracing::info!(%subject, consent = %id, "consent signed");
        Ok(Consent {
            id,
            purpose: request.purpose,
            notice_version: notice.version,
            notice_sha256: notice.sha256,
            signed_at: rfc3339(now_ms),
            revoked_at: None,
        })
    }

    /// Revokes a consent; every palm and number that rested on it is erased, and where palms are, open payments look for one
    /// again. Revoking it again changes nothing.
    pub async fn revoke_consent(&self, caller: &Caller, subject: SubjectId, consent: ConsentId) -> Answer<Consent> {
        allow(caller, Right::ActFor { subject })?;
        let _changing = self.0.enrolling.lock().await;
        let now_ms = now_ms();
        let mut tx = self.0.store.write().await?;
        let revoked = subjects::revoke_consent(&mut tx, subject, consent, now_ms).await?;
        let mut palms = Vec::new();
        if revoked {
            loyalty::delete_resting_on(&mut tx, consent).await?;
            palms = references::resting_on(&mut tx, consent).await?;
            for palm in &palms {
                references::delete_reference(&mut tx, subject, *palm).await?;
            }
            if !palms.is_empty() {
                payments::forget_match(&mut tx, subject).await?;
            }
        }
        let all = subjects::consents(&mut tx, subject).await?;
        let shown = all.into_iter().find(|one| one.id == consent).ok_or_else(|| Refusal::not_found("consent"))?;
        tx.commit().await?;
        self.forget_palms(&palms).await;
        tracing::info!(%subject, %consent, palms = palms.len(), "consent revoked");
        Ok(shown)
    }
}

/// The consent to a purpose that was not revoked.
pub(super) async fn in_force(conn: &mut Conn, subject: SubjectId, purpose: Purpose) -> Answer<Option<ConsentId>> {
    let all = subjects::consents(conn, subject).await?;
    Ok(all.into_iter().find(|one| one.purpose == purpose && one.revoked_at.is_none()).map(|consent| consent.id))
}
