//! Notices and consents.

use super::{
    Answer, App, Caller, Refusal,
    access::{Right, allow},
    retention::days_ms,
    text,
};
use crate::{
    clock::{now_ms, rfc3339},
    ids,
    log::event::Event,
    notice,
    store::{Conn, held, loyalty, notices, payments, references, subjects, subjects::NewConsent},
    vault::What,
};
use handsel_api::{
    Code, ConsentId, SubjectId,
    consents::{Consent, GiveConsent, Language, Notice, Purpose},
};

/// The longest signature, in characters.
const LONGEST_SIGNATURE: usize = 80;

impl App {
    /// The notice in force for a purpose, in a language.
    pub fn notice(&self, purpose: Purpose, language: Language) -> Notice {
        notice::in_force(purpose, language, &self.0.policy)
    }

    /// The notice that was signed under this hash, word by word; none where it was signed before notices were kept.
    pub async fn notice_signed(&self, sha256: &str) -> Answer<Option<Notice>> {
        Ok(notices::notice(&mut *self.0.store.read().await?, sha256).await?)
    }

    /// Records a subject's signed yes to the notice in force. Signing again while one is in force gives that one.
    pub async fn give_consent(&self, caller: &Caller, subject: SubjectId, request: GiveConsent) -> Answer<Consent> {
        let mut tx = self.0.store.write().await?;
        let person = self.person(&mut tx, subject).await?;
        let now_ms = now_ms();
        allow(caller, Right::Enrol { subject: &person.stored, now_ms })?;
        let signature = text("/signature", &request.signature, LONGEST_SIGNATURE)?;
        let notice = self.notice_shown(&request)?;
        let in_force = subjects::consents(&mut tx, subject).await?.into_iter().find(|consent| {
            consent.purpose == request.purpose && consent.revoked_at.is_none() && consent.notice_sha256 == notice.sha256
        });
        if let Some(consent) = in_force {
            tx.commit().await?; // It may be of a moment ago, and not on the disk yet.
            return Ok(consent);
        }
        let (id, device) = (ConsentId(ids::next()), device(caller));
        notices::keep(&mut tx, &notice, now_ms).await?;
        let sealed = person.key.seal(What::Signature { consent: &id.to_string() }, signature.as_bytes());
        let new = NewConsent {
            id,
            subject,
            purpose: request.purpose,
            notice_version: notice.version,
            notice_sha256: &notice.sha256,
            language: notice.language,
            device: &device,
            kept_ms: days_ms(self.0.policy.retention.unused_days),
            signature: &sealed,
            now_ms,
        };
        subjects::insert_consent(&mut tx, &new).await?;
        self.log_about(&mut tx, subject, Event::ConsentGiven { consent: id, purpose: request.purpose }).await?;
        tx.commit().await?;
        tracing::info!(%subject, consent = %id, "consent signed");
        Ok(Consent {
            id,
            purpose: request.purpose,
            notice_version: notice.version,
            notice_sha256: notice.sha256,
            language: Some(notice.language),
            device: Some(device),
            signed_at: rfc3339(now_ms),
            revoked_at: None,
        })
    }

    /// Revokes a consent, and with it every other one to its purpose. Numbers that rested on it are erased; palms are when no other
    /// purpose keeps them; open payments look for a palm again where this one paid. Revoking it again changes nothing.
    pub async fn revoke_consent(&self, caller: &Caller, subject: SubjectId, consent: ConsentId) -> Answer<Consent> {
        allow(caller, Right::ActFor { subject })?;
        let _changing = self.0.enrolling.lock().await;
        let now_ms = now_ms();
        let mut tx = self.0.store.write().await?;
        let revoked = subjects::revoke_consent(&mut tx, subject, consent, now_ms).await?;
        let other = for_a_palm(&mut tx, subject).await?;
        let mut erased = Vec::new();
        for consent in &revoked {
            loyalty::delete_resting_on(&mut tx, *consent).await?;
            held::delete_resting_on(&mut tx, *consent).await?;
            for palm in references::resting_on(&mut tx, *consent).await? {
                match other {
                    Some((other, _)) => references::rest_on(&mut tx, palm, other).await?,
                    None => erased.push(palm),
                }
            }
        }
        self.delete_references(&mut tx, subject, &erased, now_ms).await?;
        if !revoked.is_empty() && in_force(&mut tx, subject, Purpose::Payment).await?.is_none() {
            payments::forget_match(&mut tx, subject).await?;
        }
        let all = subjects::consents(&mut tx, subject).await?;
        let shown = all.into_iter().find(|one| one.id == consent).ok_or_else(|| Refusal::not_found("consent"))?;
        let purpose = shown.purpose;
        for consent in revoked {
            self.log_about(&mut tx, subject, Event::ConsentWithdrawn { consent, purpose }).await?;
        }
        tx.commit().await?;
        if !erased.is_empty() {
            self.forget_palms(&erased).await;
        }
        tracing::info!(%subject, %consent, palms = erased.len(), "consent revoked");
        Ok(shown)
    }

    /// The notice in force that a consent is about; its hash says in which language it was read.
    fn notice_shown(&self, request: &GiveConsent) -> Answer<Notice> {
        let mut notices = Language::ALL.map(|language| self.notice(request.purpose, language)).into_iter();
        let version = notices.as_slice().first().map_or(0, |notice| notice.version);
        let shown = notices.find(|notice| notice.sha256 == request.notice_sha256);
        shown.filter(|notice| notice.version == request.notice_version).ok_or_else(|| {
            let detail = format!("Version {version} is in force; its words follow the configuration. Show it again.");
            Refusal::field(Code::NoticeOutdated, "/notice_sha256", detail)
        })
    }
}

/// What a consent is signed on.
fn device(caller: &Caller) -> String {
    match caller {
        Caller::Subject(_) => "wallet".to_owned(),
        Caller::Operator | Caller::Staff(_) | Caller::Till(_) | Caller::Kiosk(_) => caller.name(),
    }
}

/// The consent to a purpose that was not revoked.
pub(super) async fn in_force(conn: &mut Conn, subject: SubjectId, purpose: Purpose) -> Answer<Option<ConsentId>> {
    let all = subjects::consents(conn, subject).await?;
    Ok(all.into_iter().find(|one| one.purpose == purpose && one.revoked_at.is_none()).map(|consent| consent.id))
}

/// A consent that was not revoked to any purpose that a palm is kept for.
pub(super) async fn for_a_palm(conn: &mut Conn, subject: SubjectId) -> Answer<Option<(ConsentId, Purpose)>> {
    let mut all = subjects::consents(conn, subject).await?;
    all.retain(|one| one.purpose.keeps_a_palm() && one.revoked_at.is_none());
    Ok(all.first().map(|consent| (consent.id, consent.purpose)))
}
