//! The one directory that holds everything: the database, uploaded files, and the lock that keeps a second server out.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use fs4::TryLockError;

/// A data directory that this process has locked; the lock goes with the value, or with the process.
pub struct DataDir {
    root: PathBuf,
    _lock: File,
}

/// Why a directory cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum DataDirError {
    #[error(
        "another flyte-local uses the data directory {0}: stop that one first, or give this one another directory with --data"
    )]
    Locked(PathBuf),
    #[error("cannot use the data directory {path}: {error}")]
    Io { path: PathBuf, error: io::Error },
}

impl DataDir {
    /// Creates the directory if need be, for its owner alone, and locks it.
    pub fn lock(path: &Path) -> Result<Self, DataDirError> {
        let failed = |error| DataDirError::Io { path: path.into(), error };
        let root = std::path::absolute(path).map_err(failed)?;
        create_private(&root).map_err(failed)?;
        create_private(&root.join("storage")).map_err(failed)?;
        let lock = File::options()
            .create(true)
            .truncate(false)
            .write(true)
            .open(root.join("lock"))
            .map_err(failed)?;
        match fs4::FileExt::try_lock(&lock) {
            Ok(()) => Ok(Self { root, _lock: lock }),
            Err(TryLockError::WouldBlock) => Err(DataDirError::Locked(root)),
            Err(TryLockError::Error(error)) => Err(failed(error)),
        }
    }

    /// The directory, absolute.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The database file.
    pub fn database(&self) -> PathBuf {
        self.root.join("flyte.db")
    }

    /// Where uploaded files are kept.
    pub fn storage(&self) -> PathBuf {
        self.root.join("storage")
    }
}

/// Creates a directory and its parents. What is created can be entered by its owner only (on Unix).
fn create_private(path: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_holder_at_a_time() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("data");
        let first = DataDir::lock(&path).unwrap();
        assert!(matches!(DataDir::lock(&path), Err(DataDirError::Locked(_))));
        drop(first);
        DataDir::lock(&path).unwrap();
    }

    #[cfg(unix)]
    #[test]
    fn only_its_owner_may_enter() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("data");
        let data = DataDir::lock(&path).unwrap();
        for created in [path.as_path(), &data.storage()] {
            assert_eq!(fs::metadata(created).unwrap().permissions().mode() & 0o777, 0o700);
        }
    }
}
