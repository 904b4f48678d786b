//! One execution, from its first event to its last.

use std::collections::HashMap;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use futures_util::FutureExt;
use tokio::sync::{Semaphore, watch};
use tokio_util::sync::CancellationToken;
use tonic::Status;

use super::journal::{Event, PRODUCER};
use super::program::Program;
use super::seat::{End, Scope, system};
use super::{Engine, Runner, workflow};
use crate::admin::events::has_ended;
use crate::admin::settings::{self, Settings};
use crate::idl::admin::{Execution, execution_closure::OutputResult, execution_metadata::ExecutionMode};
use crate::idl::core::workflow_execution::Phase;
use crate::idl::core::{ExecutionError, LiteralMap, WorkflowExecutionIdentifier};
use crate::idl::event::{WorkflowExecutionEvent, workflow_execution_event};
use crate::messages::text;
use crate::store::{entities, executions, objects};
use crate::times;

/// An execution that is being driven.
pub struct Run {
    pub runner: Arc<Runner>,
    pub id: WorkflowExecutionIdentifier,
    pub execution: Execution,
    settings: Settings,
    /// Grows when the execution was changed from outside, such as by a signal.
    pub changes: watch::Receiver<u64>,
    /// How many of its tasks and child executions may run at once.
    pub parallel: Semaphore,
    /// Whether nothing of it was recorded before.
    pub is_new: bool,
    /// Cancelled when the execution is to end.
    pub cancel: CancellationToken,
}

/// Whether an execution was told to end.
pub fn is_aborting(execution: &Execution) -> bool {
    execution.closure.as_ref().is_some_and(|closure| closure.phase() == Phase::Aborting)
}

/// Drives an execution to its end, from wherever it is.
pub async fn drive(
    runner: Arc<Runner>,
    id: WorkflowExecutionIdentifier,
    cancel: CancellationToken,
    changes: watch::Receiver<u64>,
) {
    let driven = AssertUnwindSafe(go(&runner, &id, cancel, changes)).catch_unwind().boxed().await;
    let outcome = driven.unwrap_or_else(|_| Err(Status::internal("the engine failed, its log says more")));
    if runner.stop.is_cancelled() {
        return;
    }
    if let Err(status) = outcome
        && let Err(status) = give_up(&runner, &id, &status).await
    {
        tracing::error!("execution {} cannot be ended: {}", text(&id), status.message());
    }
    runner.endings.tell(&id);
}

/// Ends an execution that cannot go on.
async fn give_up(runner: &Runner, id: &WorkflowExecutionIdentifier, why: &Status) -> Engine<()> {
    let asked = id.clone();
    let stored = runner.read(move |view| executions::get(view, &asked)).await?;
    if is_aborting(&stored.message) {
        // It was told to end in the very moment in which it went on.
        return runner.record(vec![event(id, Phase::Aborted, None)]).await;
    }
    tracing::error!("execution {} cannot go on: {}", text(id), why.message());
    let error = system("EngineFailed", format!("the embedded Flyte could not go on: {}", why.message()));
    let error = workflow_execution_event::OutputResult::Error(error);
    runner.record(vec![event(id, Phase::Failed, Some(error))]).await
}

async fn go(
    runner: &Arc<Runner>,
    id: &WorkflowExecutionIdentifier,
    cancel: CancellationToken,
    changes: watch::Receiver<u64>,
) -> Engine<()> {
    let asked = id.clone();
    let (stored, closure, inputs, settings) = runner
        .read(move |view| {
            let stored = executions::get(view, &asked)?;
            let workflow = stored.message.closure.as_ref().and_then(|closure| closure.workflow_id.clone());
            let workflow = entities::workflow(view, &workflow.unwrap_or_default())?.message;
            let inputs = objects::get_literals(view, &stored.inputs_uri)?;
            let closure = workflow.closure.and_then(|closure| closure.compiled_workflow).unwrap_or_default();
            let settings = settings::of(view, &stored.message)?;
            Ok((stored, closure, inputs, settings))
        })
        .await?;
    let phase = stored.message.closure.as_ref().map(|closure| closure.phase()).unwrap_or_default();
    if has_ended(phase) {
        return Ok(());
    }
    if phase == Phase::Aborting {
        cancel.cancel();
    }
    let run = Run {
        runner: Arc::clone(runner),
        id: id.clone(),
        changes,
        parallel: Semaphore::new(parallelism(&settings)),
        settings,
        is_new: phase == Phase::Undefined,
        cancel: cancel.clone(),
        execution: stored.message,
    };
    if phase == Phase::Undefined {
        runner.record(vec![event(id, Phase::Queued, None), event(id, Phase::Running, None)]).await?;
    } else if phase == Phase::Queued {
        runner.record(vec![event(id, Phase::Running, None)]).await?;
    }
    let scope = Scope { parent: None, program: Arc::new(Program::new(closure)), cancel };
    let end = workflow::run(&run, &scope, &scope.program.primary, inputs).await?;
    runner.record(last_events(&run, end)).await
}

fn parallelism(settings: &Settings) -> usize {
    usize::try_from(settings.max_parallelism).ok().filter(|most| *most > 0).unwrap_or(Semaphore::MAX_PERMITS)
}

/// What is recorded of an execution that has ended like this.
fn last_events(run: &Run, end: End) -> Vec<Event> {
    use workflow_execution_event::OutputResult;
    let id = &run.id;
    match end {
        End::Succeeded(outputs) => {
            let outputs = LiteralMap::clone(&outputs);
            vec![
                event(id, Phase::Succeeding, None),
                event(id, Phase::Succeeded, Some(OutputResult::OutputData(outputs))),
            ]
        }
        End::Failed(error) => vec![event(id, Phase::Failed, Some(OutputResult::Error(error)))],
        End::Skipped => vec![event(id, Phase::Succeeded, None)],
        End::Aborted => vec![event(id, Phase::Aborted, None)],
    }
}

/// An event of the execution.
pub fn event(
    id: &WorkflowExecutionIdentifier,
    phase: Phase,
    output_result: Option<workflow_execution_event::OutputResult>,
) -> Event {
    WorkflowExecutionEvent {
        execution_id: Some(id.clone()),
        producer_id: PRODUCER.into(),
        phase: phase as i32,
        occurred_at: Some(times::timestamp(times::now())),
        output_result,
    }
    .into()
}

impl Run {
    /// The event that says that the execution is failing.
    pub fn failing(&self, error: &ExecutionError) -> Event {
        let error = workflow_execution_event::OutputResult::Error(error.clone());
        event(&self.id, Phase::Failing, Some(error))
    }

    /// The execution whose succeeded nodes are not run again, if it recovers one.
    pub fn recovers(&self) -> Option<&WorkflowExecutionIdentifier> {
        let metadata = self.execution.spec.as_ref()?.metadata.as_ref()?;
        let is_recovery = metadata.mode() == ExecutionMode::Recovered;
        metadata.reference_execution.as_ref().filter(|_| is_recovery)
    }

    /// Why nodes are being aborted.
    pub async fn abort_reason(&self) -> Engine<String> {
        if !self.cancel.is_cancelled() {
            return Ok("Some node execution failed, auto-abort.".into());
        }
        let id = self.id.clone();
        let stored = self.runner.read(move |view| executions::get(view, &id)).await?;
        Ok(match stored.message.closure.and_then(|closure| closure.output_result) {
            Some(OutputResult::AbortMetadata(abort)) => abort.cause,
            _ => String::new(),
        })
    }

    /// The variables that each of its tasks gets.
    pub fn environment(&self) -> Vec<(String, String)> {
        let workflow = self.execution.closure.as_ref().and_then(|closure| closure.workflow_id.clone());
        let workflow = workflow.unwrap_or_default();
        let own = [
            (
                "FLYTE_INTERNAL_EXECUTION_WORKFLOW",
                [&*workflow.project, &workflow.domain, &workflow.name].join(":"),
            ),
            ("FLYTE_PLATFORM_URL", self.runner.endpoint.clone()),
            ("FLYTE_PLATFORM_INSECURE", "true".into()),
        ];
        let mut all: HashMap<String, String> =
            own.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        for pair in &self.settings.environment {
            all.insert(pair.key.clone(), pair.value.clone());
        }
        all.into_iter().collect()
    }

    /// Where its tasks write files and folders; none for a folder in the data directory.
    pub fn raw_output_prefix(&self) -> Option<String> {
        self.settings.raw_output_prefix.clone()
    }

    /// Whether outputs that are cached are not to be used.
    pub fn overwrites_cache(&self) -> bool {
        self.settings.overwrite_cache
    }
}
