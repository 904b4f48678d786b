//! Task executions: the attempts at a node's task.

use prost::Message;
use tonic::Status;

use super::listing;
use crate::failure::{Outcome, invalid};
use crate::filters::{self, Condition, Table};
use crate::idl::admin::{TaskExecutionGetRequest, TaskExecutionListRequest};
use crate::idl::core::{NodeExecutionIdentifier, TaskExecutionIdentifier};
use crate::messages::text;
use crate::serve::Flyte;
use crate::store::attempts;
use crate::store::list::{self, Listing};
use crate::validation;

/// A task execution.
pub fn get(flyte: &Flyte, request: TaskExecutionGetRequest) -> Outcome<Vec<u8>> {
    let id = validation::task_execution_id(request.id.as_ref())?;
    let stored = flyte.store.read(|connection| attempts::get(connection, id))?;
    Ok(stored.message.encode_to_vec())
}

/// A page of the task executions of a node, with error messages whole: FlyteAdmin cuts those of its other lists only.
pub fn list(flyte: &Flyte, request: TaskExecutionListRequest) -> Outcome<Vec<u8>> {
    let node = validation::node_id(request.node_execution_id.as_ref())?;
    let execution = validation::execution_id(node.execution_id.as_ref())?;
    validation::limit(request.limit)?;
    let is = |column, value: &str| Condition::equals(Table::TaskExecution, column, value.to_owned());
    let mut conditions = vec![
        is("execution_project", &execution.project),
        is("execution_domain", &execution.domain),
        is("execution_name", &execution.name),
        is("node_id", &node.node_id),
    ];
    conditions.extend(filters::parse(&request.filters, Table::TaskExecution)?);
    let listing = Listing {
        table: Table::TaskExecution,
        columns: attempts::LISTED,
        conditions,
        order: filters::order(request.sort_by.as_ref(), Table::TaskExecution, &["id"])?,
        page: listing::page(request.limit, &request.token, "ListTaskExecutions")?,
    };
    flyte.store.read(|view| listing.encoded(view, list::message))
}

/// The whole identifier of an attempt at a node's task, of which a `flyte://` URL names the number only.
pub fn of_attempt(
    flyte: &Flyte,
    node: &NodeExecutionIdentifier,
    attempt: u32,
) -> Outcome<TaskExecutionIdentifier> {
    let stored = flyte.store.read(|connection| attempts::of_attempt(connection, node, attempt))?;
    stored.and_then(|stored| stored.message.id).ok_or_else(|| no_attempt(node, attempt))
}

fn no_attempt(node: &NodeExecutionIdentifier, attempt: u32) -> Status {
    let partial = TaskExecutionIdentifier {
        task_id: None,
        node_execution_id: Some(node.clone()),
        retry_attempt: attempt,
    };
    invalid(format!("no task executions were listed [{}]", text(&partial)))
}
