//! Erasing a subject: every row of theirs, in the caller's one transaction.

use super::{Conn, StoreError, changes, legal_requests, passkeys, rows};
use handsel_api::{MerchantId, ReferenceId, SubjectId};

/// What an erasure took and left.
pub(crate) struct ErasedRows {
    pub(crate) references: Vec<ReferenceId>,
    pub(crate) unlinked_payments: u64,
}

/// Every merchant: each may know a subject by a pairwise id, also where the payment came to nothing and forgot them.
pub(crate) async fn merchants(conn: &mut Conn) -> Result<Vec<MerchantId>, StoreError> {
    let rows: Vec<(String,)> = sqlx::query_as("select id from merchant").fetch_all(conn).await?;
    rows.into_iter().map(|(id,)| rows::parse("merchant_id", &id)).collect()
}

/// Deletes the subject and everything of theirs; payments stay, linked to nobody. `None` when there is no such subject.
pub(crate) async fn erase_subject(conn: &mut Conn, subject: SubjectId) -> Result<Option<ErasedRows>, StoreError> {
    let id = subject.to_string();
    let references: Vec<(String,)> =
        sqlx::query_as("select id from reference where subject_id = $1").bind(&id).fetch_all(&mut *conn).await?;
    sqlx::query(
        "update payment set status = 'cancelled'
         where subject_id = $1 and status in ('requires_step_up', 'requires_confirmation')",
    )
    .bind(&id)
    .execute(&mut *conn)
    .await?;
    // What an operator noted about them.
    sqlx::query(
        "update dispute set note_sealed = null where payment_id in (select id from payment where subject_id = $1)",
    )
    .bind(&id)
    .execute(&mut *conn)
    .await?;
    sqlx::query("update credit set subject_id = null where subject_id = $1").bind(&id).execute(&mut *conn).await?;
    let unlinked = sqlx::query(
        "update payment set subject_id = null, card_token = case when ask = 'charge' then card_token end where subject_id = $1",
    )
        .bind(&id)
        .execute(&mut *conn)
        .await?
        .rows_affected();
    sqlx::query("delete from template where reference_id in (select id from reference where subject_id = $1)")
        .bind(&id)
        .execute(&mut *conn)
        .await?;
    sqlx::query("delete from withheld_template where subject_id = $1").bind(&id).execute(&mut *conn).await?;
    sqlx::query("delete from legal_hold where subject_id = $1").bind(&id).execute(&mut *conn).await?;
    legal_requests::forget_subject(conn, subject).await?;
    sqlx::query("delete from reference where subject_id = $1").bind(&id).execute(&mut *conn).await?;
    sqlx::query("delete from held where subject_id = $1").bind(&id).execute(&mut *conn).await?;
    // What the log's entries about them open to: there, only commitments are left.
    sqlx::query("delete from log_entry where subject_id = $1").bind(&id).execute(&mut *conn).await?;
    sqlx::query("delete from loyalty where subject_id = $1").bind(&id).execute(&mut *conn).await?;
    sqlx::query("delete from consent where subject_id = $1").bind(&id).execute(&mut *conn).await?;
    sqlx::query("delete from card_setup where subject_id = $1").bind(&id).execute(&mut *conn).await?;
    sqlx::query("delete from payment_method where subject_id = $1").bind(&id).execute(&mut *conn).await?;
    passkeys::close_wallet(conn, subject).await?;
    let gone = sqlx::query("delete from subject where id = $1").bind(&id).execute(&mut *conn).await?.rows_affected();
    if gone == 0 {
        return Ok(None);
    }
    let references: Vec<ReferenceId> =
        references.into_iter().map(|(id,)| rows::parse("reference.id", &id)).collect::<Result<_, _>>()?;
    for reference in &references {
        changes::add(conn, *reference).await?;
    }
    Ok(Some(ErasedRows { references, unlinked_payments: unlinked }))
}
