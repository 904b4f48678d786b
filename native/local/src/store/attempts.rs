//! Rows of task executions: each attempt at a node's task.

use prost::Message;
use rusqlite::{Connection, OptionalExtension, Row, params};

use crate::failure::{Outcome, corrupt, not_found, storage};
use crate::idl::admin::{TaskExecution, TaskExecutionClosure};
use crate::idl::core::{Identifier, NodeExecutionIdentifier, ResourceType, TaskExecutionIdentifier};
use crate::times;

/// The columns of a list: the bytes to send.
pub const LISTED: &str = "task_executions.message";

/// Which row an identifier names, `?1` to `?9`.
const BY_ID: &str =
    "execution_project = ?1 AND execution_domain = ?2 AND execution_name = ?3 AND node_id = ?4
    AND project = ?5 AND domain = ?6 AND name = ?7 AND version = ?8 AND retry_attempt = ?9";

/// A task execution as it is kept.
pub struct Stored {
    pub row: i64,
    pub message: TaskExecution,
    /// The version of its phase: a task can report one phase several times, with a higher version each.
    pub phase_version: u32,
}

/// The task execution of this id, or NOT_FOUND. FlyteAdmin's error leaves out the attempt and the resource type.
pub fn get(connection: &Connection, id: &TaskExecutionIdentifier) -> Outcome<Stored> {
    find(connection, id)?.ok_or_else(|| {
        let task = id.task_id.clone().unwrap_or_default();
        let named = TaskExecutionIdentifier {
            task_id: Some(Identifier { resource_type: ResourceType::Unspecified as i32, ..task }),
            node_execution_id: id.node_execution_id.clone(),
            retry_attempt: 0,
        };
        not_found("task execution", &named)
    })
}

/// The task execution of this id.
pub fn find(connection: &Connection, id: &TaskExecutionIdentifier) -> Outcome<Option<Stored>> {
    let task = id.task_id.clone().unwrap_or_default();
    let node = id.node_execution_id.clone().unwrap_or_default();
    let execution = node.execution_id.unwrap_or_default();
    let found = connection
        .prepare_cached(&format!("{SELECT} WHERE {BY_ID}"))
        .and_then(|mut statement| {
            let values = params![
                execution.project,
                execution.domain,
                execution.name,
                node.node_id,
                task.project,
                task.domain,
                task.name,
                task.version,
                id.retry_attempt,
            ];
            statement.query_row(values, columns).optional()
        })
        .map_err(storage)?;
    found.map(stored).transpose()
}

/// All task executions of a node, oldest first.
pub fn of_node(connection: &Connection, node: &NodeExecutionIdentifier) -> Outcome<Vec<TaskExecution>> {
    let execution = node.execution_id.clone().unwrap_or_default();
    let rows: Vec<Vec<u8>> = connection
        .prepare_cached(
            "SELECT message FROM task_executions
             WHERE execution_project = ?1 AND execution_domain = ?2 AND execution_name = ?3 AND node_id = ?4
             ORDER BY task_execution_created_at, id",
        )
        .and_then(|mut statement| {
            let values = params![execution.project, execution.domain, execution.name, node.node_id];
            statement.query_map(values, |row| row.get(0))?.collect()
        })
        .map_err(storage)?;
    rows.iter()
        .map(|message| TaskExecution::decode(message.as_slice()))
        .collect::<Result<_, _>>()
        .map_err(corrupt)
}

/// The first task execution of a node with this attempt.
pub fn of_attempt(
    connection: &Connection,
    node: &NodeExecutionIdentifier,
    attempt: u32,
) -> Outcome<Option<Stored>> {
    let execution = node.execution_id.clone().unwrap_or_default();
    let found = connection
        .prepare_cached(&format!(
            "{SELECT} WHERE execution_project = ?1 AND execution_domain = ?2 AND execution_name = ?3
               AND node_id = ?4 AND retry_attempt = ?5 ORDER BY id LIMIT 1"
        ))
        .and_then(|mut statement| {
            let values = params![execution.project, execution.domain, execution.name, node.node_id, attempt];
            statement.query_row(values, columns).optional()
        })
        .map_err(storage)?;
    found.map(stored).transpose()
}

const SELECT: &str = "SELECT id, message, phase_version FROM task_executions";

fn columns(row: &Row) -> rusqlite::Result<(i64, Vec<u8>, u32)> {
    Ok((row.get(0)?, row.get(1)?, row.get(2)?))
}

fn stored((row, message, phase_version): (i64, Vec<u8>, u32)) -> Outcome<Stored> {
    let message = TaskExecution::decode(message.as_slice()).map_err(corrupt)?;
    Ok(Stored { row, message, phase_version })
}

/// Adds a task execution.
pub fn insert(connection: &Connection, attempt: &TaskExecution, phase_version: u32) -> Outcome<()> {
    let id = attempt.id.clone().unwrap_or_default();
    let task = id.task_id.unwrap_or_default();
    let node = id.node_execution_id.unwrap_or_default();
    let execution = node.execution_id.unwrap_or_default();
    let columns = Columns::of(attempt);
    connection
        .prepare_cached(
            "INSERT INTO task_executions (created_at, updated_at, project, domain, name, version, execution_project,
               execution_domain, execution_name, node_id, retry_attempt, phase, phase_version, input_uri, started_at,
               task_execution_created_at, task_execution_updated_at, duration, message)
             VALUES (?1, ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18)",
        )
        .and_then(|mut statement| {
            statement.execute(params![
                times::now(),
                task.project,
                task.domain,
                task.name,
                task.version,
                execution.project,
                execution.domain,
                execution.name,
                node.node_id,
                id.retry_attempt,
                columns.phase,
                phase_version,
                attempt.input_uri,
                columns.started_at,
                columns.created_at,
                columns.updated_at,
                columns.duration,
                attempt.encode_to_vec(),
            ])
        })
        .map_err(storage)?;
    Ok(())
}

/// Replaces a task execution by what became of it.
pub fn update(connection: &Connection, stored: &Stored) -> Outcome<()> {
    let columns = Columns::of(&stored.message);
    connection
        .prepare_cached(
            "UPDATE task_executions SET updated_at = ?2, phase = ?3, phase_version = ?4, input_uri = ?5,
               started_at = ?6, task_execution_updated_at = ?7, duration = ?8, message = ?9
             WHERE id = ?1",
        )
        .and_then(|mut statement| {
            statement.execute(params![
                stored.row,
                times::now(),
                columns.phase,
                stored.phase_version,
                stored.message.input_uri,
                columns.started_at,
                columns.updated_at,
                columns.duration,
                stored.message.encode_to_vec(),
            ])
        })
        .map_err(storage)?;
    Ok(())
}

/// What the columns say of a message.
struct Columns {
    phase: &'static str,
    created_at: i64,
    updated_at: i64,
    started_at: Option<i64>,
    duration: i64,
}

impl Columns {
    fn of(attempt: &TaskExecution) -> Self {
        let empty = TaskExecutionClosure::default();
        let closure = attempt.closure.as_ref().unwrap_or(&empty);
        Self {
            phase: closure.phase().as_str_name(),
            created_at: closure.created_at.as_ref().map(times::nanos).unwrap_or_default(),
            updated_at: closure.updated_at.as_ref().map(times::nanos).unwrap_or_default(),
            started_at: closure.started_at.as_ref().map(times::nanos),
            duration: closure.duration.as_ref().map(times::duration_nanos).unwrap_or_default(),
        }
    }
}
