//! What the public page counts. Nothing of it leads to anybody.

use super::{Conn, StoreError, rows};

/// A site, as anybody may know it.
#[derive(sqlx::FromRow)]
pub(crate) struct PublicSite {
    pub(crate) merchant: String,
    pub(crate) site: String,
    pub(crate) sign_confirmed_ms: Option<i64>,
    pub(crate) scanners: i64,
}

/// A notice that is or was told.
#[derive(sqlx::FromRow)]
pub(crate) struct PublicNotice {
    pub(crate) words: String,
    pub(crate) first_ms: Option<i64>,
}

/// Every site with how many scanners stand there, by name.
pub(crate) async fn sites(conn: &mut Conn) -> Result<Vec<PublicSite>, StoreError> {
    Ok(sqlx::query_as(
        "select m.name as merchant, s.name as site, s.sign_confirmed_ms,
             (select count(*) from scanner n where n.site_id = s.id) as scanners
         from site s join merchant m on m.id = s.merchant_id order by m.name, s.name, s.id",
    )
    .fetch_all(conn)
    .await?)
}

/// How many subjects have a palm here.
pub(crate) async fn enrolled(conn: &mut Conn) -> Result<u64, StoreError> {
    let (count,): (i64,) = sqlx::query_as("select count(distinct subject_id) from reference").fetch_one(conn).await?;
    rows::count("subjects", count)
}

/// How many subjects carry a palm.
pub(crate) async fn carrying(conn: &mut Conn) -> Result<u64, StoreError> {
    let (count,): (i64,) = sqlx::query_as("select count(distinct subject_id) from held").fetch_one(conn).await?;
    rows::count("subjects", count)
}

/// How many left.
pub(crate) async fn left(conn: &mut Conn) -> Result<u64, StoreError> {
    let (count,): (i64,) = sqlx::query_as("select count(*) from erasure").fetch_one(conn).await?;
    rows::count("erasures", count)
}

/// The first day on which reads were counted, if there is one.
pub(crate) async fn first_day(conn: &mut Conn) -> Result<Option<String>, StoreError> {
    let (day,): (Option<String>,) = sqlx::query_as("select min(day) from reference_read").fetch_one(conn).await?;
    Ok(day)
}

/// Every notice that is kept, oldest first.
pub(crate) async fn notices(conn: &mut Conn) -> Result<Vec<PublicNotice>, StoreError> {
    Ok(sqlx::query_as("select words, first_ms from notice order by coalesce(first_ms, 0), sha256")
        .fetch_all(conn)
        .await?)
}
