//! What was erased, by marks that name nobody; and who may erase somebody without being them.

use super::{Conn, StoreError, rows};
use handsel_api::SubjectId;

/// An erasure, done or held up by a legal hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Erasure {
    pub(crate) mark: String,
    pub(crate) asked_ms: i64,
    pub(crate) erased_ms: Option<i64>,
    pub(crate) held_until_ms: Option<i64>,
    pub(crate) palms: i64,
    pub(crate) payments: i64,
}

#[derive(sqlx::FromRow)]
struct ErasureRow {
    id: String,
    asked_ms: i64,
    erased_ms: Option<i64>,
    held_until_ms: Option<i64>,
    palms: i64,
    payments: i64,
}

impl ErasureRow {
    fn read(self) -> Erasure {
        let ErasureRow { id: mark, asked_ms, erased_ms, held_until_ms, palms, payments } = self;
        Erasure { mark, asked_ms, erased_ms, held_until_ms, palms, payments }
    }
}

/// Notes an erasure. What was held up before is added to: it was asked for when it first was.
pub(crate) async fn note(conn: &mut Conn, erasure: &Erasure) -> Result<Erasure, StoreError> {
    let row: ErasureRow = sqlx::query_as(
        "insert into erasure (id, asked_ms, erased_ms, held_until_ms, palms, payments) values ($1, $2, $3, $4, $5, $6)
         on conflict (id) do update set erased_ms = $3, held_until_ms = $4, palms = erasure.palms + $5,
             payments = erasure.payments + $6
         returning id, asked_ms, erased_ms, held_until_ms, palms, payments",
    )
    .bind(&erasure.mark)
    .bind(erasure.asked_ms)
    .bind(erasure.erased_ms)
    .bind(erasure.held_until_ms)
    .bind(erasure.palms)
    .bind(erasure.payments)
    .fetch_one(conn)
    .await?;
    Ok(row.read())
}

/// Notes an erasure that another copy of this store knew of; nothing where it is known here.
pub(crate) async fn learn(conn: &mut Conn, erasure: &Erasure) -> Result<(), StoreError> {
    sqlx::query(
        "insert into erasure (id, asked_ms, erased_ms, palms, payments) values ($1, $2, $3, $4, $5)
         on conflict (id) do update set erased_ms = $3, held_until_ms = null where erasure.erased_ms is null",
    )
    .bind(&erasure.mark)
    .bind(erasure.asked_ms)
    .bind(erasure.erased_ms)
    .bind(erasure.palms)
    .bind(erasure.payments)
    .execute(conn)
    .await?;
    Ok(())
}

/// One of them.
pub(crate) async fn get(conn: &mut Conn, mark: &str) -> Result<Option<Erasure>, StoreError> {
    let row: Option<ErasureRow> =
        sqlx::query_as("select id, asked_ms, erased_ms, held_until_ms, palms, payments from erasure where id = $1")
            .bind(mark)
            .fetch_optional(conn)
            .await?;
    Ok(row.map(ErasureRow::read))
}

/// Every one that is done.
pub(crate) async fn done(conn: &mut Conn) -> Result<Vec<Erasure>, StoreError> {
    let rows: Vec<ErasureRow> = sqlx::query_as(
        "select id, asked_ms, erased_ms, held_until_ms, palms, payments from erasure where erased_ms is not null",
    )
    .fetch_all(conn)
    .await?;
    Ok(rows.into_iter().map(ErasureRow::read).collect())
}

/// Everybody who is here, by id.
pub(crate) async fn everybody(conn: &mut Conn) -> Result<Vec<SubjectId>, StoreError> {
    let rows: Vec<(String,)> = sqlx::query_as("select id from subject").fetch_all(conn).await?;
    rows.into_iter().map(|(id,)| rows::parse("subject.id", &id)).collect()
}

/// Whom the link of this hash erases.
pub(crate) async fn subject_of_link(conn: &mut Conn, hash: &[u8; 32]) -> Result<Option<SubjectId>, StoreError> {
    let row: Option<(String,)> = sqlx::query_as("select id from subject where leave_hash = $1")
        .bind(hash.as_slice())
        .fetch_optional(conn)
        .await?;
    row.map(|(id,)| rows::parse("subject.id", &id)).transpose()
}
