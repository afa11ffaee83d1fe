//! Idempotency: the first answer to a key is kept and given again to the same request.

use super::Said;
use rusqlite::{Connection, OptionalExtension, params};

/// A request's key, and a hash of all it says.
pub(crate) struct Key {
    pub(crate) text: String,
    pub(crate) request_hash: [u8; 32],
    /// Until when ago a key is remembered. What comes under a forgotten one is new.
    pub(crate) remembered_since_ms: i64,
}

/// Runs `work` once per key; whether the answer is a replay.
pub(crate) fn keyed(
    conn: &Connection,
    key: &Key,
    now_ms: i64,
    work: impl FnOnce(&Connection) -> rusqlite::Result<Said>,
) -> rusqlite::Result<(Said, bool)> {
    let mut known = conn.prepare_cached("select request_hash, status, body, created_ms from answer where key = ?1")?;
    let known = known.query_row([&key.text], |row| {
        Ok((row.get::<_, Vec<u8>>(0)?, Said { status: row.get(1)?, body: row.get(2)? }, row.get::<_, i64>(3)?))
    });
    if let Some((request_hash, said, created_ms)) = known.optional()? {
        if created_ms > key.remembered_since_ms {
            if request_hash == key.request_hash {
                return Ok((said, true));
            }
            let detail = "This Idempotency-Key came with another request before.";
            return Ok((Said::refused(422, "idempotency_mismatch", detail, None), false));
        }
        conn.prepare_cached("delete from answer where key = ?1")?.execute([&key.text])?;
    }
    let said = work(conn)?;
    conn.prepare_cached(
        "insert into answer (key, request_hash, status, body, created_ms) values (?1, ?2, ?3, ?4, ?5)",
    )?
    .execute(params![key.text, key.request_hash, said.status, said.body, now_ms])?;
    Ok((said, false))
}
