//! Events that make node executions and advance them.
#![allow(deprecated, reason = "FlyteAdmin fills these fields, and all clients read them")]

use rusqlite::Transaction;
use tonic::Status;

use crate::admin::events::{self, Carried};
use crate::failure::{Outcome, invalid_value, missing};
use crate::idl::admin::{
    NodeExecution, NodeExecutionClosure, NodeExecutionEventRequest, NodeExecutionEventResponse,
    NodeExecutionMetaData, TaskNodeMetadata, WorkflowNodeMetadata, node_execution_closure,
};
use crate::idl::core::node_execution::Phase;
use crate::idl::core::{CompiledWorkflowClosure, NodeExecutionIdentifier, ResourceType};
use crate::idl::event::{NodeExecutionEvent, node_execution_event};
use crate::messages::text;
use crate::serve::Flyte;
use crate::store::nodes::{self, Relations, Stored};
use crate::store::{attempts, executions};
use crate::{times, validation};

/// Records that a node is in another phase. Its first event makes it.
pub fn create(flyte: &Flyte, request: NodeExecutionEventRequest) -> Outcome<NodeExecutionEventResponse> {
    let event = request.event.ok_or_else(|| missing("event"))?;
    check_request(&event)?;
    flyte.store.write(|transaction| record(transaction, event))?;
    Ok(NodeExecutionEventResponse {})
}

fn check_request(event: &NodeExecutionEvent) -> Outcome<()> {
    validation::node_id(event.id.as_ref())?;
    if let Some(node_execution_event::OutputResult::OutputData(outputs)) = &event.output_result {
        validation::output_size(outputs)?;
    }
    let Some(node_execution_event::TargetMetadata::TaskNodeMetadata(task)) = &event.target_metadata else {
        return Ok(());
    };
    let Some(dynamic) = &task.dynamic_workflow else { return Ok(()) };
    validation::identifier(dynamic.id.as_ref(), ResourceType::Workflow)?;
    let compiled = dynamic.compiled_workflow.as_ref().ok_or_else(|| missing("compiled dynamic workflow"))?;
    let primary = compiled.primary.as_ref().ok_or_else(|| missing("primary dynamic workflow"))?;
    let template = primary.template.as_ref().ok_or_else(|| missing("primary dynamic workflow template"))?;
    validation::identifier(template.id.as_ref(), ResourceType::Workflow)?;
    Ok(())
}

/// Checks an event against what is known of its node, and stores what becomes of it.
pub fn record(transaction: &Transaction, mut event: NodeExecutionEvent) -> Outcome<()> {
    let id = validation::node_id(event.id.as_ref())?.clone();
    let phase = Phase::try_from(event.phase).map_err(|_| invalid_value("phase"))?;
    events::occurred_at(event.occurred_at.as_ref())?;
    let execution_id = validation::execution_id(id.execution_id.as_ref())?;
    let execution = executions::get(transaction, execution_id).map_err(|status| {
        let message = format!(
            "Failed to get existing execution id: [{}] with err: {}",
            text(execution_id),
            status.message()
        );
        Status::new(status.code(), message)
    })?;
    events::check_cluster(&execution.cluster, &event.producer_id)?;

    let made = dynamic_workflow(&mut event);
    match nodes::find(transaction, &id)? {
        None => {
            let relations = relations(transaction, &event, &id)?;
            let mut node = new_node(&event, id);
            apply(transaction, &mut node, phase, event)?;
            nodes::insert(transaction, &node, &relations, made.as_ref())
        }
        Some(mut stored) => {
            check(&stored, &id, phase)?;
            if let Some(node_execution_event::TargetMetadata::WorkflowNodeMetadata(child)) =
                &event.target_metadata
            {
                executions::get(transaction, validation::execution_id(child.execution_id.as_ref())?)?;
            }
            apply(transaction, &mut stored.message, phase, event)?;
            nodes::update(transaction, &stored, made.as_ref())
        }
    }
}

/// Takes the workflow that a dynamic node made out of its event; it is kept apart from the node.
fn dynamic_workflow(event: &mut NodeExecutionEvent) -> Option<CompiledWorkflowClosure> {
    let Some(node_execution_event::TargetMetadata::TaskNodeMetadata(task)) = &mut event.target_metadata
    else {
        return None;
    };
    task.dynamic_workflow.as_mut()?.compiled_workflow.take()
}

/// The rows that a new node belongs to, which learn that they are parents.
fn relations(
    transaction: &Transaction,
    event: &NodeExecutionEvent,
    id: &NodeExecutionIdentifier,
) -> Outcome<Relations> {
    let mut relations = Relations::default();
    if let Some(parent) = &event.parent_task_metadata {
        let mut stored = attempts::get(transaction, validation::task_execution_id(parent.id.as_ref())?)?;
        relations.parent_task = Some(stored.row);
        stored.message.is_parent = true;
        attempts::update(transaction, &stored)?;
    }
    if let Some(parent) = &event.parent_node_metadata {
        let parent_id = NodeExecutionIdentifier {
            node_id: parent.node_id.clone(),
            execution_id: id.execution_id.clone(),
        };
        let mut stored = nodes::get(transaction, &parent_id)?;
        relations.parent = Some(stored.row);
        let metadata = stored.message.metadata.get_or_insert_default();
        // Old engines do not say that a node is a parent.
        if !metadata.is_parent_node && !metadata.is_dynamic {
            metadata.is_parent_node = true;
            metadata.is_dynamic = stored.is_dynamic;
            nodes::update(transaction, &stored, None)?;
        }
    }
    Ok(relations)
}

/// FlyteAdmin's rules for the phases of a node.
fn check(stored: &Stored, id: &NodeExecutionIdentifier, phase: Phase) -> Outcome<()> {
    let before = stored.message.closure.as_ref().map(|closure| closure.phase()).unwrap_or_default();
    if before == phase {
        return Err(Status::already_exists(format!(
            "This phase was already recorded {} for {}",
            before.as_str_name(),
            text(id)
        )));
    }
    if has_ended(before) {
        let (from, to) = (before.as_str_name(), phase.as_str_name());
        let message = format!("Invalid phase change from {from} to {to} for node execution {}", stored.row);
        return Err(events::already_ended(message, to));
    }
    Ok(())
}

/// Whether a node of this phase is over.
fn has_ended(phase: Phase) -> bool {
    matches!(
        phase,
        Phase::Succeeded
            | Phase::Failed
            | Phase::TimedOut
            | Phase::Aborted
            | Phase::Skipped
            | Phase::Recovered
    )
}

fn new_node(event: &NodeExecutionEvent, id: NodeExecutionIdentifier) -> NodeExecution {
    NodeExecution {
        id: Some(id),
        closure: Some(NodeExecutionClosure { created_at: event.occurred_at, ..Default::default() }),
        metadata: Some(NodeExecutionMetaData {
            retry_group: event.retry_group.clone(),
            spec_node_id: event.spec_node_id.clone(),
            ..Default::default()
        }),
        ..Default::default()
    }
}

/// Makes a node what an event says of it.
fn apply(
    transaction: &Transaction,
    node: &mut NodeExecution,
    phase: Phase,
    event: NodeExecutionEvent,
) -> Outcome<()> {
    let occurred_at = events::occurred_at(event.occurred_at.as_ref())?;
    let id = node.id.clone().unwrap_or_default();
    let execution = id.execution_id.unwrap_or_default();
    let parts = |last: &'static str| {
        [execution.project.as_str(), &execution.domain, &execution.name, &id.node_id, last]
    };

    // Inputs stay as they were first told.
    if node.input_uri.is_empty() {
        let carried = match event.input_value {
            Some(node_execution_event::InputValue::InputUri(uri)) => Carried::Uri(uri),
            Some(node_execution_event::InputValue::InputData(data)) => Carried::Literals(data),
            None => Carried::Nothing,
        };
        node.input_uri = events::offload(transaction, carried, &parts(events::INPUTS))?.unwrap_or_default();
    }

    // Not every event says these, so none takes them back.
    let metadata = node.metadata.get_or_insert_default();
    metadata.is_parent_node |= event.is_parent;
    metadata.is_dynamic |= event.is_dynamic;
    metadata.is_array |= event.is_array;

    let closure = node.closure.get_or_insert_default();
    closure.set_phase(phase);
    closure.updated_at = Some(events::reported_at(event.reported_at.as_ref(), occurred_at));
    if phase == Phase::Running {
        closure.started_at = Some(occurred_at);
        closure.deck_uri = event.deck_uri;
    } else if has_ended(phase) {
        closure.duration = closure.started_at.map(|started_at| times::between(&started_at, &occurred_at));
        closure.deck_uri = event.deck_uri;
        let carried = match event.output_result {
            Some(node_execution_event::OutputResult::OutputUri(uri)) => Carried::Uri(uri),
            Some(node_execution_event::OutputResult::OutputData(data)) => Carried::Literals(data),
            Some(node_execution_event::OutputResult::Error(error)) => {
                closure.output_result = Some(node_execution_closure::OutputResult::Error(error));
                Carried::Nothing
            }
            None => Carried::Nothing,
        };
        if let Some(uri) = events::offload(transaction, carried, &parts(events::OUTPUTS))? {
            closure.output_result = Some(node_execution_closure::OutputResult::OutputUri(uri));
        }
    }
    apply_target(closure, event.target_metadata);
    Ok(())
}

/// What a node ran: a workflow of its own, or a task and how the cache took part.
fn apply_target(closure: &mut NodeExecutionClosure, target: Option<node_execution_event::TargetMetadata>) {
    use node_execution_closure::TargetMetadata;
    let is_known = matches!(closure.target_metadata, Some(TargetMetadata::WorkflowNodeMetadata(_)));
    match target {
        Some(node_execution_event::TargetMetadata::WorkflowNodeMetadata(child)) if !is_known => {
            let metadata = WorkflowNodeMetadata { execution_id: child.execution_id };
            closure.target_metadata = Some(TargetMetadata::WorkflowNodeMetadata(metadata));
        }
        Some(node_execution_event::TargetMetadata::TaskNodeMetadata(task)) => {
            let mut metadata = TaskNodeMetadata { checkpoint_uri: task.checkpoint_uri, ..Default::default() };
            if task.catalog_key.is_some() {
                metadata.cache_status = task.cache_status;
                metadata.catalog_key = task.catalog_key;
            }
            closure.target_metadata = Some(TargetMetadata::TaskNodeMetadata(metadata));
            if let Some(dynamic) =
                task.dynamic_workflow.filter(|dynamic| !dynamic.dynamic_job_spec_uri.is_empty())
            {
                closure.dynamic_job_spec_uri = dynamic.dynamic_job_spec_uri;
            }
        }
        _ => {}
    }
}
