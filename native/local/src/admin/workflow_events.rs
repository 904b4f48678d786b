//! Events that advance executions.
#![allow(deprecated, reason = "FlyteAdmin fills these fields, and all clients read them")]

use rusqlite::Transaction;
use tonic::Status;

use crate::admin::events::{self, Carried, has_ended};
use crate::failure::{Outcome, invalid, invalid_value};
use crate::idl::admin::{
    AbortMetadata, LiteralMapBlob, WorkflowExecutionEventRequest, WorkflowExecutionEventResponse,
    execution_closure::OutputResult, literal_map_blob,
};
use crate::idl::core::WorkflowExecutionIdentifier;
use crate::idl::core::workflow_execution::Phase;
use crate::idl::event::{WorkflowExecutionEvent, workflow_execution_event};
use crate::messages::text;
use crate::serve::Flyte;
use crate::store::executions::{self, Stored};
use crate::{times, validation};

/// Records that an execution is in another phase.
pub fn create(
    flyte: &Flyte,
    request: WorkflowExecutionEventRequest,
) -> Outcome<WorkflowExecutionEventResponse> {
    let event = request.event.ok_or_else(|| invalid("Workflow event handler was called without event"))?;
    let id = validation::execution_id(event.execution_id.as_ref())?.clone();
    if let Some(workflow_execution_event::OutputResult::OutputData(outputs)) = &event.output_result {
        validation::output_size(outputs)?;
    }
    flyte.store.write(|transaction| {
        let mut stored = executions::get(transaction, &id)?;
        record(transaction, &mut stored, &id, event)?;
        executions::update(transaction, &stored)
    })?;
    Ok(WorkflowExecutionEventResponse {})
}

/// Checks an event against what is known of its execution, and applies it.
pub fn record(
    transaction: &Transaction,
    stored: &mut Stored,
    id: &WorkflowExecutionIdentifier,
    event: WorkflowExecutionEvent,
) -> Outcome<()> {
    let phase = Phase::try_from(event.phase).map_err(|_| invalid_value("phase"))?;
    let occurred_at = events::occurred_at(event.occurred_at.as_ref())?;
    check(stored, id, phase, &event.producer_id)?;
    if phase == Phase::Queued && events::names_cluster(&event.producer_id) {
        assign_cluster(stored, &event.producer_id);
    }

    let closure = stored.message.closure.get_or_insert_default();
    let aborting = match &closure.output_result {
        Some(OutputResult::AbortMetadata(metadata)) => metadata.clone(),
        _ => AbortMetadata::default(),
    };
    closure.set_phase(phase);
    closure.updated_at = Some(occurred_at);
    if phase == Phase::Running {
        closure.started_at = Some(occurred_at);
    } else if has_ended(phase)
        && let Some(started_at) = &closure.started_at
    {
        closure.duration = Some(times::between(started_at, &occurred_at));
    }
    let carried = match event.output_result {
        Some(workflow_execution_event::OutputResult::OutputUri(uri)) => Carried::Uri(uri),
        Some(workflow_execution_event::OutputResult::OutputData(data)) => Carried::Literals(data),
        Some(workflow_execution_event::OutputResult::Error(error)) => {
            closure.output_result = Some(OutputResult::Error(error));
            Carried::Nothing
        }
        None => Carried::Nothing,
    };
    let parts = [id.project.as_str(), &id.domain, &id.name, events::OUTPUTS];
    if let Some(uri) = events::offload(transaction, carried, &parts)? {
        let data = Some(literal_map_blob::Data::Uri(uri));
        closure.output_result = Some(OutputResult::Outputs(LiteralMapBlob { data }));
    }
    // What was aborted says why, whatever else its last event says.
    if phase == Phase::Aborted {
        closure.output_result = Some(OutputResult::AbortMetadata(aborting));
    }
    Ok(())
}

/// FlyteAdmin's rules for the phases of an execution.
fn check(stored: &Stored, id: &WorkflowExecutionIdentifier, phase: Phase, producer: &str) -> Outcome<()> {
    let before = stored.message.closure.as_ref().map(|closure| closure.phase()).unwrap_or_default();
    let (from, to) = (before.as_str_name(), phase.as_str_name());
    // A queued execution may be queued again, on another cluster.
    if phase != Phase::Queued {
        if before == phase {
            return Err(Status::already_exists(format!(
                "This phase {to} was already recorded for workflow execution {}",
                text(id)
            )));
        }
        events::check_cluster(&stored.cluster, producer)?;
    }
    if has_ended(before) {
        let message = format!("Invalid phase change from {from} to {to} for workflow execution {}", text(id));
        return Err(events::already_ended(message, from));
    }
    if before == Phase::Running && phase == Phase::Queued {
        return Err(Status::failed_precondition(format!(
            "Cannot go from {from} to {to} for workflow execution {}",
            text(id)
        )));
    }
    if before == Phase::Aborting && !has_ended(phase) {
        return Err(Status::failed_precondition(format!(
            "Invalid phase change from aborting to {to} for workflow execution {}",
            text(id)
        )));
    }
    Ok(())
}

/// Remembers the cluster that has queued an execution: only it may report on it from now on.
fn assign_cluster(stored: &mut Stored, cluster: &str) {
    stored.cluster = cluster.to_owned();
    let metadata = stored.message.spec.get_or_insert_default().metadata.get_or_insert_default();
    metadata.system_metadata.get_or_insert_default().execution_cluster = cluster.to_owned();
}
