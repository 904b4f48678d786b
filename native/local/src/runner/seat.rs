//! A node of an execution: where it is, and what is recorded of it.

use std::sync::Arc;

use tokio_util::sync::CancellationToken;

use super::Engine;
use super::execution::Run;
use super::journal::{Event, PRODUCER};
use super::names;
use super::program::Program;
use crate::idl::core::execution_error::ErrorKind;
use crate::idl::core::node_execution::Phase;
use crate::idl::core::{ExecutionError, LiteralMap, Node, NodeExecutionIdentifier, node, workflow_node};
use crate::idl::event::{
    NodeExecutionEvent, ParentNodeExecutionMetadata, node_execution_event,
    node_execution_event::OutputResult, node_execution_event::TargetMetadata,
};
use crate::store::nodes::{self, Stored};
use crate::times;

/// How a node, or a workflow, ended.
#[derive(Clone, Debug)]
pub enum End {
    Succeeded(Arc<LiteralMap>),
    /// It was not to run.
    Skipped,
    Failed(ExecutionError),
    /// It was told to end.
    Aborted,
}

/// An error that is not the user's.
pub fn system(code: &str, message: impl Into<String>) -> ExecutionError {
    error(ErrorKind::System, code, message)
}

/// An error of this kind.
pub fn error(kind: ErrorKind, code: &str, message: impl Into<String>) -> ExecutionError {
    ExecutionError { code: code.into(), message: message.into(), kind: kind as i32, ..Default::default() }
}

/// What the nodes of one workflow, or of one branch, have in common.
#[derive(Clone)]
pub struct Scope {
    /// The node that they are inside of.
    pub parent: Option<Parent>,
    pub program: Arc<Program>,
    /// Cancelled when they are to end.
    pub cancel: CancellationToken,
}

/// A node that has others inside.
#[derive(Clone)]
pub struct Parent {
    /// Unique in the execution.
    pub id: String,
    pub attempt: u32,
    /// How many nodes are around what is inside of it.
    pub depth: usize,
    /// Whether it, or one around it, made its workflow while it ran.
    pub is_dynamic: bool,
}

impl Scope {
    /// How many nodes are around it.
    pub fn depth(&self) -> usize {
        self.parent.as_ref().map(|parent| parent.depth).unwrap_or_default()
    }

    /// What an earlier start recorded of one of its nodes.
    pub async fn known(&self, run: &Run, node: &Node) -> Engine<Option<Stored>> {
        if run.is_new {
            return Ok(None);
        }
        let id = NodeExecutionIdentifier { node_id: self.id(&node.id), execution_id: Some(run.id.clone()) };
        run.runner.read(move |view| nodes::find(view, &id)).await
    }

    /// The id of one of its nodes that is unique in the execution.
    pub fn id(&self, node: &str) -> String {
        match &self.parent {
            Some(parent) => names::inside(&parent.id, parent.attempt, node),
            None => names::top_level(node),
        }
    }
}

/// A node where it runs.
pub struct Seat<'a> {
    pub run: &'a Run,
    pub scope: &'a Scope,
    pub node: &'a Node,
    /// Unique in the execution.
    pub id: String,
    /// Its phase as an earlier start recorded it, none when the node is new.
    recorded: Option<Phase>,
}

impl<'a> Seat<'a> {
    /// A node, of which `known` was recorded by an earlier start.
    pub fn new(run: &'a Run, scope: &'a Scope, node: &'a Node, known: Option<&Stored>) -> Self {
        let phase = |stored: &Stored| stored.message.closure.as_ref().map(|closure| closure.phase());
        Self { run, scope, node, id: scope.id(&node.id), recorded: known.and_then(phase) }
    }

    /// The scope of what is inside of this node.
    pub fn inside(&self, program: Arc<Program>, attempt: u32, is_dynamic: bool) -> Scope {
        let inherited = self.scope.parent.as_ref().is_some_and(|parent| parent.is_dynamic);
        let depth = self.scope.depth() + 1;
        let parent = Parent { id: self.id.clone(), attempt, depth, is_dynamic: is_dynamic || inherited };
        Scope { parent: Some(parent), program, cancel: self.scope.cancel.clone() }
    }

    pub fn execution_id(&self) -> NodeExecutionIdentifier {
        NodeExecutionIdentifier { node_id: self.id.clone(), execution_id: Some(self.run.id.clone()) }
    }

    /// An event of this node, of now.
    pub fn event(&self, phase: Phase) -> NodeExecutionEvent {
        let now = Some(times::timestamp(times::now()));
        let metadata = self.node.metadata.as_ref();
        let is_sub_workflow = matches!(
            &self.node.target,
            Some(node::Target::WorkflowNode(target))
                if matches!(target.reference, Some(workflow_node::Reference::SubWorkflowRef(_)))
        );
        let parent = self.scope.parent.as_ref();
        NodeExecutionEvent {
            id: Some(self.execution_id()),
            producer_id: PRODUCER.into(),
            phase: phase as i32,
            occurred_at: now,
            reported_at: now,
            event_version: 1,
            node_name: metadata.map(|metadata| metadata.name.clone()).unwrap_or_default(),
            spec_node_id: self.node.id.clone(),
            is_parent: is_sub_workflow,
            is_array: matches!(self.node.target, Some(node::Target::ArrayNode(_))),
            is_in_dynamic_chain: parent.is_some_and(|parent| parent.is_dynamic),
            retry_group: parent.map(|parent| parent.attempt.to_string()).unwrap_or_default(),
            parent_node_metadata: parent
                .map(|parent| ParentNodeExecutionMetadata { node_id: parent.id.clone() }),
            ..Default::default()
        }
    }

    /// The event of a node that is about to begin, none for one that goes on after a restart.
    pub fn queued(&self, inputs: &LiteralMap) -> Option<Event> {
        let input_value = Some(node_execution_event::InputValue::InputData(inputs.clone()));
        let queued = NodeExecutionEvent { input_value, ..self.event(Phase::Queued) };
        self.recorded.is_none().then(|| queued.into())
    }

    /// The event of a node that runs and says what it runs, none when it has run before the restart.
    pub fn running(&self, target_metadata: Option<TargetMetadata>) -> Option<Event> {
        let running = NodeExecutionEvent { target_metadata, ..self.event(Phase::Running) };
        matches!(self.recorded, None | Some(Phase::Queued)).then(|| running.into())
    }

    /// The events of a node that begins.
    pub fn begun(&self, inputs: &LiteralMap) -> Vec<Event> {
        self.queued(inputs).into_iter().chain(self.running(None)).collect()
    }

    /// Records that the node begins.
    pub async fn begin(&self, inputs: &LiteralMap) -> Engine<()> {
        self.run.runner.record(self.begun(inputs)).await
    }

    /// Records how the node has ended, and gives that.
    pub async fn end(&self, end: End, target: Option<TargetMetadata>) -> Engine<End> {
        self.end_with(Vec::new(), end, target, None).await
    }

    /// Records how the node has ended together with other events, and gives that.
    pub async fn end_with(
        &self,
        mut events: Vec<Event>,
        end: End,
        target_metadata: Option<TargetMetadata>,
        deck_uri: Option<String>,
    ) -> Engine<End> {
        let (phase, output_result) = match &end {
            End::Succeeded(outputs) => {
                (Phase::Succeeded, Some(OutputResult::OutputData(LiteralMap::clone(outputs))))
            }
            End::Skipped => (Phase::Skipped, None),
            End::Failed(error) => (Phase::Failed, Some(OutputResult::Error(error.clone()))),
            End::Aborted => {
                let reason = self.run.abort_reason().await?;
                let error =
                    ExecutionError { code: "NodeAborted".into(), message: reason, ..Default::default() };
                (Phase::Aborted, Some(OutputResult::Error(error)))
            }
        };
        let last = NodeExecutionEvent {
            output_result,
            target_metadata,
            deck_uri: deck_uri.unwrap_or_default(),
            ..self.event(phase)
        };
        events.push(last.into());
        self.run.runner.record(events).await?;
        Ok(end)
    }

    /// Records that the node is not run, as it gave these outputs before.
    pub async fn recover(&self, inputs: &LiteralMap, outputs: LiteralMap) -> Engine<End> {
        let recovered = NodeExecutionEvent {
            input_value: Some(node_execution_event::InputValue::InputData(inputs.clone())),
            output_result: Some(OutputResult::OutputData(outputs.clone())),
            ..self.event(Phase::Recovered)
        };
        self.run.runner.record(vec![recovered.into()]).await?;
        Ok(End::Succeeded(Arc::new(outputs)))
    }

    /// Records that the node has failed.
    pub async fn fail(&self, error: ExecutionError) -> Engine<End> {
        self.end(End::Failed(error), None).await
    }
}
