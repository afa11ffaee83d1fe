//! The embedded engine: one SQLite file in the data folder.

use super::{OpenError, StoreError, WAIT};
use sqlx::{Any, AnyConnection, AnyPool, Pool, migrate::Migrator};
use std::{fmt::Write, path::Path, time::Duration};

pub(super) static MIGRATIONS: Migrator = sqlx::migrate!("./migrations/sqlite");

/// How a write transaction starts: it takes the write lock at once.
pub(super) const BEGIN: &str = "begin immediate";

/// How a transaction starts that only reads: it sees the store as it is at its first statement.
pub(super) const SNAPSHOT: &str = "begin deferred";

/// How often [`scrub`] tries, 10 ms apart: readers hold the log for milliseconds.
const SCRUB_TRIES: u32 = 200;

/// The file as an address. `mode` is `rwc` or `ro`.
pub(super) fn url(file: &Path, mode: &str) -> Result<String, OpenError> {
    let failed = |why: String| OpenError::Failed(why);
    let folder = file.parent().unwrap_or(Path::new("."));
    let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    let folder = folder.canonicalize().map_err(|why| failed(why.to_string()))?;
    let path = file.file_name().map(|name| folder.join(name));
    let path = path.as_deref().and_then(Path::to_str).ok_or_else(|| failed("its path is not UTF-8".to_owned()))?;
    let mut url = String::from("sqlite://");
    for byte in path.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'.' | b'-' | b'_' => url.push(char::from(byte)),
            _ => drop(write!(url, "%{byte:02X}")), // writing to a String cannot fail
        }
    }
    Ok(format!("{url}?mode={mode}"))
}

/// What every connection is set to. An acknowledged commit is on the disk, and what is deleted is overwritten. The last two are for
/// many writes: 16 MB of pages are kept at hand, and the log is moved into the file when it has 32 MB, so that a page which many
/// payments change is moved once for all of them.
pub(super) async fn set_up(conn: &mut AnyConnection) -> Result<(), sqlx::Error> {
    const _: () = assert!(WAIT.as_secs() == 10);
    sqlx::raw_sql(
        "pragma busy_timeout = 10000;
         pragma journal_mode = wal;
         pragma synchronous = full;
         pragma foreign_keys = on;
         pragma secure_delete = on;
         pragma temp_store = memory;
         pragma cache_size = -16000;
         pragma wal_autocheckpoint = 8000",
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// A connection that reads on the thread that calls it.
pub(super) fn read_here(file: &Path) -> Result<rusqlite::Connection, rusqlite::Error> {
    use rusqlite::OpenFlags;
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let conn = rusqlite::Connection::open_with_flags(file, flags)?;
    conn.busy_timeout(WAIT)?;
    // Rows are read where the system has the file in memory, not from a copy.
    conn.pragma_update(None, "mmap_size", i64::MAX)?;
    Ok(conn)
}

/// Moves the write-ahead log into the file and cuts it to nothing, so that no erased byte stays in it. False when a reader
/// held it all the time.
pub(super) async fn scrub(writer: &Pool<Any>) -> Result<bool, StoreError> {
    for _ in 0..SCRUB_TRIES {
        let (busy,) = checkpoint(writer).await?;
        if busy == 0 {
            return Ok(true);
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    Ok(false)
}

async fn checkpoint(writer: &AnyPool) -> Result<(i64,), StoreError> {
    Ok(sqlx::query_as("pragma wal_checkpoint(truncate)").fetch_one(writer).await?)
}
