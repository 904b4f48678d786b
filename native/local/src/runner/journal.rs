//! What the engine writes: the events that an engine of a cluster would send, recorded by the very functions behind
//! the event RPCs. Events that belong together are recorded in one transaction.

use tonic::{Code, Status};

use super::Runner;
use crate::admin::{node_events, task_events, workflow_events};
use crate::failure::Outcome;
use crate::idl::event::{NodeExecutionEvent, TaskExecutionEvent, WorkflowExecutionEvent};
use crate::store::{View, executions};

/// Who the engine says it is: an engine that does not name its cluster.
pub const PRODUCER: &str = "propeller";

/// Something that happened to an execution.
pub enum Event {
    Workflow(Box<WorkflowExecutionEvent>),
    Node(Box<NodeExecutionEvent>),
    Task(Box<TaskExecutionEvent>),
}

impl From<WorkflowExecutionEvent> for Event {
    fn from(event: WorkflowExecutionEvent) -> Self {
        Self::Workflow(Box::new(event))
    }
}

impl From<NodeExecutionEvent> for Event {
    fn from(event: NodeExecutionEvent) -> Self {
        Self::Node(Box::new(event))
    }
}

impl From<TaskExecutionEvent> for Event {
    fn from(event: TaskExecutionEvent) -> Self {
        Self::Task(Box::new(event))
    }
}

impl Runner {
    /// Records events in one transaction. What was recorded before, as after a restart, is left as it is. Fails, with
    /// nothing recorded, once the server stops.
    pub async fn record(&self, events: Vec<Event>) -> Outcome<()> {
        self.write(|transaction| {
            for event in events {
                match apply(transaction, event) {
                    Err(status) if status.code() == Code::AlreadyExists => {}
                    outcome => outcome?,
                }
            }
            Ok(())
        })
        .await
    }

    /// Runs `work` alone on the database, on a thread that may block.
    pub async fn write<T: Send + 'static>(
        &self,
        work: impl FnOnce(&rusqlite::Transaction) -> Outcome<T> + Send + 'static,
    ) -> Outcome<T> {
        let flyte = self.flyte.clone();
        self.turn(move || flyte.store.write(work)).await
    }

    /// Runs `work` on a consistent view of the database, on a thread that may block.
    pub async fn read<T: Send + 'static>(
        &self,
        work: impl FnOnce(&View) -> Outcome<T> + Send + 'static,
    ) -> Outcome<T> {
        let flyte = self.flyte.clone();
        self.turn(move || flyte.store.read(work)).await
    }

    /// The engine takes few of the threads that may block, so that calls are always answered.
    async fn turn<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Outcome<T> + Send + 'static,
    ) -> Outcome<T> {
        let _turn = self.turns.acquire().await.map_err(|_| stopping())?;
        if self.stop.is_cancelled() {
            return Err(stopping());
        }
        tokio::task::spawn_blocking(work)
            .await
            .unwrap_or_else(|failure| Err(Status::internal(format!("the engine failed: {failure}"))))
    }
}

fn apply(transaction: &rusqlite::Transaction, event: Event) -> Outcome<()> {
    match event {
        Event::Workflow(event) => {
            let id = event.execution_id.clone().unwrap_or_default();
            let mut stored = executions::get(transaction, &id)?;
            workflow_events::record(transaction, &mut stored, &id, *event)?;
            executions::update(transaction, &stored)
        }
        Event::Node(event) => node_events::record(transaction, *event),
        Event::Task(event) => task_events::record(transaction, *event),
    }
}

fn stopping() -> Status {
    Status::cancelled("the server stops")
}
