//! Pages of a processor's own where subjects name cards.

use super::{Conn, StoreError, rows};
use handsel_api::{CardSetupId, SubjectId};

/// A page as stored.
#[derive(Debug, Clone)]
pub(crate) struct StoredSetup {
    pub(crate) subject: SubjectId,
    pub(crate) processor: String,
    /// The processor's own name for it.
    pub(crate) reference: String,
    /// Where the browser goes in the end; to the wallet when there is none.
    pub(crate) return_url: Option<String>,
    /// Whether its card is linked.
    pub(crate) linked: bool,
    pub(crate) created_ms: i64,
}

#[derive(sqlx::FromRow)]
struct SetupRow {
    subject_id: String,
    processor: String,
    reference: String,
    return_url: Option<String>,
    linked: i64,
    created_ms: i64,
}

pub(crate) async fn insert(conn: &mut Conn, id: CardSetupId, setup: &StoredSetup) -> Result<(), StoreError> {
    sqlx::query(
        "insert into card_setup (id, subject_id, processor, reference, return_url, linked, created_ms)
         values ($1, $2, $3, $4, $5, $6, $7)",
    )
    .bind(id.to_string())
    .bind(setup.subject.to_string())
    .bind(&setup.processor)
    .bind(&setup.reference)
    .bind(&setup.return_url)
    .bind(i64::from(setup.linked))
    .bind(setup.created_ms)
    .execute(conn)
    .await?;
    Ok(())
}

pub(crate) async fn setup(conn: &mut Conn, id: CardSetupId) -> Result<Option<StoredSetup>, StoreError> {
    let row: Option<SetupRow> = sqlx::query_as(
        "select subject_id, processor, reference, return_url, linked, created_ms from card_setup where id = $1",
    )
    .bind(id.to_string())
    .fetch_optional(conn)
    .await?;
    row.map(|row| {
        Ok(StoredSetup {
            subject: rows::parse("card_setup.subject_id", &row.subject_id)?,
            processor: row.processor,
            reference: row.reference,
            return_url: row.return_url,
            linked: row.linked == 1,
            created_ms: row.created_ms,
        })
    })
    .transpose()
}

/// Marks its card linked; false when it was before, or is gone.
pub(crate) async fn set_linked(conn: &mut Conn, id: CardSetupId) -> Result<bool, StoreError> {
    let done = sqlx::query("update card_setup set linked = 1 where id = $1 and linked = 0")
        .bind(id.to_string())
        .execute(conn)
        .await?;
    Ok(done.rows_affected() == 1)
}
