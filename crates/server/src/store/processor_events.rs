//! What a processor told and was acted on: what it tells again is known.

use super::{Conn, StoreError};

pub(crate) async fn is_known(conn: &mut Conn, processor: &str, id: &str) -> Result<bool, StoreError> {
    let row: Option<(i64,)> =
        sqlx::query_as("select received_ms from processor_event where processor = $1 and id = $2")
            .bind(processor)
            .bind(id)
            .fetch_optional(conn)
            .await?;
    Ok(row.is_some())
}

/// Writes it down, and forgets those from before `forget_before_ms`.
pub(crate) async fn add(
    conn: &mut Conn,
    processor: &str,
    id: &str,
    now_ms: i64,
    forget_before_ms: i64,
) -> Result<(), StoreError> {
    sqlx::query("insert into processor_event (processor, id, received_ms) values ($1, $2, $3) on conflict do nothing")
        .bind(processor)
        .bind(id)
        .bind(now_ms)
        .execute(&mut *conn)
        .await?;
    sqlx::query("delete from processor_event where received_ms < $1").bind(forget_before_ms).execute(conn).await?;
    Ok(())
}
