//! Numbers in merchants' programmes, each sealed under its subject's key.

use super::{Conn, StoreError, rows};
use crate::vault::Sealed;
use handsel_api::{ConsentId, MerchantId, SubjectId};

/// A number as stored.
pub(crate) struct StoredLoyalty {
    pub(crate) merchant: MerchantId,
    pub(crate) merchant_name: String,
    pub(crate) number_sealed: Vec<u8>,
    pub(crate) created_ms: i64,
}

/// Links a number; one that was linked before goes.
pub(crate) async fn set(
    conn: &mut Conn,
    subject: SubjectId,
    merchant: MerchantId,
    consent: ConsentId,
    number: &Sealed,
    now_ms: i64,
) -> Result<(), StoreError> {
    sqlx::query(
        "insert into loyalty (subject_id, merchant_id, consent_id, number_sealed, created_ms) values ($1, $2, $3, $4, $5)
         on conflict (subject_id, merchant_id) do update set consent_id = excluded.consent_id,
             number_sealed = excluded.number_sealed, created_ms = excluded.created_ms",
    )
    .bind(subject.to_string())
    .bind(merchant.to_string())
    .bind(consent.to_string())
    .bind(number.bytes())
    .bind(now_ms)
    .execute(conn)
    .await?;
    Ok(())
}

/// Every number of a subject, by merchants' names.
pub(crate) async fn of_subject(conn: &mut Conn, subject: SubjectId) -> Result<Vec<StoredLoyalty>, StoreError> {
    let rows: Vec<(String, String, Vec<u8>, i64)> = sqlx::query_as(
        "select l.merchant_id, m.name, l.number_sealed, l.created_ms
         from loyalty l join merchant m on m.id = l.merchant_id where l.subject_id = $1 order by m.name, m.id",
    )
    .bind(subject.to_string())
    .fetch_all(conn)
    .await?;
    rows.into_iter()
        .map(|(merchant, merchant_name, number_sealed, created_ms)| {
            let merchant = rows::parse("loyalty.merchant_id", &merchant)?;
            Ok(StoredLoyalty { merchant, merchant_name, number_sealed, created_ms })
        })
        .collect()
}

/// False when none is linked.
pub(crate) async fn delete(conn: &mut Conn, subject: SubjectId, merchant: MerchantId) -> Result<bool, StoreError> {
    let done = sqlx::query("delete from loyalty where subject_id = $1 and merchant_id = $2")
        .bind(subject.to_string())
        .bind(merchant.to_string())
        .execute(conn)
        .await?;
    Ok(done.rows_affected() == 1)
}

/// Deletes every number that rests on a consent.
pub(crate) async fn delete_resting_on(conn: &mut Conn, consent: ConsentId) -> Result<(), StoreError> {
    sqlx::query("delete from loyalty where consent_id = $1").bind(consent.to_string()).execute(conn).await?;
    Ok(())
}
