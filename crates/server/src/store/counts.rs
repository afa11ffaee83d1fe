//! Counters by day; nothing in them leads to anybody.

use super::{Conn, StoreError, rows};
use handsel_api::payments::PaymentStatus;

/// One counter.
pub(crate) struct StoredCount {
    pub(crate) day: String,
    pub(crate) purpose: String,
    pub(crate) outcome: String,
    pub(crate) reason: String,
    pub(crate) count: u64,
}

pub(crate) async fn add_capture(
    conn: &mut Conn,
    day: &str,
    purpose: &str,
    outcome: &str,
    reason: &str,
) -> Result<(), StoreError> {
    sqlx::query(
        "insert into capture_count (day, purpose, outcome, reason, count) values ($1, $2, $3, $4, 1)
         on conflict (day, purpose, outcome, reason) do update set count = capture_count.count + 1",
    )
    .bind(day)
    .bind(purpose)
    .bind(outcome)
    .bind(reason)
    .execute(conn)
    .await?;
    Ok(())
}

/// Counts a read of references, by what it was for and what came of it.
pub(crate) async fn add_read(conn: &mut Conn, day: &str, purpose: &str, outcome: &str) -> Result<(), StoreError> {
    sqlx::query(
        "insert into reference_read (day, purpose, outcome, count) values ($1, $2, $3, 1)
         on conflict (day, purpose, outcome) do update set count = reference_read.count + 1",
    )
    .bind(day)
    .bind(purpose)
    .bind(outcome)
    .execute(conn)
    .await?;
    Ok(())
}

/// (purpose, outcome, how often) since a day.
pub(crate) async fn reads_since(conn: &mut Conn, day: &str) -> Result<Vec<(String, String, u64)>, StoreError> {
    let rows: Vec<(String, String, i64)> = sqlx::query_as(
        "select purpose, outcome, cast(sum(count) as bigint) from reference_read where day >= $1
         group by purpose, outcome order by purpose, outcome",
    )
    .bind(day)
    .fetch_all(conn)
    .await?;
    rows.into_iter().map(|(purpose, outcome, count)| Ok((purpose, outcome, rows::count("count", count)?))).collect()
}

/// Counts an accepted capture's quality in tenths: 0 for 0–9, 9 for 90–100.
pub(crate) async fn add_quality(conn: &mut Conn, day: &str, tenth: u8) -> Result<(), StoreError> {
    sqlx::query(
        "insert into quality_count (day, tenth, count) values ($1, $2, 1)
         on conflict (day, tenth) do update set count = quality_count.count + 1",
    )
    .bind(day)
    .bind(i64::from(tenth))
    .execute(conn)
    .await?;
    Ok(())
}

pub(crate) async fn captures_since(conn: &mut Conn, day: &str) -> Result<Vec<StoredCount>, StoreError> {
    let rows: Vec<(String, String, String, String, i64)> = sqlx::query_as(
        "select day, purpose, outcome, reason, count from capture_count where day >= $1
         order by day desc, purpose, outcome, reason",
    )
    .bind(day)
    .fetch_all(conn)
    .await?;
    rows.into_iter()
        .map(|(day, purpose, outcome, reason, count)| {
            Ok(StoredCount { day, purpose, outcome, reason, count: rows::count("count", count)? })
        })
        .collect()
}

pub(crate) async fn quality_since(conn: &mut Conn, day: &str) -> Result<[u64; 10], StoreError> {
    let rows: Vec<(i64, i64)> =
        sqlx::query_as("select tenth, cast(sum(count) as bigint) from quality_count where day >= $1 group by tenth")
            .bind(day)
            .fetch_all(conn)
            .await?;
    let mut tenths = [0; 10];
    for (tenth, count) in rows {
        let tenth: usize = rows::count("tenth", tenth)?;
        if let Some(slot) = tenths.get_mut(tenth) {
            *slot = rows::count("count", count)?;
        }
    }
    Ok(tenths)
}

pub(crate) async fn payments_by_status(conn: &mut Conn) -> Result<Vec<(PaymentStatus, u64)>, StoreError> {
    let rows: Vec<(String, i64)> =
        sqlx::query_as("select status, count(*) from payment group by status").fetch_all(conn).await?;
    rows.into_iter()
        .map(|(status, count)| Ok((rows::from_word("payment.status", &status)?, rows::count("count", count)?)))
        .collect()
}

/// How many subjects and how many palms there are.
pub(crate) async fn subjects_and_palms(conn: &mut Conn) -> Result<(u64, u64), StoreError> {
    let (subjects, palms): (i64, i64) =
        sqlx::query_as("select (select count(*) from subject), (select count(*) from reference)")
            .fetch_one(conn)
            .await?;
    Ok((rows::count("subjects", subjects)?, rows::count("palms", palms)?))
}
