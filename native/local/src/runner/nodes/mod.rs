//! The kinds of nodes: what runs when a node's turn has come.
#![allow(deprecated, reason = "FlyteAdmin fills these fields, and all clients read them")]

mod array;
mod attempts;
mod branch;
mod deadline;
mod dynamic;
mod gate;
mod items;
mod launch_plan;
mod sub_workflow;
mod task;

use std::sync::Arc;

use futures_util::future::{BoxFuture, FutureExt};

use super::Engine;
use super::bindings::{self, Outputs};
use super::seat::{End, Seat, error, system};
use crate::idl::admin::node_execution_closure::OutputResult;
use crate::idl::core::execution_error::ErrorKind;
use crate::idl::core::node_execution::Phase;
use crate::idl::core::{
    Error, ExecutionError, Literal, LiteralMap, LiteralType, NodeExecutionIdentifier, Scalar, SimpleType,
    TypeStructure, Union, literal, literal_type, node, scalar, task_node, workflow_node,
};
use crate::store::nodes::Stored;
use crate::store::objects;

/// How deep nodes may be nested: dynamic tasks can make others without end.
const DEEPEST: usize = 80;

/// Runs a node to its end. `known` is what was recorded of it before, `skip` whether it is not to run.
pub fn run<'a>(
    seat: &'a Seat<'a>,
    known: Option<Stored>,
    outputs: Outputs,
    skip: bool,
) -> BoxFuture<'a, Engine<End>> {
    async move {
        if let Some(recorded) = known.as_ref().and_then(recorded_end) {
            return recorded.end(seat).await;
        }
        if seat.scope.cancel.is_cancelled() && known.is_none() {
            return Ok(End::Aborted);
        }
        if skip {
            return seat.end(End::Skipped, None).await;
        }
        if seat.scope.depth() > DEEPEST {
            let message = format!("nodes are nested deeper than {DEEPEST} levels");
            return seat.fail(error(ErrorKind::User, "NestedTooDeep", message)).await;
        }
        match bindings::resolve(&seat.node.inputs, &outputs) {
            Ok(inputs) => match recovered(seat, known.is_some(), &inputs).await? {
                Some(end) => Ok(end),
                None => with_inputs(seat, known, &outputs, inputs).await,
            },
            Err(why) => seat.fail(system("BindingResolutionFailure", why)).await,
        }
    }
    .boxed()
}

/// What a node gave in the execution that this one recovers, if it succeeded there.
async fn recovered(seat: &Seat<'_>, is_known: bool, inputs: &LiteralMap) -> Engine<Option<End>> {
    let Some(reference) = seat.run.recovers().filter(|_| !is_known) else { return Ok(None) };
    let id = NodeExecutionIdentifier { node_id: seat.id.clone(), execution_id: Some(reference.clone()) };
    let found = seat.run.runner.read(move |view| crate::store::nodes::find(view, &id)).await?;
    let Some(Recorded::Succeeded(uri)) = found.as_ref().and_then(recorded_end) else { return Ok(None) };
    let outputs = seat.run.runner.read(move |view| objects::get_literals(view, &uri)).await?;
    seat.recover(inputs, outputs).await.map(Some)
}

/// Runs a workflow's failure node, which is told of the error.
pub async fn on_failure(
    seat: &Seat<'_>,
    known: Option<Stored>,
    outputs: &Outputs,
    failure: &ExecutionError,
) -> Engine<End> {
    if let Some(recorded) = known.as_ref().and_then(recorded_end) {
        return recorded.end(seat).await;
    }
    match bindings::resolve(&seat.node.inputs, outputs) {
        Ok(mut inputs) => {
            if let Some(literal) = inputs.literals.get_mut("err") {
                *literal = told(failure, &seat.node.id);
            }
            with_inputs(seat, known, outputs, inputs).await
        }
        Err(why) => seat.fail(system("BindingResolutionFailure", why)).await,
    }
}

/// What a failure node gets as its input `err`.
fn told(failure: &ExecutionError, node: &str) -> Literal {
    let of = |value| {
        let scalar = Scalar { value: Some(value) };
        Literal { value: Some(literal::Value::Scalar(Box::new(scalar))), ..Default::default() }
    };
    let error = Error { message: failure.message.clone(), failed_node_id: node.into() };
    let r#type = LiteralType {
        r#type: Some(literal_type::Type::Simple(SimpleType::Error as i32)),
        structure: Some(TypeStructure { tag: "FlyteError".into(), ..Default::default() }),
        ..Default::default()
    };
    let value = Some(Box::new(of(scalar::Value::Error(error))));
    of(scalar::Value::Union(Box::new(Union { value, r#type: Some(r#type) })))
}

async fn with_inputs(
    seat: &Seat<'_>,
    known: Option<Stored>,
    outputs: &Outputs,
    inputs: LiteralMap,
) -> Engine<End> {
    match &seat.node.target {
        Some(node::Target::TaskNode(target)) => {
            let Some(task_node::Reference::ReferenceId(id)) = &target.reference else {
                return seat.fail(system("BadSpecification", "the node names no task")).await;
            };
            match seat.scope.program.task(id) {
                Some(template) => {
                    task::run(seat, template, target.overrides.as_ref(), inputs, known).boxed().await
                }
                None => seat.fail(system("BadSpecification", format!("task {} is not known", id.name))).await,
            }
        }
        Some(node::Target::WorkflowNode(target)) => match &target.reference {
            Some(workflow_node::Reference::SubWorkflowRef(id)) => {
                sub_workflow::run(seat, id, inputs).boxed().await
            }
            Some(workflow_node::Reference::LaunchplanRef(id)) => {
                launch_plan::run(seat, id, inputs).boxed().await
            }
            None => seat.fail(system("BadSpecification", "the node names no workflow")).await,
        },
        Some(node::Target::BranchNode(target)) => branch::run(seat, target, outputs, inputs).boxed().await,
        Some(node::Target::GateNode(target)) => gate::run(seat, target, inputs, known).boxed().await,
        Some(node::Target::ArrayNode(target)) => array::run(seat, target, inputs, known).boxed().await,
        None => unsupported(seat, "nodes without a target").await,
    }
}

/// The failure of a node that cannot be run here.
async fn unsupported(seat: &Seat<'_>, what: &str) -> Engine<End> {
    let message = format!("the embedded Flyte does not run {what}: run this workflow on a Flyte cluster");
    seat.fail(error(ErrorKind::User, "Unsupported", message)).await
}

/// How a node ended, as it was recorded.
pub enum Recorded {
    /// Where its outputs are.
    Succeeded(String),
    Skipped,
    Failed(ExecutionError),
    Aborted,
}

/// How a node has ended, if it has.
pub fn recorded_end(stored: &Stored) -> Option<Recorded> {
    let closure = stored.message.closure.as_ref()?;
    let failure = || match &closure.output_result {
        Some(OutputResult::Error(error)) => error.clone(),
        _ => ExecutionError::default(),
    };
    match closure.phase() {
        Phase::Succeeded | Phase::Recovered => Some(Recorded::Succeeded(match &closure.output_result {
            Some(OutputResult::OutputUri(uri)) => uri.clone(),
            _ => String::new(),
        })),
        Phase::Skipped => Some(Recorded::Skipped),
        Phase::Failed | Phase::TimedOut => Some(Recorded::Failed(failure())),
        Phase::Aborted => Some(Recorded::Aborted),
        _ => None,
    }
}

impl Recorded {
    async fn end(self, seat: &Seat<'_>) -> Engine<End> {
        Ok(match self {
            Self::Succeeded(uri) => {
                let outputs = seat.run.runner.read(move |view| objects::get_literals(view, &uri)).await?;
                End::Succeeded(Arc::new(outputs))
            }
            Self::Skipped => End::Skipped,
            Self::Failed(error) => End::Failed(error),
            Self::Aborted => End::Aborted,
        })
    }
}
