//! Running one attempt of a task, as a child process with the container command that was registered.
//!
//! `places` says where an attempt's files are, `recipe` what its template wants run, `templates` and `literals` fill in
//! the placeholders, `bundle` unpacks the code, `command` puts the process together, `slots` hold it back until a CPU is
//! free, `process` runs it, `results` reads what it has left, `leftovers` cleans up after a server that was killed.

mod bundle;
mod command;
mod leftovers;
mod literals;
mod places;
mod process;
mod recipe;
mod results;
mod slots;
mod templates;
#[cfg(all(test, unix))]
mod tests;

use std::ffi::OsStr;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use prost::Message;
use tokio_util::sync::CancellationToken;

use self::command::Command;
use self::leftovers::{Scratch, Scratches};
pub use self::places::Place;
use self::places::{Places, file_url};
use self::process::{End, Process};
use self::recipe::Recipe;
use self::results::{error_of, failed};
use self::slots::Slots;
use crate::idl::core::execution_error::ErrorKind;
use crate::idl::core::{DynamicJobSpec, ExecutionError, LiteralMap, TaskNodeOverrides, TaskTemplate};
use crate::times;

/// An attempt to be made.
pub struct Attempt {
    pub template: TaskTemplate,
    /// What the task gets; of a map task, all items or the one of this attempt, as its array node has it.
    pub inputs: LiteralMap,
    pub place: Place,
    pub overrides: Option<TaskNodeOverrides>,
    /// Variables of the execution; they win over the task's own.
    pub environment: Vec<(String, String)>,
    /// Where it writes files and folders, such as `s3://bucket/path`; none for a folder of its own in the data directory.
    pub raw_output_prefix: Option<String>,
    /// How long its process may run.
    pub timeout: Option<Duration>,
}

/// What became of an attempt.
#[derive(Debug)]
pub enum TaskOutcome {
    Succeeded {
        outputs: LiteralMap,
        deck_uri: Option<String>,
    },
    /// A dynamic task has made a workflow, which gives its outputs.
    Dynamic {
        spec: DynamicJobSpec,
        deck_uri: Option<String>,
    },
    Failed {
        error: ExecutionError,
        /// Whether another attempt may succeed.
        recoverable: bool,
    },
    TimedOut(ExecutionError),
    Cancelled,
}

/// Runs tasks with one Python environment, for the executions of one data directory.
pub struct TaskRunner {
    /// The folder of the interpreter, in which flytekit's entry points are as well.
    bin: PathBuf,
    places: Places,
    scratches: Scratches,
    slots: Slots,
}

impl TaskRunner {
    /// A runner with the interpreter `python`, for the data directory `data`, which no other server may be using.
    /// Processes and scratch folders that a killed server has left are removed. Blocks for some milliseconds.
    pub fn new(python: PathBuf, data: &Path) -> Result<Self, String> {
        let python = std::path::absolute(&python)
            .map_err(|error| format!("cannot use the Python interpreter {}: {error}", python.display()))?;
        if !python.is_file() {
            return Err(format!("there is no Python interpreter {}: give the path of one", python.display()));
        }
        let bin = python.parent().unwrap_or(Path::new("")).to_owned();
        let entry_point = format!("pyflyte-execute{}", std::env::consts::EXE_SUFFIX);
        if !bin.join(&entry_point).is_file() {
            return Err(format!(
                "flytekit is not installed for {}: there is no {entry_point} beside it. Install it with \
                 `{} -m pip install flytekit`.",
                python.display(),
                python.display()
            ));
        }
        let places = Places::new(&data.join("storage"));
        let killed = leftovers::kill(places.root());
        if killed > 0 {
            tracing::info!("killed {killed} processes of tasks, left by a server that was killed");
        }
        let scratches = Scratches::open(data.join("scratches"))
            .map_err(|error| format!("cannot use {}: {error}", data.join("scratches").display()))?;
        Ok(Self { bin, places, scratches, slots: Slots::of_this_machine() })
    }

    /// The `file://` URL of an attempt's output, for its `TaskLog`.
    pub fn log_uri(&self, place: &Place) -> String {
        file_url(&self.places.log(place))
    }

    /// The native URL of an attempt's deck, if it has made one; also attempts that have failed can have.
    pub fn deck_uri(&self, place: &Place) -> Option<String> {
        results::deck(&self.places.folder(place))
    }

    /// Makes an attempt. It waits for a CPU; `on_start` is called once its process runs. When `cancel` is cancelled, the
    /// process and all that it has started are ended before this returns; the same when the answer is dropped.
    pub async fn run(
        &self,
        attempt: Attempt,
        on_start: impl FnOnce() + Send,
        cancel: CancellationToken,
    ) -> TaskOutcome {
        match self.attempt(attempt, on_start, &cancel).await {
            Ok(outcome) => outcome,
            Err(outcome) => *outcome,
        }
    }

    async fn attempt(
        &self,
        attempt: Attempt,
        on_start: impl FnOnce() + Send,
        cancel: &CancellationToken,
    ) -> Result<TaskOutcome, Box<TaskOutcome>> {
        let recipe = recipe::recipe(&attempt.template).map_err(|why| unsupported(&attempt.template, &why))?;
        let overridden = attempt.overrides.as_ref().and_then(|overrides| overrides.resources.as_ref());
        let cpus = slots::milli_cpus(&recipe.resources, overridden);
        let _slot = tokio::select! {
            biased;
            () = cancel.cancelled() => return Ok(TaskOutcome::Cancelled),
            slot = self.slots.take(cpus) => slot,
        };
        let (folder, log) = (self.places.folder(&attempt.place), self.places.log(&attempt.place));
        let (template, timeout) = (attempt.template.clone(), attempt.timeout);
        let (places, bin, scratches) = (self.places.clone(), self.bin.clone(), self.scratches.clone());
        let prepared = blocking(move || {
            let scratch = scratches.create().map_err(|error| cannot_prepare(&error))?;
            prepare(recipe, &attempt, &places, &bin, scratch)
        })
        .await?;
        let Prepared { command, log: output, scratch } = prepared?;
        let program = command.program.clone();
        let process = Process::start(command, &working_directory(&scratch), output)
            .map_err(|error| cannot_start(&program, &error))?;
        on_start();
        let end = process.end(timeout, cancel).await.map_err(|error| {
            let message = format!("lost the task's process: {error}");
            failed(error_of("Interrupted", message, ErrorKind::System), true)
        })?;
        blocking(move || {
            let outcome = match end {
                End::Exited(status) => results::read(&folder, &log, &template, status),
                End::TimedOut => TaskOutcome::TimedOut(expired(timeout.unwrap_or_default())),
                End::Cancelled => TaskOutcome::Cancelled,
            };
            if !matches!(outcome, TaskOutcome::Succeeded { .. } | TaskOutcome::Dynamic { .. }) {
                leftovers::kill(&folder);
            }
            drop(scratch);
            outcome
        })
        .await
    }
}

/// All that a process needs to be started.
struct Prepared {
    command: Command,
    log: File,
    scratch: Scratch,
}

/// Makes the attempt's folder, with its inputs and an empty log.
fn prepare(
    recipe: Recipe,
    attempt: &Attempt,
    places: &Places,
    bin: &Path,
    scratch: Scratch,
) -> Result<Prepared, Box<TaskOutcome>> {
    let write = || -> io::Result<File> {
        let folder = places.folder(&attempt.place);
        // Results of another process would be taken for those of this one.
        match fs::remove_dir_all(&folder) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        fs::create_dir_all(&folder)?;
        fs::create_dir(working_directory(&scratch))?;
        fs::write(places.inputs(&attempt.place), attempt.inputs.encode_to_vec())?;
        fs::write(places.template(&attempt.place), attempt.template.encode_to_vec())?;
        File::options().create(true).append(true).open(places.log(&attempt.place))
    };
    let log = write().map_err(|error| cannot_prepare(&error))?;
    let mut command = command::command(recipe, attempt, places, bin, scratch.path())
        .map_err(|why| unsupported(&attempt.template, &why))?;
    if let Some(bundle) = &command.bundle {
        let folder = bundle
            .unpack(&working_directory(&scratch))
            .map_err(|why| failed(error_of("CodeBundleNotUnpacked", why, ErrorKind::User), false))?;
        command.import_from(&folder);
    }
    Ok(Prepared { command, log, scratch })
}

/// Where the process runs, and bundles are unpacked.
fn working_directory(scratch: &Scratch) -> PathBuf {
    scratch.path().join("work")
}

/// Runs what waits for the disk.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Box<TaskOutcome>> {
    tokio::task::spawn_blocking(work).await.map_err(|error| {
        let message = format!("the embedded Flyte has failed to run the task: {error}");
        Box::new(failed(error_of("InternalError", message, ErrorKind::System), true))
    })
}

/// The failure of a process that could not be started: for good when there is no such program, else for the moment.
fn cannot_start(program: &OsStr, error: &io::Error) -> TaskOutcome {
    let lasting = matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::PermissionDenied);
    let kind = if lasting { ErrorKind::User } else { ErrorKind::System };
    let message = format!("cannot start {}: {error}", program.display());
    failed(error_of("ContainerCannotRun", message, kind), !lasting)
}

fn cannot_prepare(error: &io::Error) -> TaskOutcome {
    let message = format!("the embedded Flyte cannot prepare the task: {error}");
    failed(error_of("CannotPrepare", message, ErrorKind::System), true)
}

/// The failure of a task that needs what is only in a cluster.
fn unsupported(template: &TaskTemplate, why: &str) -> TaskOutcome {
    let name = template.id.as_ref().map_or("", |id| &id.name);
    let message = format!(
        "The embedded Flyte cannot run the task {name}: {why}. It runs tasks as processes of the chosen Python \
         interpreter, without container images."
    );
    failed(error_of("UnsupportedTask", message, ErrorKind::User), false)
}

/// The error that propeller gives when the time of an attempt is over.
fn expired(timeout: Duration) -> ExecutionError {
    let timeout = times::duration(i64::try_from(timeout.as_nanos()).unwrap_or(i64::MAX));
    let message = format!("task execution timeout [{}] expired", times::go_duration(&timeout));
    error_of("TimeoutExpired", message, ErrorKind::User)
}
