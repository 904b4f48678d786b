//! A node that launches an execution of its own and waits for its end.

use std::sync::Arc;
use std::time::Duration;

use tonic::Code;

use super::deadline::{expired, too_late};
use crate::admin::events::has_ended;
use crate::admin::{executions as admin_executions, launch};
use crate::idl::admin::execution_closure::OutputResult;
use crate::idl::admin::{
    Execution, ExecutionCreateRequest, ExecutionMetadata, ExecutionSpec, ExecutionTerminateRequest,
    execution_metadata::ExecutionMode, literal_map_blob,
};
use crate::idl::core::execution_error::ErrorKind;
use crate::idl::core::workflow_execution::Phase;
use crate::idl::core::{Identifier, LiteralMap, WorkflowExecutionIdentifier};
use crate::idl::event::WorkflowNodeMetadata;
use crate::idl::event::node_execution_event::TargetMetadata;
use crate::runner::seat::{End, Seat, error};
use crate::runner::{Engine, names};
use crate::store::{executions, objects};
use crate::times;

/// How long to wait at most before looking again whether the child has ended, should nobody have told.
const LOOK_AGAIN: Duration = Duration::from_secs(10);

/// Launches the child, unless an earlier start did, and waits for it.
pub async fn run(seat: &Seat<'_>, plan: &Identifier, inputs: LiteralMap) -> Engine<End> {
    let permit = tokio::select! {
        permit = seat.run.parallel.acquire() => permit,
        () = seat.scope.cancel.cancelled() => return cancelled(seat).await,
    };
    let runner = &seat.run.runner;
    let child = WorkflowExecutionIdentifier {
        name: names::child(&seat.run.id.name, &seat.id, 0),
        ..seat.run.id.clone()
    };
    runner.record(seat.queued(&inputs).into_iter().collect()).await?;
    let target =
        TargetMetadata::WorkflowNodeMetadata(WorkflowNodeMetadata { execution_id: Some(child.clone()) });
    let request = request(seat, plan, &child, inputs);
    let launched = runner.write(move |transaction| launch::launch(transaction, request, None)).await;
    match launched {
        Ok(_) => runner.flyte.created(child.clone()),
        Err(status) if status.code() == Code::AlreadyExists => {}
        Err(status) if runner.stop.is_cancelled() => return Err(status),
        Err(status) => {
            let why = format!("cannot launch {}: {}", plan.name, status.message());
            return seat.fail(error(ErrorKind::User, "RuntimeExecutionError", why)).await;
        }
    }
    runner.record(seat.running(Some(target.clone())).into_iter().collect()).await?;
    let began = times::now();
    let execution = tokio::select! {
        ended = ended(seat, &child) => ended?,
        () = seat.scope.cancel.cancelled() => {
            terminate(seat, &child).await?;
            return seat.end(End::Aborted, Some(target)).await;
        }
        () = expired(seat.node, began) => {
            terminate(seat, &child).await?;
            return seat.end(End::Failed(too_late(seat.node)), Some(target)).await;
        }
    };
    drop(permit);
    let end = end_of(seat, execution).await?;
    seat.end(end, Some(target)).await
}

async fn cancelled(seat: &Seat<'_>) -> Engine<End> {
    seat.end(End::Aborted, None).await
}

fn request(
    seat: &Seat<'_>,
    plan: &Identifier,
    child: &WorkflowExecutionIdentifier,
    inputs: LiteralMap,
) -> ExecutionCreateRequest {
    let own = seat.run.execution.spec.clone().unwrap_or_default();
    ExecutionCreateRequest {
        project: child.project.clone(),
        domain: child.domain.clone(),
        name: child.name.clone(),
        spec: Some(ExecutionSpec {
            launch_plan: Some(plan.clone()),
            metadata: Some(ExecutionMetadata {
                mode: ExecutionMode::ChildWorkflow as i32,
                parent_node_execution: Some(seat.execution_id()),
                ..Default::default()
            }),
            labels: own.labels,
            annotations: own.annotations,
            security_context: own.security_context,
            max_parallelism: own.max_parallelism,
            raw_output_data_config: own.raw_output_data_config,
            interruptible: own.interruptible,
            overwrite_cache: own.overwrite_cache,
            envs: own.envs,
            ..Default::default()
        }),
        inputs: Some(inputs),
        org: String::new(),
    }
}

/// The child once it has ended.
async fn ended(seat: &Seat<'_>, child: &WorkflowExecutionIdentifier) -> Engine<Execution> {
    let runner = &seat.run.runner;
    loop {
        let ending = runner.endings.of(child);
        let mut told = std::pin::pin!(ending.notified());
        told.as_mut().enable();
        let id = child.clone();
        let stored = runner.read(move |view| executions::get(view, &id)).await?;
        if stored.message.closure.as_ref().is_some_and(|closure| has_ended(closure.phase())) {
            // Others who wait look for themselves.
            runner.endings.tell(child);
            return Ok(stored.message);
        }
        // Events by others may end it as well: then nobody tells.
        _ = tokio::time::timeout(LOOK_AGAIN, told).await;
    }
}

async fn end_of(seat: &Seat<'_>, child: Execution) -> Engine<End> {
    let name = child.id.map(|id| id.name).unwrap_or_default();
    let closure = child.closure.unwrap_or_default();
    let phase = closure.phase();
    Ok(match (phase, closure.output_result) {
        (Phase::Succeeded, Some(OutputResult::Outputs(blob))) => match blob.data {
            Some(literal_map_blob::Data::Uri(uri)) => {
                let outputs = seat.run.runner.read(move |view| objects::get_literals(view, &uri)).await?;
                End::Succeeded(Arc::new(outputs))
            }
            Some(literal_map_blob::Data::Values(values)) => End::Succeeded(Arc::new(values)),
            None => End::Succeeded(Arc::default()),
        },
        (Phase::Succeeded, _) => End::Succeeded(Arc::default()),
        (Phase::Failed, Some(OutputResult::Error(error))) => End::Failed(error),
        (Phase::Aborted, _) => {
            let why = format!("launchplan [{name}] aborted, caused by: launchplan execution aborted");
            End::Failed(error(ErrorKind::User, "RemoteChildWorkflowExecutionFailed", why))
        }
        _ => End::Failed(error(ErrorKind::User, "LaunchPlanExecutionFailed", "Unknown Error")),
    })
}

/// Tells the child to end as its parent does.
async fn terminate(seat: &Seat<'_>, child: &WorkflowExecutionIdentifier) -> Engine<()> {
    let runner = &seat.run.runner;
    let reason = seat.run.abort_reason().await?;
    let request = ExecutionTerminateRequest {
        id: Some(child.clone()),
        cause: format!(
            "cascading abort as parent execution id [{}] aborted, reason [{reason}]",
            seat.run.id.name
        ),
    };
    match runner.write(move |transaction| admin_executions::terminate_in(transaction, &request)).await {
        // It has ended by itself.
        Err(status) if status.code() == Code::FailedPrecondition => {}
        outcome => outcome?,
    }
    runner.flyte.changed(child.clone());
    Ok(())
}
