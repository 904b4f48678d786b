//! Node executions: what the nodes of an execution's workflow did.

use prost::Message;
use tonic::Status;

use super::listing;
use crate::failure::Outcome;
use crate::filters::{self, Condition, Table};
use crate::idl::admin::{
    DynamicNodeWorkflowResponse, GetDynamicNodeWorkflowRequest, NodeExecution,
    NodeExecutionForTaskListRequest, NodeExecutionGetRequest, NodeExecutionListRequest, Sort,
};
use crate::idl::core::{NodeExecutionIdentifier, WorkflowExecutionIdentifier};
use crate::serve::Flyte;
use crate::store::list::Listing;
use crate::store::{View, attempts, nodes};
use crate::validation;

/// The node execution of this id, or NOT_FOUND.
pub fn read(flyte: &Flyte, id: &NodeExecutionIdentifier) -> Outcome<NodeExecution> {
    let id = validation::node_id(Some(id))?;
    Ok(flyte.store.read(|connection| nodes::get(connection, id))?.message)
}

/// A node execution, with its error message whole.
pub fn get(flyte: &Flyte, request: NodeExecutionGetRequest) -> Outcome<Vec<u8>> {
    let id = validation::node_id(request.id.as_ref())?;
    Ok(read(flyte, id)?.encode_to_vec())
}

/// A page of the nodes of an execution: those inside of one node, or those that are inside of none.
pub fn list(flyte: &Flyte, request: NodeExecutionListRequest) -> Outcome<Vec<u8>> {
    let execution = validation::execution_id(request.workflow_execution_id.as_ref())?;
    validation::limit(request.limit)?;
    flyte.store.read(|connection| {
        let mut conditions = of_execution(execution);
        if request.unique_parent_id.is_empty() {
            conditions.push(is_null("parent_id"));
            conditions.push(is_null("parent_task_execution_id"));
        } else {
            let parent = NodeExecutionIdentifier {
                node_id: request.unique_parent_id.clone(),
                execution_id: Some(execution.clone()),
            };
            let parent = nodes::get(connection, &parent)?;
            conditions.push(Condition::equals(Table::NodeExecution, "parent_id", parent.row));
        }
        let asked = Asked {
            filters: &request.filters,
            sort: request.sort_by.as_ref(),
            token: &request.token,
            limit: request.limit,
        };
        page(connection, conditions, asked)
    })
}

/// A page of the nodes that a task execution made.
pub fn list_for_task(flyte: &Flyte, request: NodeExecutionForTaskListRequest) -> Outcome<Vec<u8>> {
    let task = validation::task_execution_id(request.task_execution_id.as_ref())?;
    validation::limit(request.limit)?;
    flyte.store.read(|connection| {
        let node = task.node_execution_id.clone().unwrap_or_default();
        let mut conditions = of_execution(&node.execution_id.unwrap_or_default());
        let parent = attempts::get(connection, task)?;
        conditions.push(Condition::equals(Table::NodeExecution, "parent_task_execution_id", parent.row));
        let asked = Asked {
            filters: &request.filters,
            sort: request.sort_by.as_ref(),
            token: &request.token,
            limit: request.limit,
        };
        page(connection, conditions, asked)
    })
}

/// The workflow that a node made while it ran.
pub fn dynamic_workflow(
    flyte: &Flyte,
    request: GetDynamicNodeWorkflowRequest,
) -> Outcome<DynamicNodeWorkflowResponse> {
    let id = validation::node_id(request.id.as_ref())?;
    let made = flyte.store.read(|connection| {
        let stored = nodes::get(connection, id)?;
        nodes::dynamic_workflow(connection, stored.row)
    })?;
    let compiled_workflow =
        made.ok_or_else(|| Status::not_found("node does not contain dynamic workflow"))?;
    Ok(DynamicNodeWorkflowResponse { compiled_workflow: Some(compiled_workflow) })
}

/// What a request for a list asks for besides whose nodes.
struct Asked<'a> {
    filters: &'a str,
    sort: Option<&'a Sort>,
    token: &'a str,
    limit: u32,
}

fn page(view: &View, mut conditions: Vec<Condition>, asked: Asked) -> Outcome<Vec<u8>> {
    conditions.extend(filters::parse(asked.filters, Table::NodeExecution)?);
    let listing = Listing {
        table: Table::NodeExecution,
        columns: nodes::LISTED,
        conditions,
        order: filters::order(asked.sort, Table::NodeExecution, &["node_id", "id"])?,
        page: listing::page(asked.limit, asked.token, "ListNodeExecutions")?,
    };
    listing.encoded(view, nodes::for_list)
}

fn of_execution(id: &WorkflowExecutionIdentifier) -> Vec<Condition> {
    let is = |column, value: &str| Condition::equals(Table::NodeExecution, column, value.to_owned());
    vec![
        is("execution_project", &id.project),
        is("execution_domain", &id.domain),
        is("execution_name", &id.name),
    ]
}

fn is_null(column: &'static str) -> Condition {
    Condition {
        table: Table::NodeExecution,
        column,
        sql: format!("node_executions.{column} IS NULL"),
        values: Vec::new(),
    }
}
