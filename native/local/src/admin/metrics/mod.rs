//! Where the time of an execution went: spans of nodes and tasks, and of what lies between them.

#[cfg(test)]
mod tests;

use std::collections::HashMap;

use rusqlite::Connection;
use tonic::Status;

use crate::compile::{END, START};
use crate::failure::Outcome;
use crate::idl::admin::{
    Execution, NodeExecution, TaskExecution, WorkflowExecutionGetMetricsRequest,
    WorkflowExecutionGetMetricsResponse, node_execution_closure::TargetMetadata,
};
use crate::idl::core::{
    BranchNode, CompiledWorkflow, CompiledWorkflowClosure, Identifier, Node, Span, if_else_block,
    node::Target, node_execution, span, workflow_node,
};
use crate::idl::{Duration, Timestamp};
use crate::serve::Flyte;
use crate::store::nodes::Stored;
use crate::store::{attempts, entities, executions, nodes};
use crate::{times, validation};

/// The spans of an execution: as deep as the request says, of unlimited depth when that is negative.
pub fn get(
    flyte: &Flyte,
    request: WorkflowExecutionGetMetricsRequest,
) -> Outcome<WorkflowExecutionGetMetricsResponse> {
    let id = validation::execution_id(request.id.as_ref())?;
    let span = flyte.store.read(|connection| {
        let execution = executions::get(connection, id)?.message;
        Reader { connection }.execution(&execution, request.depth)
    })?;
    Ok(WorkflowExecutionGetMetricsResponse { span: Some(span) })
}

/// A workflow, with those that its nodes may refer to.
#[derive(Clone, Copy)]
struct Workflow<'a> {
    closure: &'a CompiledWorkflowClosure,
    primary: &'a CompiledWorkflow,
}

impl<'a> Workflow<'a> {
    fn of(closure: &'a CompiledWorkflowClosure) -> Option<Self> {
        Some(Self { closure, primary: closure.primary.as_ref()? })
    }

    fn sub_workflow(self, id: &Identifier) -> Option<Self> {
        let named = |known: &&CompiledWorkflow| {
            known.template.as_ref().and_then(|template| template.id.as_ref()) == Some(id)
        };
        let primary = self.closure.sub_workflows.iter().find(named)?;
        Some(Self { closure: self.closure, primary })
    }

    /// A node, which may be the one that runs after a failure: FlyteAdmin knows nothing of that and fails.
    fn node(self, id: &str) -> Option<&'a Node> {
        let template = self.primary.template.as_ref()?;
        template.nodes.iter().chain(&template.failure_node).find(|node| node.id == id)
    }

    /// When the last of the nodes before this one changed last, of those that have run.
    fn ready(self, node: &str, ran: &Ran) -> Option<Timestamp> {
        let upstream = self.primary.connections.as_ref()?.upstream.get(node)?;
        let updated = upstream.ids.iter().filter_map(|id| updated_at(&ran.by_id.get(id.as_str())?.message));
        updated.max_by_key(times::nanos)
    }
}

/// What has run of a workflow, oldest first, and by the ids of the nodes in it.
struct Ran<'a> {
    nodes: &'a [Stored],
    by_id: HashMap<&'a str, &'a Stored>,
}

impl<'a> Ran<'a> {
    fn of(nodes: &'a [Stored]) -> Self {
        Self { nodes, by_id: nodes.iter().map(|node| (spec_id(&node.message), node)).collect() }
    }

    /// When the workflow itself began.
    fn started(&self) -> Option<Timestamp> {
        updated_at(&self.by_id.get(START)?.message)
    }
}

struct Reader<'a> {
    connection: &'a Connection,
}

impl Reader<'_> {
    fn execution(&self, execution: &Execution, depth: i32) -> Outcome<Span> {
        let closure = execution.closure.clone().unwrap_or_default();
        let (created, updated) = (closure.created_at, closure.updated_at);
        let id = execution.id.clone().unwrap_or_default();
        let mut spans = Vec::new();
        if depth != 0 {
            let compiled = self.registered(&closure.workflow_id.unwrap_or_default())?;
            let nodes = nodes::inside(self.connection, &id, None)?;
            let ran = Ran::of(&nodes);
            match (given(ran.started()), Workflow::of(&compiled)) {
                (Some(started), Some(workflow)) => {
                    spans.push(operation("WORKFLOW_SETUP", created, Some(started)));
                    self.nodes(&ran, workflow, &mut spans, deeper(depth))?;
                    push_end("WORKFLOW_TEARDOWN", workflow.ready(END, &ran), updated, &mut spans);
                }
                _ => spans.push(operation("WORKFLOW_SETUP", created, updated)),
            }
        }
        Ok(Span { start_time: created, end_time: updated, id: Some(span::Id::WorkflowId(id)), spans })
    }

    fn registered(&self, workflow: &Identifier) -> Outcome<CompiledWorkflowClosure> {
        let found = entities::workflow(self.connection, workflow)?;
        Ok(found.message.closure.unwrap_or_default().compiled_workflow.unwrap_or_default())
    }

    /// The nodes of a workflow, each with the time since those before it as its first part.
    fn nodes(&self, ran: &Ran, workflow: Workflow, spans: &mut Vec<Span>, depth: i32) -> Outcome<()> {
        for stored in ran.nodes {
            let id = spec_id(&stored.message);
            if id == START || id == END || !std::ptr::eq(ran.by_id[id], stored) {
                continue;
            }
            let node = workflow.node(id).ok_or_else(|| {
                let template = workflow.primary.template.clone().unwrap_or_default();
                let name = template.id.unwrap_or_default().name;
                Status::unknown(format!("failed to discover workflow node '{id}' in workflow '{name}'"))
            })?;
            let mut span = self.node(stored, node, workflow, depth)?;
            if let Some(ready) = workflow.ready(id, ran) {
                span.spans.insert(0, operation("NODE_TRANSITION", Some(ready), span.start_time));
            }
            spans.push(span);
        }
        Ok(())
    }

    fn node(&self, stored: &Stored, node: &Node, workflow: Workflow, depth: i32) -> Outcome<Span> {
        let mut spans = Vec::new();
        if depth != 0 {
            let inner = deeper(depth);
            match &node.target {
                Some(Target::BranchNode(branch)) => {
                    self.branch(stored, branch, workflow, &mut spans, inner)?
                }
                Some(Target::GateNode(_)) => gate(&stored.message, &mut spans),
                Some(Target::TaskNode(_)) => self.task(stored, &mut spans, inner)?,
                Some(Target::WorkflowNode(target)) => match &target.reference {
                    Some(workflow_node::Reference::LaunchplanRef(_)) => {
                        self.launched(&stored.message, &mut spans, inner)?;
                    }
                    Some(workflow_node::Reference::SubWorkflowRef(id)) => {
                        self.sub_workflow(stored, id, workflow, &mut spans, inner)?;
                    }
                    None => {}
                },
                // FlyteAdmin has no parts of other nodes either.
                _ => {}
            }
        }
        Ok(Span {
            start_time: created_at(&stored.message),
            end_time: updated_at(&stored.message),
            id: stored.message.id.clone().map(span::Id::NodeId),
            spans,
        })
    }

    fn branch(
        &self,
        stored: &Stored,
        branch: &BranchNode,
        workflow: Workflow,
        spans: &mut Vec<Span>,
        depth: i32,
    ) -> Outcome<()> {
        let (created, updated) = (created_at(&stored.message), updated_at(&stored.message));
        let inside = self.inside(stored)?;
        let skipped = node_execution::Phase::Skipped;
        let taken = inside
            .iter()
            .find(|node| node.message.closure.as_ref().is_some_and(|closure| closure.phase() != skipped));
        let Some(taken) = taken else {
            spans.push(operation("NODE_SETUP", created, updated));
            return Ok(());
        };
        let id = spec_id(&taken.message);
        let node = branch_node(branch, id).ok_or_else(|| {
            Status::unknown(format!("failed to identify branch node final node definition for nodeID '{id}'"))
        })?;
        spans.push(operation("NODE_SETUP", created, created_at(&taken.message)));
        spans.push(self.node(taken, node, workflow, depth)?);
        push_end("NODE_TEARDOWN", updated_at(&taken.message), updated, spans);
        Ok(())
    }

    fn launched(&self, node: &NodeExecution, spans: &mut Vec<Span>, depth: i32) -> Outcome<()> {
        let closure = node.closure.clone().unwrap_or_default();
        let launched = match closure.target_metadata {
            Some(TargetMetadata::WorkflowNodeMetadata(metadata)) => metadata.execution_id,
            _ => None,
        };
        let Some(id) = launched else {
            spans.push(operation("NODE_SETUP", closure.created_at, closure.updated_at));
            return Ok(());
        };
        let execution = executions::get(self.connection, &id)?.message;
        let span = self.execution(&execution, depth)?;
        spans.push(operation("NODE_SETUP", closure.created_at, span.start_time));
        let ended = span.end_time;
        spans.push(span);
        push_end("NODE_TEARDOWN", ended, closure.updated_at, spans);
        Ok(())
    }

    fn sub_workflow(
        &self,
        stored: &Stored,
        id: &Identifier,
        workflow: Workflow,
        spans: &mut Vec<Span>,
        depth: i32,
    ) -> Outcome<()> {
        let (created, updated) = (created_at(&stored.message), updated_at(&stored.message));
        let inside = self.inside(stored)?;
        if inside.is_empty() {
            spans.push(operation("NODE_SETUP", created, updated));
            return Ok(());
        }
        let ran = Ran::of(&inside);
        spans.push(operation("NODE_SETUP", created, ran.started()));
        let registered;
        let workflow = match workflow.sub_workflow(id) {
            Some(known) => Some(known),
            None => {
                registered = self.registered(id)?;
                Workflow::of(&registered)
            }
        };
        if let Some(workflow) = workflow {
            self.nodes(&ran, workflow, spans, depth)?;
            push_end("NODE_TEARDOWN", workflow.ready(END, &ran), updated, spans);
        }
        Ok(())
    }

    /// A task node: its attempts, and the nodes that a dynamic one made.
    fn task(&self, stored: &Stored, spans: &mut Vec<Span>, depth: i32) -> Outcome<()> {
        let (created, updated) = (created_at(&stored.message), updated_at(&stored.message));
        let attempts = attempts::of_node(self.connection, &stored.message.id.clone().unwrap_or_default())?;
        let (Some(first), Some(last)) = (attempts.first(), attempts.last()) else {
            spans.push(operation("NODE_SETUP", created, updated));
            return Ok(());
        };
        let ended = last.closure.as_ref().and_then(|closure| closure.updated_at);
        let begun = first.closure.as_ref().and_then(|closure| closure.created_at);
        spans.push(operation("NODE_SETUP", created, begun));
        push_attempts(&attempts, spans, depth);
        let is_parent = stored.message.metadata.as_ref().is_some_and(|metadata| metadata.is_parent_node);
        if !is_parent {
            push_end("NODE_TEARDOWN", ended, updated, spans);
            return Ok(());
        }
        let inside = self.inside(stored)?;
        if inside.is_empty() {
            push_end("NODE_RESET", ended, updated, spans);
            return Ok(());
        }
        let ran = Ran::of(&inside);
        spans.push(operation("NODE_RESET", ended, ran.started()));
        let made = nodes::dynamic_workflow(self.connection, stored.row)?.unwrap_or_default();
        if let Some(workflow) = Workflow::of(&made) {
            self.nodes(&ran, workflow, spans, depth)?;
            push_end("NODE_TEARDOWN", workflow.ready(END, &ran), updated, spans);
        }
        Ok(())
    }

    fn inside(&self, stored: &Stored) -> Outcome<Vec<Stored>> {
        let id = stored.message.id.clone().unwrap_or_default();
        nodes::inside(self.connection, &id.execution_id.unwrap_or_default(), Some(stored.row))
    }
}

/// The node that a branch may take under this id.
fn branch_node<'a>(branch: &'a BranchNode, id: &str) -> Option<&'a Node> {
    let block = branch.if_else.as_ref()?;
    let cases = block.case.iter().map(|case| &**case).chain(&block.other);
    let nodes = cases.filter_map(|case| case.then_node.as_ref());
    let otherwise = match &block.default {
        Some(if_else_block::Default::ElseNode(node)) => Some(node),
        _ => None,
    };
    nodes.chain(otherwise).map(|node| &**node).find(|node| node.id == id)
}

/// A gate node, which has nothing inside but waits.
fn gate(node: &NodeExecution, spans: &mut Vec<Span>) {
    let closure = node.closure.clone().unwrap_or_default();
    let times = Times {
        created: closure.created_at,
        updated: closure.updated_at,
        started: closure.started_at,
        duration: closure.duration,
    };
    if let Some(ended) = times.push("NODE_SETUP", "NODE_IDLE", spans) {
        spans.push(operation("NODE_TEARDOWN", Some(ended), closure.updated_at));
    }
}

/// The attempts at a task, oldest first, with the time between them.
fn push_attempts(attempts: &[TaskExecution], spans: &mut Vec<Span>, depth: i32) {
    let mut before = None;
    for attempt in attempts {
        let closure = attempt.closure.clone().unwrap_or_default();
        let (created, updated) = (closure.created_at, closure.updated_at);
        if let Some(before) = before {
            spans.push(operation("NODE_RESET", before, created));
        }
        before = Some(updated);
        if depth == 0 {
            continue;
        }
        let times = Times { created, updated, started: closure.started_at, duration: closure.duration };
        let mut parts = Vec::new();
        if let Some(ended) = times.push("TASK_SETUP", "TASK_RUNTIME", &mut parts) {
            push_end("TASK_TEARDOWN", Some(ended), updated, &mut parts);
        }
        spans.push(Span {
            start_time: created,
            end_time: updated,
            id: attempt.id.clone().map(span::Id::TaskId),
            spans: parts,
        });
    }
}

/// What is known of something that is set up and then runs.
struct Times {
    created: Option<Timestamp>,
    updated: Option<Timestamp>,
    started: Option<Timestamp>,
    duration: Option<Duration>,
}

impl Times {
    /// Adds the two parts, or what is over of them, and gives the end of the second.
    fn push(&self, setup: &str, runtime: &str, spans: &mut Vec<Span>) -> Option<Timestamp> {
        let Some(started) = given(self.started) else {
            spans.push(operation(setup, self.created, self.updated));
            return None;
        };
        spans.push(operation(setup, self.created, Some(started)));
        let duration = self.duration.as_ref().map(times::duration_nanos).filter(|duration| *duration != 0);
        let ended =
            duration.map(|duration| times::timestamp(times::nanos(&started).saturating_add(duration)));
        spans.push(operation(runtime, Some(started), ended.or(self.updated)));
        ended
    }
}

fn operation(name: &str, start_time: Option<Timestamp>, end_time: Option<Timestamp>) -> Span {
    Span { start_time, end_time, id: Some(span::Id::OperationId(name.into())), spans: Vec::new() }
}

/// Adds the time from the end of what is inside to the end of the whole, unless the clocks have it backwards.
fn push_end(name: &str, start: Option<Timestamp>, end: Option<Timestamp>, spans: &mut Vec<Span>) {
    let nanos = |time: Option<Timestamp>| time.as_ref().map(times::nanos).unwrap_or_default();
    if start.is_some() && nanos(end) >= nanos(start) {
        spans.push(operation(name, start, end));
    }
}

/// A time that was set.
fn given(time: Option<Timestamp>) -> Option<Timestamp> {
    time.filter(|time| *time != Timestamp::default())
}

fn deeper(depth: i32) -> i32 {
    depth.saturating_sub(1)
}

fn spec_id(node: &NodeExecution) -> &str {
    node.metadata.as_ref().map(|metadata| metadata.spec_node_id.as_str()).unwrap_or_default()
}

fn created_at(node: &NodeExecution) -> Option<Timestamp> {
    node.closure.as_ref().and_then(|closure| closure.created_at)
}

fn updated_at(node: &NodeExecution) -> Option<Timestamp> {
    node.closure.as_ref().and_then(|closure| closure.updated_at)
}
