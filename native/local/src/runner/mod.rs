//! The engine: runs the executions that are stored, each node when what it waits for has ended, each task as a process
//! of its own.
//!
//! What is in the database is the truth: the engine keeps nothing else that would have to survive. It records what
//! happens as events, as an engine of a cluster does, and after a restart goes on from what is recorded.

mod attributes;
mod bindings;
mod cache;
mod conditions;
mod endings;
mod execution;
mod journal;
mod names;
mod nodes;
mod program;
mod seat;
pub mod task;
#[cfg(all(test, unix))]
mod tests;
mod wakes;
mod workflow;

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;

use tokio::sync::{Semaphore, mpsc, watch};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::failure::Outcome;
use crate::idl::core::WorkflowExecutionIdentifier;
use crate::schedules;
use crate::serve::Flyte;
use crate::store::executions;
use cache::Reservations;
use endings::Endings;
use task::TaskRunner;
pub use wakes::{Wake, Wakes};

/// How many changes the engine makes to the database at once. It is one writer anyway; the other threads answer calls.
const TURNS: usize = 3;

/// What all executions share.
pub struct Runner {
    flyte: Arc<Flyte>,
    tasks: TaskRunner,
    /// Where tasks that call this server find it, `host:port`.
    endpoint: String,
    stop: CancellationToken,
    turns: Semaphore,
    endings: Endings,
    reservations: Reservations,
}

/// The engine while it runs.
pub struct Running {
    stop: CancellationToken,
    supervisor: JoinHandle<()>,
    /// Launches what is scheduled.
    scheduler: JoinHandle<()>,
}

impl Running {
    /// Starts the engine over the data of `flyte`, which is below `data`, with `python` for tasks. Every execution
    /// that has not ended goes on. The error says why tasks cannot be run.
    pub fn start(
        flyte: Arc<Flyte>,
        python: PathBuf,
        data: &std::path::Path,
        endpoint: String,
    ) -> Result<Self, String> {
        let (wakes, woken) = mpsc::unbounded_channel();
        let stop = CancellationToken::new();
        let runner = Arc::new(Runner {
            tasks: TaskRunner::new(python, data)?,
            endpoint,
            stop: stop.clone(),
            turns: Semaphore::new(TURNS),
            endings: Endings::default(),
            reservations: Reservations::default(),
            flyte: Arc::clone(&flyte),
        });
        flyte.wakes.turn_on(wakes);
        let supervisor = tokio::spawn(supervise(runner, woken));
        let scheduler = tokio::spawn(schedules::run(flyte));
        Ok(Self { stop, supervisor, scheduler })
    }

    /// Stops the engine: running tasks are killed. The next start runs them again.
    pub async fn stop(self) {
        self.scheduler.abort();
        self.stop.cancel();
        if let Err(failure) = self.supervisor.await {
            tracing::error!("the engine did not stop in order: {failure}");
        }
    }
}

/// What drives one execution, seen from outside.
struct Driver {
    cancel: CancellationToken,
    changed: watch::Sender<u64>,
}

/// Has every execution that is not over driven, by one driver at a time.
async fn supervise(runner: Arc<Runner>, mut woken: mpsc::UnboundedReceiver<Wake>) {
    let mut drivers: HashMap<WorkflowExecutionIdentifier, Driver> = HashMap::new();
    let (ended, mut endings) = mpsc::unbounded_channel();
    let tracker = TaskTracker::new();
    let mut unfinished = match runner.read(|view| executions::unfinished(view)).await {
        Ok(unfinished) => unfinished.into_iter(),
        Err(status) => {
            tracing::error!("cannot find the executions that go on: {}", status.message());
            Vec::new().into_iter()
        }
    };
    loop {
        let wake = match unfinished.next() {
            Some(id) => Wake::Created(id),
            None => tokio::select! {
                () = runner.stop.cancelled() => break,
                Some(id) = endings.recv() => {
                    drivers.remove(&id);
                    continue;
                }
                Some(wake) = woken.recv() => wake,
            },
        };
        let (Wake::Created(id) | Wake::Changed(id)) = &wake;
        if let Some(driver) = drivers.get(id) {
            if matches!(wake, Wake::Changed(_)) {
                driver.changed.send_modify(|count| *count += 1);
                tracker.spawn(cancel_if_aborting(Arc::clone(&runner), id.clone(), driver.cancel.clone()));
            }
            continue;
        }
        let (changed, changes) = watch::channel(0);
        let driver = Driver { cancel: runner.stop.child_token(), changed };
        let (runner, ended, id) = (Arc::clone(&runner), ended.clone(), id.clone());
        let cancel = driver.cancel.clone();
        drivers.insert(id.clone(), driver);
        tracker.spawn(async move {
            execution::drive(runner, id.clone(), cancel, changes).await;
            // Nobody listens any more when the engine has stopped.
            _ = ended.send(id);
        });
    }
    tracker.close();
    tracker.wait().await;
}

async fn cancel_if_aborting(runner: Arc<Runner>, id: WorkflowExecutionIdentifier, cancel: CancellationToken) {
    match runner.read(move |view| executions::get(view, &id)).await {
        Ok(stored) if execution::is_aborting(&stored.message) => cancel.cancel(),
        Ok(_) => {}
        Err(status) => tracing::warn!("cannot read a changed execution: {}", status.message()),
    }
}

/// What the engine's parts give: what became of something, or a database that refuses.
type Engine<T> = Outcome<T>;
