//! Notices that somebody signed, word by word.

use super::{Conn, StoreError};
use handsel_api::consents::Notice;

/// Keeps a notice; each once, with the moment from which on it was told.
pub(crate) async fn keep(conn: &mut Conn, notice: &Notice, now_ms: i64) -> Result<(), StoreError> {
    let words = serde_json::to_string(notice).map_err(|_| StoreError::Broken("a notice without words".to_owned()))?;
    sqlx::query("insert into notice (sha256, words, first_ms) values ($1, $2, $3) on conflict (sha256) do nothing")
        .bind(notice.sha256.as_str())
        .bind(words)
        .bind(now_ms)
        .execute(conn)
        .await?;
    Ok(())
}

/// The notice of this hash; none where it was signed before notices were kept.
pub(crate) async fn notice(conn: &mut Conn, sha256: &str) -> Result<Option<Notice>, StoreError> {
    let row: Option<(String,)> =
        sqlx::query_as("select words from notice where sha256 = $1").bind(sha256).fetch_optional(conn).await?;
    row.map(|(words,)| {
        serde_json::from_str(&words).map_err(|_| StoreError::Broken("notice.words do not read back".to_owned()))
    })
    .transpose()
}
