//! Rows of tasks, workflows and launch plans, of their names and of their descriptions.

mod descriptions;
mod launch_plans;
mod named;

pub use descriptions::{description, insert_description};
pub use launch_plans::{
    LAUNCH_PLAN, activate, active_launch_plan, deactivate, insert_launch_plan, launch_plan_message, parts,
};
pub use named::{Names, named_entities, named_entity, set_named_entity};

use prost::Message;
use rusqlite::types::Value;
use rusqlite::{Connection, OptionalExtension, Row, params};

use super::list;
use crate::failure::{Outcome, corrupt, not_found, storage};
use crate::filters::{Order, Page, Table};
use crate::idl::admin::{LaunchPlan, NamedEntityIdentifier, Task, Workflow};
use crate::idl::core::{Identifier, ResourceType};

/// A message with the number of its row, by which other rows refer to it.
pub struct Stored<T> {
    pub row: i64,
    pub message: T,
}

/// The task of this id, or FlyteAdmin's NOT_FOUND.
pub fn task(connection: &Connection, id: &Identifier) -> Outcome<Stored<Task>> {
    decoded(stored(connection, Table::Task, "message", id)?)
}

/// The workflow of this id with its compiled closure, or FlyteAdmin's NOT_FOUND.
pub fn workflow(connection: &Connection, id: &Identifier) -> Outcome<Stored<Workflow>> {
    decoded(stored(connection, Table::Workflow, "message", id)?)
}

/// The workflow of this id as lists show it, with its interface only, or FlyteAdmin's NOT_FOUND.
pub fn listed_workflow(connection: &Connection, id: &Identifier) -> Outcome<Stored<Workflow>> {
    decoded(stored(connection, Table::Workflow, "list_message", id)?)
}

/// The launch plan of this id with its state and times, or FlyteAdmin's NOT_FOUND.
pub fn launch_plan(connection: &Connection, id: &Identifier) -> Outcome<Stored<LaunchPlan>> {
    let sql = format!("SELECT id, {LAUNCH_PLAN} FROM launch_plans WHERE {KEY}");
    let (row, plan) = connection
        .prepare_cached(&sql)
        .and_then(|mut statement| {
            let read = |row: &Row| Ok((row.get("id")?, parts(row)?));
            statement.query_row(params![id.project, id.domain, id.name, id.version], read).optional()
        })
        .map_err(storage)?
        .ok_or_else(|| missing(Table::LaunchPlan, id))?;
    Ok(Stored { row, message: launch_plan_message(plan)? })
}

/// The encoded task of this id, ready to send.
pub fn task_bytes(connection: &Connection, id: &Identifier) -> Outcome<Vec<u8>> {
    Ok(stored(connection, Table::Task, "message", id)?.message)
}

/// The encoded workflow of this id, ready to send.
pub fn workflow_bytes(connection: &Connection, id: &Identifier) -> Outcome<Vec<u8>> {
    Ok(stored(connection, Table::Workflow, "message", id)?.message)
}

/// Adds a task, created at the time that its closure says. Its id must be new.
pub fn insert_task(connection: &Connection, id: &Identifier, task: &Task, created: i64) -> Outcome<()> {
    let template =
        task.closure.as_ref().and_then(|closure| closure.compiled_task.as_ref()?.template.as_ref());
    let task_type = template.map_or("", |template| template.r#type.as_str());
    connection
        .prepare_cached(
            "INSERT INTO tasks
               (created_at, updated_at, project, domain, name, version, type, short_description, message)
             VALUES (?1, ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
        )
        .and_then(|mut statement| {
            statement.execute(params![
                created,
                id.project,
                id.domain,
                id.name,
                id.version,
                task_type,
                task.short_description,
                task.encode_to_vec()
            ])
        })
        .map_err(storage)?;
    Ok(())
}

/// Adds a workflow: `listed` is what lists show of it. Its id must be new.
pub fn insert_workflow(
    connection: &Connection,
    id: &Identifier,
    workflow: &Workflow,
    listed: &Workflow,
    created: i64,
) -> Outcome<()> {
    connection
        .prepare_cached(
            "INSERT INTO workflows
               (created_at, updated_at, project, domain, name, version, short_description, list_message, message)
             VALUES (?1, ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
        )
        .and_then(|mut statement| {
            statement.execute(params![
                created,
                id.project,
                id.domain,
                id.name,
                id.version,
                workflow.short_description,
                listed.encode_to_vec(),
                workflow.encode_to_vec()
            ])
        })
        .map_err(storage)?;
    Ok(())
}

/// A page of the names that versions of a kind have in a project and domain. `order` is by a column that all
/// versions of a name agree in.
pub fn names(
    connection: &Connection,
    table: Table,
    (project, domain): (&str, &str),
    order: &Order,
    page: Page,
) -> Outcome<Vec<NamedEntityIdentifier>> {
    let mut sql = format!(
        "SELECT project, domain, name FROM {} WHERE project = ? AND domain = ?
         GROUP BY project, domain, name ORDER BY {}",
        table.sql_name(),
        order.sql()
    );
    let mut values = vec![Value::Text(project.into()), Value::Text(domain.into())];
    list::push_page(&mut sql, &mut values, page);
    list::rows(connection, &sql, values, |row| {
        Ok(NamedEntityIdentifier {
            project: row.get(0)?,
            domain: row.get(1)?,
            name: row.get(2)?,
            org: String::new(),
        })
    })
}

/// The condition on a row's id.
const KEY: &str = "project = ?1 AND domain = ?2 AND name = ?3 AND version = ?4";

fn stored(connection: &Connection, table: Table, column: &str, id: &Identifier) -> Outcome<Stored<Vec<u8>>> {
    let sql = format!("SELECT id, {column} FROM {} WHERE {KEY}", table.sql_name());
    connection
        .prepare_cached(&sql)
        .and_then(|mut statement| {
            let read = |row: &Row| Ok(Stored { row: row.get(0)?, message: row.get(1)? });
            statement.query_row(params![id.project, id.domain, id.name, id.version], read).optional()
        })
        .map_err(storage)?
        .ok_or_else(|| missing(table, id))
}

fn decoded<M: Message + Default>(stored: Stored<Vec<u8>>) -> Outcome<Stored<M>> {
    let message = M::decode(stored.message.as_slice()).map_err(corrupt)?;
    Ok(Stored { row: stored.row, message })
}

/// FlyteAdmin's error for a version that is not there; it looks rows up without their type.
fn missing(table: Table, id: &Identifier) -> tonic::Status {
    let id = Identifier { resource_type: 0, org: String::new(), ..id.clone() };
    not_found(resource_type(table).as_str_name(), &id)
}

/// The type of a table's rows.
fn resource_type(table: Table) -> ResourceType {
    match table {
        Table::Task => ResourceType::Task,
        Table::Workflow => ResourceType::Workflow,
        Table::LaunchPlan => ResourceType::LaunchPlan,
        _ => ResourceType::Unspecified,
    }
}
