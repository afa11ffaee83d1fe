//! Cards that shoppers name on the hosted page.

use rusqlite::{Connection, OptionalExtension, params};

/// A page where one shopper names a card, once or again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Setup {
    pub(crate) id: String,
    pub(crate) return_url: String,
    /// The token of the card that was named.
    pub(crate) card: Option<String>,
}

pub(crate) fn new_setup(conn: &Connection, id: &str, return_url: &str, now_ms: i64) -> rusqlite::Result<()> {
    conn.prepare_cached("insert into card_setup (id, return_url, created_ms) values (?1, ?2, ?3)")?
        .execute(params![id, return_url, now_ms])?;
    Ok(())
}

pub(crate) fn setup(conn: &Connection, id: &str) -> rusqlite::Result<Option<Setup>> {
    let mut row = conn.prepare_cached("select id, return_url, card from card_setup where id = ?1")?;
    row.query_row([id], |row| Ok(Setup { id: row.get(0)?, return_url: row.get(1)?, card: row.get(2)? })).optional()
}

/// Names the card; the page as it was, if there is one. The first card named stays.
pub(crate) fn choose(conn: &Connection, id: &str, card: &str) -> rusqlite::Result<Option<Setup>> {
    conn.prepare_cached("update card_setup set card = ?2 where id = ?1 and card is null")?.execute([id, card])?;
    setup(conn, id)
}
