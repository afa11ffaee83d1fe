//! Cards a subject pays with.

use super::{Conn, StoreError, rows};
use handsel_api::{PaymentMethodId, SubjectId, subjects::SandboxCard};

pub(crate) async fn insert(
    conn: &mut Conn,
    id: PaymentMethodId,
    subject: SubjectId,
    card: SandboxCard,
    now_ms: i64,
) -> Result<(), StoreError> {
    sqlx::query("insert into payment_method (id, subject_id, sandbox_card, created_ms) values ($1, $2, $3, $4)")
        .bind(id.to_string())
        .bind(subject.to_string())
        .bind(rows::word(&card)?)
        .bind(now_ms)
        .execute(conn)
        .await?;
    Ok(())
}

/// Every card of a subject, the newest – which pays – first.
pub(crate) async fn list(
    conn: &mut Conn,
    subject: SubjectId,
) -> Result<Vec<(PaymentMethodId, SandboxCard)>, StoreError> {
    let rows: Vec<(String, String)> = sqlx::query_as(
        "select id, sandbox_card from payment_method where subject_id = $1 order by created_ms desc, id desc",
    )
    .bind(subject.to_string())
    .fetch_all(conn)
    .await?;
    rows.into_iter()
        .map(|(id, card)| Ok((rows::parse("payment_method.id", &id)?, rows::from_word("sandbox_card", &card)?)))
        .collect()
}

/// False when it is not this subject's.
pub(crate) async fn delete(conn: &mut Conn, subject: SubjectId, id: PaymentMethodId) -> Result<bool, StoreError> {
    let done = sqlx::query("delete from payment_method where id = $1 and subject_id = $2")
        .bind(id.to_string())
        .bind(subject.to_string())
        .execute(conn)
        .await?;
    Ok(done.rows_affected() == 1)
}
