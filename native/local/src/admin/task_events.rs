//! Events that make task executions and advance them.
#![allow(deprecated, reason = "FlyteAdmin fills these fields, and all clients read them")]

use rusqlite::Transaction;
use tonic::{Code, Status};

use crate::admin::events::{self, Carried};
use crate::admin::task_merge;
use crate::failure::{Outcome, invalid_value, missing};
use crate::idl::Timestamp;
use crate::idl::admin::{
    Reason, TaskExecution, TaskExecutionClosure, TaskExecutionEventRequest, TaskExecutionEventResponse,
    task_execution_closure,
};
use crate::idl::core::task_execution::Phase;
use crate::idl::core::{
    Identifier, NodeExecutionIdentifier, TaskExecutionIdentifier, WorkflowExecutionIdentifier,
};
use crate::idl::event::{TaskExecutionEvent, task_execution_event};
use crate::messages::text;
use crate::serve::Flyte;
use crate::store::attempts::{self, Stored};
use crate::store::{executions, nodes};
use crate::{times, validation};

/// Records that an attempt at a task is in another phase, or tells more of the same. Its first event makes it.
pub fn create(flyte: &Flyte, request: TaskExecutionEventRequest) -> Outcome<TaskExecutionEventResponse> {
    let event = request.event.ok_or_else(|| missing("event"))?;
    events::occurred_at(event.occurred_at.as_ref())?;
    if let Some(task_execution_event::OutputResult::OutputData(outputs)) = &event.output_result {
        validation::output_size(outputs)?;
    }
    flyte.store.write(|transaction| record(transaction, event))?;
    Ok(TaskExecutionEventResponse {})
}

/// Checks an event against what is known of its attempt, and stores what becomes of it.
pub fn record(transaction: &Transaction, event: TaskExecutionEvent) -> Outcome<()> {
    let id = TaskExecutionIdentifier {
        task_id: event.task_id.clone(),
        node_execution_id: event.parent_node_execution_id.clone(),
        retry_attempt: event.retry_attempt,
    };
    validation::task_execution_id(Some(&id))?;
    let phase = Phase::try_from(event.phase).map_err(|_| invalid_value("phase"))?;
    let node = id.node_execution_id.clone().unwrap_or_default();
    let execution = executions::get(transaction, &node.execution_id.clone().unwrap_or_default())?;
    events::check_cluster(&execution.cluster, &event.producer_id)?;

    match attempts::find(transaction, &id)? {
        None => {
            if nodes::find(transaction, &node)?.is_none() {
                let message = format!(
                    "Failed to get existing node execution id: [{}] with err: entry not found",
                    text(&node)
                );
                return Err(Status::new(Code::NotFound, message));
            }
            let version = event.phase_version;
            let mut attempt = new_attempt(&event, id);
            apply(transaction, &mut attempt, phase, None, event)?;
            attempts::insert(transaction, &attempt, version)
        }
        Some(mut stored) => {
            check(&stored, &id, phase, event.phase_version)?;
            let before = phase_of(&stored.message);
            stored.phase_version = event.phase_version;
            apply(transaction, &mut stored.message, phase, Some(before), event)?;
            attempts::update(transaction, &stored)
        }
    }
}

fn phase_of(attempt: &TaskExecution) -> Phase {
    attempt.closure.as_ref().map(|closure| closure.phase()).unwrap_or_default()
}

/// Whether an attempt of this phase is over.
fn has_ended(phase: Phase) -> bool {
    matches!(phase, Phase::Succeeded | Phase::Failed | Phase::Aborted)
}

/// FlyteAdmin's rules for the phases of an attempt.
fn check(stored: &Stored, id: &TaskExecutionIdentifier, phase: Phase, version: u32) -> Outcome<()> {
    let before = phase_of(&stored.message);
    let (from, to) = (before.as_str_name(), phase.as_str_name());
    if before == phase && stored.phase_version >= version {
        return Err(Status::already_exists(format!(
            "have already recorded task execution phase {to} (version: {version}) for {}",
            text(id)
        )));
    }
    if has_ended(before) {
        let message = format!("invalid phase change from {from} to {to} for task execution {}", text(id));
        return Err(events::already_ended(message, to));
    }
    Ok(())
}

fn new_attempt(event: &TaskExecutionEvent, id: TaskExecutionIdentifier) -> TaskExecution {
    TaskExecution {
        id: Some(id),
        closure: Some(TaskExecutionClosure {
            created_at: event.occurred_at,
            task_type: event.task_type.clone(),
            ..Default::default()
        }),
        ..Default::default()
    }
}

/// Makes an attempt what an event says of it; `before` is its phase until now, none for a new one.
fn apply(
    transaction: &Transaction,
    attempt: &mut TaskExecution,
    phase: Phase,
    before: Option<Phase>,
    event: TaskExecutionEvent,
) -> Outcome<()> {
    let occurred_at = events::occurred_at(event.occurred_at.as_ref())?;
    let address = Address::of(attempt.id.as_ref());

    // Inputs stay as they were first told.
    if attempt.input_uri.is_empty() {
        let carried = match &event.input_value {
            Some(task_execution_event::InputValue::InputUri(uri)) => Carried::Uri(uri.clone()),
            Some(task_execution_event::InputValue::InputData(data)) => Carried::Literals(data.clone()),
            None => Carried::Nothing,
        };
        let stored = events::offload(transaction, carried, &address.parts(events::INPUTS))?;
        attempt.input_uri = stored.unwrap_or_default();
    }

    let closure = attempt.closure.get_or_insert_default();
    closure.set_phase(phase);
    closure.updated_at = Some(events::reported_at(event.reported_at.as_ref(), occurred_at));
    closure.event_version = closure.event_version.max(event.event_version);
    add_reasons(closure, &event, occurred_at);
    if phase == Phase::Running && closure.started_at.is_none() {
        closure.started_at = Some(occurred_at);
    }
    if has_ended(phase) {
        closure.duration = closure.started_at.map(|started_at| times::between(&started_at, &occurred_at));
        let carried = match event.output_result {
            Some(task_execution_event::OutputResult::OutputUri(uri)) => Carried::Uri(uri),
            Some(task_execution_event::OutputResult::OutputData(data)) => Carried::Literals(data),
            Some(task_execution_event::OutputResult::Error(error)) => {
                closure.output_result = Some(task_execution_closure::OutputResult::Error(error));
                Carried::Nothing
            }
            None => Carried::Nothing,
        };
        if let Some(uri) = events::offload(transaction, carried, &address.parts(events::OUTPUTS))? {
            closure.output_result = Some(task_execution_closure::OutputResult::OutputUri(uri));
        }
    }

    task_merge::logs(&mut closure.logs, event.logs);
    task_merge::custom_info(&mut closure.custom_info, event.custom_info);
    task_merge::metadata(&mut closure.metadata, event.metadata);
    if before.is_some() {
        task_merge::hide_logs(&mut closure.logs, phase, has_ended(phase));
    }
    if before.is_some_and(|before| before != phase) {
        for resource in closure.metadata.iter_mut().flat_map(|metadata| &mut metadata.external_resources) {
            task_merge::hide_logs(&mut resource.logs, phase, has_ended(phase));
        }
    }
    Ok(())
}

/// Adds why the attempt is in its phase, unless it is what was said last.
fn add_reasons(closure: &mut TaskExecutionClosure, event: &TaskExecutionEvent, occurred_at: Timestamp) {
    if let Some(last) = event.reasons.last() {
        let reasons = event.reasons.iter();
        closure.reasons.extend(
            reasons.map(|reason| Reason { occurred_at: reason.occurred_at, message: reason.reason.clone() }),
        );
        closure.reason = last.reason.clone();
    } else if !event.reason.is_empty() && closure.reason != event.reason {
        closure.reasons.push(Reason { occurred_at: Some(occurred_at), message: event.reason.clone() });
        closure.reason = event.reason.clone();
    }
}

/// What the addresses of an attempt's data are made of.
struct Address {
    node: NodeExecutionIdentifier,
    task: Identifier,
    attempt: String,
}

impl Address {
    fn of(id: Option<&TaskExecutionIdentifier>) -> Self {
        let id = id.cloned().unwrap_or_default();
        Self {
            node: id.node_execution_id.unwrap_or_default(),
            task: id.task_id.unwrap_or_default(),
            attempt: id.retry_attempt.to_string(),
        }
    }

    fn parts<'a>(&'a self, last: &'a str) -> Vec<&'a str> {
        let execution = self.node.execution_id.as_ref();
        let part = |read: fn(&'a WorkflowExecutionIdentifier) -> &'a String| {
            execution.map(read).map(String::as_str).unwrap_or_default()
        };
        vec![
            part(|id| &id.project),
            part(|id| &id.domain),
            part(|id| &id.name),
            &self.node.node_id,
            &self.task.project,
            &self.task.domain,
            &self.task.name,
            &self.task.version,
            &self.attempt,
            last,
        ]
    }
}
