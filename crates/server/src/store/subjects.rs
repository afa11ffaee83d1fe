//! Subjects and their consents.

use super::{Conn, StoreError, rows};
use crate::{
    clock::rfc3339,
    vault::{Sealed, Wrapped},
};
use handsel_api::{
    ConsentId, MerchantId, SubjectId,
    consents::{Consent, Language, Purpose},
    subjects::SubjectStatus,
};

/// A subject as stored: what is personal is sealed.
pub(crate) struct StoredSubject {
    pub(crate) id: SubjectId,
    pub(crate) status: SubjectStatus,
    pub(crate) wrapped_key: Wrapped<'static>,
    pub(crate) name_sealed: Vec<u8>,
    pub(crate) phone_sealed: Option<Vec<u8>>,
    pub(crate) enrolled_by: String,
    pub(crate) enrol_until_ms: i64,
    pub(crate) created_ms: i64,
}

/// A new subject.
pub(crate) struct NewSubject<'a> {
    pub(crate) id: SubjectId,
    pub(crate) wallet_hash: [u8; 32],
    pub(crate) leave_hash: [u8; 32],
    pub(crate) wrapped_key: &'a Wrapped<'a>,
    pub(crate) name: &'a Sealed,
    pub(crate) phone: Option<&'a Sealed>,
    pub(crate) phone_index: Option<[u8; 16]>,
    pub(crate) enrolled_by: &'a str,
    pub(crate) enrol_until_ms: i64,
    pub(crate) created_ms: i64,
}

/// What the console lists of a subject.
pub(crate) struct ListedSubject {
    pub(crate) id: SubjectId,
    pub(crate) status: SubjectStatus,
    pub(crate) palms: u32,
    pub(crate) created_ms: i64,
    pub(crate) last_used_ms: Option<i64>,
}

#[derive(sqlx::FromRow)]
struct SubjectRow {
    id: String,
    status: String,
    wrapped_key: Vec<u8>,
    wrapped_by: i64,
    name_sealed: Vec<u8>,
    phone_sealed: Option<Vec<u8>>,
    enrolled_by: String,
    enrol_until_ms: i64,
    created_ms: i64,
}

#[derive(sqlx::FromRow)]
struct ConsentRow {
    id: String,
    purpose: String,
    notice_version: i64,
    notice_sha256: String,
    language: Option<String>,
    device: Option<String>,
    signed_ms: i64,
    revoked_ms: Option<i64>,
}

impl ConsentRow {
    fn read(self) -> Result<Consent, StoreError> {
        Ok(Consent {
            id: rows::parse("consent.id", &self.id)?,
            purpose: rows::from_word("consent.purpose", &self.purpose)?,
            notice_version: rows::count("consent.notice_version", self.notice_version)?,
            notice_sha256: self.notice_sha256,
            language: self.language.map(|word| rows::from_word("consent.language", &word)).transpose()?,
            device: self.device,
            signed_at: rfc3339(self.signed_ms),
            revoked_at: self.revoked_ms.map(rfc3339),
        })
    }
}

pub(crate) async fn insert_subject(conn: &mut Conn, new: &NewSubject<'_>) -> Result<(), StoreError> {
    sqlx::query(
        "insert into subject (id, status, wallet_hash, wrapped_key, name_sealed, phone_sealed, phone_index,
             enrolled_by, enrol_until_ms, created_ms, wrapped_by, leave_hash)
         values ($1, 'active', $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
    )
    .bind(new.id.to_string())
    .bind(new.wallet_hash.as_slice())
    .bind(&*new.wrapped_key.sealed)
    .bind(new.name.bytes())
    .bind(new.phone.map(Sealed::bytes))
    .bind(new.phone_index.map(|index| index.to_vec()))
    .bind(new.enrolled_by)
    .bind(new.enrol_until_ms)
    .bind(new.created_ms)
    .bind(new.wrapped_key.by)
    .bind(new.leave_hash.as_slice())
    .execute(conn)
    .await?;
    Ok(())
}

pub(crate) async fn subject(conn: &mut Conn, id: SubjectId) -> Result<Option<StoredSubject>, StoreError> {
    let row: Option<SubjectRow> = sqlx::query_as(
        "select id, status, wrapped_key, wrapped_by, name_sealed, phone_sealed, enrolled_by, enrol_until_ms, created_ms
         from subject where id = $1",
    )
    .bind(id.to_string())
    .fetch_optional(conn)
    .await?;
    row.map(|row| {
        Ok(StoredSubject {
            id: rows::parse("subject.id", &row.id)?,
            status: rows::from_word("subject.status", &row.status)?,
            wrapped_key: Wrapped { by: row.wrapped_by, sealed: row.wrapped_key.into() },
            name_sealed: row.name_sealed,
            phone_sealed: row.phone_sealed,
            enrolled_by: row.enrolled_by,
            enrol_until_ms: row.enrol_until_ms,
            created_ms: row.created_ms,
        })
    })
    .transpose()
}

/// A subject whose phone is stored and not indexed.
pub(crate) struct NotIndexed {
    pub(crate) id: SubjectId,
    pub(crate) wrapped_key: Wrapped<'static>,
    pub(crate) phone_sealed: Vec<u8>,
}

/// The first `most` subjects after `after` whose phone is not indexed, in order of ids.
pub(crate) async fn with_phone_not_indexed(
    conn: &mut Conn,
    after: &str,
    most: u32,
) -> Result<Vec<NotIndexed>, StoreError> {
    let rows: Vec<(String, Vec<u8>, i64, Vec<u8>)> = sqlx::query_as(
        "select id, wrapped_key, wrapped_by, phone_sealed from subject
         where phone_sealed is not null and phone_index is null and id > $1 order by id limit $2",
    )
    .bind(after)
    .bind(i64::from(most))
    .fetch_all(conn)
    .await?;
    rows.into_iter()
        .map(|(id, wrapped_key, by, phone_sealed)| {
            let wrapped_key = Wrapped { by, sealed: wrapped_key.into() };
            Ok(NotIndexed { id: rows::parse("subject.id", &id)?, wrapped_key, phone_sealed })
        })
        .collect()
}

pub(crate) async fn set_phone_index(conn: &mut Conn, id: SubjectId, index: &[u8; 16]) -> Result<(), StoreError> {
    sqlx::query("update subject set phone_index = $2 where id = $1")
        .bind(id.to_string())
        .bind(index.as_slice())
        .execute(conn)
        .await?;
    Ok(())
}

/// Everybody who was recognised for a payment to a merchant and is still here.
pub(crate) async fn who_paid_at(conn: &mut Conn, merchant: MerchantId) -> Result<Vec<SubjectId>, StoreError> {
    let rows: Vec<(String,)> =
        sqlx::query_as("select distinct subject_id from payment where merchant_id = $1 and subject_id is not null")
            .bind(merchant.to_string())
            .fetch_all(conn)
            .await?;
    rows.into_iter().map(|(id,)| rows::parse("payment.subject_id", &id)).collect()
}

/// Whether there is any subject: then the key file must be there too.
pub(crate) async fn any_subject(conn: &mut Conn) -> Result<bool, StoreError> {
    let row: Option<(String,)> = sqlx::query_as("select id from subject limit 1").fetch_optional(conn).await?;
    Ok(row.is_some())
}

pub(crate) async fn subjects(
    conn: &mut Conn,
    limit: u32,
    after: Option<SubjectId>,
) -> Result<Vec<ListedSubject>, StoreError> {
    let rows: Vec<(String, String, i64, i64, Option<i64>)> = sqlx::query_as(
        "select s.id, s.status, (select count(*) from reference r where r.subject_id = s.id), s.created_ms,
             (select max(r.last_used_ms) from reference r where r.subject_id = s.id)
         from subject s where cast($1 as text) is null or s.id < $1 order by s.id desc limit $2",
    )
    .bind(after.map(|id| id.to_string()))
    .bind(i64::from(limit))
    .fetch_all(conn)
    .await?;
    rows.into_iter()
        .map(|(id, status, palms, created_ms, last_used_ms)| {
            Ok(ListedSubject {
                id: rows::parse("subject.id", &id)?,
                status: rows::from_word("subject.status", &status)?,
                palms: rows::count("palms", palms)?,
                created_ms,
                last_used_ms,
            })
        })
        .collect()
}

/// False when there is no such subject.
pub(crate) async fn set_status(conn: &mut Conn, id: SubjectId, status: SubjectStatus) -> Result<bool, StoreError> {
    let done = sqlx::query("update subject set status = $2, wrong_proofs = 0 where id = $1")
        .bind(id.to_string())
        .bind(rows::word(&status)?)
        .execute(conn)
        .await?;
    Ok(done.rows_affected() == 1)
}

/// Counts a wrong proof across payments; the number of them since the last right one.
pub(crate) async fn add_wrong_proof(conn: &mut Conn, id: SubjectId) -> Result<i64, StoreError> {
    let row: Option<(i64,)> =
        sqlx::query_as("update subject set wrong_proofs = wrong_proofs + 1 where id = $1 returning wrong_proofs")
            .bind(id.to_string())
            .fetch_optional(conn)
            .await?;
    Ok(row.map_or(0, |(count,)| count))
}

pub(crate) async fn clear_wrong_proofs(conn: &mut Conn, id: SubjectId) -> Result<(), StoreError> {
    sqlx::query("update subject set wrong_proofs = 0 where id = $1").bind(id.to_string()).execute(conn).await?;
    Ok(())
}

/// A new consent.
pub(crate) struct NewConsent<'a> {
    pub(crate) id: ConsentId,
    pub(crate) subject: SubjectId,
    pub(crate) purpose: Purpose,
    pub(crate) notice_version: u32,
    pub(crate) notice_sha256: &'a str,
    pub(crate) language: Language,
    pub(crate) device: &'a str,
    /// How long without use, as the notice tells.
    pub(crate) kept_ms: i64,
    pub(crate) signature: &'a Sealed,
    pub(crate) now_ms: i64,
}

pub(crate) async fn insert_consent(conn: &mut Conn, new: &NewConsent<'_>) -> Result<(), StoreError> {
    sqlx::query(
        "insert into consent (id, subject_id, purpose, notice_version, notice_sha256, language, device, kept_ms,
             signature_sealed, signed_ms)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
    )
    .bind(new.id.to_string())
    .bind(new.subject.to_string())
    .bind(rows::word(&new.purpose)?)
    .bind(i64::from(new.notice_version))
    .bind(new.notice_sha256)
    .bind(rows::word(&new.language)?)
    .bind(new.device)
    .bind(new.kept_ms)
    .bind(new.signature.bytes())
    .bind(new.now_ms)
    .execute(conn)
    .await?;
    Ok(())
}

pub(crate) async fn consents(conn: &mut Conn, subject: SubjectId) -> Result<Vec<Consent>, StoreError> {
    let rows: Vec<ConsentRow> = sqlx::query_as(
        "select id, purpose, notice_version, notice_sha256, language, device, signed_ms, revoked_ms
         from consent where subject_id = $1 order by id desc",
    )
    .bind(subject.to_string())
    .fetch_all(conn)
    .await?;
    rows.into_iter().map(ConsentRow::read).collect()
}

/// Marks a consent revoked, with every other one in force to the same purpose; those that were. None when it was revoked before,
/// or is not this subject's.
pub(crate) async fn revoke_consent(
    conn: &mut Conn,
    subject: SubjectId,
    consent: ConsentId,
    now_ms: i64,
) -> Result<Vec<ConsentId>, StoreError> {
    let rows: Vec<(String,)> = sqlx::query_as(
        "update consent set revoked_ms = $3
         where subject_id = $1 and revoked_ms is null
           and purpose = (select c.purpose from consent c where c.id = $2 and c.subject_id = $1 and c.revoked_ms is null)
         returning id",
    )
    .bind(subject.to_string())
    .bind(consent.to_string())
    .bind(now_ms)
    .fetch_all(conn)
    .await?;
    rows.into_iter().map(|(id,)| rows::parse("consent.id", &id)).collect()
}
