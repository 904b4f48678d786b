//! Executions made from earlier ones: relaunched with the same inputs, or recovered, which keeps what succeeded.

use rusqlite::Transaction;

use crate::admin::launch;
use crate::failure::Outcome;
use crate::idl::admin::{
    ExecutionCreateRequest, ExecutionCreateResponse, ExecutionMetadata, ExecutionRecoverRequest,
    ExecutionRelaunchRequest, ExecutionSpec, execution_metadata::ExecutionMode,
};
use crate::idl::core::WorkflowExecutionIdentifier;
use crate::serve::Flyte;
use crate::store::{executions, objects};
use crate::validation;

/// Runs an execution once more.
pub fn relaunch(flyte: &Flyte, request: ExecutionRelaunchRequest) -> Outcome<ExecutionCreateResponse> {
    again(flyte, request.id.as_ref(), &request.name, |spec, metadata| {
        metadata.set_mode(ExecutionMode::Relaunch);
        spec.overwrite_cache = request.overwrite_cache;
    })
}

/// Runs what did not succeed in an execution.
pub fn recover(flyte: &Flyte, request: ExecutionRecoverRequest) -> Outcome<ExecutionCreateResponse> {
    again(flyte, request.id.as_ref(), &request.name, |_, metadata| {
        metadata.set_mode(ExecutionMode::Recovered);
        if let Some(given) = &request.metadata {
            metadata.parent_node_execution = given.parent_node_execution.clone();
        }
    })
}

fn again(
    flyte: &Flyte,
    id: Option<&WorkflowExecutionIdentifier>,
    name: &str,
    change: impl FnOnce(&mut ExecutionSpec, &mut ExecutionMetadata),
) -> Outcome<ExecutionCreateResponse> {
    let id = validation::execution_id(id)?;
    let made = flyte.store.write(|transaction| {
        let (row, mut request) = repeated(transaction, id, name)?;
        if let Some(spec) = &mut request.spec {
            let mut metadata = spec.metadata.take().unwrap_or_default();
            metadata.reference_execution = Some(id.clone());
            change(spec, &mut metadata);
            spec.metadata = Some(metadata);
        }
        launch::launch(transaction, request, Some(row))
    })?;
    flyte.created(made.clone());
    Ok(ExecutionCreateResponse { id: Some(made) })
}

/// The request that would make the same execution under another name, and the row of the first one.
fn repeated(
    transaction: &Transaction,
    id: &WorkflowExecutionIdentifier,
    name: &str,
) -> Outcome<(i64, ExecutionCreateRequest)> {
    let stored = executions::get(transaction, id)?;
    let request = ExecutionCreateRequest {
        project: id.project.clone(),
        domain: id.domain.clone(),
        name: name.to_owned(),
        spec: stored.message.spec,
        inputs: Some(objects::get_literals(transaction, &stored.user_inputs_uri)?),
        org: String::new(),
    };
    Ok((stored.row, request))
}
