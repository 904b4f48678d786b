//! Rows of node executions, kept as those of executions are: columns beside the message they are taken from.

use prost::Message;
use rusqlite::{Connection, OptionalExtension, Row, params};

use super::executions::cut;
use super::list::message;
use crate::failure::{Outcome, corrupt, not_found, storage};
use crate::idl::admin::{
    NodeExecution, NodeExecutionClosure, node_execution_closure::OutputResult,
    node_execution_closure::TargetMetadata,
};
use crate::idl::core::{CompiledWorkflowClosure, NodeExecutionIdentifier, WorkflowExecutionIdentifier};
use crate::messages::RawList;
use crate::times;

/// The columns that [`for_list`] reads.
pub const LISTED: &str = "node_executions.message, node_executions.error_kind IS NOT NULL";

/// A node execution as it is kept.
pub struct Stored {
    pub row: i64,
    pub message: NodeExecution,
    /// Whether it made a workflow while it ran.
    pub is_dynamic: bool,
}

/// What else is kept of a node execution.
#[derive(Default)]
pub struct Relations {
    /// The row of the node that this one is inside of.
    pub parent: Option<i64>,
    /// The row of the task execution that made this node.
    pub parent_task: Option<i64>,
}

/// The node execution of this id, or NOT_FOUND.
pub fn get(connection: &Connection, id: &NodeExecutionIdentifier) -> Outcome<Stored> {
    find(connection, id)?.ok_or_else(|| not_found("node execution", id))
}

/// The node execution of this id.
pub fn find(connection: &Connection, id: &NodeExecutionIdentifier) -> Outcome<Option<Stored>> {
    let execution = id.execution_id.clone().unwrap_or_default();
    let read = |row: &Row| Ok((row.get(0)?, row.get::<_, Vec<u8>>(1)?, row.get(2)?));
    let found = connection
        .prepare_cached(
            "SELECT id, message, dynamic_workflow IS NOT NULL FROM node_executions
             WHERE execution_project = ?1 AND execution_domain = ?2 AND execution_name = ?3 AND node_id = ?4",
        )
        .and_then(|mut statement| {
            let values = params![execution.project, execution.domain, execution.name, id.node_id];
            statement.query_row(values, read).optional()
        })
        .map_err(storage)?;
    let Some((row, message, is_dynamic)) = found else { return Ok(None) };
    let message = NodeExecution::decode(message.as_slice()).map_err(corrupt)?;
    Ok(Some(Stored { row, message, is_dynamic }))
}

/// The nodes of an execution that are inside of the one in row `parent`, or of none, oldest first.
pub fn inside(
    connection: &Connection,
    execution: &WorkflowExecutionIdentifier,
    parent: Option<i64>,
) -> Outcome<Vec<Stored>> {
    let of_parent = match parent {
        Some(_) => "parent_id = ?4",
        None => "parent_id IS ?4 AND parent_task_execution_id IS NULL",
    };
    let sql = format!(
        "SELECT id, message, dynamic_workflow IS NOT NULL FROM node_executions
         WHERE execution_project = ?1 AND execution_domain = ?2 AND execution_name = ?3 AND {of_parent}
         ORDER BY node_execution_created_at, id"
    );
    let read = |row: &Row| Ok((row.get(0)?, row.get::<_, Vec<u8>>(1)?, row.get(2)?));
    let rows: Vec<(i64, Vec<u8>, bool)> = connection
        .prepare_cached(&sql)
        .and_then(|mut statement| {
            let values = params![execution.project, execution.domain, execution.name, parent];
            statement.query_map(values, read)?.collect()
        })
        .map_err(storage)?;
    let decoded = rows.into_iter().map(|(row, message, is_dynamic)| {
        let message = NodeExecution::decode(message.as_slice()).map_err(corrupt)?;
        Ok(Stored { row, message, is_dynamic })
    });
    decoded.collect()
}

/// The workflow that a node made while it ran.
pub fn dynamic_workflow(connection: &Connection, row: i64) -> Outcome<Option<CompiledWorkflowClosure>> {
    let found: Option<Vec<u8>> = connection
        .prepare_cached("SELECT dynamic_workflow FROM node_executions WHERE id = ?1")
        .and_then(|mut statement| statement.query_row([row], |row| row.get(0)))
        .map_err(storage)?;
    found.map(|closure| CompiledWorkflowClosure::decode(closure.as_slice())).transpose().map_err(corrupt)
}

/// Adds a node execution.
pub fn insert(
    connection: &Connection,
    node: &NodeExecution,
    relations: &Relations,
    dynamic_workflow: Option<&CompiledWorkflowClosure>,
) -> Outcome<()> {
    let id = node.id.clone().unwrap_or_default();
    let execution = id.execution_id.unwrap_or_default();
    let columns = Columns::of(node);
    connection
        .prepare_cached(
            "INSERT INTO node_executions (created_at, updated_at, execution_project, execution_domain, execution_name,
               node_id, phase, input_uri, started_at, node_execution_created_at, node_execution_updated_at, duration,
               parent_id, parent_task_execution_id, error_kind, error_code, cache_status, dynamic_workflow, message)
             VALUES (?1, ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18)",
        )
        .and_then(|mut statement| {
            statement.execute(params![
                times::now(),
                execution.project,
                execution.domain,
                execution.name,
                id.node_id,
                columns.phase,
                node.input_uri,
                columns.started_at,
                columns.created_at,
                columns.updated_at,
                columns.duration,
                relations.parent,
                relations.parent_task,
                columns.error_kind,
                columns.error_code,
                columns.cache_status,
                dynamic_workflow.map(Message::encode_to_vec),
                node.encode_to_vec(),
            ])
        })
        .map_err(storage)?;
    Ok(())
}

/// Replaces a node execution by what became of it. A dynamic workflow, once known, stays.
pub fn update(
    connection: &Connection,
    stored: &Stored,
    dynamic_workflow: Option<&CompiledWorkflowClosure>,
) -> Outcome<()> {
    let node = &stored.message;
    let columns = Columns::of(node);
    connection
        .prepare_cached(
            "UPDATE node_executions SET updated_at = ?2, phase = ?3, input_uri = ?4, started_at = ?5,
               node_execution_updated_at = ?6, duration = ?7, error_kind = ?8, error_code = ?9, cache_status = ?10,
               dynamic_workflow = COALESCE(?11, dynamic_workflow), message = ?12
             WHERE id = ?1",
        )
        .and_then(|mut statement| {
            statement.execute(params![
                stored.row,
                times::now(),
                columns.phase,
                node.input_uri,
                columns.started_at,
                columns.updated_at,
                columns.duration,
                columns.error_kind,
                columns.error_code,
                columns.cache_status,
                dynamic_workflow.map(Message::encode_to_vec),
                node.encode_to_vec(),
            ])
        })
        .map_err(storage)?;
    Ok(())
}

/// Appends the node execution of a row of [`LISTED`] as lists have it: with its error cut.
pub fn for_list(row: &Row, list: &mut RawList) -> Outcome<()> {
    let has_error: bool = row.get(1).map_err(storage)?;
    if !has_error {
        return message(row, list);
    }
    let whole: Vec<u8> = row.get(0).map_err(storage)?;
    let mut node = NodeExecution::decode(whole.as_slice()).map_err(corrupt)?;
    if let Some(closure) = &mut node.closure
        && let Some(OutputResult::Error(error)) = &closure.output_result
        && let Some(error) = cut(error)
    {
        closure.output_result = Some(OutputResult::Error(error));
    }
    list.push(&node.encode_to_vec());
    Ok(())
}

/// What the columns say of a message.
struct Columns {
    phase: &'static str,
    created_at: i64,
    updated_at: i64,
    started_at: Option<i64>,
    duration: i64,
    error_kind: Option<&'static str>,
    error_code: Option<String>,
    cache_status: Option<&'static str>,
}

impl Columns {
    fn of(node: &NodeExecution) -> Self {
        let empty = NodeExecutionClosure::default();
        let closure = node.closure.as_ref().unwrap_or(&empty);
        let error = match &closure.output_result {
            Some(OutputResult::Error(error)) => Some(error),
            _ => None,
        };
        let cache_status = match &closure.target_metadata {
            Some(TargetMetadata::TaskNodeMetadata(task)) if task.catalog_key.is_some() => {
                Some(task.cache_status().as_str_name())
            }
            _ => None,
        };
        Self {
            phase: closure.phase().as_str_name(),
            created_at: closure.created_at.as_ref().map(times::nanos).unwrap_or_default(),
            updated_at: closure.updated_at.as_ref().map(times::nanos).unwrap_or_default(),
            started_at: closure.started_at.as_ref().map(times::nanos),
            duration: closure.duration.as_ref().map(times::duration_nanos).unwrap_or_default(),
            error_kind: error.map(|error| error.kind().as_str_name()),
            error_code: error.map(|error| error.code.clone()),
            cache_status,
        }
    }
}
