//! The database: one writer, a few readers, each call in a transaction of its own.
//!
//! Write-ahead log with `synchronous = FULL`: a commit returns after its log is on disk, so what was acknowledged
//! survives a kill or a loss of power.

pub mod attempts;
pub mod entities;
pub mod executions;
pub mod list;
pub mod nodes;
pub mod objects;
pub mod projects;
mod schema;

use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use rusqlite::{Connection, OpenFlags, Transaction, TransactionBehavior};

use crate::failure::{Outcome, storage};

/// Readers kept open between calls; more are opened when more calls read at once.
const KEPT_READERS: usize = 8;

pub struct Store {
    path: PathBuf,
    writer: Mutex<Connection>,
    readers: Mutex<Vec<Connection>>,
}

/// Why a database cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    #[error("cannot open the database {path}: {error}")]
    Sqlite { path: PathBuf, error: rusqlite::Error },
    #[error(
        "the database {path} was written by a newer release (schema {found}, this one knows {known}): \
         use that release or another data directory"
    )]
    Newer { path: PathBuf, found: usize, known: usize },
}

impl Store {
    /// Opens the database file, creates or migrates it.
    pub fn open(path: &Path) -> Result<Self, OpenError> {
        let failed = |error| OpenError::Sqlite { path: path.into(), error };
        let mut writer = Connection::open(path).map_err(failed)?;
        set_up(&writer).map_err(failed)?;
        writer.pragma_update(None, "journal_mode", "WAL").map_err(failed)?;
        if let Err(found) = schema::migrate(&mut writer).map_err(failed)? {
            return Err(OpenError::Newer { path: path.into(), found, known: schema::VERSION });
        }
        Ok(Self { path: path.into(), writer: Mutex::new(writer), readers: Mutex::default() })
    }

    /// Runs `work` on a consistent view of the database.
    pub fn read<T>(&self, work: impl FnOnce(&Connection) -> Outcome<T>) -> Outcome<T> {
        let kept = self.readers.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let mut connection = match kept {
            Some(connection) => connection,
            None => self.reader().map_err(storage)?,
        };
        let transaction = connection.transaction().map_err(storage)?;
        let outcome = work(&transaction);
        transaction.finish().map_err(storage)?;
        let mut readers = self.readers.lock().unwrap_or_else(PoisonError::into_inner);
        if readers.len() < KEPT_READERS {
            readers.push(connection);
        }
        outcome
    }

    /// Runs `work` alone; what it wrote is on disk when this returns `Ok`, and gone when `work` fails.
    pub fn write<T>(&self, work: impl FnOnce(&Transaction) -> Outcome<T>) -> Outcome<T> {
        let mut connection = self.writer.lock().unwrap_or_else(PoisonError::into_inner);
        let transaction =
            connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(storage)?;
        let outcome = work(&transaction)?;
        transaction.commit().map_err(storage)?;
        Ok(outcome)
    }

    fn reader(&self) -> rusqlite::Result<Connection> {
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(&self.path, flags)?;
        set_up(&connection)?;
        Ok(connection)
    }
}

fn set_up(connection: &Connection) -> rusqlite::Result<()> {
    connection.busy_timeout(Duration::from_secs(10))?;
    connection.set_prepared_statement_cache_capacity(128);
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "foreign_keys", true)?;
    // FlyteAdmin's `contains` is PostgreSQL's LIKE, which minds case.
    connection.pragma_update(None, "case_sensitive_like", true)?;
    connection.pragma_update(None, "cache_size", -32_000)?;
    connection.pragma_update(None, "mmap_size", 1_i64 << 30)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failed_write_leaves_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&folder.path().join("flyte.db")).unwrap();
        let refused: Outcome<()> = store.write(|transaction| {
            objects::put(transaction, "a", b"1")?;
            Err(crate::failure::invalid("no"))
        });
        assert!(refused.is_err());
        assert_eq!(store.read(|connection| objects::get(connection, "a")).unwrap(), None);
    }

    #[test]
    fn a_newer_database_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("flyte.db");
        drop(Store::open(&path).unwrap());
        Connection::open(&path).unwrap().pragma_update(None, "user_version", 999).unwrap();
        assert!(matches!(Store::open(&path), Err(OpenError::Newer { found: 999, .. })));
    }

    #[test]
    fn reopening_keeps_what_was_written() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("flyte.db");
        let store = Store::open(&path).unwrap();
        store.write(|transaction| objects::put(transaction, "a", b"1")).unwrap();
        drop(store);
        let store = Store::open(&path).unwrap();
        assert_eq!(store.read(|connection| objects::get(connection, "a")).unwrap(), Some(b"1".to_vec()));
    }
}
