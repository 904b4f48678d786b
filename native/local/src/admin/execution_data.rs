//! Inputs and outputs of executions, nodes and tasks, inline.
#![allow(deprecated, reason = "FlyteAdmin fills these fields, and all clients read them")]

use prost::Message;
use tonic::Status;

use crate::failure::Outcome;
use crate::idl::admin::{
    DynamicWorkflowNodeMetadata, FlyteUrLs, NodeExecutionClosure, NodeExecutionGetDataRequest,
    NodeExecutionGetDataResponse, TaskExecutionClosure, TaskExecutionGetDataRequest,
    TaskExecutionGetDataResponse, UrlBlob, WorkflowExecutionGetDataRequest, WorkflowExecutionGetDataResponse,
    execution_closure, literal_map_blob, node_execution_closure, task_execution_closure,
};
use crate::idl::core::{LiteralMap, NodeExecutionIdentifier};
use crate::serve::Flyte;
use crate::store::{attempts, executions, nodes};
use crate::validation;

/// The data of an execution: the inputs it got, defaults included, and its outputs.
pub fn workflow(
    flyte: &Flyte,
    request: WorkflowExecutionGetDataRequest,
) -> Outcome<WorkflowExecutionGetDataResponse> {
    let id = validation::execution_id(request.id.as_ref())?;
    let stored = flyte.store.read(|connection| executions::get(connection, id))?;
    let closure = stored.message.closure.unwrap_or_default();
    let outputs = match closure.output_result {
        Some(execution_closure::OutputResult::Outputs(blob)) => match blob.data {
            Some(literal_map_blob::Data::Uri(uri)) => flyte.literals_at(&uri)?,
            Some(literal_map_blob::Data::Values(values)) => inline(values),
            None => LiteralMap::default(),
        },
        Some(execution_closure::OutputResult::OutputData(data)) => inline(data),
        _ => LiteralMap::default(),
    };
    Ok(WorkflowExecutionGetDataResponse {
        inputs: Some(UrlBlob::default()),
        outputs: Some(UrlBlob::default()),
        full_inputs: Some(flyte.literals_at(&stored.inputs_uri)?),
        full_outputs: Some(outputs),
    })
}

/// The data of a node, and the workflow that it made, if it did.
pub fn node(flyte: &Flyte, request: NodeExecutionGetDataRequest) -> Outcome<NodeExecutionGetDataResponse> {
    let id = validation::node_id(request.id.as_ref())?;
    let (stored, made) = flyte.store.read(|connection| {
        let stored = nodes::get(connection, id)?;
        let made = if stored.is_dynamic { nodes::dynamic_workflow(connection, stored.row)? } else { None };
        Ok((stored, made))
    })?;
    let closure = stored.message.closure.unwrap_or_default();
    let flyte_urls = urls(id, None, !closure.deck_uri.is_empty());
    let dynamic_workflow = made.map(|workflow| DynamicWorkflowNodeMetadata {
        id: workflow
            .primary
            .as_ref()
            .and_then(|primary| primary.template.as_ref())
            .and_then(|template| template.id.clone()),
        compiled_workflow: Some(workflow),
        dynamic_job_spec_uri: closure.dynamic_job_spec_uri.clone(),
    });
    Ok(NodeExecutionGetDataResponse {
        inputs: Some(UrlBlob::default()),
        outputs: Some(UrlBlob::default()),
        full_inputs: Some(flyte.literals_at(&stored.message.input_uri)?),
        full_outputs: Some(node_outputs(flyte, closure)?),
        dynamic_workflow,
        flyte_urls: Some(flyte_urls),
    })
}

fn node_outputs(flyte: &Flyte, closure: NodeExecutionClosure) -> Outcome<LiteralMap> {
    match closure.output_result {
        Some(node_execution_closure::OutputResult::OutputUri(uri)) => flyte.literals_at(&uri),
        Some(node_execution_closure::OutputResult::OutputData(data)) => Ok(inline(data)),
        _ => Ok(LiteralMap::default()),
    }
}

/// The data of one attempt at a task.
pub fn task(flyte: &Flyte, request: TaskExecutionGetDataRequest) -> Outcome<TaskExecutionGetDataResponse> {
    let id = validation::task_execution_id(request.id.as_ref())?;
    let stored = flyte.store.read(|connection| attempts::get(connection, id))?;
    let node = id.node_execution_id.clone().unwrap_or_default();
    Ok(TaskExecutionGetDataResponse {
        inputs: Some(UrlBlob::default()),
        outputs: Some(UrlBlob::default()),
        full_inputs: Some(flyte.literals_at(&stored.message.input_uri)?),
        full_outputs: Some(task_outputs(flyte, stored.message.closure.unwrap_or_default())?),
        flyte_urls: Some(urls(&node, Some(id.retry_attempt), false)),
    })
}

fn task_outputs(flyte: &Flyte, closure: TaskExecutionClosure) -> Outcome<LiteralMap> {
    match closure.output_result {
        Some(task_execution_closure::OutputResult::OutputUri(uri)) => flyte.literals_at(&uri),
        Some(task_execution_closure::OutputResult::OutputData(data)) => Ok(inline(data)),
        _ => Ok(LiteralMap::default()),
    }
}

/// Literals that are kept inside a message, or none when they are too many to be returned.
fn inline(literals: LiteralMap) -> LiteralMap {
    if literals.encoded_len() < validation::MAX_INLINE { literals } else { LiteralMap::default() }
}

impl Flyte {
    /// The literals at an address, and none, as with FlyteAdmin, when they are too many to be returned, are in
    /// another store, or cannot be read: then the address is all that a client gets.
    fn literals_at(&self, uri: &str) -> Outcome<LiteralMap> {
        if uri.is_empty() {
            return Ok(LiteralMap::default());
        }
        let Some(object) = self.object(uri)? else {
            tracing::debug!("there is nothing at {uri}");
            return Ok(LiteralMap::default());
        };
        if object.len() > validation::MAX_INLINE as u64 {
            tracing::debug!("{uri} has {} bytes, which is too much to be returned inline", object.len());
            return Ok(LiteralMap::default());
        }
        let data = object
            .read()
            .map_err(|error| Status::internal(format!("cannot read the literals at {uri}: {error}")))?;
        Ok(LiteralMap::decode(data.as_slice()).unwrap_or_else(|error| {
            tracing::warn!("{uri} holds no literals: {error}");
            LiteralMap::default()
        }))
    }
}

/// The `flyte://` URLs of a node's data, or of one attempt at its task.
fn urls(node: &NodeExecutionIdentifier, attempt: Option<u32>, deck: bool) -> FlyteUrLs {
    let execution = node.execution_id.clone().unwrap_or_default();
    let attempt = attempt.map(|attempt| format!("/{attempt}")).unwrap_or_default();
    let base = format!(
        "flyte://v1/{}/{}/{}/{}{attempt}",
        execution.project, execution.domain, execution.name, node.node_id
    );
    FlyteUrLs {
        inputs: format!("{base}/i"),
        outputs: format!("{base}/o"),
        deck: if deck { format!("{base}/d") } else { String::new() },
    }
}
