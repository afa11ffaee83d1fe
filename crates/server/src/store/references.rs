//! References and their sealed templates.

use super::{Conn, StoreError, changes, epochs::Number, rows};
use crate::{
    clock::rfc3339,
    vault::{Sealed, Wrapped},
};
use futures_util::TryStreamExt;
use handsel_api::{
    ConsentId, ReferenceId, SiteId, SubjectId,
    references::{Hand, Reference},
};
use sqlx::{Any, Execute, FromRow};
use std::borrow::Cow;

/// One stored capture's template, sealed.
pub(crate) struct StoredTemplate<'a> {
    pub(crate) reference: ReferenceId,
    pub(crate) subject: SubjectId,
    pub(crate) hand: Hand,
    pub(crate) position: i64,
    /// The epoch whose transform it is under; 0 for a bare one.
    pub(crate) epoch: Number,
    pub(crate) sealed: Cow<'a, [u8]>,
    pub(crate) wrapped_key: Wrapped<'a>,
}

#[derive(sqlx::FromRow)]
struct TemplateRow {
    reference_id: String,
    subject_id: String,
    side: String,
    position: i64,
    epoch: Number,
    sealed: Vec<u8>,
    wrapped_key: Vec<u8>,
    wrapped_by: i64,
}

impl TemplateRow {
    fn read(self) -> Result<StoredTemplate<'static>, StoreError> {
        Ok(StoredTemplate {
            reference: rows::parse("reference.id", &self.reference_id)?,
            subject: rows::parse("subject.id", &self.subject_id)?,
            hand: rows::from_word("reference.side", &self.side)?,
            position: self.position,
            epoch: self.epoch,
            sealed: self.sealed.into(),
            wrapped_key: Wrapped { by: self.wrapped_by, sealed: self.wrapped_key.into() },
        })
    }
}

/// A new reference.
pub(crate) struct NewReference {
    pub(crate) id: ReferenceId,
    pub(crate) subject: SubjectId,
    pub(crate) consent: ConsentId,
    pub(crate) hand: Hand,
    pub(crate) now_ms: i64,
}

pub(crate) async fn insert_reference(conn: &mut Conn, new: &NewReference) -> Result<(), StoreError> {
    sqlx::query("insert into reference (id, subject_id, consent_id, side, created_ms) values ($1, $2, $3, $4, $5)")
        .bind(new.id.to_string())
        .bind(new.subject.to_string())
        .bind(new.consent.to_string())
        .bind(rows::word(&new.hand)?)
        .bind(new.now_ms)
        .execute(conn)
        .await?;
    Ok(())
}

/// Inserts a capture's template, and says so in the list of changes.
pub(crate) async fn insert_template(
    conn: &mut Conn,
    reference: ReferenceId,
    position: i64,
    epoch: Number,
    sealed: &Sealed,
) -> Result<(), StoreError> {
    sqlx::query("insert into template (reference_id, position, epoch, sealed) values ($1, $2, $3, $4)")
        .bind(reference.to_string())
        .bind(position)
        .bind(epoch)
        .bind(sealed.bytes())
        .execute(&mut *conn)
        .await?;
    changes::add(conn, reference).await
}

/// Every reference of a subject, oldest first.
pub(crate) async fn references(conn: &mut Conn, subject: SubjectId) -> Result<Vec<Reference>, StoreError> {
    let rows: Vec<(String, String, i64, i64)> = sqlx::query_as(
        "select r.id, r.side, r.created_ms, (select count(*) from template t where t.reference_id = r.id)
         from reference r where r.subject_id = $1 order by r.id",
    )
    .bind(subject.to_string())
    .fetch_all(conn)
    .await?;
    rows.into_iter()
        .map(|(id, side, created_ms, captures)| {
            Ok(Reference {
                id: rows::parse("reference.id", &id)?,
                hand: rows::from_word("reference.side", &side)?,
                captures: rows::count("captures", captures)?,
                created_at: rfc3339(created_ms),
            })
        })
        .collect()
}

/// Whose a reference is.
pub(crate) async fn subject_of(conn: &mut Conn, reference: ReferenceId) -> Result<Option<SubjectId>, StoreError> {
    let row: Option<(String,)> = sqlx::query_as("select subject_id from reference where id = $1")
        .bind(reference.to_string())
        .fetch_optional(conn)
        .await?;
    row.map(|(id,)| rows::parse("reference.subject_id", &id)).transpose()
}

pub(crate) async fn mark_used(conn: &mut Conn, reference: ReferenceId, now_ms: i64) -> Result<(), StoreError> {
    sqlx::query("update reference set last_used_ms = $2 where id = $1")
        .bind(reference.to_string())
        .bind(now_ms)
        .execute(conn)
        .await?;
    Ok(())
}

/// Has references rest on another consent of the same subject.
pub(crate) async fn rest_on(conn: &mut Conn, reference: ReferenceId, consent: ConsentId) -> Result<(), StoreError> {
    sqlx::query("update reference set consent_id = $2 where id = $1")
        .bind(reference.to_string())
        .bind(consent.to_string())
        .execute(conn)
        .await?;
    Ok(())
}

/// The references that rest on a consent.
pub(crate) async fn resting_on(conn: &mut Conn, consent: ConsentId) -> Result<Vec<ReferenceId>, StoreError> {
    let rows: Vec<(String,)> = sqlx::query_as("select id from reference where consent_id = $1")
        .bind(consent.to_string())
        .fetch_all(conn)
        .await?;
    rows.into_iter().map(|(id,)| rows::parse("reference.id", &id)).collect()
}

/// Deletes a reference and its templates, and says so in the list of changes; false when it is not this subject's.
pub(crate) async fn delete_reference(
    conn: &mut Conn,
    subject: SubjectId,
    reference: ReferenceId,
) -> Result<bool, StoreError> {
    sqlx::query(
        "delete from template where reference_id = (select id from reference where id = $1 and subject_id = $2)",
    )
    .bind(reference.to_string())
    .bind(subject.to_string())
    .execute(&mut *conn)
    .await?;
    let done = sqlx::query("delete from reference where id = $1 and subject_id = $2")
        .bind(reference.to_string())
        .bind(subject.to_string())
        .execute(&mut *conn)
        .await?;
    if done.rows_affected() == 0 {
        return Ok(false);
    }
    changes::add(conn, reference).await?;
    Ok(true)
}

/// The references of those who paid at a site with their palm, at most `most`.
pub(crate) async fn of_site(conn: &mut Conn, site: SiteId, most: usize) -> Result<Vec<ReferenceId>, StoreError> {
    let rows: Vec<(String,)> = sqlx::query_as(
        "select id from reference where subject_id in
             (select subject_id from payment where site_id = $1 and subject_id is not null and status = 'captured')
         limit $2",
    )
    .bind(site.to_string())
    .bind(most as i64)
    .fetch_all(conn)
    .await?;
    rows.into_iter().map(|(id,)| rows::parse("reference.id", &id)).collect()
}

/// The references of those whose phone has this index, at most `most`.
pub(crate) async fn of_phone(conn: &mut Conn, index: &[u8; 16], most: usize) -> Result<Vec<ReferenceId>, StoreError> {
    let rows: Vec<(String,)> = sqlx::query_as(
        "select r.id from subject s join reference r on r.subject_id = s.id where s.phone_index = $1 limit $2",
    )
    .bind(index.as_slice())
    .bind(most as i64)
    .fetch_all(conn)
    .await?;
    rows.into_iter().map(|(id,)| rows::parse("reference.id", &id)).collect()
}

/// Subjects' ids that cut all of them into `shares` shares of about the same size, to read these side by side: the first of
/// each share but the first.
pub(crate) async fn cuts(conn: &mut Conn, shares: i64) -> Result<Vec<String>, StoreError> {
    let (count,): (i64,) = sqlx::query_as("select count(*) from subject").fetch_one(&mut *conn).await?;
    let mut cuts = Vec::new();
    for share in 1..shares.max(1) {
        let row: Option<(String,)> = sqlx::query_as("select id from subject order by id limit 1 offset $1")
            .bind(count * share / shares)
            .fetch_optional(&mut *conn)
            .await?;
        cuts.extend(row.map(|(id,)| id));
    }
    cuts.dedup();
    Ok(cuts)
}

/// Every template of the subjects with ids from the first parameter and before the second, in order of subjects.
fn templates_between<'q>() -> sqlx::query::Query<'q, Any, sqlx::any::AnyArguments> {
    sqlx::query(
        "select r.id as reference_id, s.id as subject_id, r.side, t.position, t.epoch, t.sealed, s.wrapped_key,
             s.wrapped_by
         from subject s join reference r on r.subject_id = s.id join template t on t.reference_id = r.id
         where s.id >= $1 and s.id < $2 order by s.id, r.id, t.position",
    )
}

/// Hands every template of the subjects with ids from `from` and before `to` to `take`, in order of subjects.
pub(crate) async fn each_template(
    conn: &mut Conn,
    from: &str,
    to: &str,
    take: &mut dyn FnMut(StoredTemplate<'_>),
) -> Result<(), StoreError> {
    let mut stream = templates_between().bind(from).bind(to).fetch(conn);
    while let Some(row) = stream.try_next().await? {
        take(TemplateRow::from_row(&row)?.read()?);
    }
    Ok(())
}

/// The same straight from the engine's own memory, on this thread: a start reads a million of them, and what copies each value and
/// passes each row between threads takes three times as long.
pub(crate) fn each_template_of_file(
    conn: &rusqlite::Connection,
    from: &str,
    to: &str,
    take: &mut dyn FnMut(StoredTemplate<'_>),
) -> Result<(), StoreError> {
    let mut statement = conn.prepare(templates_between().sql().as_str())?;
    let mut rows = statement.query([from, to])?;
    while let Some(row) = rows.next()? {
        let text = |column| row.get_ref(column).and_then(|value| Ok(value.as_str()?));
        let bytes = |column| row.get_ref(column).and_then(|value| Ok(value.as_blob()?));
        take(StoredTemplate {
            reference: rows::parse("reference.id", text(0)?)?,
            subject: rows::parse("subject.id", text(1)?)?,
            hand: rows::from_word("reference.side", text(2)?)?,
            position: row.get(3)?,
            epoch: row.get(4)?,
            sealed: bytes(5)?.into(),
            wrapped_key: Wrapped { by: row.get(7)?, sealed: bytes(6)?.into() },
        });
    }
    Ok(())
}

/// The templates of one reference; none when it is not there.
pub(crate) async fn templates_of(
    conn: &mut Conn,
    reference: ReferenceId,
) -> Result<Vec<StoredTemplate<'static>>, StoreError> {
    let rows: Vec<TemplateRow> = sqlx::query_as(
        "select r.id as reference_id, s.id as subject_id, r.side, t.position, t.epoch, t.sealed, s.wrapped_key,
             s.wrapped_by
         from template t join reference r on r.id = t.reference_id join subject s on s.id = r.subject_id
         where r.id = $1 order by t.position",
    )
    .bind(reference.to_string())
    .fetch_all(conn)
    .await?;
    rows.into_iter().map(TemplateRow::read).collect()
}

/// The templates of these references, in order of references; none of one that is not there.
pub(crate) async fn templates_of_all(
    conn: &mut Conn,
    these: &[ReferenceId],
) -> Result<Vec<StoredTemplate<'static>>, StoreError> {
    #[derive(serde::Serialize)]
    struct One {
        id: String,
    }
    let these: Vec<One> = these.iter().map(|id| One { id: id.to_string() }).collect();
    // The list first: each of it is looked up.
    let rows: Vec<TemplateRow> = sqlx::query_as(
        "select r.id as reference_id, s.id as subject_id, r.side, t.position, t.epoch, t.sealed, s.wrapped_key,
             s.wrapped_by
         from json_each($1) e cross join reference r join template t on t.reference_id = r.id
             join subject s on s.id = r.subject_id
         where r.id = e.value ->> 'id' order by r.id, t.position",
    )
    .bind(rows::list(&these)?)
    .fetch_all(conn)
    .await?;
    rows.into_iter().map(TemplateRow::read).collect()
}

/// The templates of some references, in order of references: of those after `after` the first `most`, so that who reads all of
/// them page by page holds nobody up.
pub(crate) async fn page_of_templates(
    conn: &mut Conn,
    after: Option<ReferenceId>,
    most: u32,
) -> Result<Vec<StoredTemplate<'static>>, StoreError> {
    let rows: Vec<TemplateRow> = sqlx::query_as(
        "select r.id as reference_id, s.id as subject_id, r.side, t.position, t.epoch, t.sealed, s.wrapped_key,
             s.wrapped_by
         from (select id, subject_id, side from reference where id > $1 order by id limit $2) r
         join template t on t.reference_id = r.id join subject s on s.id = r.subject_id
         order by r.id, t.position",
    )
    .bind(after.map(|id| id.to_string()).unwrap_or_default())
    .bind(i64::from(most))
    .fetch_all(conn)
    .await?;
    rows.into_iter().map(TemplateRow::read).collect()
}

/// The templates of the first `most` references that are of an epoch, in order of references.
pub(crate) async fn templates_of_epoch(
    conn: &mut Conn,
    epoch: Number,
    most: u32,
) -> Result<Vec<StoredTemplate<'static>>, StoreError> {
    // In two steps: put together, SQLite reads every template of the epoch for each page.
    let (last,): (Option<String>,) = sqlx::query_as(
        "select max(reference_id) from
             (select distinct reference_id from template where epoch = $1 order by reference_id limit $2) e",
    )
    .bind(epoch)
    .bind(i64::from(most))
    .fetch_one(&mut *conn)
    .await?;
    let rows: Vec<TemplateRow> = sqlx::query_as(
        "select r.id as reference_id, s.id as subject_id, r.side, t.position, t.epoch, t.sealed, s.wrapped_key,
             s.wrapped_by
         from template t join reference r on r.id = t.reference_id join subject s on s.id = r.subject_id
         where t.epoch = $1 and t.reference_id <= $2 order by t.reference_id, t.position",
    )
    .bind(epoch)
    .bind(last.unwrap_or_default())
    .fetch_all(conn)
    .await?;
    rows.into_iter().map(TemplateRow::read).collect()
}

/// Some references, in the order of their ids, from the `from`th on. For measuring.
pub(crate) async fn some(conn: &mut Conn, from: u32, most: u32) -> Result<Vec<ReferenceId>, StoreError> {
    let rows: Vec<(String,)> = sqlx::query_as("select id from reference order by id limit $1 offset $2")
        .bind(i64::from(most))
        .bind(i64::from(from))
        .fetch_all(conn)
        .await?;
    rows.into_iter().map(|(id,)| rows::parse("reference.id", &id)).collect()
}

/// One capture of a palm, as it is kept.
pub(crate) struct KeptCapture {
    pub(crate) reference: ReferenceId,
    pub(crate) hand: Hand,
    pub(crate) created_ms: i64,
    pub(crate) last_used_ms: Option<i64>,
    pub(crate) epoch: i64,
}

/// Every capture of a subject, those of one palm together.
pub(crate) async fn captures(conn: &mut Conn, subject: SubjectId) -> Result<Vec<KeptCapture>, StoreError> {
    let rows: Vec<(String, String, i64, Option<i64>, i64)> = sqlx::query_as(
        "select r.id, r.side, r.created_ms, r.last_used_ms, t.epoch
         from reference r join template t on t.reference_id = r.id where r.subject_id = $1 order by r.id, t.position",
    )
    .bind(subject.to_string())
    .fetch_all(conn)
    .await?;
    rows.into_iter()
        .map(|(id, side, created_ms, last_used_ms, epoch)| {
            let (reference, hand) = (rows::parse("reference.id", &id)?, rows::from_word("reference.side", &side)?);
            Ok(KeptCapture { reference, hand, created_ms, last_used_ms, epoch })
        })
        .collect()
}
