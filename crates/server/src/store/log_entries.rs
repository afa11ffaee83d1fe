//! What the transparency log's entries open to.

use super::{Conn, StoreError, rows};
use crate::{log::held::Held, secret::hex, vault::Sealed};
use handsel_api::SubjectId;
use serde::Serialize;

/// How many entries are read at once.
const AT_ONCE: i64 = 2_000;

/// An entry that waits for the log, with what is kept of it here.
pub(crate) struct NewEntry {
    /// As it is appended.
    pub(crate) leaf: Vec<u8>,
    /// What anybody reads of it.
    pub(crate) kind: &'static str,
    /// Whom it concerns.
    pub(crate) subject: Option<SubjectId>,
    /// What the leaf commits by.
    pub(crate) commitment: [u8; 32],
    /// The opening.
    pub(crate) sealed: Sealed,
    /// When.
    pub(crate) now_ms: i64,
}

/// An entry that is in the log.
pub(crate) struct StoredEntry {
    /// Which one.
    pub(crate) index: u64,
    /// What it commits by.
    pub(crate) commitment: [u8; 32],
    /// The opening.
    pub(crate) sealed: Vec<u8>,
}

/// One entry's row, as the statement takes it.
#[derive(Serialize)]
struct Row {
    index: u64,
    kind: &'static str,
    subject: Option<String>,
    commitment: String,
    sealed: String,
    now_ms: i64,
}

/// Writes what entries open to that were appended from `first` on. Of whoever was erased meanwhile nothing is kept.
pub(super) async fn insert_all(conn: &mut Conn, first: u64, entries: &[NewEntry]) -> Result<(), StoreError> {
    let new: Vec<Row> = (first..)
        .zip(entries)
        .map(|(index, entry)| Row {
            index,
            kind: entry.kind,
            subject: entry.subject.map(|subject| subject.to_string()),
            commitment: hex(&entry.commitment),
            sealed: hex(entry.sealed.bytes()),
            now_ms: entry.now_ms,
        })
        .collect();
    sqlx::query(
        "insert into log_entry (leaf_index, kind, subject_id, commitment, opening_sealed, logged_ms)
         select cast(e.value ->> 'index' as bigint), e.value ->> 'kind', e.value ->> 'subject',
             unhex(e.value ->> 'commitment'), unhex(e.value ->> 'sealed'), cast(e.value ->> 'now_ms' as bigint)
         from json_each($1) e
         where e.value ->> 'subject' is null or exists (select 1 from subject s where s.id = e.value ->> 'subject')",
    )
    .bind(rows::list(&new)?)
    .execute(conn)
    .await?;
    Ok(())
}

/// How many entries the log must have, and when the last of them was appended.
pub(crate) async fn last(conn: &mut Conn) -> Result<Option<(u64, i64)>, StoreError> {
    let row: Option<(i64, i64)> =
        sqlx::query_as("select leaf_index, logged_ms from log_entry order by leaf_index desc limit 1")
            .fetch_optional(conn)
            .await?;
    row.map(|(index, logged_ms)| Ok((rows::count("log_entry.leaf_index", index)?, logged_ms))).transpose()
}

/// The first entry of a log that was read that is not the one which is kept here.
pub(crate) async fn other_than(conn: &mut Conn, held: &Held) -> Result<Option<u64>, StoreError> {
    let mut from = held.from;
    loop {
        let some: Vec<(i64, Vec<u8>)> = sqlx::query_as(
            "select leaf_index, commitment from log_entry where leaf_index >= $1 and leaf_index < $2
             order by leaf_index limit $3",
        )
        .bind(i64::try_from(from).unwrap_or(i64::MAX))
        .bind(i64::try_from(held.size).unwrap_or(i64::MAX))
        .bind(AT_ONCE)
        .fetch_all(&mut *conn)
        .await?;
        if some.is_empty() {
            return Ok(None);
        }
        for (index, commitment) in some {
            let index = rows::count("log_entry.leaf_index", index)?;
            if held.commitment(index) != Some(rows::bytes("log_entry.commitment", &commitment)?) {
                return Ok(Some(index));
            }
            from = index + 1;
        }
    }
}

/// An entry that the directory may have to tell of.
pub(crate) struct Untold {
    /// Which one.
    pub(crate) index: u64,
    /// What it commits by.
    pub(crate) commitment: [u8; 32],
    /// Whom it concerns.
    pub(crate) subject: Option<SubjectId>,
}

/// Entries from this one on, oldest first; what is said of the directory itself is passed over.
pub(crate) async fn untold(conn: &mut Conn, from: u64, limit: u32) -> Result<Vec<Untold>, StoreError> {
    let found: Vec<(i64, Vec<u8>, Option<String>)> = sqlx::query_as(
        "select leaf_index, commitment, subject_id from log_entry
         where leaf_index >= $1 and kind <> 'directory' order by leaf_index limit $2",
    )
    .bind(i64::try_from(from).unwrap_or(i64::MAX))
    .bind(i64::from(limit))
    .fetch_all(conn)
    .await?;
    let read = |(index, commitment, subject): (i64, Vec<u8>, Option<String>)| {
        Ok(Untold {
            index: rows::count("log_entry.leaf_index", index)?,
            commitment: rows::bytes("log_entry.commitment", &commitment)?,
            subject: subject.map(|id| rows::parse("log_entry.subject_id", &id)).transpose()?,
        })
    };
    found.into_iter().map(read).collect()
}

/// What was last said of the directory.
pub(crate) async fn last_statement(conn: &mut Conn) -> Result<Option<StoredEntry>, StoreError> {
    let found: Option<(i64, Vec<u8>, Vec<u8>)> = sqlx::query_as(
        "select leaf_index, commitment, opening_sealed from log_entry
         where kind = 'directory' order by leaf_index desc limit 1",
    )
    .fetch_optional(conn)
    .await?;
    let read = |(index, commitment, sealed): (i64, Vec<u8>, Vec<u8>)| {
        Ok(StoredEntry {
            index: rows::count("log_entry.leaf_index", index)?,
            commitment: rows::bytes("log_entry.commitment", &commitment)?,
            sealed,
        })
    };
    found.map(read).transpose()
}

/// Entries that concern a subject, newest first, before entry `before`.
pub(crate) async fn of_subject(
    conn: &mut Conn,
    subject: SubjectId,
    limit: u32,
    before: Option<u64>,
) -> Result<Vec<StoredEntry>, StoreError> {
    let found: Vec<(i64, Vec<u8>, Vec<u8>)> = sqlx::query_as(
        "select leaf_index, commitment, opening_sealed from log_entry
         where subject_id = $1 and (cast($2 as bigint) is null or leaf_index < $2)
         order by leaf_index desc limit $3",
    )
    .bind(subject.to_string())
    .bind(before.map(|index| i64::try_from(index).unwrap_or(i64::MAX)))
    .bind(i64::from(limit))
    .fetch_all(conn)
    .await?;
    found
        .into_iter()
        .map(|(index, commitment, sealed)| {
            Ok(StoredEntry {
                index: rows::count("log_entry.leaf_index", index)?,
                commitment: rows::bytes("log_entry.commitment", &commitment)?,
                sealed,
            })
        })
        .collect()
}
