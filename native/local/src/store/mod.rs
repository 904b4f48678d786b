//! The database: one writer, a few readers, each call in a transaction of its own.
//!
//! Write-ahead log with `synchronous = FULL`: a commit returns after its log is on disk, so what was acknowledged
//! survives a kill or a loss of power.

pub mod attempts;
pub mod attributes;
mod bookmarks;
pub mod entities;
pub mod executions;
pub mod list;
pub mod nodes;
pub mod objects;
pub mod projects;
pub mod schedules;
mod schema;
pub mod signals;

use std::ops::Deref;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use rusqlite::{Connection, OpenFlags, Transaction, TransactionBehavior};

use crate::failure::{Outcome, storage};
use bookmarks::Bookmarks;

/// Readers kept open between calls; more are opened when more calls read at once.
const KEPT_READERS: usize = 16;

pub struct Store {
    path: PathBuf,
    writer: Mutex<Connection>,
    readers: Mutex<Vec<Connection>>,
    /// Grows when a commit begins and when it ends: it is even while nothing is being committed.
    commits: AtomicU64,
    bookmarks: Bookmarks,
}

/// A consistent view of the database.
pub struct View<'a> {
    connection: &'a Connection,
    store: &'a Store,
    /// The store's count before the view was taken.
    commits: u64,
}

impl Deref for View<'_> {
    type Target = Connection;

    fn deref(&self) -> &Connection {
        self.connection
    }
}

impl View<'_> {
    fn bookmarks(&self) -> &Bookmarks {
        &self.store.bookmarks
    }

    /// The number of the state that the view shows. Views with the same number show the same, until the process ends.
    /// None when something was committed just as the view was taken, so that it may show either.
    fn state(&self) -> Outcome<Option<u64>> {
        // SQLite takes the view when it is first read from.
        self.connection.pragma_query_value(None, "user_version", |_| Ok(())).map_err(storage)?;
        let unchanged = self.store.commits.load(Ordering::SeqCst) == self.commits;
        Ok((unchanged && self.commits.is_multiple_of(2)).then_some(self.commits))
    }
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
        Ok(Self {
            path: path.into(),
            writer: Mutex::new(writer),
            readers: Mutex::default(),
            commits: AtomicU64::new(0),
            bookmarks: Bookmarks::default(),
        })
    }

    /// Runs `work` on a consistent view of the database.
    pub fn read<T>(&self, work: impl FnOnce(&View) -> Outcome<T>) -> Outcome<T> {
        let kept = self.readers.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let mut connection = match kept {
            Some(connection) => connection,
            None => self.reader().map_err(storage)?,
        };
        let commits = self.commits.load(Ordering::SeqCst);
        let transaction = connection.transaction().map_err(storage)?;
        let outcome = work(&View { connection: &transaction, store: self, commits });
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
        self.commits.fetch_add(1, Ordering::SeqCst);
        let committed = transaction.commit();
        self.commits.fetch_add(1, Ordering::SeqCst);
        committed.map_err(storage)?;
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
    // On macOS alone, where a plain fsync leaves data in the disk's own cache.
    connection.pragma_update(None, "fullfsync", true)?;
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
    fn a_state_has_one_number() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&folder.path().join("flyte.db")).unwrap();
        let state = || store.read(|view| view.state()).unwrap();
        let before = state();
        assert!(before.is_some());
        assert_eq!(state(), before);
        store.write(|transaction| objects::put(transaction, "a", b"1")).unwrap();
        assert!(state().is_some_and(|after| Some(after) != before));
        // A view taken before a commit, or while one is under way, may show either.
        let overtaken = store.read(|view| {
            store.write(|transaction| objects::put(transaction, "b", b"2"))?;
            view.state()
        });
        assert_eq!(overtaken.unwrap(), None);
        store.commits.fetch_add(1, Ordering::SeqCst);
        assert_eq!(state(), None);
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
