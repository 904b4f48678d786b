//! What is left of tasks when the server was killed: processes, which would go on without anybody waiting for them, and
//! their scratch folders.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

/// The variable by which processes of a task are known: the folder of its attempt. Children inherit it, so that also
/// those are found that have left the process group.
pub const MARK: &str = "FLYTE_LOCAL_ATTEMPT";

/// Kills all processes whose attempt's folder is `folder` or below it, and gives how many it found. Only Linux lets
/// processes be found like this; elsewhere what has left its process group runs to its own end.
#[cfg(target_os = "linux")]
pub fn kill(folder: &Path) -> usize {
    use std::collections::BTreeSet;
    use std::os::unix::ffi::OsStrExt;

    use rustix::process::{Pid, Signal, kill_process};

    let mark = [MARK.as_bytes(), b"=", folder.as_os_str().as_bytes()].concat();
    let marked = |environment: &[u8]| {
        environment.split(|byte| *byte == 0).any(|variable| {
            variable
                .strip_prefix(mark.as_slice())
                .is_some_and(|rest| matches!(rest.first(), None | Some(b'/')))
        })
    };
    let mut killed = BTreeSet::new();
    // Again until there is none: a process that is found may have made another one meanwhile.
    for _ in 0..PASSES {
        let mut found = false;
        for entry in fs::read_dir("/proc").into_iter().flatten().flatten() {
            let Some(number) = entry.file_name().to_str().and_then(|name| name.parse().ok()) else {
                continue;
            };
            let Some(pid) = Pid::from_raw(number) else { continue };
            // Those of other users cannot be read, and those that have ended are empty.
            let Ok(environment) = fs::read(entry.path().join("environ")) else { continue };
            if marked(&environment) && kill_process(pid, Signal::KILL).is_ok() {
                killed.insert(number);
                found = true;
            }
        }
        if !found {
            break;
        }
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    killed.len()
}

/// How often processes are looked for, before such as multiply faster are left alone.
#[cfg(target_os = "linux")]
const PASSES: usize = 200;

#[cfg(not(target_os = "linux"))]
pub fn kill(_: &Path) -> usize {
    0
}

/// The scratch folders of running attempts, noted in the data directory until they are removed.
#[derive(Clone)]
pub struct Scratches {
    notes: PathBuf,
}

impl Scratches {
    /// Opens the notes in `folder`, and removes the scratch folders that a killed server has left.
    pub fn open(folder: PathBuf) -> io::Result<Self> {
        fs::create_dir_all(&folder)?;
        for note in fs::read_dir(&folder)? {
            let note = note?.path();
            let scratch = PathBuf::from(fs::read_to_string(&note)?);
            // Only what has the name of one: the note may be damaged.
            let named = scratch.file_name().is_some_and(|name| Some(name) == note.file_name());
            if named && scratch.is_dir() {
                tracing::info!("removing {}, left by a server that was killed", scratch.display());
                if let Err(error) = fs::remove_dir_all(&scratch) {
                    tracing::warn!("cannot remove {}: {error}", scratch.display());
                }
            }
            fs::remove_file(&note)?;
        }
        Ok(Self { notes: folder })
    }

    /// A new, empty folder that only its owner may enter, in the system's temporary folder: paths in the data
    /// directory can be too long for the sockets that Python's multiprocessing makes.
    pub fn create(&self) -> io::Result<Scratch> {
        let mut builder = tempfile::Builder::new();
        builder.prefix("flyte-local-");
        #[cfg(unix)]
        builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o700));
        let folder = builder.tempdir()?;
        let note = self.notes.join(folder.path().file_name().unwrap_or_default());
        fs::write(&note, folder.path().to_string_lossy().as_bytes())?;
        Ok(Scratch { folder: Some(folder), note })
    }
}

/// A scratch folder; removed with this value.
pub struct Scratch {
    folder: Option<TempDir>,
    note: PathBuf,
}

impl Scratch {
    pub fn path(&self) -> &Path {
        self.folder.as_ref().map_or(Path::new(""), TempDir::path)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let removed = self.folder.take().map_or(Ok(()), TempDir::close);
        // What could not be removed keeps its note: the next server tries again.
        if let Err(error) = removed.and_then(|()| fs::remove_file(&self.note)) {
            tracing::warn!("cannot remove the scratch folder of a task: {error}");
        }
    }
}
