//! What a query or an opening can fail with, in words that are the same for both engines.

use sqlx::{
    migrate::{MigrateError, Migrator},
    sqlite::SqliteError,
};

/// Why a query gave nothing. No variant carries a value from a row.
#[derive(Debug, Clone, thiserror::Error)]
pub(crate) enum StoreError {
    /// The disk is full, or the store cannot be written or reached now. Nothing of the transaction was kept.
    #[error("the store cannot be used now: {0}")]
    Unavailable(String),
    /// The transparency log cannot be written now. Nothing of the transaction was kept.
    #[error("the log cannot be written now: {0}")]
    LogUnavailable(String),
    /// A named constraint refused.
    #[error("the store refused: {0}")]
    Constraint(String),
    /// A row holds what no version of this program writes, or a query is wrong.
    #[error("the store is not as expected: {0}")]
    Broken(String),
}

/// Why the store could not be opened.
#[derive(Debug)]
pub(crate) enum OpenError {
    /// A newer version of this program wrote it.
    Newer(i64),
    /// Another server uses it.
    InUse,
    /// It cannot be opened or reached, or is no store.
    Failed(String),
}

impl From<sqlx::Error> for OpenError {
    fn from(error: sqlx::Error) -> OpenError {
        OpenError::Failed(error.to_string())
    }
}

impl From<StoreError> for OpenError {
    fn from(error: StoreError) -> OpenError {
        OpenError::Failed(error.to_string())
    }
}

impl From<MigrateError> for OpenError {
    fn from(error: MigrateError) -> OpenError {
        match error {
            MigrateError::VersionMissing(version) | MigrateError::VersionTooNew(version, _) => {
                OpenError::Newer(version)
            }
            other => OpenError::Failed(other.to_string()),
        }
    }
}

impl std::fmt::Display for OpenError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            OpenError::Newer(version) => {
                write!(f, "a newer version of this program wrote it (its schema is {version})")
            }
            OpenError::InUse => f.write_str("another server uses it"),
            OpenError::Failed(why) => f.write_str(why),
        }
    }
}

impl OpenError {
    /// Compares the schema of a store that is only read with the newest one this program knows.
    pub(super) fn unless_current(found: i64, migrations: &Migrator) -> Result<(), OpenError> {
        let known = migrations.iter().map(|migration| migration.version).max().unwrap_or(0);
        match found.cmp(&known) {
            std::cmp::Ordering::Equal => Ok(()),
            std::cmp::Ordering::Greater => Err(OpenError::Newer(found)),
            std::cmp::Ordering::Less => Err(OpenError::Failed(format!(
                "its schema is {found} and this program reads {known}; start the server of this version first"
            ))),
        }
    }
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> StoreError {
        use sqlx::Error::{BeginFailed, Database, Io, PoolClosed, PoolTimedOut, Tls, WorkerCrashed};
        match &error {
            Io(_) | Tls(_) | PoolTimedOut | PoolClosed | WorkerCrashed | BeginFailed => {
                StoreError::Unavailable(error.to_string())
            }
            Database(database) => {
                let kind = match database.try_downcast_ref::<SqliteError>() {
                    Some(_) => of_sqlite(database.code().and_then(|code| code.parse().ok()).unwrap_or(0)),
                    None => of_postgres(&database.code().unwrap_or_default()),
                };
                kind(database.message().to_owned())
            }
            _ => StoreError::Broken(error.to_string()),
        }
    }
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> StoreError {
        let code = error.sqlite_error().map(|error| i64::from(error.extended_code));
        code.map_or(StoreError::Broken as Kind, of_sqlite)(error.to_string())
    }
}

type Kind = fn(String) -> StoreError;

/// By primary result code, <https://www.sqlite.org/rescode.html>.
fn of_sqlite(code: i64) -> Kind {
    /// Busy, locked, readonly, ioerr, full, cantopen.
    const UNAVAILABLE: [i64; 6] = [5, 6, 8, 10, 13, 14];
    const CONSTRAINT: i64 = 19;
    match code & 0xff {
        code if UNAVAILABLE.contains(&code) => StoreError::Unavailable,
        CONSTRAINT => StoreError::Constraint,
        _ => StoreError::Broken,
    }
}

/// By SQLSTATE, <https://www.postgresql.org/docs/current/errcodes-appendix.html>.
fn of_postgres(code: &str) -> Kind {
    /// Connection, authorization, resources, an operator's act, the system.
    const UNAVAILABLE: [&str; 5] = ["08", "28", "53", "57", "58"];
    /// Serialization failure, deadlock, lock timeout, a standby.
    const UNAVAILABLE_TOO: [&str; 4] = ["40001", "40P01", "55P03", "25006"];
    match code.get(..2) {
        Some(class) if UNAVAILABLE.contains(&class) || UNAVAILABLE_TOO.contains(&code) => StoreError::Unavailable,
        Some("23") => StoreError::Constraint,
        _ => StoreError::Broken,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn postgres_codes_are_split_by_what_the_caller_can_do() {
        for code in ["08006", "28P01", "53100", "57P01", "58030", "40001", "40P01", "55P03", "25006"] {
            assert!(matches!(of_postgres(code)(String::new()), StoreError::Unavailable(_)), "{code}");
        }
        for code in ["23505", "23503", "23514", "23001"] {
            assert!(matches!(of_postgres(code)(String::new()), StoreError::Constraint(_)), "{code}");
        }
        for code in ["42P01", "22021", "25P02", "", "é"] {
            assert!(matches!(of_postgres(code)(String::new()), StoreError::Broken(_)), "{code}");
        }
    }
}
