//! Subjects: making, showing, freezing.

use super::{
    Answer, App, Caller, Refusal,
    access::{Right, allow},
    leave::LEAVE,
    merchants::page,
    sessions::WALLET,
    signs::sign_hangs,
    text,
};
use crate::{
    clock::{now_ms, rfc3339},
    ids,
    log::event::{Event, Records},
    secret,
    store::{merchants, subjects, subjects::NewSubject},
    vault::What,
};
use handsel_api::{
    Code, SubjectId,
    merchants::Page,
    subjects::{CreateSubject, CreatedSubject, Subject, SubjectStatus},
};

/// How long whoever made a subject may go on enrolling them.
const ENROL_MS: i64 = 60 * 60 * 1000;
/// The longest name, in characters.
const LONGEST_NAME: usize = 40;

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
        let name = text("/display_name", &request.display_name, LONGEST_NAME)?;
        let phone = request.phone_last4.as_deref().map(|digits| four_digits("/phone_last4", digits)).transpose()?;
        if !request.of_age {
            let years = self.0.policy.minimum_age;
            let detail = format!("Nobody younger than {years} enrols a palm here. Nothing was kept.");
            return Err(Refusal::field(Code::Minor, "/of_age", detail));
        }
        let mut tx = self.0.store.write().await?;
        let Some(site) = merchants::site(&mut tx, request.site).await? else {
            return Err(Refusal::field(Code::InvalidField, "/site", "There is no such site here."));
        };
        allow(caller, Right::SignUp { merchant: site.merchant, site: site.id })?;
        sign_hangs(&site)?;

        let (id, now_ms) = (SubjectId(ids::next()), now_ms());
        let (wallet, leave) = (secret::token(WALLET), secret::token(LEAVE));
        let (key, wrapped_key) = self.0.vault.new_subject_key(id)?;
        let phone_index = phone.as_ref().map(|digits| self.0.vault.phone_index(digits));
        let phone = phone.map(|digits| key.seal(What::PhoneLast4, digits.as_bytes()));
        let new = NewSubject {
            id,
            wallet_hash: secret::hash(&wallet),
            leave_hash: secret::hash(&leave),
            wrapped_key: &wrapped_key,
            name: &key.seal(What::DisplayName, name.as_bytes()),
            phone: phone.as_ref(),
            phone_index,
            enrolled_by: &caller.name(),
            enrol_until_ms: now_ms + ENROL_MS,
            created_ms: now_ms,
        };
        subjects::insert_subject(&mut tx, &new).await?;
        let subject = self.show_subject(&mut tx, id).await?;
        tx.commit().await?;
        tracing::info!(subject = %id, site = %site.id, "subject made");
        Ok(CreatedSubject { subject, wallet_path: format!("/wallet/{wallet}"), leave_path: format!("/leave/{leave}") })
    }

    /// A subject, for themselves, the operator, and whoever enrols them.
    pub async fn subject(&self, caller: &Caller, id: SubjectId) -> Answer<Subject> {
        let mut conn = self.0.store.read().await?;
        let subject = subjects::subject(&mut conn, id).await?.ok_or_else(|| Refusal::not_found("subject"))?;
        allow(caller, Right::See { subject: &subject, now_ms: now_ms() })?;
        let shown = self.show_subject(&mut conn, id).await?;
        drop(conn);
        if caller.role().is_some() {
            let mut tx = self.0.store.write().await?;
            self.log_staff(&mut tx, caller, id).await?;
            tx.commit().await?;
        }
        Ok(shown)
    }

    /// Every subject, newest first. Operators only.
    pub async fn list_subjects(
        &self,
        caller: &Caller,
        limit: u32,
        after: Option<SubjectId>,
    ) -> Answer<Page<SubjectRow>> {
        allow(caller, Right::ListPeople)?;
        self.log_now(Event::StaffAccess { what: Records::Subjects }).await?;
        let rows = subjects::subjects(&mut *self.0.store.read().await?, limit + 1, after).await?;
        let rows = rows.into_iter().map(|row| SubjectRow {
            id: row.id,
            status: row.status,
            palms: row.palms,
            created_at: rfc3339(row.created_ms),
            last_used_at: row.last_used_ms.map(rfc3339),
        });
        Ok(page(rows.collect(), limit, |row| row.id.to_string()))
    }

    /// Takes every palm of a subject out of use.
    pub async fn freeze(&self, caller: &Caller, id: SubjectId) -> Answer<Subject> {
        self.set_status(caller, id, SubjectStatus::Frozen).await
    }

    /// Puts the palms of a subject back into use.
    pub async fn unfreeze(&self, caller: &Caller, id: SubjectId) -> Answer<Subject> {
        self.set_status(caller, id, SubjectStatus::Active).await
    }

    async fn set_status(&self, caller: &Caller, id: SubjectId, status: SubjectStatus) -> Answer<Subject> {
        allow(caller, Right::ActFor { subject: id })?;
        let mut tx = self.0.store.write().await?;
        if !subjects::set_status(&mut tx, id, status).await? {
            return Err(Refusal::not_found("subject"));
        }
        let subject = self.show_subject(&mut tx, id).await?;
        self.log_staff(&mut tx, caller, id).await?;
        tx.commit().await?;
        tracing::info!(subject = %id, ?status, "status set");
        Ok(subject)
    }
}

/// Exactly four ASCII digits.
pub(crate) fn four_digits(field: &'static str, text: &str) -> Answer<String> {
    if text.len() == 4 && text.bytes().all(|byte| byte.is_ascii_digit()) {
        Ok(text.to_owned())
    } else {
        Err(Refusal::field(Code::InvalidField, field, "Exactly four digits."))
    }
}
