//! Whose time is over.

use super::{Conn, StoreError, rows};
use handsel_api::SubjectId;

/// The first `most` subjects after `after`, in order of ids, who are to be erased and whom no legal hold keeps: who left while one
/// stood; who used and signed nothing since `unused_since_ms`, or for as long as the last notice they signed told them; who has had no consent since `without_since_ms`.
pub(crate) async fn due(
    conn: &mut Conn,
    unused_since_ms: i64,
    without_since_ms: i64,
    now_ms: i64,
    after: Option<SubjectId>,
    most: u32,
) -> Result<Vec<SubjectId>, StoreError> {
    let rows: Vec<(String,)> = sqlx::query_as(
        "select s.id from subject s
         where s.id > $1
           and not exists (select 1 from legal_hold h
                           where h.subject_id = s.id and h.lifted_ms is null and h.until_ms > $2)
           and (s.leaving_ms is not null
             or (s.created_ms < $3
                 and not exists (select 1 from reference r
                                 where r.subject_id = s.id and coalesce(r.last_used_ms, r.created_ms) >= $3)
                 and not exists (select 1 from held h
                                 where h.subject_id = s.id and coalesce(h.last_used_ms, h.created_ms) >= $3)
                 and not exists (select 1 from consent c where c.subject_id = s.id and c.signed_ms >= $3))
             or exists (select 1 from consent c
                        where c.subject_id = s.id and c.revoked_ms is null and c.signed_ms < $2 - c.kept_ms
                          and not exists (select 1 from consent n
                                          where n.subject_id = s.id and n.revoked_ms is null and n.id > c.id)
                          and not exists (select 1 from reference r
                                          where r.subject_id = s.id
                                            and coalesce(r.last_used_ms, r.created_ms) >= $2 - c.kept_ms)
                          and not exists (select 1 from held h
                                          where h.subject_id = s.id
                                            and coalesce(h.last_used_ms, h.created_ms) >= $2 - c.kept_ms))
             or (s.created_ms < $4
                 and not exists (select 1 from consent c
                                 where c.subject_id = s.id and (c.revoked_ms is null or c.revoked_ms >= $4))))
         order by s.id limit $5",
    )
    .bind(after.map(|id| id.to_string()).unwrap_or_default())
    .bind(now_ms)
    .bind(unused_since_ms)
    .bind(without_since_ms)
    .bind(i64::from(most))
    .fetch_all(conn)
    .await?;
    rows.into_iter().map(|(id,)| rows::parse("subject.id", &id)).collect()
}

/// How long without use the last notice told that a subject signed and did not take back; none where it was not noted.
pub(crate) async fn told(conn: &mut Conn, subject: SubjectId) -> Result<Option<i64>, StoreError> {
    let row: Option<(Option<i64>,)> = sqlx::query_as(
        "select kept_ms from consent where subject_id = $1 and revoked_ms is null order by id desc limit 1",
    )
    .bind(subject.to_string())
    .fetch_optional(conn)
    .await?;
    Ok(row.and_then(|(kept_ms,)| kept_ms))
}

/// Has everything a subject did be so much longer ago.
pub(crate) async fn pretend_unused(conn: &mut Conn, subject: SubjectId, by_ms: i64) -> Result<(), StoreError> {
    let id = subject.to_string();
    sqlx::query("update subject set created_ms = created_ms - $2 where id = $1")
        .bind(&id)
        .bind(by_ms)
        .execute(&mut *conn)
        .await?;
    sqlx::query(
        "update reference set created_ms = created_ms - $2, last_used_ms = last_used_ms - $2 where subject_id = $1",
    )
    .bind(&id)
    .bind(by_ms)
    .execute(&mut *conn)
    .await?;
    sqlx::query("update consent set signed_ms = signed_ms - $2 where subject_id = $1")
        .bind(&id)
        .bind(by_ms)
        .execute(conn)
        .await?;
    Ok(())
}

/// When a subject last used a palm, enrolled one, signed something, or was made.
pub(crate) async fn last_used(conn: &mut Conn, subject: SubjectId) -> Result<i64, StoreError> {
    let (last_ms,): (Option<i64>,) = sqlx::query_as(
        "select max(at_ms) from (
             select created_ms as at_ms from subject where id = $1
             union all select coalesce(last_used_ms, created_ms) from reference where subject_id = $1
             union all select coalesce(last_used_ms, created_ms) from held where subject_id = $1
             union all select signed_ms from consent where subject_id = $1) acts",
    )
    .bind(subject.to_string())
    .fetch_one(conn)
    .await?;
    Ok(last_ms.unwrap_or_default())
}
