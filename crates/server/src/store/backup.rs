//! Copies of the store's file: made beside a running server, and judged before one takes the store's place.

use super::{
    StoreError,
    references::{self, StoredTemplate},
    rows, sqlite,
};
use handsel_api::SubjectId;
use rusqlite::{Connection, OpenFlags, OptionalExtension};
use std::path::Path;

/// The newest schema this program knows.
pub(crate) fn newest_schema() -> i64 {
    sqlite::MIGRATIONS.iter().map(|migration| migration.version).max().unwrap_or(0)
}

/// Copies the store as it is at this moment into a file that is not there yet. The server goes on.
pub(crate) fn snapshot(store: &Path, to: &Path) -> Result<(), StoreError> {
    let conn = sqlite::read_here(store)?;
    conn.execute("vacuum into ?1", [to.to_string_lossy()])?;
    Ok(())
}

/// A copy, open to be judged and changed.
pub(crate) struct Copy(Connection);

impl Copy {
    /// Opens a copy.
    pub(crate) fn open(file: &Path) -> Result<Copy, StoreError> {
        let conn = Connection::open_with_flags(file, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
        conn.pragma_update(None, "secure_delete", "on")?;
        conn.pragma_update(None, "foreign_keys", "on")?;
        Ok(Copy(conn))
    }

    /// Its schema's version.
    pub(crate) fn schema(&self) -> Result<i64, StoreError> {
        Ok(self.0.query_row("select max(version) from _sqlx_migrations", [], |row| row.get(0))?)
    }

    /// Whether every page and index of it is sound.
    pub(crate) fn is_sound(&self) -> Result<bool, StoreError> {
        let said: String = self.0.query_row("pragma quick_check(1)", [], |row| row.get(0))?;
        Ok(said == "ok")
    }

    /// The check of the key file that it was sealed with.
    pub(crate) fn key_check(&self) -> Result<Option<Vec<u8>>, StoreError> {
        let name = super::sessions::KEY_CHECK;
        Ok(self.0.query_row("select value from setting where name = ?1", [name], |row| row.get(0)).optional()?)
    }

    /// Everybody in it.
    pub(crate) fn subjects(&self) -> Result<Vec<SubjectId>, StoreError> {
        let mut statement = self.0.prepare("select id from subject")?;
        let ids: Vec<String> = statement.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?;
        ids.iter().map(|id| rows::parse("subject.id", id)).collect()
    }

    /// How many erasures it knows of.
    pub(crate) fn erasures(&self) -> Result<i64, StoreError> {
        Ok(self.0.query_row("select count(*) from erasure where erased_ms is not null", [], |row| row.get(0))?)
    }

    /// How many entries the log must have.
    pub(crate) fn log_entries(&self) -> Result<i64, StoreError> {
        Ok(self.0.query_row("select coalesce(max(leaf_index) + 1, 0) from log_entry", [], |row| row.get(0))?)
    }

    /// Hands every template to `take`.
    pub(crate) fn each_template(&self, take: &mut dyn FnMut(StoredTemplate<'_>)) -> Result<(), StoreError> {
        references::each_template_of_file(&self.0, "", "~", take)
    }

    /// Destroys a subject's key and templates, so that nothing of theirs opens. The rest of their erasure is the next start's.
    pub(crate) fn destroy(&self, subject: SubjectId) -> Result<(), StoreError> {
        let id = subject.to_string();
        self.0.execute(
            "delete from template where reference_id in (select id from reference where subject_id = ?1)",
            [&id],
        )?;
        self.0.execute("delete from withheld_template where subject_id = ?1", [&id])?;
        self.0.execute("update subject set wrapped_key = zeroblob(0), status = 'frozen' where id = ?1", [&id])?;
        Ok(())
    }
}
