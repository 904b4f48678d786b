//! Rows of executions. Their columns are what lists filter and sort by, taken from the message that is kept beside
//! them, so that the two never differ.
#![allow(deprecated, reason = "older clients still send inputs in the spec")]

use prost::Message;
use rusqlite::{Connection, OptionalExtension, Row, params};

use crate::failure::{Outcome, corrupt, not_found, storage};
use crate::idl::admin::{Execution, ExecutionClosure, execution_closure::OutputResult};
use crate::idl::core::{ExecutionError, WorkflowExecutionIdentifier};
use crate::messages::head;
use crate::times;

/// The columns of a list: the bytes to send.
pub const LISTED: &str = "COALESCE(executions.list_message, executions.message)";

/// The longest error message in a list, in bytes, as FlyteAdmin has it.
const LONGEST_ERROR: usize = 100;

/// An execution as it is kept.
pub struct Stored {
    pub row: i64,
    pub message: Execution,
    /// Where its inputs are, and those of them that the caller gave.
    pub inputs_uri: String,
    pub user_inputs_uri: String,
    /// The cluster that reported its first event, empty when none said its name.
    pub cluster: String,
    /// Who launched it.
    pub user: String,
}

impl Stored {
    /// An execution that is not stored yet.
    pub fn unsaved(message: Execution) -> Self {
        Self {
            row: 0,
            message,
            inputs_uri: String::new(),
            user_inputs_uri: String::new(),
            cluster: String::new(),
            user: String::new(),
        }
    }
}

/// What else is kept of a new execution.
pub struct Origin {
    /// The row of its launch plan, none for a single task.
    pub launch_plan: Option<i64>,
    pub workflow: i64,
    /// The row of its task when it is one.
    pub task: Option<i64>,
    /// `launch_plan` or `task`.
    pub launch_entity: &'static str,
    /// The row of the execution that this one was made from or launched by, 0 for none.
    pub source_execution: i64,
    /// The row of the node that launched it, 0 for none.
    pub parent_node_execution: i64,
    pub inputs_uri: String,
    pub user_inputs_uri: String,
}

/// The execution of this id, or NOT_FOUND.
pub fn get(connection: &Connection, id: &WorkflowExecutionIdentifier) -> Outcome<Stored> {
    let found = connection
        .prepare_cached(
            "SELECT id, message, inputs_uri, user_inputs_uri, cluster, user FROM executions
             WHERE execution_project = ?1 AND execution_domain = ?2 AND execution_name = ?3",
        )
        .and_then(|mut statement| statement.query_row([&id.project, &id.domain, &id.name], stored).optional())
        .map_err(storage)?;
    let (message, stored) = found.ok_or_else(|| not_found("execution", id))?;
    Ok(Stored { message: Execution::decode(message.as_slice()).map_err(corrupt)?, ..stored })
}

fn stored(row: &Row) -> rusqlite::Result<(Vec<u8>, Stored)> {
    let stored = Stored {
        row: row.get(0)?,
        message: Execution::default(),
        inputs_uri: row.get(2)?,
        user_inputs_uri: row.get(3)?,
        cluster: row.get(4)?,
        user: row.get(5)?,
    };
    Ok((row.get(1)?, stored))
}

/// The bytes that GetExecution answers with, or NOT_FOUND.
pub fn get_message(connection: &Connection, id: &WorkflowExecutionIdentifier) -> Outcome<Vec<u8>> {
    connection
        .prepare_cached(
            "SELECT message FROM executions
             WHERE execution_project = ?1 AND execution_domain = ?2 AND execution_name = ?3",
        )
        .and_then(|mut statement| {
            statement.query_row([&id.project, &id.domain, &id.name], |row| row.get(0)).optional()
        })
        .map_err(storage)?
        .ok_or_else(|| not_found("execution", id))
}

/// The executions that have not ended, oldest first.
pub fn unfinished(connection: &Connection) -> Outcome<Vec<WorkflowExecutionIdentifier>> {
    let read = |row: &Row| {
        Ok(WorkflowExecutionIdentifier {
            project: row.get(0)?,
            domain: row.get(1)?,
            name: row.get(2)?,
            org: String::new(),
        })
    };
    connection
        .prepare_cached(
            "SELECT execution_project, execution_domain, execution_name FROM executions
             WHERE phase IN ('UNDEFINED', 'QUEUED', 'RUNNING', 'SUCCEEDING', 'FAILING', 'ABORTING') ORDER BY id",
        )
        .and_then(|mut statement| statement.query_map([], read)?.collect())
        .map_err(storage)
}

/// Whether there is an execution of this id.
pub fn exists(connection: &Connection, id: &WorkflowExecutionIdentifier) -> Outcome<bool> {
    connection
        .prepare_cached(
            "SELECT 1 FROM executions
             WHERE execution_project = ?1 AND execution_domain = ?2 AND execution_name = ?3",
        )
        .and_then(|mut statement| statement.exists([&id.project, &id.domain, &id.name]))
        .map_err(storage)
}

/// The row of a launch plan's workflow.
pub fn workflow_of_plan(connection: &Connection, launch_plan: i64) -> Outcome<i64> {
    connection
        .prepare_cached("SELECT workflow_id FROM launch_plans WHERE id = ?1")
        .and_then(|mut statement| statement.query_row([launch_plan], |row| row.get(0)))
        .map_err(storage)
}

/// Adds an execution; false when its name is taken.
pub fn insert(connection: &Connection, execution: &Execution, origin: &Origin) -> Outcome<bool> {
    let id = execution.id.clone().unwrap_or_default();
    let metadata = execution.spec.clone().unwrap_or_default().metadata.unwrap_or_default();
    let columns = Columns::of(execution);
    let added = connection
        .prepare_cached(
            "INSERT INTO executions (created_at, updated_at, execution_project, execution_domain, execution_name,
               launch_plan_id, workflow_id, task_id, phase, started_at, execution_created_at, execution_updated_at,
               duration, abort_cause, mode, source_execution_id, parent_node_execution_id, cluster, inputs_uri,
               user_inputs_uri, error_kind, error_code, user, state, launch_entity, list_message, message)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?1, ?2, ?11, ?12, ?13, ?14, ?15, '', ?16, ?17, ?18,
               ?19, ?20, ?21, ?22, ?23, ?24)
             ON CONFLICT (execution_project, execution_domain, execution_name) DO NOTHING",
        )
        .and_then(|mut statement| {
            statement.execute(params![
                columns.created_at,
                columns.updated_at,
                id.project,
                id.domain,
                id.name,
                origin.launch_plan,
                origin.workflow,
                origin.task,
                columns.phase,
                columns.started_at,
                columns.duration,
                columns.abort_cause,
                metadata.mode,
                origin.source_execution,
                origin.parent_node_execution,
                origin.inputs_uri,
                origin.user_inputs_uri,
                columns.error_kind,
                columns.error_code,
                metadata.principal,
                columns.state,
                origin.launch_entity,
                columns.list_message,
                columns.message,
            ])
        })
        .map_err(storage)?;
    Ok(added == 1)
}

/// Adds a tag to a new execution. Labels are tags with a value.
pub fn insert_tag(
    connection: &Connection,
    id: &WorkflowExecutionIdentifier,
    key: &str,
    value: &str,
) -> Outcome<()> {
    connection
        .prepare_cached(
            "INSERT INTO execution_tags
               (created_at, updated_at, execution_project, execution_domain, execution_name, key, value)
             VALUES (?1, ?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT DO NOTHING",
        )
        .and_then(|mut statement| {
            statement.execute(params![times::now(), id.project, id.domain, id.name, key, value])
        })
        .map_err(storage)?;
    Ok(())
}

/// Replaces an execution by what became of it.
pub fn update(connection: &Connection, stored: &Stored) -> Outcome<()> {
    let columns = Columns::of(&stored.message);
    connection
        .prepare_cached(
            "UPDATE executions SET updated_at = ?2, phase = ?3, started_at = ?4, execution_updated_at = ?5,
               duration = ?6, abort_cause = ?7, cluster = ?8, error_kind = ?9, error_code = ?10, state = ?11,
               list_message = ?12, message = ?13
             WHERE id = ?1",
        )
        .and_then(|mut statement| {
            statement.execute(params![
                stored.row,
                times::now(),
                columns.phase,
                columns.started_at,
                columns.updated_at,
                columns.duration,
                columns.abort_cause,
                stored.cluster,
                columns.error_kind,
                columns.error_code,
                columns.state,
                columns.list_message,
                columns.message,
            ])
        })
        .map_err(storage)?;
    Ok(())
}

/// An error with its message as lists have it, none when it is short enough as it is.
pub fn cut(error: &ExecutionError) -> Option<ExecutionError> {
    if error.message.len() <= LONGEST_ERROR {
        return None;
    }
    Some(ExecutionError { message: head(&error.message, LONGEST_ERROR).to_owned(), ..error.clone() })
}

/// What the columns say of a message.
struct Columns {
    phase: &'static str,
    created_at: i64,
    updated_at: i64,
    started_at: Option<i64>,
    duration: i64,
    abort_cause: String,
    error_kind: Option<&'static str>,
    error_code: Option<String>,
    state: i32,
    list_message: Option<Vec<u8>>,
    message: Vec<u8>,
}

impl Columns {
    fn of(execution: &Execution) -> Self {
        let empty = ExecutionClosure::default();
        let closure = execution.closure.as_ref().unwrap_or(&empty);
        let error = match &closure.output_result {
            Some(OutputResult::Error(error)) => Some(error),
            _ => None,
        };
        Self {
            phase: closure.phase().as_str_name(),
            created_at: closure.created_at.as_ref().map(times::nanos).unwrap_or_default(),
            updated_at: closure.updated_at.as_ref().map(times::nanos).unwrap_or_default(),
            started_at: closure.started_at.as_ref().map(times::nanos),
            duration: closure.duration.as_ref().map(times::duration_nanos).unwrap_or_default(),
            abort_cause: match &closure.output_result {
                Some(OutputResult::AbortMetadata(metadata)) => metadata.cause.clone(),
                _ => String::new(),
            },
            error_kind: error.map(|error| error.kind().as_str_name()),
            error_code: error.map(|error| error.code.clone()),
            state: closure.state_change_details.as_ref().map(|details| details.state).unwrap_or_default(),
            list_message: for_list(execution).map(|listed| listed.encode_to_vec()),
            message: execution.encode_to_vec(),
        }
    }
}

/// An execution as lists have it, none when it is the same: with its error cut, and without the inputs that old
/// clients put into its spec.
fn for_list(execution: &Execution) -> Option<Execution> {
    let closure = execution.closure.as_ref();
    let error = match closure.and_then(|closure| closure.output_result.as_ref()) {
        Some(OutputResult::Error(error)) => cut(error),
        _ => None,
    };
    let holds_inputs = execution.spec.as_ref().is_some_and(|spec| spec.inputs.is_some());
    if error.is_none() && !holds_inputs {
        return None;
    }
    let mut listed = execution.clone();
    if let Some(spec) = &mut listed.spec {
        spec.inputs = None;
    }
    if let (Some(error), Some(closure)) = (error, &mut listed.closure) {
        closure.output_result = Some(OutputResult::Error(error));
    }
    Some(listed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_are_cut_at_a_character() {
        let error = |message: String| ExecutionError { message, ..Default::default() };
        assert_eq!(cut(&error("x".repeat(100))), None);
        assert_eq!(cut(&error("x".repeat(101))).unwrap().message, "x".repeat(100));
        assert_eq!(cut(&error(format!("{}ü", "x".repeat(99)))).unwrap().message, "x".repeat(99));
        assert_eq!(cut(&error("€".repeat(40))).unwrap().message, "€".repeat(33));
    }
}
